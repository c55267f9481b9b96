//! A user wakes his agent, sends it to sleep, or has it start anew.

use domain::{Spending, TaskStatus, UserId};
use platform::Unavailable;
use protocol::Nudge;
use tracing::info;

use crate::{CheckSpending, EnsureTask, Ensured};

#[derive(Debug, thiserror::Error)]
pub enum SteerError {
    #[error("your agent is asleep; there is nothing to stop")]
    Asleep,
    #[error("your agent is starting; it can be stopped when it is up")]
    Starting,
    #[error("{0}")]
    SpendCapReached(Spending),
    #[error("your agent could not be told to stop; try again in a moment")]
    Untold,
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

#[derive(Clone)]
pub struct SteerAgent {
    pub ensure: EnsureTask,
    pub spending: CheckSpending,
}

impl SteerAgent {
    /// A task without a message. It waits for one as after any other.
    pub async fn wake(&self, user: &UserId) -> Result<Ensured, SteerError> {
        self.may_spend(user).await?;
        Ok(self.ensure.wake(user).await?)
    }

    /// Saves and sleeps, as when nobody comes. What runs may finish; what waits wakes it again.
    pub async fn stop(&self, user: &UserId) -> Result<(), SteerError> {
        let state = self.ensure.tasks.get(user).await?;
        match state.status {
            TaskStatus::Idle => Err(SteerError::Asleep),
            TaskStatus::Starting => Err(SteerError::Starting),
            TaskStatus::Stopping => Ok(()),
            // Nothing else would tell it, so we do not say that it was told when it was not.
            TaskStatus::Running if self.ensure.tell(&state, &Nudge::Stop).await => Ok(()),
            TaskStatus::Running => Err(SteerError::Untold),
        }
    }

    /// The next generation at once, as for a message that meets a task that stops: the one that
    /// runs is fenced, gives back what it has in hand, saves, and is waited for.
    pub async fn restart(&self, user: &UserId) -> Result<Ensured, SteerError> {
        self.may_spend(user).await?;
        let state = self.ensure.tasks.get(user).await?;
        if state.status != TaskStatus::Running {
            return Ok(self.ensure.wake(user).await?);
        }
        let ensured = self.ensure.replace(&state).await?;
        info!(user.id = %user, generation = %state.generation, "replaced a task");
        // It would find out by its next write; so nobody waits for that.
        self.ensure.tell(&state, &Nudge::Stop).await;
        Ok(ensured)
    }

    async fn may_spend(&self, user: &UserId) -> Result<(), SteerError> {
        match self.spending.reached(user).await {
            Some(spending) => Err(SteerError::SpendCapReached(spending)),
            None => Ok(()),
        }
    }
}
