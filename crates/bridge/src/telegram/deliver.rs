//! Replies on their way to the chat they are owed to, from the record, at least once.
//!
//! Pieces go out in order, and each is noted before the next one goes: whoever comes after a
//! crash sends one piece twice at most, and leaves none out. What is noted, and what is asked
//! after a pause, is conditional on the generation: a zombie finds out and is silent (I3).

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::{InboxMessage, MessageId, ReplyTo};
use futures_util::FutureExt;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::delivery::deliver;
use super::view::Shown;
use crate::activity::Busy;
use crate::bridge::Bridge;
use crate::chain::chain;
use crate::halt::Halt;

/// What a bridge that stops gives a reply, within the grace;
const DELIVERED_WITHIN: Duration = Duration::from_secs(20);
/// and once that is over, within what giving back is given.
const LAST_WITHIN: Duration = Duration::from_secs(4);

#[derive(Default)]
pub(crate) struct Deliveries {
    state: Mutex<State>,
    /// What earlier bridges owed is before what this one does.
    caught_up: CancellationToken,
}

#[derive(Default)]
struct State {
    /// One for each chat that a worker serves.
    lanes: BTreeMap<Lane, VecDeque<Owed>>,
    known: BTreeSet<MessageId>,
}

/// A chat's id, 0 for the linked one while nobody knows which that is.
pub(crate) type Lane = i64;

pub(crate) struct Owed {
    pub(crate) row: InboxMessage,
    pub(crate) shown: Option<Arc<Shown>>,
    /// The last time that somebody found this generation current.
    pub(crate) fenced_at: Option<Instant>,
    pub(crate) _busy: Busy,
}

/// This bridge has just recorded its reply.
pub(crate) fn owe(bridge: &Arc<Bridge>, row: &InboxMessage) {
    let shown = bridge.telegram.ends(&row.id);
    let fenced_at = Some(Instant::now());
    let owed = Owed { row: row.clone(), shown, fenced_at, _busy: bridge.activity.busy() };
    enqueue(bridge, owed, VecDeque::push_back);
}

/// What the bridges before this one did not deliver comes first.
pub async fn catch_up(bridge: Arc<Bridge>) {
    let _busy = bridge.activity.busy();
    tokio::select! {
        biased;
        () = time_is_up(&bridge.halt) => {}
        () = read_owed(&bridge) => {}
    }
}

async fn read_owed(bridge: &Arc<Bridge>) {
    let mut backoff = bridge.backoff("owed", (200, 10_000));
    let rows = loop {
        match bridge.ports.inbox.owed(&bridge.user, bridge.ports.clock.now()).await {
            Ok(rows) => break rows,
            Err(error) if backoff.failures() == 0 => {
                warn!(error = %chain(&error), "cannot read which replies are owed yet");
            }
            Err(_) => {}
        }
        backoff.wait().await;
    };
    if !rows.is_empty() {
        info!(replies = rows.len(), "an earlier bridge has left replies to deliver");
    }
    for row in rows.into_iter().rev() {
        let owed = Owed { row, shown: None, fenced_at: None, _busy: bridge.activity.busy() };
        enqueue(bridge, owed, VecDeque::push_front);
    }
    bridge.telegram.deliveries.caught_up.cancel();
}

fn enqueue(bridge: &Arc<Bridge>, owed: Owed, put: impl FnOnce(&mut VecDeque<Owed>, Owed)) {
    let lane = lane_of(bridge, &owed.row);
    let mut state = bridge.telegram.deliveries.lock();
    if !state.known.insert(owed.row.id.clone()) {
        return;
    }
    let unserved = !state.lanes.contains_key(&lane);
    put(state.lanes.entry(lane).or_default(), owed);
    if unserved {
        bridge.tasks.spawn(serve(bridge.clone(), lane));
    }
}

fn lane_of(bridge: &Bridge, row: &InboxMessage) -> Lane {
    match &row.reply_to {
        ReplyTo::Telegram { chat, .. } => chat.id,
        _ => bridge.telegram.mirror.chat().unwrap_or_default(),
    }
}

/// One chat's replies, in their order. Another chat's have a worker of their own.
async fn serve(bridge: Arc<Bridge>, lane: Lane) {
    let deliveries = &bridge.telegram.deliveries;
    loop {
        let next = async {
            deliveries.caught_up.cancelled().await;
            let Some(owed) = deliveries.next(lane) else {
                return false;
            };
            let id = owed.row.id.clone();
            // Owed it stays, and the next bridge tries.
            if AssertUnwindSafe(deliver(&bridge, owed)).catch_unwind().await.is_err() {
                error!(message.id = %id, "delivering a reply panicked");
            }
            deliveries.lock().known.remove(&id);
            true
        };
        tokio::select! {
            biased;
            () = bridge.halt.fenced.cancelled() => break,
            () = time_is_up(&bridge.halt) => {
                info!("leaving replies to the next bridge to deliver");
                break;
            }
            more = next => if !more { return },
        }
    }
    deliveries.lock().lanes.remove(&lane);
}

async fn time_is_up(halt: &Halt) {
    let closing = async {
        halt.closing.cancelled().await;
        sleep(DELIVERED_WITHIN).await;
    };
    let aborting = async {
        halt.aborting.cancelled().await;
        sleep(LAST_WITHIN).await;
    };
    tokio::select! {
        biased;
        () = closing => {}
        () = aborting => {}
    }
}

impl Deliveries {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no holder panics")
    }

    /// `None` dismisses the worker.
    fn next(&self, lane: Lane) -> Option<Owed> {
        let mut state = self.lock();
        let next = state.lanes.get_mut(&lane)?.pop_front();
        if next.is_none() {
            state.lanes.remove(&lane);
        }
        next
    }
}
