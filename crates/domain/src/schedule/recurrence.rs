//! Which days, and when on them.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, DateTime, Time, Weekday};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", deny_unknown_fields)]
pub enum Recurrence {
    Once {
        at: LocalMinute,
    },
    Daily {
        time: WallTime,
    },
    /// At least one day.
    Weekly {
        days: BTreeSet<Day>,
        time: WallTime,
    },
    /// A month that has no such day is left out.
    Monthly {
        day: u8,
        time: WallTime,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

/// `08:00`
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WallTime(pub(super) Time);

/// `2026-11-22T08:00`
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LocalMinute(pub(super) DateTime);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRecurrence {
    #[error("`{0}` is not a time of day such as 08:00")]
    Time(String),
    #[error("`{0}` is not a date and time such as 2026-11-22T08:00")]
    Minute(String),
    #[error("weekly needs at least one day of mon, tue, wed, thu, fri, sat and sun")]
    NoDays,
    #[error("{0} is not a day of a month; there are 1 to 31")]
    Day(u8),
}

impl Recurrence {
    /// What its parts cannot know of each other.
    pub fn check(self) -> Result<Self, InvalidRecurrence> {
        match &self {
            Recurrence::Weekly { days, .. } if days.is_empty() => Err(InvalidRecurrence::NoDays),
            Recurrence::Monthly { day, .. } if !(1..=31).contains(day) => {
                Err(InvalidRecurrence::Day(*day))
            }
            _ => Ok(self),
        }
    }

    /// The time on this day, if it is one of its days.
    pub(super) fn on(&self, day: Date) -> Option<DateTime> {
        let (is_one, time) = match self {
            Recurrence::Once { at } => (at.0.date() == day, at.0.time()),
            Recurrence::Daily { time } => (true, time.0),
            Recurrence::Weekly { days, time } => (days.contains(&Day::of(day)), time.0),
            Recurrence::Monthly { day: wanted, time } => {
                (i16::from(day.day()) == i16::from(*wanted), time.0)
            }
        };
        is_one.then(|| day.to_datetime(time))
    }

    pub fn is_once(&self) -> bool {
        matches!(self, Recurrence::Once { .. })
    }
}

/// `Every weekday at 08:00`
impl fmt::Display for Recurrence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Recurrence::Once { at } => {
                write!(f, "Once on {}", at.0.strftime("%-d %B %Y at %H:%M"))
            }
            Recurrence::Daily { time } => write!(f, "Every day at {time}"),
            Recurrence::Weekly { days, time } => write!(f, "Every {} at {time}", in_words(days)),
            Recurrence::Monthly { day, time } if *day <= 28 => {
                write!(f, "On day {day} of every month at {time}")
            }
            Recurrence::Monthly { day, time } => {
                write!(f, "On day {day} of every month that has one at {time}")
            }
        }
    }
}

fn in_words(days: &BTreeSet<Day>) -> String {
    let all: Vec<Day> = days.iter().copied().collect();
    let names: Vec<&str> = all.iter().map(|day| day.name()).collect();
    match (all.as_slice(), names.as_slice()) {
        ([_, _, _, _, _, _, _], _) => "day".into(),
        ([Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri], _) => "weekday".into(),
        (_, [rest @ .., last]) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        (_, names) => names.concat(),
    }
}

impl Day {
    fn of(date: Date) -> Self {
        match date.weekday() {
            Weekday::Monday => Day::Mon,
            Weekday::Tuesday => Day::Tue,
            Weekday::Wednesday => Day::Wed,
            Weekday::Thursday => Day::Thu,
            Weekday::Friday => Day::Fri,
            Weekday::Saturday => Day::Sat,
            Weekday::Sunday => Day::Sun,
        }
    }

    pub(super) fn next(self) -> Self {
        match self {
            Day::Mon => Day::Tue,
            Day::Tue => Day::Wed,
            Day::Wed => Day::Thu,
            Day::Thu => Day::Fri,
            Day::Fri => Day::Sat,
            Day::Sat => Day::Sun,
            Day::Sun => Day::Mon,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Day::Mon => "Monday",
            Day::Tue => "Tuesday",
            Day::Wed => "Wednesday",
            Day::Thu => "Thursday",
            Day::Fri => "Friday",
            Day::Sat => "Saturday",
            Day::Sun => "Sunday",
        }
    }
}

impl FromStr for WallTime {
    type Err = InvalidRecurrence;

    fn from_str(text: &str) -> Result<Self, InvalidRecurrence> {
        let time = Time::strptime("%H:%M", text).ok().filter(|_| text.len() == 5);
        time.map(Self).ok_or_else(|| InvalidRecurrence::Time(text.into()))
    }
}

impl FromStr for LocalMinute {
    type Err = InvalidRecurrence;

    fn from_str(text: &str) -> Result<Self, InvalidRecurrence> {
        let at = DateTime::strptime("%Y-%m-%dT%H:%M", text).ok().filter(|_| text.len() == 16);
        at.map(Self).ok_or_else(|| InvalidRecurrence::Minute(text.into()))
    }
}

impl TryFrom<String> for WallTime {
    type Error = InvalidRecurrence;

    fn try_from(text: String) -> Result<Self, InvalidRecurrence> {
        text.parse()
    }
}

impl TryFrom<String> for LocalMinute {
    type Error = InvalidRecurrence;

    fn try_from(text: String) -> Result<Self, InvalidRecurrence> {
        text.parse()
    }
}

impl fmt::Display for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.strftime("%H:%M"))
    }
}

impl fmt::Display for LocalMinute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.strftime("%Y-%m-%dT%H:%M"))
    }
}

impl From<WallTime> for String {
    fn from(time: WallTime) -> String {
        time.to_string()
    }
}

impl From<LocalMinute> for String {
    fn from(at: LocalMinute) -> String {
        at.to_string()
    }
}
