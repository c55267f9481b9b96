//! Ports that answer what the world in memory never does: what another version left behind.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::{ActivityHistory, Capacity, Generation, Phase, TaskArn, TaskState, Timestamp, UserId};
use platform::{
    Claim, ClaimError, Compute, Due, LaunchError, LaunchRequest, ObservedTask, Tasks, Unreadable,
    WriteError,
};

/// What a sweep reads of one user is odd.
pub(crate) struct OddRows {
    pub(crate) tasks: Arc<dyn Tasks>,
    pub(crate) oddity: Oddity,
}

pub(crate) enum Oddity {
    /// His row does not read, and the first shard has a key that names nobody.
    Unreadable(UserId),
    /// His row has changed right after it was read.
    Outdated(Box<TaskState>),
}

#[async_trait]
impl Tasks for OddRows {
    async fn get(&self, user: &UserId) -> platform::Result<TaskState> {
        self.tasks.get(user).await
    }

    async fn claim_launch(&self, user: &UserId, claim: &Claim) -> Result<Generation, ClaimError> {
        self.tasks.claim_launch(user, claim).await
    }

    async fn record_launched(
        &self,
        user: &UserId,
        generation: Generation,
        arn: &TaskArn,
        capacity: Capacity,
    ) -> Result<(), WriteError> {
        self.tasks.record_launched(user, generation, arn, capacity).await
    }

    async fn launch_failed(
        &self,
        user: &UserId,
        generation: Generation,
        due_at: Timestamp,
    ) -> Result<(), WriteError> {
        self.tasks.launch_failed(user, generation, due_at).await
    }

    async fn set_phase(
        &self,
        user: &UserId,
        generation: Generation,
        phase: Phase,
    ) -> Result<(), WriteError> {
        self.tasks.set_phase(user, generation, phase).await
    }

    async fn set_running(
        &self,
        user: &UserId,
        generation: Generation,
        woke_in: Duration,
        now: Timestamp,
    ) -> Result<(), WriteError> {
        self.tasks.set_running(user, generation, woke_in, now).await
    }

    async fn touch(
        &self,
        user: &UserId,
        generation: Generation,
        now: Timestamp,
        activity: &ActivityHistory,
    ) -> Result<(), WriteError> {
        self.tasks.touch(user, generation, now, activity).await
    }

    async fn set_stopping(
        &self,
        user: &UserId,
        generation: Generation,
        due_at: Timestamp,
    ) -> Result<(), WriteError> {
        self.tasks.set_stopping(user, generation, due_at).await
    }

    async fn abandon(
        &self,
        user: &UserId,
        generation: Generation,
        due_at: Timestamp,
        failed_launch: bool,
    ) -> Result<(), WriteError> {
        self.tasks.abandon(user, generation, due_at, failed_launch).await
    }

    async fn release(
        &self,
        user: &UserId,
        generation: Generation,
        due_at: Timestamp,
    ) -> platform::Result<bool> {
        self.tasks.release(user, generation, due_at).await
    }

    async fn settle(&self, seen: &TaskState) -> platform::Result<bool> {
        self.tasks.settle(seen).await
    }

    async fn look_again(&self, seen: &TaskState, due_at: Timestamp) -> platform::Result<bool> {
        self.tasks.look_again(seen, due_at).await
    }

    async fn note_warning(
        &self,
        user: &UserId,
        generation: Generation,
        event_version: u64,
        due_at: Timestamp,
    ) -> Result<(), WriteError> {
        self.tasks.note_warning(user, generation, event_version, due_at).await
    }

    async fn due(&self, shard: u64, now: Timestamp) -> platform::Result<Due> {
        let mut due = self.tasks.due(shard, now).await?;
        if shard == 0 && matches!(self.oddity, Oddity::Unreadable(_)) {
            due.unreadable.push("USER?odd".into());
        }
        Ok(due)
    }

    async fn get_many(
        &self,
        users: &[UserId],
    ) -> platform::Result<Vec<Result<TaskState, Unreadable>>> {
        let mut rows = self.tasks.get_many(users).await?;
        for row in &mut rows {
            let Ok(read) = row else { continue };
            match &self.oddity {
                Oddity::Unreadable(user) if *user == read.user => {
                    let key = format!("USER#{user}");
                    *row = Err(Unreadable { key, why: "status is `Dozing`".into() });
                }
                Oddity::Outdated(before) if before.user == read.user => {
                    *row = Ok(TaskState::clone(before));
                }
                _ => {}
            }
        }
        Ok(rows)
    }

    async fn typical_wake(&self) -> platform::Result<Option<Duration>> {
        self.tasks.typical_wake().await
    }

    async fn note_wake(&self, woke_in: Duration) -> platform::Result<()> {
        self.tasks.note_wake(woke_in).await
    }
}

/// Of one task it cannot be told whose it is.
pub(crate) struct OddCompute {
    pub(crate) compute: Arc<dyn Compute>,
    pub(crate) unreadable: TaskArn,
}

#[async_trait]
impl Compute for OddCompute {
    async fn launch(&self, request: &LaunchRequest) -> Result<TaskArn, LaunchError> {
        self.compute.launch(request).await
    }

    async fn stop(&self, arn: &TaskArn, reason: &str) -> platform::Result<()> {
        self.compute.stop(arn, reason).await
    }

    async fn list(&self) -> platform::Result<Vec<TaskArn>> {
        self.compute.list().await
    }

    async fn describe(&self, arns: &[TaskArn]) -> platform::Result<Vec<ObservedTask>> {
        let mut tasks = self.compute.describe(arns).await?;
        for task in &mut tasks {
            task.owner = task.owner.take().filter(|_| task.arn != self.unreadable);
        }
        Ok(tasks)
    }
}
