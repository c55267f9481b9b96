//! What an agent did for its user, and what it used, day by day.
//!
//! Days are UTC's and not the user's own: AWS bills by them, a day that is written keeps its
//! meaning when the user moves, and whoever writes it need not ask where he is.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Capacity, Channel, Outcome, Reply, Timestamp};

const DAY: Duration = Duration::from_secs(86_400);

/// A day in UTC; its text form is `2026-11-21`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(jiff::civil::Date);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a day, such as 2026-11-21")]
pub struct InvalidDay(String);

impl Day {
    pub fn of(at: Timestamp) -> Self {
        let days = at.millis() / DAY.as_millis() as u64;
        // 9999 is the last year that is written in four digits.
        let days = i32::try_from(days).unwrap_or(i32::MAX).min(2_932_896);
        Self(jiff::civil::date(1970, 1, 1).saturating_add(jiff::Span::new().days(days)))
    }

    pub fn parse(text: &str) -> Result<Self, InvalidDay> {
        let date: Option<jiff::civil::Date> = text.parse().ok();
        let is_plain = |date: &jiff::civil::Date| date.year() >= 1970 && date.to_string() == text;
        date.filter(is_plain).map(Self).ok_or_else(|| InvalidDay(text.chars().take(40).collect()))
    }

    /// Midnight, at which it begins.
    pub fn start(self) -> Timestamp {
        let days = self.0.duration_since(jiff::civil::date(1970, 1, 1)).as_hours() / 24;
        Timestamp(u64::try_from(days).unwrap_or_default() * DAY.as_millis() as u64)
    }

    pub fn next(self) -> Self {
        Self::of(self.start() + DAY)
    }

    pub fn days_before(self, days: u32) -> Self {
        let back = u64::from(days) * DAY.as_millis() as u64;
        Self::of(Timestamp(self.start().millis().saturating_sub(back)))
    }

    /// `2026-11`.
    pub fn month(self) -> String {
        format!("{:04}-{:02}", self.0.year(), self.0.month())
    }

    /// The first day of its month.
    pub fn month_start(self) -> Self {
        Self(self.0.first_of_month())
    }

    /// The first day of the month after.
    pub fn month_after(self) -> Self {
        Self(self.0.last_of_month()).next()
    }

    /// How many days from this one to `last`, both counted.
    pub fn days_to(self, last: Day) -> u64 {
        let (first, last) = (self.start(), last.start());
        if last < first { 0 } else { last.since(first).as_secs() / DAY.as_secs() + 1 }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<String> for Day {
    type Error = InvalidDay;
    fn try_from(text: String) -> Result<Self, InvalidDay> {
        Self::parse(&text)
    }
}

impl From<Day> for String {
    fn from(day: Day) -> String {
        day.to_string()
    }
}

/// Whole numbers, so that they can be added to where they lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsageCounts {
    pub web_messages: u64,
    pub telegram_messages: u64,
    pub scheduled_messages: u64,
    pub complete: u64,
    pub cancelled: u64,
    pub truncated: u64,
    pub failed: u64,
    pub input_tokens: u64,
    pub output_tokens: u64,
    /// What the provider charged, in billionths of a US dollar: a short answer costs less than
    /// a millionth.
    pub model_nano_usd: u64,
    /// Replies that used tokens at a price that nobody told.
    pub unpriced_replies: u64,
    pub awake_spot_ms: u64,
    pub awake_on_demand_ms: u64,
    pub wakes: u64,
}

/// Names of the counts where they are kept.
const NAMES: [&str; 14] = [
    "webMessages",
    "telegramMessages",
    "scheduledMessages",
    "complete",
    "cancelled",
    "truncated",
    "failed",
    "inputTokens",
    "outputTokens",
    "modelNanoUsd",
    "unpricedReplies",
    "awakeSpotMs",
    "awakeOnDemandMs",
    "wakes",
];

impl UsageCounts {
    /// A message has ended with this reply.
    pub fn of_reply(channel: Channel, reply: &Reply) -> Self {
        let mut counts = Self::default();
        match channel {
            Channel::Web => counts.web_messages = 1,
            Channel::Telegram => counts.telegram_messages = 1,
            Channel::Schedule => counts.scheduled_messages = 1,
        }
        match reply.outcome {
            Outcome::Complete => counts.complete = 1,
            Outcome::Cancelled => counts.cancelled = 1,
            Outcome::Truncated => counts.truncated = 1,
            Outcome::Failed => counts.failed = 1,
        }
        if let Some(usage) = &reply.usage {
            counts.input_tokens = usage.input_tokens;
            counts.output_tokens = usage.output_tokens;
            match usage.cost_usd {
                Some(cost) => counts.model_nano_usd = nano(cost),
                None => counts.unpriced_replies = 1,
            }
        }
        counts
    }

    pub fn of_wake() -> Self {
        Self { wakes: 1, ..Self::default() }
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub fn add(&mut self, other: &Self) {
        let (mine, others) = (self.numbers(), other.numbers());
        let sums = mine.into_iter().zip(others).map(|((_, a), (_, b))| a.saturating_add(b));
        let sums: Vec<u64> = sums.collect();
        *self = Self::from_numbers(|name| {
            NAMES.iter().position(|known| *known == name).map_or(0, |place| sums[place])
        });
    }

    /// Every count with its name.
    pub fn numbers(&self) -> [(&'static str, u64); 14] {
        let values = [
            self.web_messages,
            self.telegram_messages,
            self.scheduled_messages,
            self.complete,
            self.cancelled,
            self.truncated,
            self.failed,
            self.input_tokens,
            self.output_tokens,
            self.model_nano_usd,
            self.unpriced_replies,
            self.awake_spot_ms,
            self.awake_on_demand_ms,
            self.wakes,
        ];
        std::array::from_fn(|place| (NAMES[place], values[place]))
    }

    pub fn from_numbers(value: impl Fn(&'static str) -> u64) -> Self {
        let [
            web_messages,
            telegram_messages,
            scheduled_messages,
            complete,
            cancelled,
            truncated,
            failed,
            input_tokens,
            output_tokens,
            model_nano_usd,
            unpriced_replies,
            awake_spot_ms,
            awake_on_demand_ms,
            wakes,
        ] = NAMES.map(value);
        Self {
            web_messages,
            telegram_messages,
            scheduled_messages,
            complete,
            cancelled,
            truncated,
            failed,
            input_tokens,
            output_tokens,
            model_nano_usd,
            unpriced_replies,
            awake_spot_ms,
            awake_on_demand_ms,
            wakes,
        }
    }

    fn awake(capacity: Capacity, span: Duration) -> Self {
        let ms = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        match capacity {
            Capacity::Spot => Self { awake_spot_ms: ms, ..Self::default() },
            Capacity::OnDemand => Self { awake_on_demand_ms: ms, ..Self::default() },
        }
    }
}

/// A time awake, cut at midnight. Nothing if the clock went back.
pub fn awake_by_day(
    from: Timestamp,
    to: Timestamp,
    capacity: Capacity,
) -> impl Iterator<Item = (Day, UsageCounts)> {
    let mut at = from;
    std::iter::from_fn(move || {
        let until = to.min(Day::of(at).next().start());
        // The last day that there is has no next one.
        let (day, span) = (Day::of(at), until.since(at));
        at = until;
        (!span.is_zero()).then(|| (day, UsageCounts::awake(capacity, span)))
    })
}

fn nano(usd: f64) -> u64 {
    // What is no price is none: below zero, or not a number. `as` saturates.
    (usd * 1e9).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Usage;

    fn at(day: &str, seconds: u64) -> Timestamp {
        Day::parse(day).expect("a day").start() + Duration::from_secs(seconds)
    }

    #[test]
    fn a_day_begins_at_midnight_in_utc() {
        assert_eq!(Day::of(Timestamp(0)).to_string(), "1970-01-01");
        assert_eq!(Day::of(at("2028-02-29", 86_399)).to_string(), "2028-02-29");
        assert_eq!(Day::of(at("2028-02-29", 86_400)).to_string(), "2028-03-01");
        assert_eq!(Day::of(Timestamp(u64::MAX)).to_string(), "9999-12-31");
        assert_eq!(at("2026-11-21", 0), Timestamp(1_795_219_200_000));
    }

    #[test]
    fn only_a_plain_day_is_one() {
        for text in ["", "2026-11-31", "2026-1-1", "20261121", "2026-11-21T00", "-000001-01-01"] {
            assert!(Day::parse(text).is_err(), "{text}");
        }
        let day = Day::parse("2026-03-01").expect("a day");
        assert_eq!(day.days_before(1).to_string(), "2026-02-28");
        assert_eq!(
            (day.next().to_string().as_str(), day.month().as_str()),
            ("2026-03-02", "2026-03")
        );
        assert_eq!(day.days_before(9).days_to(day), 10);
        assert_eq!(day.next().days_to(day), 0);
    }

    #[test]
    fn a_night_awake_is_two_days() {
        let (from, to) = (at("2026-12-31", 86_390), at("2027-01-01", 5));
        let days: Vec<_> = awake_by_day(from, to, Capacity::Spot).collect();
        let spot = |ms| UsageCounts { awake_spot_ms: ms, ..UsageCounts::default() };
        let day = |text| Day::parse(text).expect("a day");
        assert_eq!(days, [(day("2026-12-31"), spot(10_000)), (day("2027-01-01"), spot(5_000))]);
        assert_eq!(awake_by_day(to, from, Capacity::Spot).count(), 0, "the clock went back");
        let on_demand = awake_by_day(from, from + DAY, Capacity::OnDemand);
        let sum: u64 = on_demand.map(|(_, counts)| counts.awake_on_demand_ms).sum();
        assert_eq!(sum, 86_400_000);
    }

    #[test]
    fn a_reply_counts_with_its_message_tokens_and_price() {
        let reply = |usage| Reply {
            text: String::new(),
            outcome: Outcome::Truncated,
            error: None,
            usage,
            at: Timestamp(0),
        };
        let usage = |cost_usd| Some(Usage { input_tokens: 7, output_tokens: 3, cost_usd });
        let mut sum = UsageCounts::of_reply(Channel::Web, &reply(usage(Some(0.000_000_25))));
        sum.add(&UsageCounts::of_reply(Channel::Telegram, &reply(usage(None))));
        sum.add(&UsageCounts::of_reply(Channel::Telegram, &reply(None)));
        let expected = UsageCounts {
            web_messages: 1,
            telegram_messages: 2,
            truncated: 3,
            input_tokens: 14,
            output_tokens: 6,
            model_nano_usd: 250,
            unpriced_replies: 1,
            ..UsageCounts::default()
        };
        assert_eq!(sum, expected);
        for odd in [f64::NAN, -1.0] {
            let counts = UsageCounts::of_reply(Channel::Web, &reply(usage(Some(odd))));
            assert_eq!(counts.model_nano_usd, 0);
        }
    }

    #[test]
    fn every_count_reads_back_under_its_name() {
        let counts = UsageCounts::from_numbers(|name| {
            1 + NAMES.iter().position(|known| *known == name).expect("known") as u64
        });
        let values = counts.numbers().map(|(_, value)| value);
        assert_eq!(values, std::array::from_fn(|place| place as u64 + 1));
    }
}
