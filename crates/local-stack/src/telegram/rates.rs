//! How much a bot may send. Telegram tells these limits only in its FAQ, and leaves some room
//! above them; whoever goes on sending is told how long to wait.

use std::collections::HashMap;

/// In one chat: one a second, with a few at once.
const CHAT: Limit = Limit { burst: 5.0, per_second: 1.0, penalty: 1 };
const GROUP: Limit = Limit { burst: 20.0, per_second: 20.0 / 60.0, penalty: 1 };
const OVERALL: Limit = Limit { burst: 30.0, per_second: 30.0, penalty: 1 };
/// Drafts are made for streaming and take more.
const DRAFTS: Limit = Limit { burst: 25.0, per_second: 9.0, penalty: 3 };

#[derive(Debug, Clone, Copy)]
struct Limit {
    burst: f64,
    per_second: f64,
    /// Seconds to wait at least, once it is reached.
    penalty: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Subject {
    Chat(i64),
    Group(i64),
    Overall,
    Drafts(i64),
}

#[derive(Debug, Default)]
pub(super) struct Rates(HashMap<Subject, Bucket>);

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at_ms: i64,
}

impl Rates {
    /// Counts a message or an edit, or says how many seconds to wait.
    pub(super) fn message(&mut self, chat: i64, now_ms: i64) -> Result<(), u64> {
        let mut subjects = vec![(Subject::Chat(chat), CHAT), (Subject::Overall, OVERALL)];
        if chat < 0 {
            subjects.push((Subject::Group(chat), GROUP));
        }
        self.take(&subjects, now_ms)
    }

    pub(super) fn draft(&mut self, chat: i64, now_ms: i64) -> Result<(), u64> {
        self.take(&[(Subject::Drafts(chat), DRAFTS)], now_ms)
    }

    /// From all or from none: what is refused does not count.
    fn take(&mut self, subjects: &[(Subject, Limit)], now_ms: i64) -> Result<(), u64> {
        let buckets: Vec<Bucket> =
            subjects.iter().map(|(subject, limit)| self.filled(*subject, limit, now_ms)).collect();
        let waits = buckets.iter().zip(subjects).filter(|(bucket, _)| bucket.left < 1.0).map(
            |(bucket, (_, limit))| {
                let seconds = ((1.0 - bucket.left) / limit.per_second).ceil() as u64;
                seconds.max(limit.penalty)
            },
        );
        if let Some(longest) = waits.max() {
            return Err(longest);
        }
        for ((subject, _), bucket) in subjects.iter().zip(buckets) {
            self.0.insert(*subject, Bucket { left: bucket.left - 1.0, ..bucket });
        }
        Ok(())
    }

    fn filled(&self, subject: Subject, limit: &Limit, now_ms: i64) -> Bucket {
        let before = self.0.get(&subject).copied();
        let Bucket { left, at_ms } = before.unwrap_or(Bucket { left: limit.burst, at_ms: now_ms });
        let since = (now_ms - at_ms).max(0) as f64 / 1000.0;
        Bucket { left: (left + since * limit.per_second).min(limit.burst), at_ms: now_ms }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chat_takes_a_burst_and_then_one_a_second() {
        let mut rates = Rates::default();
        for _ in 0..5 {
            assert_eq!(rates.message(1, 0), Ok(()));
        }
        assert_eq!(rates.message(1, 0), Err(1));
        assert_eq!(rates.message(2, 0), Ok(()), "another chat has its own");
        assert_eq!(rates.message(1, 999), Err(1));
        assert_eq!(rates.message(1, 1000), Ok(()));
        assert_eq!(rates.message(1, 1000), Err(1));
    }

    #[test]
    fn a_group_takes_twenty_a_minute() {
        let mut rates = Rates::default();
        let sent = (0..60).filter(|second| rates.message(-1, second * 1000).is_ok()).count();
        // The burst, and a twentieth of a minute's refill each.
        assert_eq!(sent, 20 + 19);
        assert_eq!(rates.message(-1, 59_000), Err(1));
        assert_eq!(rates.message(-1, 60_000), Ok(()));
        assert_eq!(rates.message(-1, 62_000), Err(1));
    }

    #[test]
    fn all_chats_together_take_thirty_a_second() {
        let mut rates = Rates::default();
        let sent = (1..=40).filter(|chat| rates.message(*chat, 0).is_ok()).count();
        assert_eq!(sent, 30);
        assert_eq!(rates.message(41, 100), Ok(()));
    }

    #[test]
    fn drafts_have_their_own_limit_and_a_longer_wait() {
        let mut rates = Rates::default();
        let sent = (0..30).filter(|_| rates.draft(1, 0).is_ok()).count();
        assert_eq!((sent, rates.draft(1, 0)), (25, Err(3)));
        assert_eq!(rates.message(1, 0), Ok(()));
    }
}
