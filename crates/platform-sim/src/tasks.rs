//! The task's row.

use std::time::Duration;

use async_trait::async_trait;
use domain::{Capacity, Generation, Phase, TaskArn, TaskState, TaskStatus, Timestamp, UserId};
use platform::{Claim, ClaimError, Result, Tasks, WriteError};

use crate::state::State;
use crate::world::World;

const WAKES_KEPT: usize = 10;

impl World {
    async fn change_current(
        &self,
        operation: &'static str,
        user: &UserId,
        generation: Generation,
        change: impl FnOnce(&mut TaskState),
    ) -> std::result::Result<(), WriteError> {
        self.call(operation, |state| state.current(user, generation).map(change)).await
    }
}

#[async_trait]
impl Tasks for World {
    async fn get(&self, user: &UserId) -> Result<TaskState> {
        self.call("tasks.get", |state| Ok(state.task(user))).await
    }

    async fn claim_launch(
        &self,
        user: &UserId,
        claim: &Claim,
    ) -> std::result::Result<Generation, ClaimError> {
        self.call("tasks.claim_launch", |state| state.claim(user, claim)).await
    }

    async fn record_launched(
        &self,
        user: &UserId,
        generation: Generation,
        arn: &TaskArn,
        capacity: Capacity,
    ) -> std::result::Result<(), WriteError> {
        self.change_current("tasks.record_launched", user, generation, |task| {
            task.task_arn = Some(arn.clone());
            task.capacity = Some(capacity);
        })
        .await
    }

    async fn launch_failed(
        &self,
        user: &UserId,
        generation: Generation,
        due_at: Timestamp,
    ) -> std::result::Result<(), WriteError> {
        self.change_current("tasks.launch_failed", user, generation, |task| {
            *task = idle_again(task, generation);
            task.due_at = Some(due_at);
        })
        .await
    }

    async fn set_phase(
        &self,
        user: &UserId,
        generation: Generation,
        phase: Phase,
    ) -> std::result::Result<(), WriteError> {
        self.change_current("tasks.set_phase", user, generation, |task| task.phase = Some(phase))
            .await
    }

    async fn set_running(
        &self,
        user: &UserId,
        generation: Generation,
        woke_in: Duration,
        now: Timestamp,
    ) -> std::result::Result<(), WriteError> {
        let woke_in = u64::try_from(woke_in.as_millis()).unwrap_or(u64::MAX);
        self.change_current("tasks.set_running", user, generation, |task| {
            task.status = TaskStatus::Running;
            task.phase = Some(Phase::Ready);
            task.last_activity_at = Some(now);
            task.recent_wakes_ms.push(woke_in);
            let too_many = task.recent_wakes_ms.len().saturating_sub(WAKES_KEPT);
            task.recent_wakes_ms.drain(..too_many);
        })
        .await
    }

    async fn touch(
        &self,
        user: &UserId,
        generation: Generation,
        now: Timestamp,
    ) -> std::result::Result<(), WriteError> {
        let touch = |task: &mut TaskState| task.last_activity_at = Some(now);
        self.change_current("tasks.touch", user, generation, touch).await
    }

    async fn set_stopping(
        &self,
        user: &UserId,
        generation: Generation,
    ) -> std::result::Result<(), WriteError> {
        self.change_current("tasks.set_stopping", user, generation, |task| {
            task.status = TaskStatus::Stopping;
            task.phase = Some(Phase::Stopping);
        })
        .await
    }

    async fn release(&self, user: &UserId, generation: Generation) -> Result<bool> {
        self.call("tasks.release", |state| Ok(state.release(user, generation))).await
    }

    async fn due(&self, now: Timestamp) -> Result<Vec<UserId>> {
        self.call("tasks.due", |state| {
            let due = |task: &&TaskState| task.due_at.is_some_and(|at| at <= now);
            Ok(state.tasks.values().filter(due).map(|task| task.user.clone()).collect())
        })
        .await
    }
}

impl State {
    fn claim(
        &mut self,
        user: &UserId,
        claim: &Claim,
    ) -> std::result::Result<Generation, ClaimError> {
        let task = self.task(user);
        if (task.status, task.generation) != (claim.seen_status, claim.seen_generation) {
            return Err(ClaimError::LostRace);
        }
        let generation = task.generation.next();
        let claimed = TaskState {
            status: TaskStatus::Starting,
            generation,
            task_arn: None,
            capacity: None,
            launched_at: Some(claim.now),
            phase: Some(Phase::Provisioning),
            bridge_connection: None,
            launch_token_sha256: Some(claim.launch_token_sha256.clone()),
            due_at: Some(claim.due_at),
            ..task
        };
        self.tasks.insert(user.clone(), claimed);
        Ok(generation)
    }

    fn release(&mut self, user: &UserId, generation: Generation) -> bool {
        let Some(task) = self.tasks.get_mut(user) else {
            return false;
        };
        if task.generation == generation {
            *task = idle_again(task, generation);
            return true;
        }
        if task.generation > generation {
            task.released = task.released.max(generation);
        }
        false
    }
}

/// What outlives a task: the counters and the history. Without the token's hash no bridge can
/// register any more.
fn idle_again(task: &TaskState, released: Generation) -> TaskState {
    TaskState {
        generation: task.generation,
        released,
        last_activity_at: task.last_activity_at,
        recent_wakes_ms: task.recent_wakes_ms.clone(),
        ..TaskState::idle(task.user.clone())
    }
}
