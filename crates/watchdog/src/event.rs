//! `ECS Task State Change`, as far as somebody must act on it.

use control_plane::{TaskChange, TaskEvent};
use domain::{Capacity, TaskArn, TaskDefinition};
use platform::ObservedTask;
use platform_aws::Overrides;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("task event cannot be read: {0}")]
    Shape(#[from] serde_json::Error),
    #[error("task {0} has no owner that can be read")]
    Owner(String),
}

/// `None`: nobody need act on it.
pub(crate) fn read(detail: &Value) -> Result<Option<TaskEvent>, Unreadable> {
    let task = Task::deserialize(detail)?;
    let Some(change) = task.change() else { return Ok(None) };
    let Some(owner) = task.overrides.owner() else { return Err(Unreadable::Owner(task.task_arn)) };
    let observed = ObservedTask {
        owner: Some(owner),
        capacity: task.capacity(),
        created_at: None,
        stopped: change == TaskChange::Stopped,
        failed_to_start: task.stop_code.as_deref() == Some("TaskFailedToStart"),
        stopped_reason: task.stopped_reason,
        definition: task.task_definition_arn.map(TaskDefinition),
        arn: TaskArn(task.task_arn),
    };
    Ok(Some(TaskEvent { task: observed, change, version: task.version }))
}

/// What we read of `detail`. The overrides also carry the launch token: never log them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Task {
    task_arn: String,
    version: u64,
    last_status: String,
    desired_status: String,
    stop_code: Option<String>,
    stopped_reason: Option<String>,
    task_definition_arn: Option<String>,
    capacity_provider_name: Option<String>,
    #[serde(default)]
    overrides: Overrides,
}

impl Task {
    /// A warning is an event of a task that still runs and shall not. ECS names it by either
    /// of two codes.
    fn change(&self) -> Option<TaskChange> {
        let code = self.stop_code.as_deref();
        let warned = matches!(code, Some("SpotInterruption" | "TerminationNotice"));
        if self.last_status == "STOPPED" {
            return Some(TaskChange::Stopped);
        }
        (warned && self.desired_status == "STOPPED").then_some(TaskChange::Warned)
    }

    fn capacity(&self) -> Option<Capacity> {
        Capacity::of_provider(self.capacity_provider_name.as_deref()?)
    }
}
