//! The task's row.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use domain::task::median;
use domain::{
    ActivityHistory, Capacity, Generation, Phase, TaskArn, TaskState, TaskStatus, Timestamp, UserId,
};
use platform::{Claim, ClaimError, DUE_SHARDS, Due, Result, Tasks, Unreadable, WriteError};

use crate::log::Effect;
use crate::state::State;
use crate::world::World;

const WAKES_KEPT: usize = 10;
const EVERYBODYS_WAKES_KEPT: usize = 20;

impl World {
    async fn change_current(
        &self,
        operation: &'static str,
        user: &UserId,
        generation: Generation,
        change: impl FnOnce(&mut TaskState),
    ) -> std::result::Result<(), WriteError> {
        self.call(operation, |state| {
            let task = state.current(user, generation)?;
            let before = task.status;
            change(task);
            let effect = match task.status {
                now if now == before => return Ok(()),
                TaskStatus::Starting => return Ok(()),
                TaskStatus::Running => Effect::Running { generation },
                TaskStatus::Stopping => Effect::Stopping { generation },
                TaskStatus::Idle => unreachable!("an end is a write of its own"),
            };
            state.note(user, effect);
            Ok(())
        })
        .await
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
        self.call("tasks.launch_failed", |state| {
            let task = state.current(user, generation)?;
            if task.phase != Some(Phase::Provisioning) {
                return Err(WriteError::Fenced);
            }
            *task = TaskState {
                failed_launches: task.failed_launches + 1,
                ..idle_again(task, generation, due_at)
            };
            task.unreleased.remove(&generation);
            state.note(user, Effect::Released { generation });
            Ok(())
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
        let millis = u64::try_from(woke_in.as_millis()).unwrap_or(u64::MAX);
        self.change_current("tasks.set_running", user, generation, |task| {
            task.status = TaskStatus::Running;
            task.phase = Some(Phase::Ready);
            task.failed_launches = 0;
            task.last_activity_at = Some(now);
            task.recent_wakes_ms.push(millis);
            let too_many = task.recent_wakes_ms.len().saturating_sub(WAKES_KEPT);
            task.recent_wakes_ms.drain(..too_many);
            let mut wakes = std::mem::take(&mut task.wakes);
            wakes.note(task, woke_in);
            task.wakes = wakes;
        })
        .await
    }

    async fn touch(
        &self,
        user: &UserId,
        generation: Generation,
        now: Timestamp,
        activity: &ActivityHistory,
    ) -> std::result::Result<(), WriteError> {
        self.change_current("tasks.touch", user, generation, |task| {
            task.last_activity_at = Some(now);
            if *activity != ActivityHistory::default() {
                task.activity = activity.clone();
            }
        })
        .await
    }

    async fn set_stopping(
        &self,
        user: &UserId,
        generation: Generation,
        due_at: Timestamp,
    ) -> std::result::Result<(), WriteError> {
        self.change_current("tasks.set_stopping", user, generation, |task| {
            task.status = TaskStatus::Stopping;
            task.phase = Some(Phase::Stopping);
            task.due_at = Some(due_at);
        })
        .await
    }

    async fn release(
        &self,
        user: &UserId,
        generation: Generation,
        due_at: Timestamp,
    ) -> Result<bool> {
        self.call("tasks.release", |state| Ok(state.release(user, generation, due_at))).await
    }

    async fn abandon(
        &self,
        user: &UserId,
        generation: Generation,
        due_at: Timestamp,
        failed_launch: bool,
    ) -> std::result::Result<(), WriteError> {
        self.call("tasks.abandon", |state| {
            let task = state.current(user, generation)?;
            *task = TaskState {
                failed_launches: task.failed_launches + u32::from(failed_launch),
                ..idle_again(task, generation, due_at)
            };
            state.note(user, Effect::Abandoned { generation });
            Ok(())
        })
        .await
    }

    async fn settle(&self, seen: &TaskState) -> Result<bool> {
        self.call("tasks.settle", |state| {
            let Some(task) = state.tasks.get_mut(&seen.user) else {
                return Ok(false);
            };
            let nothing_came = (task.status, seen.status) == (TaskStatus::Idle, TaskStatus::Idle)
                && task.generation == seen.generation
                && task.last_accepted_at == seen.last_accepted_at
                && !task.is_restore_open();
            if nothing_came {
                task.due_at = None;
            }
            Ok(nothing_came)
        })
        .await
    }

    async fn look_again(&self, seen: &TaskState, due_at: Timestamp) -> Result<bool> {
        self.call("tasks.look_again", |state| {
            let Some(task) = state.tasks.get_mut(&seen.user) else {
                return Ok(false);
            };
            let as_seen = (task.generation, task.status) == (seen.generation, seen.status);
            if as_seen && task.due_at.is_some() {
                task.due_at = Some(due_at);
                return Ok(true);
            }
            Ok(false)
        })
        .await
    }

    async fn note_warning(
        &self,
        user: &UserId,
        generation: Generation,
        event_version: u64,
        due_at: Timestamp,
    ) -> std::result::Result<(), WriteError> {
        self.call("tasks.note_warning", |state| {
            let task = state.current(user, generation)?;
            if task.event_version.is_some_and(|noted| noted >= event_version) {
                return Err(WriteError::Conflict);
            }
            task.event_version = Some(event_version);
            task.due_at = Some(due_at);
            Ok(())
        })
        .await
    }

    async fn due(&self, shard: u64, now: Timestamp) -> Result<Due> {
        self.call("tasks.due", |state| {
            let due = |task: &&TaskState| task.due_at.is_some_and(|at| at <= now);
            let here = state.tasks.values().filter(|task| shard_of(&task.user) == shard);
            let users = here.filter(due).map(|task| task.user.clone()).collect();
            Ok(Due { users, unreadable: Vec::new() })
        })
        .await
    }

    async fn get_many(
        &self,
        users: &[UserId],
    ) -> Result<Vec<std::result::Result<TaskState, Unreadable>>> {
        self.call("tasks.get_many", |state| {
            let users: BTreeSet<&UserId> = users.iter().collect();
            let rows = users.into_iter().filter_map(|user| state.tasks.get(user));
            Ok(rows.cloned().map(Ok).collect())
        })
        .await
    }

    async fn typical_wake(&self) -> Result<Option<Duration>> {
        self.call("tasks.typical_wake", |state| Ok(median(&state.everybodys_wakes_ms))).await
    }

    async fn note_wake(&self, woke_in: Duration) -> Result<()> {
        self.call("tasks.note_wake", |state| {
            let wakes = &mut state.everybodys_wakes_ms;
            wakes.push(u64::try_from(woke_in.as_millis()).unwrap_or(u64::MAX));
            let too_many = wakes.len().saturating_sub(EVERYBODYS_WAKES_KEPT);
            wakes.drain(..too_many);
            Ok(())
        })
        .await
    }
}

/// Any spread will do here.
fn shard_of(user: &UserId) -> u64 {
    user.as_str().bytes().map(u64::from).sum::<u64>() % DUE_SHARDS
}

impl State {
    pub(crate) fn is_as_seen(&self, user: &UserId, claim: &Claim) -> bool {
        let task = self.task(user);
        (task.status, task.generation) == (claim.seen_status, claim.seen_generation)
            && task.deleting_since.is_none()
    }

    pub(crate) fn claim(
        &mut self,
        user: &UserId,
        claim: &Claim,
    ) -> std::result::Result<Generation, ClaimError> {
        if !self.is_as_seen(user, claim) {
            return Err(ClaimError::LostRace);
        }
        let mut task = self.task(user);
        let generation = task.generation.next();
        task.unreleased.insert(generation);
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
            event_version: None,
            ..task
        };
        self.tasks.insert(user.clone(), claimed);
        self.note(user, Effect::Claimed { generation });
        Ok(generation)
    }

    fn release(&mut self, user: &UserId, generation: Generation, due_at: Timestamp) -> bool {
        let Some(task) = self.tasks.get_mut(user) else {
            return false;
        };
        let current = task.generation == generation;
        if task.is_current(generation) {
            *task = idle_again(task, generation, due_at);
        } else if task.generation > generation {
            task.released = task.released.max(generation);
        }
        task.unreleased.remove(&generation);
        self.note(user, Effect::Released { generation });
        current && generation != Generation(0)
    }
}

/// What outlives a task: the counters, the history and the memory. Without the token's hash no bridge can
/// register any more.
fn idle_again(task: &TaskState, released: Generation, due_at: Timestamp) -> TaskState {
    TaskState {
        generation: task.generation,
        released,
        unreleased: task.unreleased.clone(),
        due_at: Some(due_at),
        last_activity_at: task.last_activity_at,
        recent_wakes_ms: task.recent_wakes_ms.clone(),
        wakes: task.wakes.clone(),
        last_accepted_at: task.last_accepted_at,
        failed_launches: task.failed_launches,
        activity: task.activity.clone(),
        base: task.base.clone(),
        restore: task.restore.clone(),
        ..TaskState::idle(task.user.clone())
    }
}
