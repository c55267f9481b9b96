//! When a user is usually active, and how long his task waits for the next message.

use std::time::Duration;

use jiff::tz::TimeZone as Zone;

use crate::Timestamp;

/// Days that are remembered for each hour.
const DAYS: u32 = 14;

/// A place on the user's own clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalHour {
    /// Days since 1970 in his time zone.
    pub day: u32,
    /// 0 to 23.
    pub hour: u8,
}

/// A name of the IANA time zone database, such as `Asia/Seoul`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeZone(Zone);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time zone's name, such as Asia/Seoul")]
pub struct UnknownTimeZone(String);

impl TimeZone {
    pub fn new(name: &str) -> Result<Self, UnknownTimeZone> {
        Zone::get(name).map(Self).map_err(|_| UnknownTimeZone(name.into()))
    }

    pub fn utc() -> Self {
        Self(Zone::UTC)
    }

    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    pub fn hour_of(&self, at: Timestamp) -> LocalHour {
        let local = self.clock_at(at);
        let epoch = jiff::civil::date(1970, 1, 1);
        let day = local.date().duration_since(epoch).as_hours() / 24;
        LocalHour {
            day: u32::try_from(day).unwrap_or_default(),
            hour: u8::try_from(local.hour()).unwrap_or_default(),
        }
    }

    /// Since Monday, 00:00, on the clock on the wall: below 10,080.
    pub fn minute_of_week(&self, at: Timestamp) -> u32 {
        let local = self.clock_at(at);
        let day = i32::from(local.weekday().to_monday_zero_offset());
        let minute = (day * 24 + i32::from(local.hour())) * 60 + i32::from(local.minute());
        u32::try_from(minute).expect("nothing of it is negative")
    }

    /// What the clock on the wall shows.
    pub(crate) fn civil_at(&self, at: Timestamp) -> jiff::civil::DateTime {
        self.clock_at(at)
    }

    /// When it shows this for the first time. A time that it is put forward over is as long after
    /// the change as it would have been after the hour before. `None`: beyond all calendars.
    pub(crate) fn first_at(&self, time: jiff::civil::DateTime) -> Option<Timestamp> {
        timestamp(self.0.to_ambiguous_timestamp(time).compatible().ok()?)
    }

    /// When it shows this once more.
    pub(crate) fn second_at(&self, time: jiff::civil::DateTime) -> Option<Timestamp> {
        timestamp(self.0.to_ambiguous_timestamp(time).later().ok()?)
    }

    /// Where it is put forward between the two.
    pub(crate) fn gaps_until(&self, from: Timestamp, until: Timestamp) -> Vec<Gap> {
        let instant = |at: Timestamp| {
            let millis = i64::try_from(at.millis()).unwrap_or(i64::MAX);
            jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX)
        };
        let until = instant(until);
        let changes =
            self.0.following(instant(from)).take_while(|change| change.timestamp() < until);
        let gaps = changes.filter_map(|change| {
            let (at, ends) = (change.timestamp(), change.offset().to_datetime(change.timestamp()));
            let just_before = at.checked_sub(jiff::SignedDuration::from_secs(1)).ok()?;
            let begins = self.0.to_offset(just_before).to_datetime(at);
            (begins < ends).then_some(Gap { begins, ends })
        });
        gaps.collect()
    }

    fn clock_at(&self, at: Timestamp) -> jiff::civil::DateTime {
        let millis = i64::try_from(at.millis()).unwrap_or(i64::MAX);
        let at = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX);
        self.0.to_datetime(at)
    }
}

/// Times that the clock on the wall never shows.
pub(crate) struct Gap {
    pub(crate) begins: jiff::civil::DateTime,
    pub(crate) ends: jiff::civil::DateTime,
}

fn timestamp(at: jiff::Timestamp) -> Option<Timestamp> {
    u64::try_from(at.as_millisecond()).ok().map(Timestamp)
}

/// On which of the last 14 days the user was active in each hour of his day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActivityHistory {
    /// The day of bit 0.
    day: u32,
    hours: [u16; 24],
}

impl ActivityHistory {
    /// Whether that was news.
    pub fn note(&mut self, at: LocalHour) -> bool {
        if at.day > self.day {
            let days = at.day - self.day;
            self.hours.iter_mut().for_each(|hour| *hour = older(*hour, days));
            self.day = at.day;
        }
        // A day before the last one: the user has travelled west. Close enough to today.
        let hour = &mut self.hours[usize::from(at.hour) % 24];
        let before = *hour;
        *hour |= 1;
        *hour != before
    }

    /// Of the last 14 days, today included.
    pub fn active_days(&self, at: LocalHour) -> u32 {
        let hour = self.hours[usize::from(at.hour) % 24];
        older(hour, at.day.saturating_sub(self.day)).count_ones()
    }

    /// As a table keeps it: the day, then one number for each hour.
    pub fn to_numbers(&self) -> Vec<u64> {
        let hours = self.hours.iter().map(|hour| u64::from(*hour));
        std::iter::once(u64::from(self.day)).chain(hours).collect()
    }

    /// `None` for what [`to_numbers`](Self::to_numbers) never gives. No numbers: no history.
    pub fn from_numbers(numbers: &[u64]) -> Option<Self> {
        if numbers.is_empty() {
            return Some(Self::default());
        }
        let (day, hours) = numbers.split_first()?;
        let hours: Result<Vec<u16>, _> = hours.iter().map(|hour| u16::try_from(*hour)).collect();
        Some(Self { day: u32::try_from(*day).ok()?, hours: hours.ok()?.try_into().ok()? })
    }
}

fn older(hour: u16, days: u32) -> u16 {
    let kept = (1u32 << DAYS) - 1;
    let shifted = if days >= DAYS { 0 } else { (u32::from(hour) << days) & kept };
    u16::try_from(shifted).expect("14 bits")
}

/// How long a task stays up after its last activity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdlePolicy {
    /// Always.
    pub shortest: Duration,
    /// In an hour in which the user is nearly always active.
    pub longest: Duration,
}

impl Default for IdlePolicy {
    fn default() -> Self {
        Self { shortest: Duration::from_secs(5 * 60), longest: Duration::from_secs(20 * 60) }
    }
}

/// Active on fewer days than this is chance;
const A_HABIT: u32 = 3;
/// on as many as this it is certain.
const A_CERTAINTY: u32 = 10;

impl IdlePolicy {
    pub fn timeout(&self, history: &ActivityHistory, at: LocalHour) -> Duration {
        let days = history.active_days(at).min(A_CERTAINTY);
        let more = self.longest.saturating_sub(self.shortest);
        match days.checked_sub(A_HABIT) {
            None => self.shortest,
            Some(beyond) => self.shortest + more * (beyond + 1) / (A_CERTAINTY - A_HABIT + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(day: u32, hour: u8) -> LocalHour {
        LocalHour { day, hour }
    }

    fn active_on(days: impl IntoIterator<Item = u32>, hour: u8) -> ActivityHistory {
        let mut history = ActivityHistory::default();
        days.into_iter().for_each(|day| {
            history.note(at(day, hour));
        });
        history
    }

    #[test]
    fn a_new_user_has_the_shortest_timeout() {
        let timeout = IdlePolicy::default().timeout(&ActivityHistory::default(), at(20_000, 9));
        assert_eq!(timeout, Duration::from_secs(300));
    }

    #[test]
    fn an_hour_of_habit_is_waited_for_longer_and_the_next_one_is_not() {
        let policy = IdlePolicy::default();
        let minutes = |days: u32| {
            let history = active_on(100..100 + days, 9);
            policy.timeout(&history, at(99 + days, 9)).as_secs() / 60
        };
        assert_eq!((minutes(2), minutes(3), minutes(10), minutes(14)), (5, 6, 20, 20));
        let history = active_on(100..114, 9);
        assert_eq!(policy.timeout(&history, at(113, 10)), policy.shortest);
    }

    #[test]
    fn what_is_two_weeks_past_is_forgotten() {
        let history = active_on(100..114, 9);
        assert_eq!(history.active_days(at(113, 9)), 14);
        assert_eq!(history.active_days(at(120, 9)), 7);
        assert_eq!(history.active_days(at(127, 9)), 0);
        assert_eq!(history.active_days(at(u32::MAX, 9)), 0);
    }

    #[test]
    fn only_the_first_activity_of_an_hour_is_news() {
        let mut history = ActivityHistory::default();
        assert!(history.note(at(5, 9)));
        assert!(!history.note(at(5, 9)));
        assert!(history.note(at(5, 10)));
        assert!(history.note(at(6, 9)));
    }

    #[test]
    fn hours_are_the_users_own() {
        let noon_utc = Timestamp(1_795_262_400_000);
        let hour = |zone: &str| TimeZone::new(zone).expect("a zone").hour_of(noon_utc);
        let utc = hour("UTC");
        assert_eq!(utc.hour, 12);
        assert_eq!(hour("Asia/Seoul"), at(utc.day, 21));
        assert_eq!(hour("Pacific/Kiritimati"), at(utc.day + 1, 2));
        assert_eq!(hour("Asia/Kolkata").hour, 17);
        assert_eq!(TimeZone::utc().hour_of(Timestamp(0)), at(0, 0));
    }

    #[test]
    fn a_name_that_is_no_zone_is_refused_with_an_example() {
        for name in ["", "Seoul", "../etc/passwd", "Asia/Nowhere"] {
            let refused = TimeZone::new(name).expect_err("no zone");
            assert!(refused.to_string().contains("Asia/Seoul"));
        }
    }

    proptest! {
        #[test]
        fn the_timeout_stays_within_its_bounds_and_numbers_read_back(
            notes in prop::collection::vec((19_000u32..19_040, 0u8..24), 0..200),
            now in (19_000u32..19_060, 0u8..24),
        ) {
            let mut history = ActivityHistory::default();
            notes.iter().for_each(|&(day, hour)| { history.note(at(day, hour)); });
            let policy = IdlePolicy::default();
            let timeout = policy.timeout(&history, at(now.0, now.1));
            prop_assert!((policy.shortest..=policy.longest).contains(&timeout));
            prop_assert_eq!(ActivityHistory::from_numbers(&history.to_numbers()), Some(history));
        }

        #[test]
        fn nonsense_numbers_are_refused(numbers in prop::collection::vec(any::<u64>(), 1..40)) {
            if let Some(history) = ActivityHistory::from_numbers(&numbers) {
                prop_assert_eq!(history.to_numbers(), numbers);
            }
        }
    }
}
