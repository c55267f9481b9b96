//! The agent is told to sleep, or its machine to stop.

use anyhow::{Context, bail};
use control_plane::SteerError;
use domain::{TaskStatus, UserId};
use serde_json::json;

use crate::Verdict;
use crate::output::say;
use crate::ports::Ports;

/// As when its user asks for it.
pub(super) async fn well(ports: &Ports, user: &UserId, json: bool) -> anyhow::Result<Verdict> {
    match ports.api.steer.stop(user).await {
        Ok(()) => {}
        Err(SteerError::Asleep) => {
            bail!("the agent of `{user}` is asleep: there is nothing to stop")
        }
        Err(SteerError::Starting) => bail!(
            "the agent of `{user}` is starting and hears nobody yet: wait, or stop its machine \
             with --now"
        ),
        Err(SteerError::Untold) => bail!(
            "the agent of `{user}` could not be told: ask again in a moment, or stop its machine \
             with --now"
        ),
        Err(error) => return Err(error.into()),
    }
    let done = format!("the agent of `{user}` was told to finish, save and sleep");
    say(user, "told", &done, json)
}

/// ECS sends it SIGTERM, as for a Spot interruption: it saves in its grace.
pub(super) async fn now(ports: &Ports, user: &UserId, json: bool) -> anyhow::Result<Verdict> {
    let state = ports.api.ensure.tasks.get(user).await?;
    if state.status == TaskStatus::Idle {
        bail!("the agent of `{user}` is asleep: there is nothing to stop");
    }
    let arn = state.task_arn.with_context(|| {
        format!("nobody has written down yet which task `{user}` has: ops task list, or ask again")
    })?;
    ports.api.ensure.compute.stop(&arn, "the operator stops it").await?;
    let done = format!("the task of `{user}` was told to stop: it saves in the grace that it has");
    say(user, "stopping", &done, json)
}

fn say(user: &UserId, outcome: &str, done: &str, json: bool) -> anyhow::Result<Verdict> {
    match json {
        true => say!("{}", json!({ "user": user, "task": outcome })),
        false => say!("{done}"),
    }
    Ok(Verdict::Fine)
}
