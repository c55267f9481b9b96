//! How EventBridge Scheduler is told of a schedule.
//!
//! It leaves out a time that the clock is put forward over, and we do not. So where that can
//! happen the alarm also goes off at the time that stands in: on all other days it is none of the
//! schedule's times, and [`Schedule::time_of`] says so. An alarm too many costs nothing.
//! <https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html>

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::civil::{DateTime, Time};

use super::{Day, Recurrence, Schedule};
use crate::{TimeZone, Timestamp};

/// How far ahead the zone's changes are looked through for gaps. Their hours stay the same for
/// decades; the dates do not matter here.
const LOOK_AHEAD: Duration = Duration::from_secs(3 * 366 * 86_400);

/// `ScheduleExpression` and its `ScheduleExpressionTimezone`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmTime {
    pub expression: String,
    pub time_zone: String,
    /// There is no other time after it.
    pub once: bool,
}

/// A time of day, and whether it is on the day after.
type Alarm = (Time, bool);

impl Schedule {
    /// `now`: gaps are looked for after it.
    pub fn to_eventbridge(&self, now: Timestamp) -> AlarmTime {
        let zone = &self.time_zone;
        let alarms = |time| alarms(zone, time, now);
        let expression = match &self.recurrence {
            Recurrence::Once { at } => return once(zone, at.0),
            Recurrence::Daily { time } => cron(&alarms(time.0), "*", "?"),
            Recurrence::Weekly { days, time } => {
                let alarms = alarms(time.0);
                let after = days.iter().filter(|_| spills(&alarms)).map(|day| day.next());
                let days: BTreeSet<Day> = days.iter().copied().chain(after).collect();
                let days: Vec<&str> = days.into_iter().map(cron_name).collect();
                cron(&alarms, "?", &days.join(","))
            }
            Recurrence::Monthly { day, time } => {
                let alarms = alarms(time.0);
                let days = match (spills(&alarms), day) {
                    (false, _) => day.to_string(),
                    (true, 31) => "1,31".into(),
                    // The last of a month has the first of the next one after it.
                    (true, 28..) => format!("1,{day},{}", day + 1),
                    (true, _) => format!("{day},{}", day + 1),
                };
                cron(&alarms, &days, "?")
            }
        };
        AlarmTime { expression, time_zone: zone.name().into(), once: false }
    }
}

/// Whatever clocks do, an instant in UTC is one.
fn once(zone: &TimeZone, at: DateTime) -> AlarmTime {
    let utc = zone.first_at(at).map_or(at, |instant| TimeZone::utc().civil_at(instant));
    let expression = format!("at({})", utc.strftime("%Y-%m-%dT%H:%M:%S"));
    AlarmTime { expression, time_zone: "UTC".into(), once: true }
}

fn spills(alarms: &BTreeSet<Alarm>) -> bool {
    alarms.iter().any(|(_, day_after)| *day_after)
}

/// `time`, and what stands in for it where it is left out.
fn alarms(zone: &TimeZone, time: Time, now: Timestamp) -> BTreeSet<Alarm> {
    let stand_ins = zone.gaps_until(now, now + LOOK_AHEAD).into_iter().flat_map(|gap| {
        let days = [gap.begins.date(), gap.ends.date()];
        days.into_iter().filter_map(move |day| {
            let left_out = day.to_datetime(time);
            let stand_in = left_out.checked_add(gap.ends.duration_since(gap.begins)).ok()?;
            let is_left_out = (gap.begins..gap.ends).contains(&left_out);
            is_left_out.then(|| (stand_in.time(), stand_in.date() != day))
        })
    });
    std::iter::once((time, false)).chain(stand_ins).collect()
}

/// Every hour of the list at every minute of it: some are nobody's.
fn cron(alarms: &BTreeSet<Alarm>, days_of_month: &str, days_of_week: &str) -> String {
    let hours: BTreeSet<i8> = alarms.iter().map(|(time, _)| time.hour()).collect();
    let minutes: BTreeSet<i8> = alarms.iter().map(|(time, _)| time.minute()).collect();
    format!("cron({} {} {days_of_month} * {days_of_week} *)", list(minutes), list(hours))
}

fn list(numbers: BTreeSet<i8>) -> String {
    numbers.iter().map(i8::to_string).collect::<Vec<_>>().join(",")
}

fn cron_name(day: Day) -> &'static str {
    match day {
        Day::Mon => "MON",
        Day::Tue => "TUE",
        Day::Wed => "WED",
        Day::Thu => "THU",
        Day::Fri => "FRI",
        Day::Sat => "SAT",
        Day::Sun => "SUN",
    }
}
