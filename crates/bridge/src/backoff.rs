//! Waits that double up to a bound. Those who failed together do not come back together: each
//! waits a little less, by how much depends on who it is. No dice are thrown, so that one life of
//! the bridge can be played again.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    who: u64,
    first: Duration,
    max: Duration,
    failures: u32,
}

impl Backoff {
    pub(crate) fn new(who: impl Hash, first: Duration, max: Duration) -> Self {
        Self { who: hash(who), first, max, failures: 0 }
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
        full - full / 2 * part_of_1000(hash((self.who, self.failures))) / 1000
    }

    pub(crate) async fn wait(&mut self) {
        tokio::time::sleep(self.next_delay()).await;
    }
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn part_of_1000(hash: u64) -> u32 {
    u32::try_from(hash % 1000).expect("less than 1000")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(who: &str) -> Vec<u128> {
        let mut backoff = Backoff::new(who, Duration::from_millis(100), Duration::from_secs(5));
        (0..8).map(|_| backoff.next_delay().as_millis()).collect()
    }

    #[test]
    fn a_delay_doubles_up_to_its_bound_and_starts_over_after_a_success() {
        let mut backoff = Backoff::new("ana", Duration::from_millis(100), Duration::from_secs(5));
        for expect in [100, 200, 400, 800, 1600, 3200, 5000, 5000] {
            let delay = backoff.next_delay().as_millis();
            assert!((expect / 2..=expect).contains(&delay), "{delay} is not about {expect}");
        }
        backoff.reset();
        assert!(backoff.next_delay() <= Duration::from_millis(100));
    }

    #[test]
    fn two_that_fail_together_come_back_apart_and_each_always_the_same_way() {
        assert_ne!(delays("ana"), delays("ben"));
        assert_eq!(delays("ana"), delays("ana"));
    }
}
