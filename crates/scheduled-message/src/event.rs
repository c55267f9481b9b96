//! What the alarm was set with, and the time that the scheduler filled in.

use anyhow::Context;
use control_plane::Alarm;
use domain::{ScheduleId, Timestamp, UserId};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rung {
    user: UserId,
    schedule: ScheduleId,
    revision: u32,
    /// `2026-11-22T08:00:00Z`
    scheduled_time: String,
}

pub(crate) fn read(event: Value) -> anyhow::Result<Alarm> {
    let Rung { user, schedule, revision, scheduled_time } = serde_json::from_value(event)?;
    let at: jiff::Timestamp = scheduled_time.parse().context("scheduledTime")?;
    let time = Timestamp(u64::try_from(at.as_millisecond()).context("scheduledTime")?);
    Ok(Alarm { user, schedule, revision, time })
}
