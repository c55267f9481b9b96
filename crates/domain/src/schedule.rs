//! What a user asks of his agent at times to come, and when those times are.
//!
//! A time is one on the clock on the wall of the schedule's zone. Where the clock is put forward
//! over it, the run is as long after the change as it would have been after the hour before; where
//! it comes twice, the first one counts.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use crate::limits::{PROMPT_MAX_BYTES, RUN_MISSED_AFTER};
use crate::{ConversationId, InvalidId, MessageId, ScheduleId, TimeZone, Timestamp};

mod alarm;
mod recurrence;

pub use alarm::AlarmTime;
pub use recurrence::{Day, InvalidRecurrence, LocalMinute, Recurrence, WallTime};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    pub id: ScheduleId,
    pub prompt: Prompt,
    pub conversation: ConversationId,
    pub recurrence: Recurrence,
    pub time_zone: TimeZone,
    pub missed: Missed,
    pub enabled: bool,
    pub created_at: Timestamp,
    /// The time that the last run was for, not when it came.
    pub last_run_at: Option<Timestamp>,
    /// Rises with every change; what the alarm is set by.
    pub revision: u32,
    /// Whether the alarm is as this revision wants it.
    pub armed: bool,
}

/// What becomes of a run that comes too late.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Missed {
    /// The newest one is run when it can be.
    #[default]
    CatchUp,
    Skip,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt(String);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the prompt must be a text of 1 to {PROMPT_MAX_BYTES} bytes of UTF-8")]
pub struct InvalidPrompt;

/// What to do about an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// For this time.
    Ask(Timestamp),
    /// Too late, and to be skipped.
    Skip(Timestamp),
    /// It is none of its times, or a later one has been run since.
    Nothing,
}

impl Prompt {
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidPrompt> {
        let text = text.into();
        let fits = !text.trim().is_empty() && text.len() <= PROMPT_MAX_BYTES;
        fits.then_some(Self(text)).ok_or(InvalidPrompt)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Schedule {
    /// The first `count` after `after`; fewer of one that ends.
    pub fn next_runs(&self, after: Timestamp, count: usize) -> Vec<Timestamp> {
        next_runs(&self.recurrence, &self.time_zone, after, count)
    }

    /// `at` is the time the alarm is for; `now` when it is heard.
    pub fn run(&self, at: Timestamp, now: Timestamp) -> Run {
        let Some(time) = self.time_of(at).filter(|_| self.enabled) else {
            return Run::Nothing;
        };
        if self.last_run_at.is_some_and(|last| last > time) {
            return Run::Nothing;
        }
        let late = now.since(time) > RUN_MISSED_AFTER;
        if late && self.missed == Missed::Skip { Run::Skip(time) } else { Run::Ask(time) }
    }

    /// Which of its times an alarm stands for. One that comes twice has two instants and is one.
    pub fn time_of(&self, at: Timestamp) -> Option<Timestamp> {
        let minute = Timestamp(at.millis() - at.millis() % 60_000);
        let today = self.time_zone.civil_at(minute).date();
        let days = [today.yesterday().ok(), Some(today)];
        days.into_iter().flatten().filter_map(|day| self.recurrence.on(day)).find_map(|time| {
            let run = self.time_zone.first_at(time)?;
            let is_it = run == minute || self.time_zone.second_at(time) == Some(minute);
            is_it.then_some(run)
        })
    }

    /// The same however often the alarm comes.
    pub fn message_id(&self, time: Timestamp) -> Result<MessageId, InvalidId> {
        MessageId::new(format!("schedule-{}-{}", self.id, time.epoch_seconds() / 60))
    }

    /// In plain words.
    pub fn description(&self) -> String {
        description(&self.recurrence, &self.time_zone)
    }
}

/// As [`Schedule::description`], of one that is not made yet.
pub fn description(recurrence: &Recurrence, zone: &TimeZone) -> String {
    format!("{recurrence}, {}", zone.name())
}

/// As [`Schedule::next_runs`], of one that is not made yet.
pub fn next_runs(
    recurrence: &Recurrence,
    zone: &TimeZone,
    after: Timestamp,
    count: usize,
) -> Vec<Timestamp> {
    // A run that the clock was put forward over may be on the day after its own.
    let first = zone.civil_at(after).date().yesterday().unwrap_or(Date::MIN);
    let times: Box<dyn Iterator<Item = DateTime>> = match recurrence {
        Recurrence::Once { at } => Box::new(std::iter::once(at.0)),
        _ => Box::new(first.series(jiff::Span::new().days(1)).filter_map(|day| recurrence.on(day))),
    };
    let runs = times.map_while(|time| zone.first_at(time)).filter(|run| *run > after);
    let runs: BTreeSet<Timestamp> = runs.take(count).collect();
    runs.into_iter().collect()
}

#[cfg(test)]
#[path = "schedule/tests.rs"]
mod tests;
