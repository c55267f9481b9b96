//! From the inbox into the hands of one worker for each conversation. The inbox is the truth:
//! a nudge only says when to look.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use domain::{ConversationId, InboxMessage};
use futures_util::FutureExt;
use platform::WriteError;
use tokio::time::{Instant, sleep};
use tracing::{error, warn};

use crate::answer::{answer, cancel_waiting};
use crate::bridge::Bridge;
use crate::chain::chain;
use crate::{meter, tell};

/// How often a nudge that got lost is made up for, while somebody is being answered.
const LOOK_EVERY: Duration = Duration::from_secs(15);
const LISTENERS_EVERY: Duration = Duration::from_secs(30);
const TOUCH_EVERY: Duration = Duration::from_secs(60);

/// Runs until the bridge stops leasing.
pub async fn drain(bridge: Arc<Bridge>) {
    bridge.halt.closing.run_until_cancelled(keep_draining(&bridge)).await;
}

async fn keep_draining(bridge: &Arc<Bridge>) {
    let (began, mut touched) = (Instant::now(), None);
    // A message may come between the first look and the nudge connection: one look more.
    let mut looks_left = 2;
    loop {
        look(bridge).await;
        looks_left = if bridge.activity.is_busy() { 1 } else { looks_left - 1 };
        let again = async {
            match looks_left {
                0 => std::future::pending().await,
                _ => sleep(LOOK_EVERY).await,
            }
        };
        tokio::select! {
            biased;
            () = bridge.look_in_inbox.notified() => looks_left = 2,
            () = again => {}
        }
        keep_alive(bridge, began, &mut touched).await;
    }
}

async fn look(bridge: &Arc<Bridge>) {
    let mut backoff = bridge.backoff("look", (200, 10_000));
    loop {
        let now = bridge.ports.clock.now();
        match bridge.ports.inbox.open(&bridge.user, now).await {
            Ok(rows) => return take_in(bridge, rows),
            Err(error) if backoff.failures() == 0 => {
                warn!(error = %chain(&error), "cannot read the inbox yet");
            }
            Err(_) => {}
        }
        backoff.wait().await;
    }
}

fn take_in(bridge: &Arc<Bridge>, rows: Vec<InboxMessage>) {
    if bridge.halt.is_closing() {
        return;
    }
    bridge.telegram.waiting(&rows);
    let (unwanted, wanted): (Vec<_>, Vec<_>) = rows.into_iter().partition(|r| r.cancel_requested);
    for row in unwanted {
        cancel(bridge, row);
    }
    let conversations: BTreeSet<_> = wanted.iter().map(|row| row.conversation.clone()).collect();
    let unserved = bridge.queues.add(wanted);
    conversations.iter().for_each(|conversation| tell::positions(bridge, conversation));
    for conversation in unserved {
        let busy = bridge.activity.busy();
        let bridge = bridge.clone();
        bridge.tasks.clone().spawn(async move {
            serve(&bridge, &conversation).await;
            drop(busy);
        });
    }
}

fn cancel(bridge: &Arc<Bridge>, row: InboxMessage) {
    if bridge.running.cancel(&row.id) {
        return;
    }
    if !bridge.queues.pull(&row) && !bridge.queues.reserve(&row.id) {
        // A worker has just taken it and finds the wish in the row that it leases.
        return;
    }
    let busy = bridge.activity.busy();
    let bridge = bridge.clone();
    bridge.tasks.clone().spawn(async move {
        cancel_waiting(&bridge, &row).await;
        bridge.queues.done(&row.id);
        drop(busy);
    });
}

async fn serve(bridge: &Arc<Bridge>, conversation: &ConversationId) {
    while let Some(row) = bridge.queues.take(conversation) {
        // A fault in one reply must not end the conversation: the row is still open, so the
        // next look takes it up again, and its attempts are counted.
        if AssertUnwindSafe(answer(bridge, &row)).catch_unwind().await.is_err() {
            error!(message.id = %row.id, "answering a message panicked");
            bridge.running.remove(&row.id);
            bridge.telegram.ends(&row.id);
            bridge.relay.end(&row.id);
        }
        bridge.queues.done(&row.id);
    }
}

/// What the rest of the system is told while somebody is here, and who is here.
async fn keep_alive(bridge: &Bridge, began: Instant, touched: &mut Option<Instant>) {
    if bridge.activity.is_busy() {
        bridge.relay.look_around(LISTENERS_EVERY).await;
    }
    let active = bridge.activity.is_busy() || bridge.activity.last() > touched.unwrap_or(began);
    // The first activity counts at once: it may be all that there is.
    let due = touched.is_none_or(|at| at.elapsed() >= TOUCH_EVERY);
    if !active || !due {
        return;
    }
    // A nudge may have been lost.
    bridge.wants.restore.notify_one();
    let now = bridge.ports.clock.now();
    let activity = bridge.habits.note(now);
    let tasks = &bridge.ports.tasks;
    match tasks.touch(&bridge.user, bridge.generation, now, &activity).await {
        Err(WriteError::Fenced) => bridge.halt.fence(),
        // Tried again at the next look: who is silent for too long is taken for stuck.
        Err(error) => warn!(error = %chain(&error), "cannot note activity"),
        Ok(()) => {
            *touched = Some(Instant::now());
            meter::write_down(bridge).await;
        }
    }
}
