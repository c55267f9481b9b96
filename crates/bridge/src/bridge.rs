//! What every part that serves the user shares.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use domain::{
    Choices, Generation, IdlePolicy, InboxMessage, MessageId, RetryPolicy, SpendRules, TaskPolicy,
    Timestamp, UserId,
};
use platform::Metric;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::activity::Activity;
use crate::agent::Agent;
use crate::backoff::Backoff;
use crate::habits::Habits;
use crate::halt::Halt;
use crate::keep::Saved;
use crate::meter::Meter;
use crate::ports::Ports;
use crate::queues::Queues;
use crate::recall::millis;
use crate::relay::Relay;
use crate::spending::KnownSpending;
use crate::telegram::Telegram;
use crate::transcript::Transcript;
use crate::workspace::Workspace;

pub struct Bridge {
    pub user: UserId,
    pub generation: Generation,
    pub ports: Ports,
    pub agent: Arc<dyn Agent>,
    pub relay: Relay,
    pub telegram: Telegram,
    pub policy: Policy,
    pub workspace: Workspace,
    pub halt: Halt,
    pub activity: Activity,
    pub(crate) habits: Habits,
    pub(crate) meter: Meter,
    pub(crate) spending: KnownSpending,
    /// Until they are read, everything is as by default.
    pub(crate) choices: OnceLock<Choices>,
    /// When this life began, by the clock of the tables.
    pub(crate) began: OnceLock<Timestamp>,
    /// What the user should know of this start, said when it is done.
    pub(crate) notice: OnceLock<String>,
    pub tasks: TaskTracker,
    pub(crate) queues: Queues,
    pub(crate) running: Running,
    pub(crate) look_in_inbox: Notify,
    pub(crate) wants: Wants,
    pub(crate) saved: Saved,
}

/// What somebody asks of the agent's memory.
#[derive(Default)]
pub(crate) struct Wants {
    pub(crate) snapshot: Notify,
    /// The task's row says which.
    pub(crate) restore: Notify,
    /// The user's list says which.
    pub(crate) skills: Notify,
    /// What a user takes with him, one file at a time; and what he brings.
    pub(crate) fetching: tokio::sync::Mutex<()>,
    pub(crate) placing: tokio::sync::Mutex<()>,
}

#[derive(Clone, Copy, Debug)]
pub struct Policy {
    pub retry: RetryPolicy,
    /// The whole of one run, tools included. The gateway enforces it, we only make sure.
    pub run_timeout: Duration,
    /// From the signal to SIGKILL, less what follows: 23 s to give back, to stop the gateway and
    /// to say so, 20 s for the last save, and a few seconds that are nobody's.
    pub reply_grace: Duration,
    /// Still Stopping after this, it is stopped from outside.
    pub stop_within: Duration,
    pub idle: IdlePolicy,
    /// What was changed since then dies with a machine that dies.
    pub save_every: Duration,
    pub spending: SpendRules,
}

/// Design: a machine's death costs five minutes of files at most, never a message.
pub(crate) const SAVE_EVERY: Duration = Duration::from_secs(300);

impl Default for Policy {
    fn default() -> Self {
        Self {
            retry: RetryPolicy::default(),
            run_timeout: Duration::from_secs(600),
            reply_grace: Duration::from_secs(70),
            stop_within: TaskPolicy::default().stop_within,
            idle: IdlePolicy::default(),
            save_every: SAVE_EVERY,
            spending: SpendRules::none(),
        }
    }
}

/// A message that was taken up twice as often as a run is retried takes the machine down with
/// it: give it up instead of starting the next machine for it.
pub(crate) const LEASES_MAX: u32 = 6;

impl Bridge {
    pub fn new(
        (user, generation): (UserId, Generation),
        ports: Ports,
        agent: Arc<dyn Agent>,
        (relay, telegram): (Relay, Telegram),
        (halt, tasks): (Halt, TaskTracker),
        policy: Policy,
        workspace: Workspace,
    ) -> Arc<Self> {
        Arc::new(Self {
            user,
            generation,
            ports,
            agent,
            relay,
            telegram,
            policy,
            workspace,
            halt,
            tasks,
            activity: Activity::default(),
            habits: Habits::new(policy.idle),
            meter: Meter::default(),
            spending: KnownSpending::default(),
            choices: OnceLock::new(),
            began: OnceLock::new(),
            notice: OnceLock::new(),
            queues: Queues::default(),
            running: Running::default(),
            look_in_inbox: Notify::new(),
            wants: Wants::default(),
            saved: Saved::default(),
        })
    }

    /// What the user had chosen when his agent woke.
    pub fn choices(&self) -> Choices {
        self.choices.get().cloned().unwrap_or_default()
    }

    /// How long it has been since then, as so many milliseconds.
    pub(crate) fn measure(&self, metric: Metric, since: Timestamp) {
        let took = self.ports.clock.now().since(since);
        self.ports.metrics.count(metric, millis(took));
    }

    /// For one thing that this bridge tries, in milliseconds.
    pub(crate) fn backoff(&self, what: &str, (first, max): (u64, u64)) -> Backoff {
        let who = (&self.user, self.generation, what);
        Backoff::new(who, Duration::from_millis(first), Duration::from_millis(max))
    }
}

/// Messages that a worker has in hand.
#[derive(Default)]
pub(crate) struct Running(Mutex<BTreeMap<MessageId, Arc<InHand>>>);

pub(crate) struct InHand {
    pub(crate) reply: Arc<Transcript>,
    /// The user no longer wants it.
    pub(crate) cancelled: CancellationToken,
    /// When he asked, until the first word was counted.
    unheard_since: Mutex<Option<Timestamp>>,
}

impl InHand {
    /// Since when the first word is waited for; once.
    pub(crate) fn heard(&self) -> Option<Timestamp> {
        self.unheard_since.lock().expect("no holder panics").take()
    }
}

impl Running {
    pub(crate) fn insert(&self, row: &InboxMessage) -> Arc<InHand> {
        let fresh = row.attempts == 0;
        let reply = Transcript::new(row.id.clone(), row.conversation.clone(), fresh);
        let in_hand = Arc::new(InHand {
            reply: Arc::new(reply),
            cancelled: CancellationToken::new(),
            // Of one that another bridge had begun, the first word was heard before.
            unheard_since: Mutex::new(fresh.then_some(row.received_at)),
        });
        self.lock().insert(row.id.clone(), in_hand.clone());
        in_hand
    }

    pub(crate) fn get(&self, id: &MessageId) -> Option<Arc<InHand>> {
        self.lock().get(id).cloned()
    }

    pub(crate) fn all(&self) -> Vec<Arc<InHand>> {
        self.lock().values().cloned().collect()
    }

    pub(crate) fn remove(&self, id: &MessageId) {
        self.lock().remove(id);
    }

    /// Whether there was something to cancel.
    pub(crate) fn cancel(&self, id: &MessageId) -> bool {
        let in_hand = self.get(id);
        in_hand.inspect(|in_hand| in_hand.cancelled.cancel()).is_some()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<MessageId, Arc<InHand>>> {
        self.0.lock().expect("no holder panics")
    }
}
