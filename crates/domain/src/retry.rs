//! When a failed run is tried again, and when it is given up.

use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Runs of one message in all, the first included.
    pub max_attempts: u32,
    pub first_delay: Duration,
    pub max_delay: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 3,
            first_delay: Duration::from_secs(2),
            max_delay: Duration::from_secs(30),
        }
    }
}

impl RetryPolicy {
    /// How long to wait after `attempts` failed ones, or `None` when that was the last.
    pub fn delay_after(&self, attempts: u32) -> Option<Duration> {
        if attempts >= self.max_attempts {
            return None;
        }
        let doublings = attempts.saturating_sub(1).min(16);
        Some((self.first_delay * 2u32.pow(doublings)).min(self.max_delay))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_third_failure_is_the_last() {
        let policy = RetryPolicy::default();
        assert_eq!(policy.delay_after(1), Some(Duration::from_secs(2)));
        assert_eq!(policy.delay_after(2), Some(Duration::from_secs(4)));
        assert_eq!(policy.delay_after(3), None);
    }

    #[test]
    fn the_delay_never_passes_its_bound() {
        let policy = RetryPolicy { max_attempts: 100, ..RetryPolicy::default() };
        assert_eq!(policy.delay_after(99), Some(policy.max_delay));
    }
}
