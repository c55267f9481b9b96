//! What people read while they wait, and when something went wrong: what happened, and what
//! they can do. Never an id, a code or a stack.

use std::time::Duration;

use domain::{
    ConversationId, InboxMessage, Outcome, Phase, Reply, ReplyTo, RestoreInto, RestoreOutcome,
    RestoreRequest, TaskStatus, text,
};
use protocol::{ErrorCode, ServerFrame, TokenUsage};

use crate::bridge::{Bridge, InHand};
use crate::transcript::Transcript;

const MOVING: &str = "Your agent is moving to a new machine. Your message is saved.";
/// A sentence from elsewhere may be long; a frame has 32 KB.
const REASON_MAX_BYTES: usize = 1_024;
/// Positions of more messages than this are not worth a frame each.
const POSITIONS_TOLD: usize = 10;

pub(crate) fn status(status: TaskStatus, phase: Phase, detail: Option<&str>) -> ServerFrame {
    ServerFrame::Status {
        status,
        phase: Some(phase),
        eta_seconds: None,
        detail: detail.map(|text| text::byte_prefix(text, REASON_MAX_BYTES).to_owned()),
        message_id: None,
        conversation_id: None,
        queued_behind: None,
    }
}

fn status_of(row: &InboxMessage, status: TaskStatus, phase: Phase, detail: &str) -> ServerFrame {
    ServerFrame::Status {
        status,
        phase: Some(phase),
        eta_seconds: None,
        detail: Some(detail.into()),
        message_id: Some(row.id.to_string()),
        conversation_id: Some(row.conversation.to_string()),
        queued_behind: None,
    }
}

/// It is this message's turn, and the ones behind it have moved up.
pub(crate) fn begins(bridge: &Bridge, row: &InboxMessage) {
    let frame = status_of(row, TaskStatus::Running, Phase::Ready, "Your agent is answering.");
    bridge.relay.frame_about(&row.id, &frame);
    positions(bridge, &row.conversation);
}

/// To each message that waits behind others, when that many is news.
pub(crate) fn positions(bridge: &Bridge, conversation: &ConversationId) {
    for (row, ahead) in bridge.queues.moved(conversation, POSITIONS_TOLD) {
        if let ReplyTo::Connection { id } = &row.reply_to {
            bridge.relay.listen(id);
        }
        bridge.relay.frame_about(&row.id, &queued(&row, ahead));
    }
}

pub(crate) fn retries(bridge: &Bridge, row: &InboxMessage, reason: &str, delay: Duration) {
    let reason = text::byte_prefix(reason, REASON_MAX_BYTES);
    let seconds = delay.as_secs().max(1);
    let detail = format!("No answer yet: {reason}. Trying again in {seconds} s.");
    bridge.telegram.note(&row.id, &detail);
    let frame = status_of(row, TaskStatus::Running, Phase::Retrying, &detail);
    bridge.relay.frame_about(&row.id, &frame);
}

/// One short line while there is no text.
pub(crate) fn uses(tool: &str, summary: &str) -> String {
    const MAX_BYTES: usize = 200;
    let summary = summary.lines().next().unwrap_or_default().trim();
    let line = if summary.is_empty() {
        format!("Using {tool}")
    } else {
        format!("Using {tool}: {summary}")
    };
    let cut = text::byte_prefix(&line, MAX_BYTES);
    format!("{cut}…")
}

/// What was said before cannot be read, and is looked for again.
pub(crate) fn looks_back(bridge: &Bridge, row: &InboxMessage) {
    let detail = "Your agent is looking up what was said before. It takes longer than usual.";
    bridge.telegram.note(&row.id, detail);
    let frame = status_of(row, TaskStatus::Running, Phase::Retrying, detail);
    bridge.relay.frame_about(&row.id, &frame);
}

pub(crate) fn provider_retries(bridge: &Bridge, reply: &Transcript, detail: &str) {
    bridge.telegram.note(&reply.message, text::byte_prefix(detail, REASON_MAX_BYTES));
    let frame = ServerFrame::Status {
        status: TaskStatus::Running,
        phase: Some(Phase::Retrying),
        eta_seconds: None,
        detail: Some(text::byte_prefix(detail, REASON_MAX_BYTES).to_owned()),
        message_id: Some(reply.message.to_string()),
        conversation_id: Some(reply.conversation.to_string()),
        queued_behind: None,
    };
    bridge.relay.frame_about(&reply.message, &frame);
}

pub(crate) fn moves(bridge: &Bridge, row: &InboxMessage) {
    let frame = status_of(row, TaskStatus::Stopping, Phase::Stopping, MOVING);
    bridge.relay.frame_about(&row.id, &frame);
}

/// It is not this message's turn yet.
pub(crate) fn waits(bridge: &Bridge, row: &InboxMessage) -> ServerFrame {
    queued(row, bridge.queues.position(row).unwrap_or_default())
}

/// `ahead` 0: it is next, or not taken in yet.
fn queued(row: &InboxMessage, ahead: usize) -> ServerFrame {
    let queued_behind = (ahead > 0).then(|| u32::try_from(ahead).unwrap_or(u32::MAX));
    ServerFrame::Status {
        status: TaskStatus::Running,
        phase: Some(Phase::Ready),
        eta_seconds: None,
        detail: Some("Your message waits for its turn.".into()),
        message_id: Some(row.id.to_string()),
        conversation_id: Some(row.conversation.to_string()),
        queued_behind,
    }
}

/// The user asked for an older memory.
pub(crate) fn goes_back() -> ServerFrame {
    let detail = "Your agent saves its work and then goes back to the snapshot you chose.";
    status(TaskStatus::Stopping, Phase::Stopping, Some(detail))
}

pub(crate) fn restored_into_folder(
    request: &RestoreRequest,
    outcome: &RestoreOutcome,
) -> ServerFrame {
    let detail = match (&request.into, outcome) {
        (RestoreInto::Folder { name }, RestoreOutcome::Done { .. }) => {
            format!("The files you asked for are in the folder {name} of the workspace.")
        }
        (_, RestoreOutcome::Done { .. }) => "Your agent is as it was then.".to_owned(),
        (_, RestoreOutcome::Failed { why, .. }) => format!("Could not restore: {why}"),
    };
    status(TaskStatus::Running, Phase::Ready, Some(&detail))
}

/// In the largest unit of which there are two.
pub(crate) fn span(span: Duration) -> String {
    let minutes = span.as_secs() / 60;
    match minutes {
        0..=119 => format!("{minutes} minutes"),
        120..=2_879 => format!("{} hours", minutes / 60),
        _ => format!("{} days", minutes / 1_440),
    }
}

pub(crate) fn could_not_answer(reason: &str) -> String {
    let reason = text::byte_prefix(reason, REASON_MAX_BYTES).trim_end_matches('.');
    format!("Your agent could not answer: {reason}. Your message is kept; you can send it again.")
}

/// The last frames of a message, after its reply was recorded.
pub(crate) fn ended(bridge: &Bridge, in_hand: &InHand, row: &InboxMessage, reply: &Reply) {
    if reply.outcome == Outcome::Failed {
        bridge.relay.frame_about(&row.id, &failed(row, reply.error.as_deref()));
    }
    let end =
        stream_end(row, in_hand.reply.end().units, reply.outcome, reply.usage.map(Into::into));
    bridge.relay.last_frame_about(&row.id, &end);
}

pub(crate) fn failed(row: &InboxMessage, error: Option<&str>) -> ServerFrame {
    let known = error.map(str::to_owned);
    ServerFrame::Error {
        code: ErrorCode::RunFailed,
        message: known.unwrap_or_else(|| could_not_answer("it failed each time it tried")),
        message_id: Some(row.id.to_string()),
        conversation_id: Some(row.conversation.to_string()),
        retryable: false,
    }
}

pub(crate) fn stream_end(
    row: &InboxMessage,
    length: u64,
    outcome: Outcome,
    usage: Option<TokenUsage>,
) -> ServerFrame {
    ServerFrame::StreamEnd {
        conversation_id: row.conversation.to_string(),
        message_id: row.id.to_string(),
        length,
        outcome: outcome.into(),
        usage,
    }
}
