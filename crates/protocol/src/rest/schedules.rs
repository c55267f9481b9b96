//! What a user asks of his agent at times to come.

use domain::schedule::{Day, InvalidRecurrence};
use domain::{Missed, Recurrence, Schedule, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `GET /schedules`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SchedulesList {
    /// By id.
    pub schedules: Vec<ScheduleSummary>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleSummary {
    pub id: String,
    pub prompt: String,
    pub conversation_id: String,
    pub recurrence: ScheduleRecurrence,
    /// A name of the IANA database, such as `Asia/Seoul`.
    pub time_zone: String,
    #[schema(schema_with = crate::schemas::missed)]
    pub missed: Missed,
    pub enabled: bool,
    /// In plain words: `Every weekday at 08:00, Asia/Seoul`.
    pub description: String,
    /// Milliseconds since the epoch, the next five. None of one that is over or not enabled.
    pub next_runs: Vec<u64>,
    /// `false`: the clock that wakes your agent does not know of the last change yet.
    pub armed: bool,
    /// Milliseconds since the epoch.
    pub created_at: u64,
    /// Milliseconds since the epoch: the time that the last run was for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub last_run_at: Option<u64>,
}

/// A time is one of the schedule's own time zone, such as `08:00`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "camelCase", deny_unknown_fields)]
pub enum ScheduleRecurrence {
    Once {
        #[schema(schema_with = crate::schemas::local_minute)]
        at: String,
    },
    Daily {
        #[schema(schema_with = crate::schemas::wall_time)]
        time: String,
    },
    Weekly {
        #[schema(schema_with = crate::schemas::weekdays)]
        days: Vec<Day>,
        #[schema(schema_with = crate::schemas::wall_time)]
        time: String,
    },
    /// A month without such a day is left out.
    Monthly {
        #[schema(minimum = 1, maximum = 31)]
        day: u8,
        #[schema(schema_with = crate::schemas::wall_time)]
        time: String,
    },
}

/// `POST /schedules`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PostSchedule {
    /// Yours to choose: the same one again makes no second schedule.
    #[schema(schema_with = crate::schemas::schedule_id)]
    pub id: String,
    /// What your agent is asked, of at most 8,192 bytes.
    #[schema(schema_with = crate::schemas::said)]
    pub prompt: String,
    /// `default` without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = crate::schemas::conversation_id)]
    pub conversation_id: Option<String>,
    pub recurrence: ScheduleRecurrence,
    /// That of your settings without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub time_zone: Option<String>,
    /// What becomes of a run that comes more than ten minutes late; `catchUp` without it.
    #[serde(default)]
    #[schema(schema_with = crate::schemas::missed)]
    pub missed: Missed,
    #[serde(default = "yes")]
    pub enabled: bool,
}

/// `PATCH /schedules/{id}`. What is left out stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PatchSchedule {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = crate::schemas::said)]
    pub prompt: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = crate::schemas::conversation_id)]
    pub conversation_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub recurrence: Option<ScheduleRecurrence>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub time_zone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = crate::schemas::missed)]
    pub missed: Option<Missed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub enabled: Option<bool>,
}

/// `POST /schedules/preview`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PostPreview {
    pub recurrence: ScheduleRecurrence,
    /// That of your settings without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub time_zone: Option<String>,
}

/// What a schedule would be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SchedulePreview {
    /// In plain words.
    pub description: String,
    pub time_zone: String,
    /// Milliseconds since the epoch, the next five. None: that time is over.
    pub next_runs: Vec<u64>,
}

fn yes() -> bool {
    true
}

impl ScheduleSummary {
    pub fn of(schedule: Schedule, next_runs: &[Timestamp]) -> Self {
        Self {
            description: schedule.description(),
            id: schedule.id.into(),
            prompt: schedule.prompt.as_str().to_owned(),
            conversation_id: schedule.conversation.into(),
            recurrence: (&schedule.recurrence).into(),
            time_zone: schedule.time_zone.name().to_owned(),
            missed: schedule.missed,
            enabled: schedule.enabled,
            next_runs: next_runs.iter().map(|run| run.millis()).collect(),
            armed: schedule.armed,
            created_at: schedule.created_at.millis(),
            last_run_at: schedule.last_run_at.map(Timestamp::millis),
        }
    }
}

impl TryFrom<ScheduleRecurrence> for Recurrence {
    type Error = InvalidRecurrence;

    fn try_from(said: ScheduleRecurrence) -> Result<Self, InvalidRecurrence> {
        let recurrence = match said {
            ScheduleRecurrence::Once { at } => Self::Once { at: at.parse()? },
            ScheduleRecurrence::Daily { time } => Self::Daily { time: time.parse()? },
            ScheduleRecurrence::Weekly { days, time } => {
                Self::Weekly { days: days.into_iter().collect(), time: time.parse()? }
            }
            ScheduleRecurrence::Monthly { day, time } => Self::Monthly { day, time: time.parse()? },
        };
        recurrence.check()
    }
}

impl From<&Recurrence> for ScheduleRecurrence {
    fn from(recurrence: &Recurrence) -> Self {
        match recurrence {
            Recurrence::Once { at } => Self::Once { at: at.to_string() },
            Recurrence::Daily { time } => Self::Daily { time: time.to_string() },
            Recurrence::Weekly { days, time } => {
                Self::Weekly { days: days.iter().copied().collect(), time: time.to_string() }
            }
            Recurrence::Monthly { day, time } => {
                Self::Monthly { day: *day, time: time.to_string() }
            }
        }
    }
}
