//! A message that was given up is tried again, by the agent's next start: the gateway that gave it up
//! takes its key for done.

use anyhow::bail;
use domain::{InboxState, MessageId, UserId};
use platform_aws::Retried;
use serde_json::json;

use crate::Verdict;
use crate::cli::WhichMessage;
use crate::output::{counted, say};
use crate::ports::Ports;

pub(super) async fn run(
    ports: &Ports,
    user: &UserId,
    which: &WhichMessage,
    json: bool,
) -> anyhow::Result<Verdict> {
    let ids = match &which.message {
        Some(id) => vec![id.clone()],
        None => dead(ports, user).await?,
    };
    let (mut waiting, mut gone) = (Vec::new(), Vec::new());
    for id in ids {
        match retry(ports, user, &id).await? {
            true => waiting.push(id),
            // With --all-dead: somebody was quicker, or its user deleted the conversation.
            false if which.all_dead => gone.push(id),
            false => bail!(
                "message `{id}` of `{user}` is not one that was given up and still has its text: \
                 ops inbox list --user {user}"
            ),
        }
    }
    match json {
        true => say!("{}", json!({ "user": user, "retried": waiting, "leftAlone": gone })),
        false if waiting.is_empty() => say!("`{user}` has nothing that can be tried again"),
        false => say!(
            "{} of `{user}` will be tried again: the watchdog wakes the agent within two minutes",
            counted(waiting.len(), "message")
        ),
    }
    Ok(Verdict::Fine)
}

async fn dead(ports: &Ports, user: &UserId) -> anyhow::Result<Vec<MessageId>> {
    let rows = ports.api.accept.inbox.outline(user, ports.clock.now()).await?;
    let dead = rows.into_iter().filter(|row| row.state == InboxState::Dead);
    Ok(dead.map(|row| row.id).collect())
}

/// `false`: it is not dead, or nothing of it is left.
async fn retry(ports: &Ports, user: &UserId, id: &MessageId) -> anyhow::Result<bool> {
    let now = ports.clock.now();
    match ports.repair.retry(user, id, now, now).await? {
        Retried::Waits => Ok(true),
        Retried::NotDead => Ok(false),
        Retried::AgentIsUp => bail!(
            "the agent of `{user}` is awake, and its gateway would not try again what it gave up: \
             let it sleep first (ops task stop --user {user}), then ask again"
        ),
        Retried::Leaving => bail!("`{user}` leaves: nothing of his is answered any more"),
    }
}
