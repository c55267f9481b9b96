//! `ECS Task State Change`, as far as somebody must act on it.

use control_plane::{TaskChange, TaskEvent};
use domain::{Capacity, Generation, Owner, SpareId, TaskArn, UserId};
use platform::ObservedTask;
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
    let Some(owner) = task.owner() else { return Err(Unreadable::Owner(task.task_arn)) };
    let observed = ObservedTask {
        owner: Some(owner),
        capacity: task.capacity(),
        created_at: None,
        stopped: change == TaskChange::Stopped,
        failed_to_start: task.stop_code.as_deref() == Some("TaskFailedToStart"),
        stopped_reason: task.stopped_reason,
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
    capacity_provider_name: Option<String>,
    #[serde(default)]
    overrides: Overrides,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Overrides {
    container_overrides: Vec<ContainerOverride>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ContainerOverride {
    environment: Vec<Variable>,
}

#[derive(Deserialize)]
struct Variable {
    name: String,
    value: String,
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

    fn owner(&self) -> Option<Owner> {
        if let Some(spare) = self.variable("SPARE_ID") {
            return SpareId::new(spare).ok().map(Owner::Spare);
        }
        let generation = Generation(self.variable("GENERATION")?.parse().ok()?);
        Some(Owner::User(UserId::new(self.variable("USER_ID")?).ok()?, generation))
    }

    fn variable(&self, name: &str) -> Option<&str> {
        let containers = self.overrides.container_overrides.iter();
        let mut variables = containers.flat_map(|container| container.environment.iter());
        variables.find(|variable| variable.name == name).map(|found| found.value.as_str())
    }

    fn capacity(&self) -> Option<Capacity> {
        let provider = self.capacity_provider_name.as_deref()?;
        [Capacity::Spot, Capacity::OnDemand].into_iter().find(|known| known.provider() == provider)
    }
}
