//! How often somebody may do something: a bucket of tokens that fills up again.

use std::time::Duration;

use crate::Timestamp;

/// `burst` at once, then one every `every`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub burst: u32,
    pub every: Duration,
}

impl Rate {
    /// A bucket is told by the time at which it is full again: one number, and none for whoever
    /// has not asked lately. `Ok`: the bucket after this request. `Err`: how long to wait.
    pub fn take(&self, full_at: Option<Timestamp>, now: Timestamp) -> Result<Timestamp, Duration> {
        let full_at = full_at.map_or(now, |at| at.max(now));
        let after = full_at + self.every;
        let missing = after.since(now);
        match missing.checked_sub(self.every * self.burst) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => Ok(after),
        }
    }

    /// So many times as much, in the same time.
    pub fn times(self, factor: u32) -> Self {
        let factor = factor.max(1);
        Self { burst: self.burst.saturating_mul(factor), every: self.every / factor }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { burst: 3, every: Duration::from_millis(100) };

    #[test]
    fn a_burst_is_let_through_and_one_more_waits_for_one_token() {
        let mut full_at = None;
        for _ in 0..3 {
            full_at = Some(RATE.take(full_at, Timestamp(1_000)).expect("within the burst"));
        }
        assert_eq!(RATE.take(full_at, Timestamp(1_000)), Err(Duration::from_millis(100)));
        assert_eq!(RATE.take(full_at, Timestamp(1_099)), Err(Duration::from_millis(1)));
        assert_eq!(RATE.take(full_at, Timestamp(1_100)), Ok(Timestamp(1_400)));
    }

    #[test]
    fn a_bucket_never_holds_more_than_its_burst() {
        let long_ago = Some(Timestamp(0));
        assert_eq!(RATE.take(long_ago, Timestamp(9_000)), Ok(Timestamp(9_100)));
    }

    #[test]
    fn a_rate_is_raised_as_a_whole() {
        let raised = Rate { burst: 30, every: Duration::from_millis(10) };
        assert_eq!(RATE.times(10), raised);
        assert_eq!(RATE.times(0), RATE);
    }
}
