//! A message that nobody shall answer.

use anyhow::bail;
use domain::{InboxMessage, MessageId, UserId};
use platform_aws::{DROPPED, Dropped};
use protocol::{ErrorCode, ServerFrame};
use serde_json::json;

use crate::output::say;
use crate::ports::Ports;
use crate::{Verdict, ask};

pub(super) async fn run(
    ports: &Ports,
    user: &UserId,
    id: &MessageId,
    yes: bool,
    json: bool,
) -> anyhow::Result<Verdict> {
    let now = ports.clock.now();
    let Some(seen) = ports.api.accept.inbox.get(user, id, now).await? else {
        bail!("`{user}` has no message `{id}`: ops inbox list --user {user}");
    };
    let warning = format!("Message `{id}` of `{user}` will never be answered.");
    ask::to_type(id.as_str(), &warning, yes)?;
    let state = ports.api.ensure.tasks.get(user).await?;
    let dropped = ports.repair.drop_message(user, &seen, state.released, ports.clock.now());
    let was = match dropped.await? {
        Dropped::Waiting => {
            ports.api.tell.all(user, &frame(&seen)).await;
            "waiting"
        }
        Dropped::Dead => "dead",
        Dropped::NotThere => bail!("message `{id}` was answered before; nothing was done"),
        Dropped::InHand(generation) => bail!(
            "generation {generation} of the agent of `{user}` is answering message `{id}`; \
             nothing was done. To have it let go: ops task stop --user {user}"
        ),
        Dropped::Leaving => bail!("`{user}` leaves: his messages go with him"),
    };
    match json {
        true => say!("{}", json!({ "user": user, "message": id, "was": was })),
        false if was == "dead" => say!("message `{id}` of `{user}` is gone for good"),
        false => say!("message `{id}` of `{user}` is gone, and its conversation says so"),
    }
    Ok(Verdict::Fine)
}

/// As for a message that was given up.
fn frame(row: &InboxMessage) -> ServerFrame {
    ServerFrame::Error {
        code: ErrorCode::RunFailed,
        message: DROPPED.into(),
        message_id: Some(row.id.to_string()),
        conversation_id: Some(row.conversation.to_string()),
        retryable: false,
    }
}
