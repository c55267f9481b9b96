//! Hours of the week on an operator's own clock, such as `Mon-Fri 08:00-18:00; Sat 10:00-14:00`.

use std::str::FromStr;

use crate::{TimeZone, Timestamp};

const DAY: u32 = 24 * 60;
const WEEK: u32 = 7 * DAY;
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// What lies in any of them counts. None at all: always.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Windows(Vec<Window>);

/// In minutes; the week begins with Monday and has no end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Window {
    begins: u32,
    lasts: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a window: write days and hours such as `Mon-Fri 08:00-18:00`, `Sat,Sun \
     10:00-24:00` or `Fri 22:00-02:00`, with `;` between windows"
)]
pub struct InvalidWindow(String);

impl Windows {
    /// By the clock on the wall: an hour that is left out in spring is in no window, and one that
    /// comes twice in autumn is in its window twice.
    pub fn hold(&self, zone: &TimeZone, at: Timestamp) -> bool {
        let now = zone.minute_of_week(at);
        self.0.is_empty() || self.0.iter().any(|window| window.has(now))
    }
}

impl Window {
    fn has(self, minute: u32) -> bool {
        (minute + WEEK - self.begins) % WEEK < self.lasts
    }
}

impl FromStr for Windows {
    type Err = InvalidWindow;

    fn from_str(text: &str) -> Result<Self, InvalidWindow> {
        let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
        let windows = parts.map(|part| each_day(part).ok_or_else(|| InvalidWindow(part.into())));
        let windows: Result<Vec<Vec<Window>>, InvalidWindow> = windows.collect();
        Ok(Self(windows?.concat()))
    }
}

/// One window for each of its days, on which it begins.
fn each_day(text: &str) -> Option<Vec<Window>> {
    let (days, hours) = text.split_once(char::is_whitespace)?;
    let (from, to) = hours.trim_start().split_once('-')?;
    let (from, to) = (minute_of_day(from)?, minute_of_day(to)?);
    if from == DAY || from == to {
        return None;
    }
    let lasts = if to > from { to - from } else { to + DAY - from };
    let days: Option<Vec<Vec<u32>>> = days.split(',').map(some_days).collect();
    let window = |day: u32| Window { begins: day * DAY + from, lasts };
    Some(days?.concat().into_iter().map(window).collect())
}

/// `Mon`, or `Fri-Mon`, both included.
fn some_days(text: &str) -> Option<Vec<u32>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (day(first)?, day(last)?);
    let days = (last + 7 - first) % 7;
    Some((first..=first + days).map(|day| day % 7).collect())
}

fn day(name: &str) -> Option<u32> {
    let known = DAYS.iter().position(|known| known.eq_ignore_ascii_case(name))?;
    u32::try_from(known).ok()
}

/// `00:00` to `24:00`.
fn minute_of_day(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let minute = 60 * two_digits(hours)? + two_digits(minutes).filter(|minutes| *minutes < 60)?;
    (minute <= DAY).then_some(minute)
}

fn two_digits(text: &str) -> Option<u32> {
    let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(time: &str) -> Timestamp {
        let time: jiff::Timestamp = time.parse().expect("a time");
        Timestamp(u64::try_from(time.as_millisecond()).expect("after 1970"))
    }

    fn zone(name: &str) -> TimeZone {
        TimeZone::new(name).expect("a zone")
    }

    #[track_caller]
    fn check(windows: &str, zone_name: &str, time: &str, expect: bool) {
        let parsed: Windows = windows.parse().expect("windows");
        let holds = parsed.hold(&zone(zone_name), at(time));
        assert_eq!(holds, expect, "`{windows}` in {zone_name} at {time}");
    }

    #[test]
    fn windows_hold_from_their_first_minute_to_before_their_last() {
        let office = "Mon-Fri 08:00-18:00; Sat 10:00-14:00";
        for (time, expect) in [
            ("2026-11-20T07:59:59Z", false),
            ("2026-11-20T08:00:00Z", true),
            ("2026-11-20T17:59:59.999Z", true),
            ("2026-11-20T18:00:00Z", false),
            ("2026-11-21T09:59:00Z", false),
            ("2026-11-21T10:00:00Z", true),
            ("2026-11-21T14:00:00Z", false),
            ("2026-11-22T12:00:00Z", false),
            ("2026-11-23T12:00:00Z", true),
        ] {
            check(office, "UTC", time, expect);
        }
    }

    #[test]
    fn no_window_is_always_and_a_whole_day_is_one() {
        for empty in ["", "  ", ";", " ; "] {
            check(empty, "UTC", "2026-11-22T03:00:00Z", true);
        }
        check("Sun 00:00-24:00", "UTC", "2026-11-22T23:59:59Z", true);
        check("Sun 00:00-24:00", "UTC", "2026-11-23T00:00:00Z", false);
    }

    #[test]
    fn a_night_belongs_to_the_day_on_which_it_begins() {
        let friday = "Fri 22:00-02:00";
        check(friday, "UTC", "2026-11-20T21:59:00Z", false);
        check(friday, "UTC", "2026-11-20T22:00:00Z", true);
        check(friday, "UTC", "2026-11-21T01:59:00Z", true);
        check(friday, "UTC", "2026-11-21T02:00:00Z", false);
        check(friday, "UTC", "2026-11-20T01:00:00Z", false);
        // From the last night of the week into the first morning.
        check("Sun 22:00-02:00", "UTC", "2026-11-23T01:00:00Z", true);
        check("Sun 22:00-00:00", "UTC", "2026-11-22T23:59:00Z", true);
        check("Sun 22:00-00:00", "UTC", "2026-11-23T00:00:00Z", false);
    }

    #[test]
    fn days_are_single_listed_and_around_the_end_of_the_week() {
        for (days, expect) in [
            ("Mon", "1000000"),
            ("mon,WED", "1010000"),
            ("Tue-Thu,Sun", "0111001"),
            ("Sat-Mon", "1000011"),
            ("Mon-Sun", "1111111"),
            ("Fri-Fri", "0000100"),
        ] {
            let windows: Windows = format!("{days} 12:00-13:00").parse().expect("windows");
            let noons = (16..23).map(|day| at(&format!("2026-11-{day}T12:30:00Z")));
            let seen =
                noons.map(|noon| if windows.hold(&TimeZone::utc(), noon) { '1' } else { '0' });
            assert_eq!(seen.collect::<String>(), expect, "{days}");
        }
    }

    #[test]
    fn hours_are_those_of_the_zone() {
        let morning = "Mon-Fri 08:00-09:00";
        check(morning, "Asia/Kolkata", "2026-11-20T02:29:59Z", false);
        check(morning, "Asia/Kolkata", "2026-11-20T02:30:00Z", true);
        check(morning, "Asia/Kathmandu", "2026-11-20T02:15:00Z", true);
        check(morning, "Asia/Kathmandu", "2026-11-20T03:15:00Z", false);
        // Monday there, Sunday in UTC; and the other way round.
        check(morning, "Pacific/Kiritimati", "2026-11-22T18:30:00Z", true);
        check("Sun 20:00-22:00", "America/Los_Angeles", "2026-11-23T05:00:00Z", true);
    }

    #[test]
    fn summer_time_moves_the_hours_with_the_clock_on_the_wall() {
        let morning = "Mon-Sun 08:00-09:00";
        check(morning, "Europe/Berlin", "2026-03-28T07:30:00Z", true);
        check(morning, "Europe/Berlin", "2026-03-29T07:30:00Z", false);
        check(morning, "Europe/Berlin", "2026-03-29T06:30:00Z", true);
        // 02:00 to 03:00 does not exist that night in spring,
        let night = "Sun 02:00-03:00";
        check(night, "Europe/Berlin", "2026-03-29T00:59:59Z", false);
        check(night, "Europe/Berlin", "2026-03-29T01:00:00Z", false);
        // and comes twice in autumn.
        for (time, expect) in [
            ("2026-10-24T23:59:59Z", false),
            ("2026-10-25T00:00:00Z", true),
            ("2026-10-25T01:59:59Z", true),
            ("2026-10-25T02:00:00Z", false),
        ] {
            check(night, "Europe/Berlin", time, expect);
        }
        // A night shift over the change is an hour longer or shorter.
        check("Sat 22:00-04:00", "Europe/Berlin", "2026-10-25T02:30:00Z", true);
        // Half an hour of summer time.
        check("Sun 03:00-04:00", "Australia/Lord_Howe", "2026-10-03T16:00:00Z", true);
        check("Sun 02:00-02:30", "Australia/Lord_Howe", "2026-10-03T15:30:00Z", false);
    }

    #[test]
    fn what_is_no_window_is_refused_with_what_is() {
        for nonsense in [
            "always",
            "08:00-18:00",
            "Mon",
            "Mon 08:00",
            "Mon 8:00-18:00",
            "Mon 08:00-18:60",
            "Mon 08:00-24:01",
            "Mon 24:00-08:00",
            "Mon 08:00-08:00",
            "Mon 08.00-18.00",
            "Mon 08:00-+9:00",
            "Monday 08:00-18:00",
            "Mon- 08:00-18:00",
            ",Mon 08:00-18:00",
            "Mon-Wed-Fri 08:00-18:00",
            "Mon 08:00-18:00, Tue 08:00-18:00",
            "Mon 08:00-18:00 UTC",
            "Mon 08:00-18:00; Tue",
        ] {
            let refused = nonsense.parse::<Windows>().expect_err(nonsense).to_string();
            assert!(refused.contains("Mon-Fri 08:00-18:00"), "{refused}");
        }
        let refused = "Mon 08:00-09:00; Tue".parse::<Windows>().expect_err("no hours");
        assert!(refused.to_string().starts_with("`Tue` "), "{refused}");
    }

    proptest! {
        #[test]
        fn any_text_is_windows_or_refused(text in "[MonTueFrSat0-9:;, -]{0,40}") {
            let _ = text.parse::<Windows>();
        }

        /// Of every minute of a week, those of the window and no others.
        #[test]
        fn a_window_is_as_long_as_it_says(day in 0usize..7, from in 0u32..DAY, lasts in 1u32..DAY) {
            let to = (from + lasts) % DAY;
            let name = DAYS[day];
            let text = format!(
                "{name} {:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60
            );
            let windows: Windows = text.parse().expect("a window");
            let monday = at("2026-11-16T00:00:00Z");
            let minute = |n: u32| Timestamp(monday.millis() + u64::from(n) * 60_000);
            let held = (0..WEEK).filter(|n| windows.hold(&TimeZone::utc(), minute(*n)));
            let first = u32::try_from(day).expect("small") * DAY + from;
            let mut expect: Vec<u32> = (first..first + lasts).map(|n| n % WEEK).collect();
            expect.sort_unstable();
            prop_assert_eq!(held.collect::<Vec<_>>(), expect);
        }
    }
}
