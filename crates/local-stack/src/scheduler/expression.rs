//! When a schedule rings: `cron(..)` and `at(..)` in a time zone.
//!
//! As AWS does it, a time that the clock is put forward over is left out, and one that comes twice
//! rings once. <https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html>

use std::collections::BTreeSet;

use jiff::{Timestamp, ToSpan, civil::Date, civil::DateTime, tz::AmbiguousOffset, tz::TimeZone};
use serde_json::Value;

/// After so many days without a time there will be none.
const LOOK_AHEAD_DAYS: usize = 366 * 9;

pub(super) struct When {
    zone: TimeZone,
    times: Times,
}

enum Times {
    At(DateTime),
    Cron { minutes: BTreeSet<i16>, hours: BTreeSet<i16>, days: Days, years: Option<BTreeSet<i16>> },
}

struct Days {
    of_month: Field,
    months: BTreeSet<i16>,
    /// Sunday is 1.
    of_week: Option<BTreeSet<i16>>,
}

enum Field {
    Any,
    Some(BTreeSet<i16>),
    LastOfMonth,
}

impl When {
    pub(super) fn of(request: &Value) -> Result<Self, String> {
        let text = request["ScheduleExpression"].as_str().unwrap_or_default();
        let zone = request["ScheduleExpressionTimezone"].as_str().unwrap_or("UTC");
        let zone = TimeZone::get(zone).map_err(|_| format!("`{zone}` is not a time zone"))?;
        let invalid = || format!("Invalid Schedule Expression {text}.");
        let inside = |name: &str| text.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
        let times = match (inside("at"), inside("cron")) {
            (Some(at), _) => at.parse().ok().map(Times::At),
            (_, Some(cron)) => self::cron(cron),
            _ => None,
        };
        Ok(Self { zone, times: times.ok_or_else(invalid)? })
    }

    /// The first one after it.
    pub(super) fn next(&self, after: Timestamp) -> Option<Timestamp> {
        match &self.times {
            Times::At(at) => {
                let at = self.zone.to_ambiguous_timestamp(*at).compatible().ok()?;
                (at > after).then_some(at)
            }
            Times::Cron { .. } => {
                let first = self.zone.to_datetime(after).date();
                let days = first.series(1.day()).take(LOOK_AHEAD_DAYS);
                days.filter(|day| self.has(*day)).find_map(|day| {
                    self.times_on(day).filter_map(|time| self.rings(time)).find(|at| *at > after)
                })
            }
        }
    }

    /// The last one that lies between the two.
    pub(super) fn last(&self, after: Timestamp, until: Timestamp) -> Option<Timestamp> {
        let following = |at: &Timestamp| self.next(*at);
        let times = std::iter::successors(self.next(after), following);
        times.take_while(|at| *at <= until).last()
    }

    fn has(&self, day: Date) -> bool {
        let Times::Cron { days, years, .. } = &self.times else { return false };
        let of_week = i16::from(day.weekday().to_sunday_one_offset());
        days.months.contains(&i16::from(day.month()))
            && years.as_ref().is_none_or(|years| years.contains(&day.year()))
            && days.of_week.as_ref().is_none_or(|days| days.contains(&of_week))
            && match &days.of_month {
                Field::Any => true,
                Field::Some(days) => days.contains(&i16::from(day.day())),
                Field::LastOfMonth => day == day.last_of_month(),
            }
    }

    fn times_on(&self, day: Date) -> impl Iterator<Item = DateTime> {
        let times = match &self.times {
            Times::Cron { minutes, hours, .. } => {
                let time = |hour: &i16, minute: &i16| {
                    let [hour, minute] = [*hour, *minute].map(|n| i8::try_from(n).unwrap_or(0));
                    day.at(hour, minute, 0, 0)
                };
                let of_hour = |hour| minutes.iter().map(move |minute| time(hour, minute));
                hours.iter().flat_map(of_hour).collect()
            }
            Times::At(_) => Vec::new(),
        };
        times.into_iter()
    }

    fn rings(&self, time: DateTime) -> Option<Timestamp> {
        let at = self.zone.to_ambiguous_timestamp(time);
        match at.offset() {
            AmbiguousOffset::Gap { .. } => None,
            _ => at.earlier().ok(),
        }
    }
}

fn cron(text: &str) -> Option<Times> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    let [minutes, hours, of_month, months, of_week, years] = fields.as_slice() else {
        return None;
    };
    let is_open = |field: &str| matches!(field, "*" | "?");
    // One of the two says which days, and the other one says so.
    (is_open(of_month) != is_open(of_week) || *of_month == "?" || *of_week == "?").then_some(())?;
    Some(Times::Cron {
        minutes: numbers(minutes, 0..=59, &[])?,
        hours: numbers(hours, 0..=23, &[])?,
        days: Days {
            of_month: match *of_month {
                "*" | "?" => Field::Any,
                "L" => Field::LastOfMonth,
                some => Field::Some(numbers(some, 1..=31, &[])?),
            },
            months: numbers(months, 1..=12, &MONTHS)?,
            of_week: match is_open(of_week) {
                true => None,
                false => Some(numbers(of_week, 1..=7, &DAYS)?),
            },
        },
        years: match is_open(years) {
            true => None,
            false => Some(numbers(years, 1970..=2199, &[])?),
        },
    })
}

const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/// `*`, `5`, `MON-FRI`, `0/15` and lists of them.
fn numbers(
    field: &str,
    all: std::ops::RangeInclusive<i16>,
    names: &[&str],
) -> Option<BTreeSet<i16>> {
    let number = |text: &str| {
        let named = names.iter().position(|name| *name == text);
        let found = match named {
            Some(at) => i16::try_from(at + 1).ok()?,
            None => text.parse().ok()?,
        };
        all.contains(&found).then_some(found)
    };
    let mut found = BTreeSet::new();
    for part in field.split(',') {
        let (range, step) = part.split_once('/').unwrap_or((part, "1"));
        let step: usize = step.parse().ok().filter(|step| *step > 0)?;
        let range = match (range, range.split_once('-')) {
            ("*", _) => all.clone(),
            (_, Some((from, to))) => number(from)?..=number(to)?,
            (from, None) if part.contains('/') => number(from)?..=*all.end(),
            (one, None) => number(one)?..=number(one)?,
        };
        found.extend(range.step_by(step));
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn when(expression: &str, zone: &str) -> Result<When, String> {
        When::of(&json!({"ScheduleExpression": expression, "ScheduleExpressionTimezone": zone}))
    }

    #[track_caller]
    fn check(expression: &str, zone: &str, after: &str, expect: &[&str]) {
        let when = when(expression, zone).expect("understood");
        let first = when.next(after.parse().expect("an instant"));
        let times = std::iter::successors(first, |at| when.next(*at)).take(expect.len());
        let times: Vec<String> = times.map(|at| at.to_string()).collect();
        assert_eq!(times, expect);
    }

    #[test]
    fn expressions_ring_in_their_time_zone() {
        check(
            "cron(0 8 ? * MON-FRI *)",
            "Asia/Seoul",
            "2026-11-19T23:00:00Z",
            &["2026-11-22T23:00:00Z", "2026-11-23T23:00:00Z"],
        );
        check(
            "cron(0/30 9 31 * ? *)",
            "UTC",
            "2026-11-01T00:00:00Z",
            &["2026-12-31T09:00:00Z", "2026-12-31T09:30:00Z", "2027-01-31T09:00:00Z"],
        );
        check("cron(0 9 L 2 ? 2028)", "UTC", "2026-11-01T00:00:00Z", &["2028-02-29T09:00:00Z"]);
        check(
            "at(2026-11-22T08:00:00)",
            "Asia/Seoul",
            "2026-11-01T00:00:00Z",
            &["2026-11-21T23:00:00Z"],
        );
    }

    #[test]
    fn as_aws_does_it_a_time_in_the_gap_is_left_out_and_one_that_comes_twice_rings_once() {
        let zone = "Europe/Berlin";
        check("cron(30 2 * * ? *)", zone, "2027-03-27T12:00:00Z", &["2027-03-29T00:30:00Z"]);
        check(
            "cron(30 2 * * ? *)",
            zone,
            "2026-10-24T12:00:00Z",
            &["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
        );
    }

    #[test]
    fn the_last_one_of_a_time_is_found() {
        let when = when("cron(0 8 * * ? *)", "UTC").expect("understood");
        let at = |text: &str| text.parse::<Timestamp>().expect("an instant");
        let last = |after, until| when.last(at(after), at(until)).map(|at| at.to_string());
        assert_eq!(
            last("2026-11-01T00:00:00Z", "2026-11-05T09:00:00Z").as_deref(),
            Some("2026-11-05T08:00:00Z")
        );
        assert_eq!(last("2026-11-05T08:00:00Z", "2026-11-06T07:59:59Z"), None);
    }

    #[test]
    fn what_aws_would_refuse_is_refused() {
        for expression in [
            "",
            "daily",
            "cron(0 8 * * *)",
            "cron(0 24 * * ? *)",
            "cron(60 8 * * ? *)",
            "cron(0 8 1 * MON *)",
            "at(tomorrow)",
            "cron(0 8 ? * FUN *)",
        ] {
            assert!(when(expression, "UTC").is_err(), "{expression}");
        }
        assert!(when("cron(0 8 * * ? *)", "Mars/Olympus").is_err());
    }
}
