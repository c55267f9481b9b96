//! When an update is sent again that a webhook did not take. As Telegram's own server does it
//! (telegram-bot-api, `WebhookActor::on_update_error`).

use std::time::Duration;

/// The longest that a webhook's `Retry-After` can ask for, in seconds.
const LONGEST_WISH: u64 = 3600;
/// Waits double until here; the exact place is rolled each time.
const LONGEST_WAIT: std::ops::RangeInclusive<u64> = 60..=120;

#[derive(Debug)]
pub(super) struct Retries {
    failures: u32,
    delay: u64,
}

impl Retries {
    pub(super) fn new() -> Self {
        Self { failures: 0, delay: 1 }
    }

    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    /// How long to wait after one more failure. `None`: the update would be too old then, and
    /// nobody will ever see it.
    pub(super) fn after(
        &mut self,
        wish: Option<u64>,
        now_ms: i64,
        expires_ms: i64,
        roll: impl FnOnce(std::ops::RangeInclusive<u64>) -> u64,
    ) -> Option<Duration> {
        let wish = wish.unwrap_or(0).min(LONGEST_WISH);
        let mut wait = wish;
        if wish == 0 && self.failures > 0 {
            self.delay = (self.delay * 2).min(roll(LONGEST_WAIT));
            wait = self.delay;
        }
        self.failures += 1;
        let wait = Duration::from_secs(wait);
        (now_ms + wait.as_millis() as i64 <= expires_ms).then_some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(retries: &mut Retries, wish: Option<u64>) -> u64 {
        retries
            .after(wish, 0, i64::MAX, |range| *range.start() + 10)
            .expect("not too old")
            .as_secs()
    }

    #[test]
    fn the_first_retry_is_at_once_and_then_waits_double_up_to_the_rolled_cap() {
        let mut retries = Retries::new();
        let waits: Vec<u64> = (0..9).map(|_| seconds(&mut retries, None)).collect();
        assert_eq!(waits, [0, 2, 4, 8, 16, 32, 64, 70, 70]);
    }

    #[test]
    fn a_wish_is_kept_up_to_an_hour_and_does_not_double_anything() {
        let mut retries = Retries::new();
        assert_eq!(seconds(&mut retries, Some(7)), 7);
        assert_eq!(seconds(&mut retries, None), 2);
        assert_eq!(seconds(&mut retries, Some(100_000)), 3600);
        assert_eq!(seconds(&mut retries, None), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn a_day_of_failures_is_tried_through_and_then_given_up() {
        let clock = super::super::clock::Clock::new();
        let (mut retries, began) = (Retries::new(), clock.now_ms());
        let day_ms = 24 * 3600 * 1000;
        let mut tries = vec![0];
        let roll = |range: std::ops::RangeInclusive<u64>| *range.end();
        while let Some(wait) = retries.after(None, clock.now_ms(), began + day_ms, roll) {
            clock.sleep(wait).await;
            tries.push((clock.now_ms() - began) / 1000);
        }
        assert_eq!(tries[..9], [0, 0, 2, 6, 14, 30, 62, 126, 246]);
        assert!(tries.last().is_some_and(|last| (86_280..=86_400).contains(last)), "{tries:?}");
    }

    #[test]
    fn nothing_is_tried_after_its_day() {
        let roll = |range: std::ops::RangeInclusive<u64>| *range.end();
        let mut retries = Retries::new();
        assert_eq!(retries.after(Some(5), 0, 5_000, roll), Some(Duration::from_secs(5)));
        assert_eq!(retries.after(Some(5), 1, 5_000, roll), None);
    }
}
