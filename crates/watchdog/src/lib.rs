//! Repairs: follows ECS's task events, and looks at users who are due on a schedule.
//!
//! Reads and writes the task state; reads the inbox; runs tasks; pushes to connections. Events
//! come at least once and in any order; every step is safe to repeat.

use control_plane::{FollowTask, TaskEnd};
use domain::{Generation, UserId};
use serde::Deserialize;
use serde_json::{Value, json};
use tracing::{info, warn};

mod ports;

pub struct Ports {
    pub follow: FollowTask,
}

pub async fn handle(ports: &Ports, event: Value) -> anyhow::Result<Value> {
    match event["detail-type"].as_str() {
        Some("ECS Task State Change") => task_changed(ports, &event["detail"]).await?,
        Some("Scheduled Event") => {
            let looked_at = ports.follow.sweep().await?;
            return Ok(json!({ "lookedAt": looked_at }));
        }
        kind => warn!(kind, "event is not for the watchdog"),
    }
    Ok(Value::Null)
}

async fn task_changed(ports: &Ports, detail: &Value) -> anyhow::Result<()> {
    let Ok(task) = Task::deserialize(detail) else {
        warn!("task event cannot be read");
        return Ok(());
    };
    let Some(owner) = task.owner() else {
        warn!(task.arn = task.task_arn, "task is not one of ours");
        return Ok(());
    };
    if task.last_status != "STOPPED" {
        // The task itself gets SIGTERM at a Spot warning and stops well; nothing to repair yet.
        info!(
            task.arn = task.task_arn,
            status = task.last_status,
            stop_code = task.stop_code,
            "task changed"
        );
        return Ok(());
    }
    let failed_to_start = task.stop_code.as_deref() == Some("TaskFailedToStart");
    let (user, generation) = owner;
    ports.follow.ended(&TaskEnd { user, generation, failed_to_start }).await?;
    Ok(())
}

/// What we read of `detail`. The overrides also carry the launch token: never log them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Task {
    task_arn: String,
    last_status: String,
    stop_code: Option<String>,
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
    fn owner(&self) -> Option<(UserId, Generation)> {
        let user = UserId::new(self.variable("USER_ID")?).ok()?;
        let generation = self.variable("GENERATION")?.parse().ok()?;
        Some((user, Generation(generation)))
    }

    fn variable(&self, name: &str) -> Option<&str> {
        let containers = self.overrides.container_overrides.iter();
        let mut variables = containers.flat_map(|c| c.environment.iter());
        variables.find(|v| v.name == name).map(|v| v.value.as_str())
    }
}
