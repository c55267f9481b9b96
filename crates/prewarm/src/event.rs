//! `ECS Task State Change`, as far as it is the end of a spare.

use std::time::Duration;

use domain::TaskPolicy;
use platform_aws::Overrides;
use serde::Deserialize;
use serde_json::Value;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    SpareStopped,
    /// Of a spare that cannot start, the next one most likely cannot either: replaced at once,
    /// they would follow each other for ever.
    DiedYoung,
    Nothing,
}

pub(crate) fn read(detail: &Value) -> anyhow::Result<Heard> {
    let task = Task::deserialize(detail)?;
    if task.last_status != "STOPPED" || !task.overrides.is_of_a_spare() {
        return Ok(Heard::Nothing);
    }
    let long = task.lived()?.is_some_and(|lived| lived > TaskPolicy::default().start_within);
    Ok(if long { Heard::SpareStopped } else { Heard::DiedYoung })
}

/// What we read of `detail`. The overrides also carry the launch token: never log them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Task {
    last_status: String,
    started_at: Option<String>,
    stopped_at: Option<String>,
    #[serde(default)]
    overrides: Overrides,
}

impl Task {
    /// `None`: it never started.
    fn lived(&self) -> anyhow::Result<Option<Duration>> {
        let (Some(started), Some(stopped)) = (&self.started_at, &self.stopped_at) else {
            return Ok(None);
        };
        let (started, stopped): (jiff::Timestamp, jiff::Timestamp) =
            (started.parse()?, stopped.parse()?);
        Ok(Duration::try_from(stopped.duration_since(started)).ok())
    }
}
