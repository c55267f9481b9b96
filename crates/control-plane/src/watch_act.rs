//! One action of [`crate::plan`], carried out.

use std::time::Duration;

use domain::{
    Capacity, Release, TaskArn, TaskDefinition, TaskState, TaskStatus, Timestamp, UserId,
};
use platform::{Metric, Unavailable, WriteError, note_release};
use protocol::Nudge;
use tracing::{debug, error, info, warn};

use crate::FollowTask;
use crate::plan::{Action, Silence, after_silence};
use crate::read_status::waiting;

impl FollowTask {
    pub(crate) async fn carry_out(&self, action: &Action<'_>) -> Result<(), Unavailable> {
        match *action {
            Action::Keep(_) | Action::Report(_) => Ok(()),
            Action::LookAgain(seen, at) => self.tasks.look_again(seen, at).await.map(drop),
            Action::ReadInbox(seen) => self.read_inbox(&seen.user, Capacity::Spot).await,
            Action::AskInbox { seen, task } => self.ask_inbox(seen, task).await,
            Action::Release { seen, next } => self.release(seen, next).await,
            Action::Abandon(seen) => self.give_up(seen, None).await,
            Action::FailStart { seen, task, definition, retry_at } => {
                self.fail_start(seen, task, definition, retry_at).await
            }
            Action::StopLate { seen, task, look_at } => {
                self.stop(&seen.user, task, "it did not stop by itself").await?;
                self.tasks.look_again(seen, look_at).await.map(drop)
            }
            Action::Record { seen, task, capacity } => self.record(seen, task, capacity).await,
            Action::ReleaseOld(user, generation) => {
                self.tasks.release(user, generation, self.clock.now()).await.map(drop)
            }
            Action::StopOrphan(user, task) => {
                self.stop(user, task, "another task serves its user, or none is wanted").await?;
                self.count(Metric::OrphansStopped, 1);
                Ok(())
            }
        }
    }

    async fn stop(&self, user: &UserId, task: &TaskArn, why: &str) -> Result<(), Unavailable> {
        info!(user.id = %user, task.arn = %task, why, "stopping a task");
        self.ensure.compute.stop(task, why).await
    }

    async fn release(&self, seen: &TaskState, next: Capacity) -> Result<(), Unavailable> {
        let TaskState { user, generation, .. } = seen;
        let was_current = self.tasks.release(user, *generation, self.clock.now()).await?;
        info!(user.id = %user, %generation, was_current, "a task is gone");
        let metric = match seen.status {
            TaskStatus::Starting => Metric::FailedLaunches,
            _ => Metric::DeadTasksReleased,
        };
        self.count(metric, usize::from(was_current));
        self.read_inbox(user, next).await
    }

    async fn fail_start(
        &self,
        seen: &TaskState,
        task: Option<&TaskArn>,
        definition: Option<&TaskDefinition>,
        retry_at: Timestamp,
    ) -> Result<(), Unavailable> {
        let TaskState { user, generation, .. } = seen;
        // It may have come up at the last moment.
        if !self.is_still(seen).await? {
            return Ok(());
        }
        // Fenced first. Whoever comes next waits until it is known to be gone.
        match self.tasks.abandon(user, *generation, retry_at, true).await {
            Ok(()) => {}
            // Happy path: another launch took over.
            Err(WriteError::Fenced | WriteError::Conflict) => return Ok(()),
            Err(WriteError::Unavailable(error)) => return Err(error),
        }
        warn!(user.id = %user, %generation, "a task did not start");
        self.count(Metric::FailedLaunches, 1);
        if let Some(definition) = definition {
            self.charge(definition).await;
        }
        // A failure here leaves an orphan, and the next sweep stops it.
        let stopped = match task {
            Some(task) => self.stop(user, task, "it did not start in time").await,
            None => self.tasks.release(user, *generation, retry_at).await.map(drop),
        };
        self.read_inbox(user, Capacity::Spot).await.and(stopped)
    }

    /// A candidate that does not come up is withdrawn. Best effort: the next failure counts as well.
    async fn charge(&self, definition: &TaskDefinition) {
        let failed = |seen: &Release| seen.failed(definition);
        match note_release(&*self.ensure.releases, failed).await {
            Ok(Some(next)) if next.withdrawn.as_ref() == Some(definition) => {
                error!(task.definition = %definition.0, "the candidate does not come up, and is withdrawn");
                self.count(Metric::ReleasesWithdrawn, 1);
            }
            Ok(_) => {}
            Err(error) => warn!(%error, "could not note that a candidate did not come up"),
        }
    }

    async fn ask_inbox(&self, seen: &TaskState, task: Option<&TaskArn>) -> Result<(), Unavailable> {
        let waiting = self.waiting(seen).await?;
        let waits_since = waiting.as_ref().map(|(since, _)| *since);
        let now = self.clock.now();
        match after_silence(seen, task, waits_since, &self.ensure.policy, now) {
            Silence::Calm { look_at } => self.tasks.look_again(seen, look_at).await.map(drop),
            Silence::Nudge { look_at } => {
                if let Some((_, nudge)) = &waiting {
                    self.ensure.run(&seen.user, nudge).await?;
                }
                self.tasks.look_again(seen, look_at).await.map(drop)
            }
            Silence::GiveUp => self.give_up(seen, task).await,
        }
    }

    /// The fence comes first: whatever the bridge still does, it can write no more (I3).
    async fn give_up(&self, seen: &TaskState, task: Option<&TaskArn>) -> Result<(), Unavailable> {
        // It may have come back to life.
        if !self.is_still(seen).await? {
            return Ok(());
        }
        let TaskState { user, generation, .. } = seen;
        match self.tasks.abandon(user, *generation, self.clock.now(), false).await {
            Ok(()) => {}
            // Happy path: it came to its senses and stopped.
            Err(WriteError::Fenced | WriteError::Conflict) => return Ok(()),
            Err(WriteError::Unavailable(error)) => return Err(error),
        }
        warn!(user.id = %user, %generation, "a bridge does nothing while a message waits");
        self.count(Metric::DeadTasksReleased, 1);
        // A failure here leaves an orphan, and the next sweep stops it.
        let stopped = match task {
            Some(task) => self.stop(user, task, "it does nothing while a message waits").await,
            None => Ok(()),
        };
        self.read_inbox(user, Capacity::Spot).await.and(stopped)
    }

    async fn is_still(&self, seen: &TaskState) -> Result<bool, Unavailable> {
        let now = self.tasks.get(&seen.user).await?;
        let view = |row: &TaskState| (row.status, row.generation, row.last_activity_at);
        Ok(view(&now) == view(seen))
    }

    async fn record(
        &self,
        seen: &TaskState,
        task: &TaskArn,
        capacity: Capacity,
    ) -> Result<(), Unavailable> {
        match self.tasks.record_launched(&seen.user, seen.generation, task, capacity).await {
            Ok(()) => Ok(()),
            // Happy path: it ended meanwhile.
            Err(WriteError::Fenced | WriteError::Conflict) => Ok(()),
            Err(WriteError::Unavailable(error)) => Err(error),
        }
    }

    /// The row first, the inbox second: what settles him is that no message came after the row
    /// was read.
    async fn read_inbox(&self, user: &UserId, first: Capacity) -> Result<(), Unavailable> {
        let state = self.tasks.get(user).await?;
        if matches!(state.status, TaskStatus::Running | TaskStatus::Stopping) {
            return Ok(());
        }
        let Some((_, nudge)) = self.waiting(&state).await? else {
            if state.status == TaskStatus::Idle && state.due_at.is_some() {
                let settled = self.tasks.settle(&state).await?;
                debug!(user.id = %user, settled, "nothing waits");
            }
            return Ok(());
        };
        let ensured = self.ensure.run_on(user, &nudge, first).await?;
        if let Some(frame) = waiting(&ensured) {
            self.tell.all(user, &frame).await;
        }
        Ok(())
    }

    /// Only what waits too long: who looks every minute for nothing must not cost a metric.
    fn count_late(&self, waits: Duration) {
        if waits > self.ensure.policy.follow_up {
            self.ensure.metrics.count(Metric::OldestPendingSeconds, waits.as_secs());
        }
    }

    /// What the user waits for, and since when: his oldest open message, or the restore that he
    /// asked for.
    async fn waiting(&self, seen: &TaskState) -> Result<Option<(Timestamp, Nudge)>, Unavailable> {
        let rows = self.inbox.outline(&seen.user, self.clock.now()).await?;
        let message = rows.into_iter().find(|row| row.is_unsettled()).map(|row| {
            let nudge = Nudge::Inbox { message_id: row.id.to_string() };
            (row.received_at, nudge)
        });
        let restore = seen.restore.as_ref().filter(|request| request.is_open()).map(|request| {
            let nudge = Nudge::Restore { request_id: request.id.clone() };
            (request.requested_at, nudge)
        });
        let oldest = message.into_iter().chain(restore).min_by_key(|(since, _)| *since);
        if let Some((since, _)) = &oldest {
            self.count_late(self.clock.now().since(*since));
        }
        Ok(oldest)
    }
}
