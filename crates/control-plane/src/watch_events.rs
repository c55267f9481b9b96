//! ECS's own word on a task, as EventBridge brings it: at least once, in no promised order.
//!
//! Why that is enough: that a task stopped is final, so such an event says the same whenever it
//! comes, and what follows from it is conditional on the generation: a repeated or late one
//! finds the generation released and a newer one current, and changes nothing. A warning counts
//! only while its generation is current, and once for each `detail.version`: after STOPPED it
//! is fenced, and after a newer warning a conflict.

use domain::{Generation, Owner, SpareId, SpareStatus, UserId};
use platform::{Metric, ObservedTask, Unavailable, WriteError};
use tracing::info;

use crate::FollowTask;
use crate::plan::{DEAD_WITHIN, Observed, plan};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskChange {
    /// Its machine is taken away: it was sent SIGTERM, and ends by itself.
    Warned,
    Stopped,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskEvent {
    pub task: ObservedTask,
    pub change: TaskChange,
    /// Grows with each event of the task.
    pub version: u64,
}

impl FollowTask {
    /// An error asks for the event again.
    pub async fn task_changed(&self, event: &TaskEvent) -> Result<(), Unavailable> {
        let owner = match &event.task.owner {
            Some(Owner::User(user, generation)) => Some((user.clone(), *generation)),
            Some(Owner::Spare(id)) => self.user_of_spare(id).await?,
            None => None,
        };
        let Some((user, generation)) = owner else {
            info!(task.arn = %event.task.arn, change = ?event.change, "no user's task changed");
            return Ok(());
        };
        match event.change {
            TaskChange::Warned => self.warned(&user, generation, event).await,
            TaskChange::Stopped => self.stopped(user, generation, event).await,
        }
    }

    /// Nobody claims a spare that goes away.
    async fn user_of_spare(
        &self,
        id: &SpareId,
    ) -> Result<Option<(UserId, Generation)>, Unavailable> {
        let Some(spares) = &self.ensure.spares else { return Ok(None) };
        if spares.retire(id).await? {
            info!(spare.id = %id, "a spare is gone");
            return Ok(None);
        }
        let status = spares.get(id).await?.map(|spare| spare.status);
        Ok(match status {
            Some(SpareStatus::Claimed(user, generation)) => Some((user, generation)),
            Some(SpareStatus::Starting | SpareStatus::Ready) | None => None,
        })
    }

    /// The bridge stops well by itself. If it does not, somebody looks when it is dead.
    async fn warned(
        &self,
        user: &UserId,
        generation: Generation,
        event: &TaskEvent,
    ) -> Result<(), Unavailable> {
        let look_at = self.clock.now() + DEAD_WITHIN;
        match self.tasks.note_warning(user, generation, event.version, look_at).await {
            Ok(()) => {
                info!(user.id = %user, %generation, task.arn = %event.task.arn, "a machine is taken away");
                self.count(Metric::SpotInterruptions, 1);
                Ok(())
            }
            Err(WriteError::Fenced | WriteError::Conflict) => {
                info!(user.id = %user, %generation, version = event.version, "a warning that came late, or again");
                Ok(())
            }
            Err(WriteError::Unavailable(error)) => Err(error),
        }
    }

    async fn stopped(
        &self,
        user: UserId,
        generation: Generation,
        event: &TaskEvent,
    ) -> Result<(), Unavailable> {
        let seen = [self.tasks.get(&user).await?];
        let owner = Some(Owner::User(user, generation));
        let tasks = vec![ObservedTask { owner, stopped: true, ..event.task.clone() }];
        let observed = Observed { tasks, ..Observed::default() };
        let actions = plan(&seen, &observed, &self.ensure.policy, self.clock.now());
        if let Some(error) = self.carry_out_all(&actions).await.into_iter().next() {
            return Err(error);
        }
        match (&event.task.owner, &self.ensure.spares) {
            // The last that is heard of it.
            (Some(Owner::Spare(id)), Some(spares)) => spares.remove(id).await,
            _ => Ok(()),
        }
    }
}
