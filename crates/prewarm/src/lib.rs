//! Keeps spares: tasks that are up before anybody needs one. Looks on a schedule, and when a
//! spare has stopped; both rules exist only where the operator asked for spares.
//!
//! Reads and writes the pool; reads the task state of those who claimed a spare; lists,
//! describes, runs and stops tasks. Two runs at once do no harm, and one is enough: give it a
//! concurrency of one.

use control_plane::{KeepSpares, Kept};
use serde_json::{Value, json};
use tracing::{info, warn};

mod event;
mod ports;

use event::Heard;

pub struct Ports {
    pub keep: KeepSpares,
}

pub async fn handle(ports: &Ports, event: Value) -> anyhow::Result<Value> {
    match event["detail-type"].as_str() {
        Some("Scheduled Event") => return Ok(answer(&ports.keep.run().await?)),
        Some("ECS Task State Change") => match event::read(&event["detail"]) {
            Ok(Heard::SpareStopped) => return Ok(answer(&ports.keep.run().await?)),
            Ok(Heard::DiedYoung) => info!("a spare died young; the schedule replaces it"),
            Ok(Heard::Nothing) => info!("nothing that a spare is replaced for"),
            Err(error) => warn!(%error, "a task event cannot be read"),
        },
        kind => warn!(kind, "event is not for the pool"),
    }
    Ok(Value::Null)
}

fn answer(kept: &Kept) -> Value {
    json!({
        "wanted": kept.wanted, "launched": kept.launched, "retired": kept.retired,
        "forgotten": kept.forgotten, "stopped": kept.stopped, "errors": kept.errors,
    })
}
