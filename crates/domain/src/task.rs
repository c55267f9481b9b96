//! The life of a user's task, and the one decision every accepted message asks for:
//! nudge, wait, or launch.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{ConnectionId, Generation, TaskArn, Timestamp, UserId};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaskStatus {
    Idle,
    Starting,
    Running,
    Stopping,
}

/// What a starting task is busy with; shown to the user while he waits (I10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    Provisioning,
    Restoring,
    StartingGateway,
    Connecting,
    Ready,
    Retrying,
    Stopping,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Capacity {
    #[serde(rename = "FARGATE_SPOT")]
    Spot,
    #[serde(rename = "FARGATE")]
    OnDemand,
}

impl Capacity {
    /// ECS's own word.
    pub fn provider(self) -> &'static str {
        match self {
            Capacity::Spot => "FARGATE_SPOT",
            Capacity::OnDemand => "FARGATE",
        }
    }
}

/// The row that says whether a user has a task. Absence means: Idle, generation 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskState {
    pub user: UserId,
    pub status: TaskStatus,
    pub generation: Generation,
    /// The highest generation that can write no more: its final save is done, or it is known dead.
    pub released: Generation,
    pub task_arn: Option<TaskArn>,
    pub capacity: Option<Capacity>,
    pub launched_at: Option<Timestamp>,
    pub phase: Option<Phase>,
    pub bridge_connection: Option<ConnectionId>,
    pub launch_token_sha256: Option<String>,
    pub last_activity_at: Option<Timestamp>,
    /// When the watchdog must next look at this user.
    pub due_at: Option<Timestamp>,
    /// The last wake-ups from launch to ready, newest last, in milliseconds.
    pub recent_wakes_ms: Vec<u64>,
}

impl TaskState {
    pub fn idle(user: UserId) -> Self {
        Self {
            user,
            status: TaskStatus::Idle,
            generation: Generation(0),
            released: Generation(0),
            task_arn: None,
            capacity: None,
            launched_at: None,
            phase: None,
            bridge_connection: None,
            launch_token_sha256: None,
            last_activity_at: None,
            due_at: None,
            recent_wakes_ms: Vec::new(),
        }
    }

    /// The median of the user's last wake-ups.
    pub fn typical_wake(&self) -> Option<Duration> {
        let mut wakes = self.recent_wakes_ms.clone();
        wakes.sort_unstable();
        wakes.get(wakes.len() / 2).copied().map(Duration::from_millis)
    }

    /// How long a starting task still takes, by the user's own history.
    pub fn eta(&self, now: Timestamp) -> Option<Duration> {
        let launched_at = self.launched_at.filter(|_| self.status == TaskStatus::Starting)?;
        Some(self.typical_wake()?.saturating_sub(now.since(launched_at)))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskPolicy {
    /// A task that is still Starting after this is launched anew.
    pub start_within: Duration,
    /// A launch that failed altogether is tried again after this.
    pub relaunch_after: Duration,
}

impl Default for TaskPolicy {
    fn default() -> Self {
        Self { start_within: Duration::from_secs(300), relaunch_after: Duration::from_secs(30) }
    }
}

/// What an accepted message asks of the user's task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ensure {
    /// A bridge is there: tell it. Without a connection it drains by itself.
    Nudge(Option<ConnectionId>),
    /// A launch is under way and drains the inbox when it is up.
    Wait,
    /// Nobody will read the inbox: launch, if the row is still as we read it.
    Launch,
}

impl TaskPolicy {
    pub fn ensure(&self, state: &TaskState, now: Timestamp) -> Ensure {
        match state.status {
            TaskStatus::Running => Ensure::Nudge(state.bridge_connection.clone()),
            TaskStatus::Starting if !self.start_is_overdue(state, now) => Ensure::Wait,
            TaskStatus::Starting | TaskStatus::Idle | TaskStatus::Stopping => Ensure::Launch,
        }
    }

    pub fn start_is_overdue(&self, state: &TaskState, now: Timestamp) -> bool {
        state.launched_at.is_none_or(|at| now.since(at) > self.start_within)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(status: TaskStatus, launched_at: Option<u64>) -> TaskState {
        let user = UserId::new("ana").expect("valid");
        TaskState { status, launched_at: launched_at.map(Timestamp), ..TaskState::idle(user) }
    }

    #[track_caller]
    fn check(state: TaskState, now: u64, expect: Ensure) {
        assert_eq!(TaskPolicy::default().ensure(&state, Timestamp(now)), expect);
    }

    #[test]
    fn an_idle_user_gets_a_task() {
        check(state(TaskStatus::Idle, None), 0, Ensure::Launch);
    }

    #[test]
    fn a_stopping_task_is_followed_by_the_next_generation() {
        check(state(TaskStatus::Stopping, Some(0)), 1, Ensure::Launch);
    }

    #[test]
    fn a_starting_task_is_waited_for_until_it_is_overdue() {
        check(state(TaskStatus::Starting, Some(0)), 300_000, Ensure::Wait);
        check(state(TaskStatus::Starting, Some(0)), 300_001, Ensure::Launch);
    }

    #[test]
    fn a_running_task_is_nudged_where_its_bridge_listens() {
        let connection = ConnectionId::new("abc=").expect("valid");
        let running = TaskState {
            bridge_connection: Some(connection.clone()),
            ..state(TaskStatus::Running, Some(0))
        };
        check(running, u64::MAX, Ensure::Nudge(Some(connection)));
    }

    #[test]
    fn the_eta_is_the_median_wake_up_less_what_has_passed() {
        let starting = TaskState {
            recent_wakes_ms: vec![9_000, 20_000, 11_000],
            ..state(TaskStatus::Starting, Some(1_000))
        };
        assert_eq!(starting.eta(Timestamp(4_000)), Some(Duration::from_secs(8)));
        assert_eq!(starting.eta(Timestamp(60_000)), Some(Duration::ZERO));
        assert_eq!(state(TaskStatus::Starting, Some(0)).eta(Timestamp(0)), None);
    }
}
