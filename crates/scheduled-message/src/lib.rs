//! EventBridge Scheduler rings for a user's schedule.
//!
//! Reads and writes schedules and sets their alarms; writes the inbox; reads and claims tasks;
//! runs tasks; pushes to connections. A failure is the scheduler's to try again, for a day; an
//! event that makes no sense is logged and taken: a failure would only bring it again.

use control_plane::{Alarm, RunSchedule, ScheduleRan};
use serde_json::{Value, json};
use tracing::warn;

mod event;
mod ports;

pub struct Ports {
    pub run: RunSchedule,
}

pub async fn handle(ports: &Ports, event: Value) -> anyhow::Result<Value> {
    let alarm: Alarm = match event::read(event) {
        Ok(alarm) => alarm,
        Err(error) => {
            warn!(%error, "event is not of a schedule");
            return Ok(Value::Null);
        }
    };
    let ran = match ports.run.run(&alarm).await? {
        ScheduleRan::Asked => "asked",
        ScheduleRan::Skipped => "skipped",
        ScheduleRan::Nothing => "nothing",
    };
    Ok(json!({ "ran": ran }))
}
