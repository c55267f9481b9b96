//! Waits that double up to a bound, with jitter, so that many who failed together do not come
//! back together.

use std::time::Duration;

use rand::RngExt;

#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    first: Duration,
    max: Duration,
    failures: u32,
}

impl Backoff {
    pub(crate) fn new(first: Duration, max: Duration) -> Self {
        Self { first, max, failures: 0 }
    }

    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }

    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }

    /// Between half and all of the doubled delay.
    pub(crate) fn next_delay(&mut self) -> Duration {
        let full = self.first.saturating_mul(2u32.saturating_pow(self.failures)).min(self.max);
        self.failures += 1;
        full.mul_f64(rand::rng().random_range(0.5..=1.0))
    }

    pub(crate) async fn wait(&mut self) {
        tokio::time::sleep(self.next_delay()).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_doubles_up_to_its_bound_and_starts_over_after_a_success() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
        for expect in [100, 200, 400, 800, 1600, 3200, 5000, 5000] {
            let delay = backoff.next_delay().as_millis();
            assert!((expect / 2..=expect).contains(&delay), "{delay} is not about {expect}");
        }
        backoff.reset();
        assert!(backoff.next_delay() <= Duration::from_millis(100));
    }
}
