//! The life of a user's task, and the one decision every accepted message asks for:
//! nudge, wait, or launch.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    ActivityHistory, ConnectionId, Generation, RestoreRequest, SnapshotBase, TaskArn, Timestamp,
    UserId, WakeHistory,
};

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

    pub fn of_provider(provider: &str) -> Option<Self> {
        [Capacity::Spot, Capacity::OnDemand].into_iter().find(|known| known.provider() == provider)
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
    /// Those that may write still, each until its own word or its known death. One number could
    /// not say it: a younger launch may fail while an older task is still saving.
    pub unreleased: BTreeSet<Generation>,
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
    /// The same for people, with their times. Older versions wrote none.
    pub wakes: WakeHistory,
    /// The youngest accepted message, of any conversation: every later one is stamped later (I5),
    /// and the user stays due until somebody has looked into the inbox after it.
    pub last_accepted_at: Option<Timestamp>,
    /// Launches in a row that never became Running.
    pub failed_launches: u32,
    /// Of the last ECS event about this task that was acted on.
    pub event_version: Option<u64>,
    pub activity: ActivityHistory,
    /// `None`: no generation has ever begun.
    pub base: Option<SnapshotBase>,
    /// The last one; the next may come when it is done.
    pub restore: Option<RestoreRequest>,
    /// The user leaves: nothing is accepted and nothing launched until all of him is gone.
    pub deleting_since: Option<Timestamp>,
}

impl TaskState {
    pub fn idle(user: UserId) -> Self {
        Self {
            user,
            status: TaskStatus::Idle,
            generation: Generation(0),
            released: Generation(0),
            unreleased: BTreeSet::new(),
            task_arn: None,
            capacity: None,
            launched_at: None,
            phase: None,
            bridge_connection: None,
            launch_token_sha256: None,
            last_activity_at: None,
            due_at: None,
            recent_wakes_ms: Vec::new(),
            wakes: WakeHistory::default(),
            last_accepted_at: None,
            failed_launches: 0,
            event_version: None,
            activity: ActivityHistory::default(),
            base: None,
            restore: None,
            deleting_since: None,
        }
    }

    /// Its launch, or what its bridge said last. `None`: there was no launch.
    pub fn heard_of_at(&self) -> Option<Timestamp> {
        self.launched_at.map(|at| self.last_activity_at.map_or(at, |last| last.max(at)))
    }

    /// The median of the user's last wake-ups.
    pub fn typical_wake(&self) -> Option<Duration> {
        median(&self.recent_wakes_ms)
    }

    /// How long a starting task still takes, by the user's own history, else by `others`.
    pub fn eta(&self, now: Timestamp, others: Option<Duration>) -> Option<Duration> {
        let launched_at = self.launched_at.filter(|_| self.status == TaskStatus::Starting)?;
        let wake = self.typical_wake().or(others)?;
        Some(wake.saturating_sub(now.since(launched_at)))
    }

    /// Whether nobody before this generation writes any more: it may restore and begin.
    pub fn is_turn_of(&self, generation: Generation) -> bool {
        self.unreleased.iter().all(|other| *other >= generation)
    }

    /// Whether this generation may still add to the user's memory: a bridge that stops saves its
    /// work although another is current, and whoever comes next waits for it.
    pub fn may_save(&self, generation: Generation) -> bool {
        self.unreleased.contains(&generation)
    }

    /// Whether a restore that the user asked for is not done: he waits for it, as for an answer.
    pub fn is_restore_open(&self) -> bool {
        self.restore.as_ref().is_some_and(RestoreRequest::is_open)
    }

    /// Whether this generation may still write (I3).
    pub fn is_current(&self, generation: Generation) -> bool {
        self.generation == generation && self.released < generation
    }
}

/// Of wake-ups in milliseconds.
pub fn median(wakes_ms: &[u64]) -> Option<Duration> {
    let mut wakes = wakes_ms.to_vec();
    wakes.sort_unstable();
    wakes.get(wakes.len() / 2).copied().map(Duration::from_millis)
}

/// When somebody must look again, and how long each step may take (I10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskPolicy {
    /// A task that is still Starting so long after its launch, or after its bridge last said that
    /// it is getting on, is launched anew.
    pub start_within: Duration,
    /// A task that is still Stopping after this is stopped from outside.
    pub stop_within: Duration,
    /// A running task is looked at this often.
    pub look_every: Duration,
    /// A bridge that has not been heard of for so long, while a message waits, is given up.
    pub lease: Duration,
    /// A bridge stops by itself when nobody needs it. One that has been silent for longer than
    /// this has not, and is stopped from outside: it would run, and cost, for ever.
    pub idle_at_most: Duration,
    /// A message that nobody ensured a task for is found after this.
    pub follow_up: Duration,
    /// No machine was to be had: tried again after this, and after twice as long each time,
    pub relaunch_after: Duration,
    /// up to this.
    pub relaunch_after_at_most: Duration,
    /// A machine died before its bridge was up: at once the first time, then after this, and
    /// after twice as long each time,
    pub restart_after: Duration,
    /// up to this: what can never start costs a machine's minute each time.
    pub restart_after_at_most: Duration,
    /// Nobody is served on an on-demand machine, however long that takes.
    pub spot_only: bool,
}

impl Default for TaskPolicy {
    fn default() -> Self {
        Self {
            start_within: Duration::from_secs(300),
            stop_within: Duration::from_secs(180),
            look_every: Duration::from_secs(120),
            lease: Duration::from_secs(180),
            idle_at_most: Duration::from_secs(30 * 60),
            follow_up: Duration::from_secs(60),
            relaunch_after: Duration::from_secs(30),
            relaunch_after_at_most: Duration::from_secs(120),
            restart_after: Duration::from_secs(5),
            restart_after_at_most: Duration::from_secs(600),
            spot_only: false,
        }
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
    /// The last launches failed. The next one is due in so long.
    Postpone(Duration),
}

impl TaskPolicy {
    pub fn ensure(&self, state: &TaskState, now: Timestamp) -> Ensure {
        match state.status {
            TaskStatus::Running => Ensure::Nudge(state.bridge_connection.clone()),
            TaskStatus::Starting if !self.start_is_overdue(state, now) => Ensure::Wait,
            TaskStatus::Idle => match self.pause_left(state, now) {
                Some(left) => Ensure::Postpone(left),
                None => Ensure::Launch,
            },
            TaskStatus::Starting | TaskStatus::Stopping => Ensure::Launch,
        }
    }

    /// Until a launch is tried again. Bounded by our own pause, whatever the row says.
    fn pause_left(&self, state: &TaskState, now: Timestamp) -> Option<Duration> {
        let due_at = state.due_at.filter(|due_at| state.failed_launches > 0 && *due_at > now)?;
        Some(due_at.since(now).min(self.relaunch_after_at_most.max(self.restart_after_at_most)))
    }

    /// How long to wait for a machine after so many launches in a row have failed.
    pub fn relaunch_pause(&self, failed_launches: u32) -> Duration {
        doubled(self.relaunch_after, failed_launches.saturating_sub(1))
            .min(self.relaunch_after_at_most)
    }

    /// The same after machines that died before their bridges were up.
    pub fn restart_pause(&self, failed_launches: u32) -> Duration {
        match failed_launches {
            0 | 1 => Duration::ZERO,
            failed => doubled(self.restart_after, failed - 2).min(self.restart_after_at_most),
        }
    }

    pub fn start_is_overdue(&self, state: &TaskState, now: Timestamp) -> bool {
        state.heard_of_at().is_none_or(|at| now.since(at) > self.start_within)
    }
}

fn doubled(span: Duration, times: u32) -> Duration {
    span * 2u32.pow(times.min(16))
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
    fn a_starting_task_that_gets_on_is_waited_for() {
        let heard_of = |at| TaskState {
            last_activity_at: Some(Timestamp(at)),
            ..state(TaskStatus::Starting, Some(1_000_000))
        };
        check(heard_of(1_200_000), 1_500_000, Ensure::Wait);
        check(heard_of(1_200_000), 1_500_001, Ensure::Launch);
        // What its predecessor said is nothing that it said.
        check(heard_of(900_000), 1_300_000, Ensure::Wait);
        check(heard_of(900_000), 1_300_001, Ensure::Launch);
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
        let others = Some(Duration::from_secs(70));
        assert_eq!(starting.eta(Timestamp(4_000), others), Some(Duration::from_secs(8)));
        assert_eq!(starting.eta(Timestamp(60_000), others), Some(Duration::ZERO));
    }

    #[test]
    fn a_user_without_a_history_is_given_everybodys_median() {
        let starting = state(TaskStatus::Starting, Some(1_000));
        let others = Some(Duration::from_secs(70));
        assert_eq!(starting.eta(Timestamp(11_000), others), Some(Duration::from_secs(60)));
        assert_eq!(starting.eta(Timestamp(11_000), None), None);
        assert_eq!(state(TaskStatus::Idle, Some(1_000)).eta(Timestamp(0), others), None);
    }

    #[test]
    fn after_a_failed_launch_a_message_waits_for_the_next_try() {
        let failed = |due_at: Option<u64>| TaskState {
            failed_launches: 1,
            due_at: due_at.map(Timestamp),
            ..state(TaskStatus::Idle, None)
        };
        check(failed(Some(30_000)), 10_000, Ensure::Postpone(Duration::from_secs(20)));
        check(failed(Some(30_000)), 30_000, Ensure::Launch);
        check(failed(None), 0, Ensure::Launch);
        let longest = TaskPolicy::default().restart_after_at_most;
        check(failed(Some(u64::MAX)), 0, Ensure::Postpone(longest));
        let never_failed = TaskState { failed_launches: 0, ..failed(Some(30_000)) };
        check(never_failed, 10_000, Ensure::Launch);
    }

    #[test]
    fn pauses_double_up_to_their_bound() {
        let pause = |failed| TaskPolicy::default().relaunch_pause(failed).as_secs();
        assert_eq!([pause(1), pause(2), pause(3)], [30, 60, 120]);
        assert_eq!([pause(4), pause(100)], [120, 120]);
        let pause = |failed| TaskPolicy::default().restart_pause(failed).as_secs();
        assert_eq!([pause(0), pause(1), pause(2), pause(3), pause(4)], [0, 0, 5, 10, 20]);
        assert_eq!([pause(9), pause(100)], [600, 600]);
    }
}
