//! How a user's task is, in a frame or a REST body.

use std::sync::Arc;

use domain::time::seconds_up;
use domain::{Phase, TaskState, TaskStatus, UserId, WokeOn};
use platform::{Clock, Inbox, Tasks, Unavailable};
use protocol::{ServerFrame, StatusResponse, WakeSummary, WakesList};

use crate::Ensured;

#[derive(Clone)]
pub struct ReadStatus {
    pub tasks: Arc<dyn Tasks>,
    pub inbox: Arc<dyn Inbox>,
    pub clock: Arc<dyn Clock>,
}

impl ReadStatus {
    pub async fn frame(&self, user: &UserId) -> Result<ServerFrame, Unavailable> {
        let state = self.tasks.get(user).await?;
        Ok(ServerFrame::Status {
            status: state.status,
            phase: phase_of(&state),
            eta_seconds: self.eta_seconds(&state).await?,
            detail: None,
            message_id: None,
            conversation_id: None,
            queued_behind: None,
        })
    }

    pub async fn response(&self, user: &UserId) -> Result<StatusResponse, Unavailable> {
        let state = self.tasks.get(user).await?;
        let rows = self.inbox.outline(user, self.clock.now()).await?;
        let open = rows.iter().filter(|row| row.state.is_open()).count();
        Ok(StatusResponse {
            status: state.status,
            phase: phase_of(&state),
            eta_seconds: self.eta_seconds(&state).await?,
            since: state
                .launched_at
                .filter(|_| state.status != TaskStatus::Idle)
                .map(|at| at.millis()),
            open_messages: u32::try_from(open).unwrap_or(u32::MAX),
        })
    }

    /// The last ones, and the one that is under way.
    pub async fn wakes(&self, user: &UserId) -> Result<WakesList, Unavailable> {
        let state = self.tasks.get(user).await?;
        let begun = state.launched_at.filter(|_| state.status == TaskStatus::Starting);
        let under_way = begun.map(|at| WakeSummary {
            at: at.millis(),
            ready_after_seconds: None,
            capacity: WokeOn::of(&state).map(Into::into),
        });
        let wakes = state.wakes.newest_first().map(WakeSummary::from);
        Ok(WakesList { wakes: under_way.into_iter().chain(wakes).collect() })
    }

    /// By the user's own history, else by everybody's.
    async fn eta_seconds(&self, state: &TaskState) -> Result<Option<u32>, Unavailable> {
        let others = match (state.status, state.typical_wake()) {
            (TaskStatus::Starting, None) => self.tasks.typical_wake().await?,
            _ => None,
        };
        Ok(state.eta(self.clock.now(), others).map(seconds_up))
    }
}

fn phase_of(state: &TaskState) -> Option<Phase> {
    state.phase.filter(|_| state.status != TaskStatus::Idle)
}

/// What to tell somebody whose message waits for a task; `None` when one is up.
pub fn waiting(ensured: &Ensured) -> Option<ServerFrame> {
    let (status, phase, eta, detail) = match ensured {
        Ensured::Running => return None,
        Ensured::Starting { eta } => (TaskStatus::Starting, Phase::Provisioning, *eta, None),
        Ensured::Claimed => (TaskStatus::Starting, Phase::Restoring, None, None),
        Ensured::Launched { eta, .. } => (TaskStatus::Starting, Phase::Provisioning, *eta, None),
        Ensured::Postponed { retry_in } => (
            TaskStatus::Idle,
            Phase::Retrying,
            Some(*retry_in),
            Some(
                "No machine is free at the moment. Your message is saved, and this is tried again by itself.",
            ),
        ),
    };
    Some(ServerFrame::Status {
        status,
        phase: Some(phase),
        eta_seconds: eta.map(seconds_up),
        detail: detail.map(Into::into),
        message_id: None,
        conversation_id: None,
        queued_behind: None,
    })
}
