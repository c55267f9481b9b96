//! A task ended, or never started: free its generation, and launch the next one if somebody
//! still waits for an answer.

use std::sync::Arc;

use domain::{Capacity, Generation, TaskState, TaskStatus, UserId};
use platform::{Clock, Inbox, Tasks, Unavailable};
use protocol::Nudge;
use tracing::{info, warn};

use crate::read_status::waiting;
use crate::{EnsureTask, Tell};

/// A task that is known dead: ECS says STOPPED.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskEnd {
    pub user: UserId,
    pub generation: Generation,
    /// It never ran: the next try should not ask for the same kind of machine.
    pub failed_to_start: bool,
}

#[derive(Clone)]
pub struct FollowTask {
    pub tasks: Arc<dyn Tasks>,
    pub inbox: Arc<dyn Inbox>,
    pub ensure: EnsureTask,
    pub tell: Tell,
    pub clock: Arc<dyn Clock>,
}

impl FollowTask {
    /// Safe to repeat and in any order: a generation that is released stays so, and a newer
    /// one is not touched.
    pub async fn ended(&self, end: &TaskEnd) -> Result<(), Unavailable> {
        let was_current = self.tasks.release(&end.user, end.generation).await?;
        info!(user.id = %end.user, generation = %end.generation, was_current, "task is gone");
        let first = if end.failed_to_start { Capacity::OnDemand } else { Capacity::Spot };
        self.relaunch_if_needed(&end.user, first).await
    }

    /// The scheduled look at everybody who is due. One user's error never stops the sweep.
    pub async fn sweep(&self) -> Result<usize, Unavailable> {
        let due = self.tasks.due(self.clock.now()).await?;
        for user in &due {
            if let Err(error) = self.relaunch_if_needed(user, Capacity::Spot).await {
                warn!(user.id = %user, %error, "could not look after a user");
            }
        }
        Ok(due.len())
    }

    /// Nobody waits and nothing runs: the user need not be looked at again.
    async fn settle(&self, state: &TaskState) -> Result<(), Unavailable> {
        if state.status == TaskStatus::Idle && state.due_at.is_some() {
            self.tasks.release(&state.user, state.generation).await?;
        }
        Ok(())
    }

    async fn relaunch_if_needed(&self, user: &UserId, first: Capacity) -> Result<(), Unavailable> {
        let state = self.tasks.get(user).await?;
        if matches!(state.status, TaskStatus::Running | TaskStatus::Stopping) {
            return Ok(());
        }
        let Some(oldest) = self.inbox.open(user, self.clock.now()).await?.into_iter().next() else {
            return self.settle(&state).await;
        };
        let nudge = Nudge::Inbox { message_id: oldest.id.to_string() };
        let ensured = self.ensure.run_on(user, &nudge, first).await?;
        if let Some(frame) = waiting(&ensured) {
            self.tell.all(user, &frame).await;
        }
        Ok(())
    }
}
