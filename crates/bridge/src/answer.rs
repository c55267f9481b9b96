//! One message: lease it, have it answered, record the reply, and only then say that it ended.

use std::sync::Arc;
use std::time::Duration;

use domain::{InboxMessage, InboxState, Outcome, Reply, ReplyTo, Usage};

use crate::agent::{RunEnd, RunRequest};
use crate::album::is_whole;
use crate::attachments::with_files;
use crate::bridge::{Bridge, InHand, LEASES_MAX};
use crate::context::in_context;
use crate::follow::{Followed, follow};
use crate::{record, spending, tell};

/// What becomes of a message that was leased.
pub(crate) enum Verdict {
    Answered(Reply),
    /// Nobody will answer it: Dead, with the reason in the reply.
    GivenUp(Reply),
    /// Pending again, for the next bridge.
    GivenBack,
    /// We are a zombie.
    Fenced,
}

pub(crate) async fn answer(bridge: &Arc<Bridge>, waiting: &InboxMessage) {
    if bridge.halt.is_closing() {
        return;
    }
    // Before the lease: a cancel that comes in between finds it.
    let in_hand = bridge.running.insert(waiting);
    bridge.relay.begin(&in_hand.reply);
    bridge.telegram.begins(waiting, &in_hand.reply);
    let looked = bridge.relay.look_around(Duration::ZERO);
    let (leased, ()) = tokio::join!(lease_whole(bridge, &in_hand, waiting), looked);
    if let Some(row) = leased {
        let verdict = answer_leased(bridge, &in_hand, &row).await;
        record::close(bridge, &in_hand, &row, verdict).await;
    }
    bridge.telegram.ends(&waiting.id);
    bridge.relay.end(&waiting.id);
    bridge.running.remove(&waiting.id);
}

async fn lease_whole(
    bridge: &Bridge,
    in_hand: &InHand,
    waiting: &InboxMessage,
) -> Option<InboxMessage> {
    if !is_whole(bridge, in_hand, waiting).await {
        return None;
    }
    record::lease(bridge, &waiting.id).await
}

async fn answer_leased(bridge: &Bridge, in_hand: &InHand, row: &InboxMessage) -> Verdict {
    if let ReplyTo::Connection { id } = &row.reply_to {
        bridge.relay.listen(id);
    }
    if row.cancel_requested || in_hand.cancelled.is_cancelled() {
        return Verdict::Answered(reply(bridge, in_hand, Outcome::Cancelled, None));
    }
    if row.attempts > LEASES_MAX {
        return given_up(bridge, in_hand, "it stopped each time it tried");
    }
    tell::begins(bridge, row);
    run_until_it_ends(bridge, in_hand, row).await
}

async fn run_until_it_ends(bridge: &Bridge, in_hand: &InHand, row: &InboxMessage) -> Verdict {
    let text = match unless_stopped(bridge, in_hand, with_files(bridge, row)).await {
        Ok(Ok(text)) => text,
        Ok(Err(reason)) => return given_up(bridge, in_hand, &reason),
        Err(verdict) => return verdict,
    };
    let (mut attempt, mut failures) = (1, 0);
    // Each bridge before this one has stopped one run at most.
    let mut stopped_before = row.attempts.saturating_sub(1);
    loop {
        match unless_stopped(bridge, in_hand, spending::reached(bridge)).await {
            Ok(None) => {}
            Ok(Some(spending)) => return given_up(bridge, in_hand, &spending.to_string()),
            Err(verdict) => return verdict,
        }
        let request =
            match unless_stopped(bridge, in_hand, request(bridge, row, &text, attempt)).await {
                Ok(request) => request,
                Err(verdict) => return verdict,
            };
        match follow(bridge, in_hand, request).await {
            Followed::Ended(RunEnd::Failed { message, retryable }) => {
                failures += 1;
                let delay = bridge.policy.retry.delay_after(failures).filter(|_| retryable);
                let Some(delay) = delay else {
                    return given_up(bridge, in_hand, &message);
                };
                tell::retries(bridge, row, &message, delay);
                let pause = tokio::time::sleep(delay);
                if let Err(verdict) = unless_stopped(bridge, in_hand, pause).await {
                    return verdict;
                }
            }
            Followed::Ended(RunEnd::Complete { text, truncated, usage }) => {
                let whole = in_hand.reply.settle(&text) && !truncated;
                let outcome = if whole { Outcome::Complete } else { Outcome::Truncated };
                return Verdict::Answered(reply(bridge, in_hand, outcome, usage));
            }
            // It was stopped so that the machine could leave in time; the user has not stopped it.
            Followed::Ended(RunEnd::Aborted { .. })
                if stopped_before > 0 && !in_hand.cancelled.is_cancelled() =>
            {
                stopped_before -= 1;
            }
            Followed::Ended(RunEnd::Aborted { text }) => {
                if !text.is_empty() {
                    in_hand.reply.settle(&text);
                }
                return Verdict::Answered(reply(bridge, in_hand, Outcome::Cancelled, None));
            }
            Followed::Full => {
                return Verdict::Answered(reply(bridge, in_hand, Outcome::Truncated, None));
            }
            Followed::Interrupted => return interrupted(bridge),
        }
        attempt += 1;
        // What a client shows stays until there is something better.
        in_hand.reply.replace("");
    }
}

async fn request(bridge: &Bridge, row: &InboxMessage, text: &str, attempt: u32) -> RunRequest {
    // The gateway answers "done" for the key of a run that failed or was stopped, and does not
    // run it again.
    let run_id = match attempt {
        1 => row.id.to_string(),
        n => format!("{}.r{}", row.id, n - 1),
    };
    let session_key = session_key(row);
    let message = in_context(bridge, row, &session_key, text).await;
    RunRequest {
        session_key,
        message,
        run_id,
        timeout: bridge.policy.run_timeout,
        resuming: row.attempts > 1,
    }
}

/// The gateway lower-cases keys: in hex, two conversations never become one.
fn session_key(row: &InboxMessage) -> String {
    let hex = data_encoding::HEXLOWER.encode(row.conversation.as_str().as_bytes());
    format!("agent:main:c-{hex}")
}

/// What comes before the next try, unless that is no longer wanted.
async fn unless_stopped<T>(
    bridge: &Bridge,
    in_hand: &InHand,
    first: impl Future<Output = T>,
) -> Result<T, Verdict> {
    tokio::select! {
        biased;
        () = in_hand.cancelled.cancelled() => {
            Err(Verdict::Answered(reply(bridge, in_hand, Outcome::Cancelled, None)))
        }
        () = bridge.halt.aborting.cancelled() => Err(interrupted(bridge)),
        done = first => Ok(done),
    }
}

fn interrupted(bridge: &Bridge) -> Verdict {
    if bridge.halt.is_fenced() { Verdict::Fenced } else { Verdict::GivenBack }
}

fn given_up(bridge: &Bridge, in_hand: &InHand, reason: &str) -> Verdict {
    let error = tell::could_not_answer(reason);
    let reply = reply(bridge, in_hand, Outcome::Failed, None);
    Verdict::GivenUp(Reply { error: Some(error), ..reply })
}

fn reply(bridge: &Bridge, in_hand: &InHand, outcome: Outcome, usage: Option<Usage>) -> Reply {
    let (text, at) = (in_hand.reply.text(), bridge.ports.clock.now());
    Reply { text, outcome, error: None, usage, at }
}

/// A message that the user cancelled while it waited: recorded out of its turn, without a run.
pub(crate) async fn cancel_waiting(bridge: &Arc<Bridge>, row: &InboxMessage) {
    let in_hand = bridge.running.insert(row);
    in_hand.cancelled.cancel();
    if let Some(row) = record::lease(bridge, &row.id).await {
        let verdict = Verdict::Answered(reply(bridge, &in_hand, Outcome::Cancelled, None));
        record::close(bridge, &in_hand, &row, verdict).await;
    }
    bridge.running.remove(&row.id);
}

impl Verdict {
    pub(crate) fn into_recorded(self) -> Option<(Reply, InboxState)> {
        match self {
            Verdict::Answered(reply) => Some((reply, InboxState::Done)),
            Verdict::GivenUp(reply) => Some((reply, InboxState::Dead)),
            Verdict::GivenBack | Verdict::Fenced => None,
        }
    }
}
