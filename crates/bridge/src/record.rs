//! The writes around a message. Each is repeated until it works or is not ours to do: a reply
//! that exists is never dropped and never recorded twice.

use std::sync::Arc;

use domain::limits::PARTIAL_TEXT_MAX_BYTES;
use domain::text::byte_prefix;
use domain::{InboxMessage, InboxState, MessageId, Reply};
use platform::{Completion, Metric, Unavailable, WriteError};
use tracing::{error, info, warn};

use crate::answer::Verdict;
use crate::backoff::Backoff;
use crate::bridge::{Bridge, InHand};
use crate::chain::chain;
use crate::{meter, telegram, tell};

/// `None`: it is not ours, or the bridge is stopping.
pub(crate) async fn lease(bridge: &Bridge, id: &MessageId) -> Option<InboxMessage> {
    let mut backoff = bridge.backoff(id.as_str(), (200, 10_000));
    loop {
        match bridge.ports.inbox.lease(&bridge.user, id, bridge.generation).await {
            Ok(row) => {
                // Whoever took it up before has counted how long it waited.
                if row.attempts <= 1 {
                    bridge.measure(Metric::QueueMillis, row.received_at);
                }
                return Some(row);
            }
            Err(WriteError::Fenced) => {
                bridge.halt.fence();
                return None;
            }
            // Happy path: it ended since the inbox was read.
            Err(WriteError::Conflict) => return None,
            Err(WriteError::Unavailable(error)) => report("lease a message", &error, &backoff),
        }
        tokio::select! {
            biased;
            () = bridge.halt.closing.cancelled() => return None,
            () = backoff.wait() => {}
        }
    }
}

pub(crate) async fn close(
    bridge: &Arc<Bridge>,
    in_hand: &InHand,
    row: &InboxMessage,
    verdict: Verdict,
) {
    if matches!(verdict, Verdict::GivenBack) {
        return give_back(bridge, in_hand, row).await;
    }
    let Some((reply, state)) = verdict.into_recorded() else {
        return;
    };
    // Who listens need not wait for the transaction to read the last words.
    bridge.relay.text(&in_hand.reply, true);
    // I4: the end is announced only once it is on record.
    let owed = bridge.telegram.owes(row).await;
    if complete(bridge, row, (&reply, state), owed).await {
        if state == InboxState::Dead {
            bridge.ports.metrics.count(Metric::DeadMessages, 1);
        }
        bridge.measure(Metric::ReplyMillis, row.received_at);
        tell::ended(bridge, in_hand, row, &reply);
        bridge.meter.note_reply(row.channel, &reply);
        meter::write_down(bridge).await;
        if owed {
            telegram::owe(bridge, row);
        }
    }
}

/// Whether the message has ended, on record, with what we gave.
async fn complete(
    bridge: &Bridge,
    row: &InboxMessage,
    (reply, state): (&Reply, InboxState),
    owed: bool,
) -> bool {
    let (message, generation) = (row, bridge.generation);
    let completion = Completion { message, reply, state, generation, owed };
    let mut backoff = bridge.backoff(row.id.as_str(), (200, 10_000));
    loop {
        if bridge.halt.is_fenced() {
            return false;
        }
        match bridge.ports.inbox.complete(&bridge.user, &completion).await {
            Ok(()) => {
                info!(message.id = %row.id, outcome = ?reply.outcome, "recorded a reply");
                return true;
            }
            Err(WriteError::Fenced) => {
                bridge.halt.fence();
                return false;
            }
            Err(WriteError::Conflict) => {
                // An earlier try may have worked although its answer was lost.
                let ours = backoff.failures() > 0;
                if !ours {
                    error!(message.id = %row.id, "a leased message was not ours to complete");
                }
                return ours;
            }
            Err(WriteError::Unavailable(error)) => report("record a reply", &error, &backoff),
        }
        tokio::select! {
            biased;
            () = bridge.halt.fenced.cancelled() => {}
            () = backoff.wait() => {}
        }
    }
}

async fn give_back(bridge: &Bridge, in_hand: &InHand, row: &InboxMessage) {
    const TRIES: u32 = 3;
    let mut backoff = bridge.backoff(row.id.as_str(), (100, 1_000));
    let written = in_hand.reply.text();
    // Nothing new is no reason to forget what an earlier bridge wrote.
    let partial = (!written.is_empty()).then(|| byte_prefix(&written, PARTIAL_TEXT_MAX_BYTES));
    let inbox = &bridge.ports.inbox;
    while backoff.failures() < TRIES {
        match inbox.give_back(&bridge.user, &row.id, bridge.generation, partial).await {
            Ok(()) => break,
            Err(WriteError::Fenced) => return bridge.halt.fence(),
            Err(WriteError::Conflict) => return,
            // The next generation takes an old lease over anyway.
            Err(WriteError::Unavailable(error)) => report("give a message back", &error, &backoff),
        }
        backoff.wait().await;
    }
    tell::moves(bridge, row);
}

/// One line for a whole outage.
fn report(what: &str, error: &Unavailable, backoff: &Backoff) {
    if backoff.failures() == 0 {
        warn!(error = %chain(error), "cannot {what} yet, trying again");
    }
}
