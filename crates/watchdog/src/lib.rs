//! Repairs: looks on a schedule at users who are due and at the tasks that run, and follows
//! ECS's task events.
//!
//! Reads and writes the task state and the pool of spares; reads the inbox; lists, describes,
//! runs and stops tasks; pushes to connections; deletes what is left of users who leave. An event that makes no sense is logged and
//! taken: a failure would only bring it again. One that could not be acted upon fails.

use control_plane::{DeleteUser, FollowTask, Swept};
use serde_json::{Value, json};
use tracing::warn;

mod event;
mod ports;

pub struct Ports {
    pub follow: FollowTask,
    /// Goes on with what users who leave have begun.
    pub delete: DeleteUser,
}

pub async fn handle(ports: &Ports, event: Value) -> anyhow::Result<Value> {
    match event["detail-type"].as_str() {
        Some("Scheduled Event") => {
            let mut swept = ports.follow.sweep().await;
            swept.errors += ports.delete.follow_up().await;
            return Ok(answer(&swept));
        }
        Some("ECS Task State Change") => match event::read(&event["detail"]) {
            Ok(Some(event)) => ports.follow.task_changed(&event).await?,
            Ok(None) => {}
            Err(unreadable) => ports.follow.note_unreadable_event(&unreadable.to_string()),
        },
        kind => warn!(kind, "event is not for the watchdog"),
    }
    Ok(Value::Null)
}

fn answer(swept: &Swept) -> Value {
    json!({ "lookedAt": swept.looked_at, "errors": swept.errors, "actions": swept.actions })
}
