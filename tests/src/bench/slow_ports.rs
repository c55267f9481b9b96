//! The watchdog's ports with AWS's distance before them: each call takes its time, and is counted.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::{
    ActivityHistory, Capacity, Generation, InboxMessage, MessageId, Phase, TaskArn, TaskState,
    Timestamp, UserId,
};
use platform::{
    AmendOutcome, Amendment, Claim, ClaimError, Completion, Compute, Due, Inbox, LaunchError,
    LaunchRequest, NewMessage, ObservedTask, PutOutcome, Result, Tasks, Unreadable, WriteError,
};

const CALL_TAKES: Duration = Duration::from_millis(5);
/// ListTasks answers so many at once, and the next page only after this one.
const LIST_PAGE: usize = 100;

type Written = std::result::Result<(), WriteError>;

/// By operation. Clones count together.
#[derive(Clone, Default)]
pub(crate) struct Calls(Arc<Mutex<BTreeMap<&'static str, usize>>>);

impl Calls {
    async fn one(&self, operation: &'static str) {
        *self.0.lock().expect("counting does not panic").entry(operation).or_default() += 1;
        tokio::time::sleep(CALL_TAKES).await;
    }
}

impl Display for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let calls = self.0.lock().expect("counting does not panic");
        let counts: Vec<String> =
            calls.iter().map(|(operation, count)| format!("{count} {operation}")).collect();
        f.write_str(&counts.join(", "))
    }
}

macro_rules! after_a_while {
    ($self:ident.$port:ident.$name:ident($($argument:expr),*)) => {{
        $self.calls.one(concat!(stringify!($port), ".", stringify!($name))).await;
        $self.$port.$name($($argument),*).await
    }};
}

pub(crate) struct SlowTasks {
    pub(crate) tasks: Arc<dyn Tasks>,
    pub(crate) calls: Calls,
}

#[async_trait]
impl Tasks for SlowTasks {
    async fn get(&self, user: &UserId) -> Result<TaskState> {
        after_a_while!(self.tasks.get(user))
    }

    async fn claim_launch(
        &self,
        user: &UserId,
        claim: &Claim,
    ) -> std::result::Result<Generation, ClaimError> {
        after_a_while!(self.tasks.claim_launch(user, claim))
    }

    async fn record_launched(
        &self,
        user: &UserId,
        generation: Generation,
        arn: &TaskArn,
        capacity: Capacity,
    ) -> Written {
        after_a_while!(self.tasks.record_launched(user, generation, arn, capacity))
    }

    async fn launch_failed(
        &self,
        user: &UserId,
        generation: Generation,
        due_at: Timestamp,
    ) -> Written {
        after_a_while!(self.tasks.launch_failed(user, generation, due_at))
    }

    async fn set_phase(&self, user: &UserId, generation: Generation, phase: Phase) -> Written {
        after_a_while!(self.tasks.set_phase(user, generation, phase))
    }

    async fn set_running(
        &self,
        user: &UserId,
        generation: Generation,
        woke_in: Duration,
        now: Timestamp,
    ) -> Written {
        after_a_while!(self.tasks.set_running(user, generation, woke_in, now))
    }

    async fn touch(
        &self,
        user: &UserId,
        generation: Generation,
        now: Timestamp,
        activity: &ActivityHistory,
    ) -> Written {
        after_a_while!(self.tasks.touch(user, generation, now, activity))
    }

    async fn set_stopping(
        &self,
        user: &UserId,
        generation: Generation,
        due_at: Timestamp,
    ) -> Written {
        after_a_while!(self.tasks.set_stopping(user, generation, due_at))
    }

    async fn release(
        &self,
        user: &UserId,
        generation: Generation,
        due_at: Timestamp,
    ) -> Result<bool> {
        after_a_while!(self.tasks.release(user, generation, due_at))
    }

    async fn abandon(
        &self,
        user: &UserId,
        generation: Generation,
        due_at: Timestamp,
        failed_launch: bool,
    ) -> std::result::Result<(), WriteError> {
        after_a_while!(self.tasks.abandon(user, generation, due_at, failed_launch))
    }

    async fn settle(&self, seen: &TaskState) -> Result<bool> {
        after_a_while!(self.tasks.settle(seen))
    }

    async fn look_again(&self, seen: &TaskState, due_at: Timestamp) -> Result<bool> {
        after_a_while!(self.tasks.look_again(seen, due_at))
    }

    async fn note_warning(
        &self,
        user: &UserId,
        generation: Generation,
        event_version: u64,
        due_at: Timestamp,
    ) -> Written {
        after_a_while!(self.tasks.note_warning(user, generation, event_version, due_at))
    }

    async fn due(&self, shard: u64, now: Timestamp) -> Result<Due> {
        after_a_while!(self.tasks.due(shard, now))
    }

    async fn get_many(
        &self,
        users: &[UserId],
    ) -> Result<Vec<std::result::Result<TaskState, Unreadable>>> {
        after_a_while!(self.tasks.get_many(users))
    }

    async fn typical_wake(&self) -> Result<Option<Duration>> {
        after_a_while!(self.tasks.typical_wake())
    }

    async fn note_wake(&self, woke_in: Duration) -> Result<()> {
        after_a_while!(self.tasks.note_wake(woke_in))
    }
}

pub(crate) struct SlowInbox {
    pub(crate) inbox: Arc<dyn Inbox>,
    pub(crate) calls: Calls,
}

#[async_trait]
impl Inbox for SlowInbox {
    async fn put(&self, user: &UserId, message: &NewMessage) -> Result<PutOutcome> {
        after_a_while!(self.inbox.put(user, message))
    }

    async fn get(
        &self,
        user: &UserId,
        id: &MessageId,
        now: Timestamp,
    ) -> Result<Option<InboxMessage>> {
        after_a_while!(self.inbox.get(user, id, now))
    }

    async fn outline(&self, user: &UserId, now: Timestamp) -> Result<Vec<InboxMessage>> {
        after_a_while!(self.inbox.outline(user, now))
    }

    async fn open(&self, user: &UserId, now: Timestamp) -> Result<Vec<InboxMessage>> {
        after_a_while!(self.inbox.open(user, now))
    }

    async fn lease(
        &self,
        user: &UserId,
        id: &MessageId,
        generation: Generation,
    ) -> std::result::Result<InboxMessage, WriteError> {
        after_a_while!(self.inbox.lease(user, id, generation))
    }

    async fn give_back(
        &self,
        user: &UserId,
        id: &MessageId,
        generation: Generation,
        partial: Option<&str>,
    ) -> Written {
        after_a_while!(self.inbox.give_back(user, id, generation, partial))
    }

    async fn complete(&self, user: &UserId, completion: &Completion<'_>) -> Written {
        after_a_while!(self.inbox.complete(user, completion))
    }

    async fn request_cancel(&self, user: &UserId, id: &MessageId) -> Result<bool> {
        after_a_while!(self.inbox.request_cancel(user, id))
    }

    async fn amend(
        &self,
        user: &UserId,
        id: &MessageId,
        amendment: &Amendment,
    ) -> Result<AmendOutcome> {
        after_a_while!(self.inbox.amend(user, id, amendment))
    }

    async fn owed(&self, user: &UserId, now: Timestamp) -> Result<Vec<InboxMessage>> {
        after_a_while!(self.inbox.owed(user, now))
    }

    async fn note_sent(
        &self,
        user: &UserId,
        id: &MessageId,
        generation: Generation,
        sent: u32,
    ) -> Written {
        after_a_while!(self.inbox.note_sent(user, id, generation, sent))
    }

    async fn delivered(&self, user: &UserId, id: &MessageId, generation: Generation) -> Written {
        after_a_while!(self.inbox.delivered(user, id, generation))
    }

    async fn forget(&self, user: &UserId, id: &MessageId) -> Result<()> {
        after_a_while!(self.inbox.forget(user, id))
    }
}

/// A cluster that is full.
pub(crate) struct SlowMachines {
    tasks: Mutex<BTreeMap<TaskArn, ObservedTask>>,
    calls: Calls,
}

impl SlowMachines {
    pub(crate) fn new(tasks: &[ObservedTask], calls: &Calls) -> Self {
        let tasks = tasks.iter().map(|task| (task.arn.clone(), task.clone()));
        Self { tasks: Mutex::new(tasks.collect()), calls: calls.clone() }
    }

    fn look<T>(&self, at: impl FnOnce(&mut BTreeMap<TaskArn, ObservedTask>) -> T) -> T {
        at(&mut self.tasks.lock().expect("looking does not panic"))
    }
}

#[async_trait]
impl Compute for SlowMachines {
    async fn launch(&self, request: &LaunchRequest) -> std::result::Result<TaskArn, LaunchError> {
        self.calls.one("compute.launch").await;
        Err(LaunchError::NoCapacity { capacity: request.capacity, reason: "full".into() })
    }

    async fn stop(&self, arn: &TaskArn, _reason: &str) -> Result<()> {
        self.calls.one("compute.stop").await;
        self.look(|tasks| tasks.remove(arn));
        Ok(())
    }

    async fn list(&self) -> Result<Vec<TaskArn>> {
        let arns: Vec<TaskArn> = self.look(|tasks| tasks.keys().cloned().collect());
        for _ in 0..arns.len().div_ceil(LIST_PAGE).max(1) {
            self.calls.one("compute.list").await;
        }
        Ok(arns)
    }

    async fn describe(&self, arns: &[TaskArn]) -> Result<Vec<ObservedTask>> {
        self.calls.one("compute.describe").await;
        Ok(self.look(|tasks| arns.iter().filter_map(|arn| tasks.get(arn)).cloned().collect()))
    }
}
