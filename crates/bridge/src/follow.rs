//! One run from its first event to its last, into the transcript and the relay.

use std::time::Duration;

use domain::text;
use platform::Metric;
use protocol::{ServerFrame, ToolState};
use tokio::time::{Instant, sleep_until, timeout};

use crate::agent::{RunEnd, RunEvent, RunRequest};
use crate::bridge::{Bridge, InHand};
use crate::tell;

pub(crate) enum Followed {
    Ended(RunEnd),
    /// The reply reached our limit, and the run was stopped there.
    Full,
    /// The bridge stops, and the run was stopped for it.
    Interrupted,
}

/// The gateway ends a run that takes too long. One that it does not is given this much more.
const TIMEOUT_GRACE: Duration = Duration::from_secs(60);
/// An aborted run ends within tens of milliseconds; a gateway that is gone never says so.
const ABORT_WITHIN: Duration = Duration::from_secs(3);
/// Tools report whatever they like; a frame has 32 KB.
const TOOL_FIELD_MAX_BYTES: usize = 1_024;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Abort {
    Cancelled,
    Full,
    Halted,
    TooLong,
}

pub(crate) async fn follow(bridge: &Bridge, in_hand: &InHand, request: RunRequest) -> Followed {
    let mut deadline = Instant::now() + request.timeout + TIMEOUT_GRACE;
    let mut abort = None;
    let mut run = bridge.agent.run(request.clone()).await;
    loop {
        let wanted = tokio::select! {
            biased;
            () = in_hand.cancelled.cancelled(), if abort.is_none() => Some(Abort::Cancelled),
            () = bridge.halt.aborting.cancelled(), if abort != Some(Abort::Halted) => {
                Some(Abort::Halted)
            }
            event = run.next() => match event {
                Some(RunEvent::End(end)) => return ended(abort, end),
                Some(event) => on_event(bridge, in_hand, event),
                None => return ended(abort, lost()),
            },
            () = sleep_until(deadline) => match abort {
                None => Some(Abort::TooLong),
                Some(_) => return ended(abort, lost()),
            },
        };
        if let Some(reason) = wanted.filter(|reason| abort != Some(*reason)) {
            abort = Some(reason);
            deadline = Instant::now() + ABORT_WITHIN;
            let told = bridge.agent.abort(&request.session_key, &request.run_id);
            let _ = timeout(ABORT_WITHIN, told).await;
        }
    }
}

fn on_event(bridge: &Bridge, in_hand: &InHand, event: RunEvent) -> Option<Abort> {
    let fits = match event {
        RunEvent::Text { delta } => {
            if let Some(asked_at) = in_hand.heard() {
                bridge.measure(Metric::FirstTokenMillis, asked_at);
            }
            in_hand.reply.append(&delta)
        }
        RunEvent::Replace { text } => in_hand.reply.replace(&text),
        RunEvent::Tool { call_id, name, state, summary } => {
            let frame = ServerFrame::Tool {
                conversation_id: in_hand.reply.conversation.to_string(),
                message_id: in_hand.reply.message.to_string(),
                tool_call_id: text::byte_prefix(&call_id, TOOL_FIELD_MAX_BYTES).to_owned(),
                name: text::byte_prefix(&name, TOOL_FIELD_MAX_BYTES).to_owned(),
                state,
                summary: text::byte_prefix(&summary, TOOL_FIELD_MAX_BYTES).to_owned(),
            };
            bridge.relay.frame_about(&in_hand.reply.message, &frame);
            if state == ToolState::Start {
                bridge.telegram.note(&in_hand.reply.message, &tell::uses(&name, &summary));
            }
            return None;
        }
        RunEvent::Retrying { message } => {
            tell::provider_retries(bridge, &in_hand.reply, &message);
            return None;
        }
        RunEvent::End(_) => return None,
    };
    bridge.relay.text(&in_hand.reply, false);
    bridge.telegram.text(&in_hand.reply.message);
    (!fits).then_some(Abort::Full)
}

/// An end that we asked for means what we asked for, whatever the gateway calls it. A reply that
/// was complete before the abort arrived is complete.
fn ended(abort: Option<Abort>, end: RunEnd) -> Followed {
    match (abort, end) {
        (Some(Abort::Full), _) => Followed::Full,
        (_, end @ RunEnd::Complete { .. }) | (None, end) => Followed::Ended(end),
        (Some(Abort::Cancelled), RunEnd::Failed { .. }) => {
            Followed::Ended(RunEnd::Aborted { text: String::new() })
        }
        (Some(Abort::Cancelled), end) => Followed::Ended(end),
        (Some(Abort::Halted), _) => Followed::Interrupted,
        (Some(Abort::TooLong), _) => Followed::Ended(RunEnd::Failed {
            message: "it took longer than one answer may take".into(),
            retryable: false,
        }),
    }
}

fn lost() -> RunEnd {
    RunEnd::Failed { message: "its program went away".into(), retryable: true }
}
