//! A user wants what his agent knows to be saved now. Whoever is asleep was saved when he fell
//! asleep, so nobody is woken for it.

use std::sync::Arc;

use domain::{TaskState, TaskStatus, UserId};
use platform::{Tasks, Unavailable};
use protocol::{Nudge, SaveState, Saving};

use crate::EnsureTask;

#[derive(Clone)]
pub struct RequestSnapshot {
    pub tasks: Arc<dyn Tasks>,
    pub ensure: EnsureTask,
}

impl RequestSnapshot {
    pub async fn run(&self, user: &UserId) -> Result<Saving, Unavailable> {
        let task = self.tasks.get(user).await?;
        if task.status == TaskStatus::Running {
            // Should it get lost, the bridge saves at its next turn.
            self.ensure.nudge_if_running(user, &Nudge::Snapshot).await?;
        }
        Ok(saving(&task))
    }
}

fn saving(task: &TaskState) -> Saving {
    let newest = task.base.as_ref().and_then(|base| base.snapshot.as_ref());
    let (state, detail) = match (task.status, newest) {
        (TaskStatus::Running, _) => (SaveState::Saving, "Your agent is saving what it knows."),
        (TaskStatus::Starting, _) => (
            SaveState::Starting,
            "Your agent is starting from what is saved, and saves what is new by itself.",
        ),
        (TaskStatus::Stopping, _) => {
            (SaveState::Stopping, "Your agent is stopping, and saves everything as it does.")
        }
        (TaskStatus::Idle, Some(_)) => {
            (SaveState::Saved, "Your agent is asleep, and what it knows is saved.")
        }
        (TaskStatus::Idle, None) => (SaveState::Saved, "There is nothing to save yet."),
    };
    Saving { state, saved_at: newest.map(|of| of.at.millis()), detail: detail.into() }
}
