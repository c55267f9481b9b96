//! The way out: nothing new is taken up, what runs may finish, what cannot goes back to the
//! inbox, and the user knows.

use std::sync::Arc;
use std::time::Duration;

use domain::{InboxMessage, Outcome, Phase, Reply, RetryPolicy, TaskStatus};
use platform::WriteError;
use tokio::time::timeout;
use tracing::{info, warn};

use crate::answer::Verdict;
use crate::backoff::Backoff;
use crate::bridge::Bridge;
use crate::chain::chain;
use crate::halt::Reason;
use crate::{record, tell};

// Each of these is an end to waiting for a world that does not answer at all.
const SAID_WITHIN: Duration = Duration::from_secs(10);
const READ_WITHIN: Duration = Duration::from_secs(10);
/// Aborting, giving back and saying so, once the grace is over.
const ABORTED_WITHIN: Duration = Duration::from_secs(6);
const RELEASED_WITHIN: Duration = Duration::from_secs(5);
const TOLD_WITHIN: Duration = Duration::from_secs(2);
const WRITE_TRIES: u32 = 5;

/// Ends all work on messages. The gateway still runs afterwards: an abort needs it.
pub async fn wind_down(bridge: &Arc<Bridge>) {
    if !bridge.halt.is_fenced() {
        let last = bridge.halt.fenced.run_until_cancelled(last_replies(bridge));
        let _ = timeout(bridge.policy.reply_grace, last).await;
    }
    bridge.halt.aborting.cancel();
    if timeout(ABORTED_WITHIN, bridge.activity.until_not_busy()).await.is_err() {
        warn!("replies were still being written when the grace was over");
    }
}

async fn last_replies(bridge: &Arc<Bridge>) {
    // Set, then read. A message put before this write is seen by the read below; one put
    // after it meets Stopping and launches the next generation.
    if timeout(SAID_WITHIN, set_stopping(bridge)).await.is_err() {
        warn!("nobody took note that we stop");
    }
    if bridge.halt.is_fenced() {
        return;
    }
    bridge.relay.frame(&tell::status(TaskStatus::Stopping, Phase::Stopping, None));
    bridge.telegram.enter(Phase::Stopping);
    tell_who_waits(bridge).await;
    bridge.activity.until_not_busy().await;
}

/// The last write of this generation. A fenced bridge makes it too: it is not a claim to
/// anything but the word its successor waits for.
pub async fn release(bridge: &Bridge) {
    if timeout(RELEASED_WITHIN, release_generation(bridge)).await.is_err() {
        warn!("nobody took note that we are gone");
    }
    let fenced = bridge.halt.is_fenced();
    bridge.relay.finish(if fenced { Duration::ZERO } else { TOLD_WITHIN }).await;
}

async fn set_stopping(bridge: &Bridge) {
    let mut backoff = backoff(bridge);
    while backoff.failures() < WRITE_TRIES {
        let due_at = bridge.ports.clock.now() + bridge.policy.stop_within;
        let tasks = &bridge.ports.tasks;
        match tasks.set_stopping(&bridge.user, bridge.generation, due_at).await {
            Ok(()) | Err(WriteError::Conflict) => return,
            Err(WriteError::Fenced) => return bridge.halt.fence(),
            Err(WriteError::Unavailable(error)) => {
                warn!(error = %chain(&error), "cannot say that we stop");
                backoff.wait().await;
            }
        }
    }
}

async fn tell_who_waits(bridge: &Arc<Bridge>) {
    let open = bridge.ports.inbox.open(&bridge.user, bridge.ports.clock.now());
    // Whom we do not find stays in the inbox: the watchdog reads it when this task has stopped.
    let rows = match timeout(READ_WITHIN, open).await {
        Ok(Ok(rows)) => rows,
        Ok(Err(error)) => return warn!(error = %chain(&error), "cannot read who waits"),
        Err(_) => return warn!("reading who waits takes too long"),
    };
    let waiting: Vec<_> =
        rows.into_iter().filter(|row| bridge.running.get(&row.id).is_none()).collect();
    if !waiting.is_empty() {
        info!(messages = waiting.len(), "leaving messages to the next generation");
    }
    let reason = match bridge.halt.reason() {
        Some(Reason::Broken(reason)) => Some(reason.clone()),
        _ => None,
    };
    for row in waiting {
        match &reason {
            Some(reason) => could_not_start(bridge, &row, reason).await,
            None => tell::moves(bridge, &row),
        }
    }
}

/// The gateway cannot be brought up. Another machine may fare better; after a few of them the
/// message is given up, so that it does not launch machines for ever.
async fn could_not_start(bridge: &Arc<Bridge>, row: &InboxMessage, reason: &str) {
    let Some(row) = record::lease(bridge, &row.id).await else {
        return;
    };
    let in_hand = bridge.running.insert(&row);
    let verdict = if row.attempts < RetryPolicy::default().max_attempts {
        Verdict::GivenBack
    } else {
        let error = Some(tell::could_not_answer(reason));
        let at = bridge.ports.clock.now();
        let outcome = Outcome::Failed;
        Verdict::GivenUp(Reply { text: String::new(), outcome, error, usage: None, at })
    };
    record::close(bridge, &in_hand, &row, verdict).await;
    bridge.running.remove(&row.id);
}

async fn release_generation(bridge: &Bridge) {
    let mut backoff = backoff(bridge);
    while backoff.failures() < WRITE_TRIES {
        let now = bridge.ports.clock.now();
        match bridge.ports.tasks.release(&bridge.user, bridge.generation, now).await {
            Ok(was_current) => {
                info!(was_current, "released");
                if was_current {
                    bridge.relay.frame(&idle());
                }
                return;
            }
            Err(error) => warn!(error = %chain(&error), "cannot release yet"),
        }
        backoff.wait().await;
    }
    // The watchdog releases a generation whose task has stopped.
}

fn idle() -> protocol::ServerFrame {
    protocol::ServerFrame::Status {
        status: TaskStatus::Idle,
        phase: None,
        eta_seconds: None,
        detail: None,
        message_id: None,
        conversation_id: None,
        queued_behind: None,
    }
}

fn backoff(bridge: &Bridge) -> Backoff {
    bridge.backoff("stop", (100, 2_000))
}
