//! What the watchdog does about what it sees. Pure: the recorded rows, the tasks that ECS
//! observes, the policy and the time go in, actions come out. [`crate::FollowTask`] gathers the
//! one and carries out the other.
//!
//! Every user with an open message, an open restore or a task has a mark: the time at which he is due. An action
//! for a user who is due moves his mark, settles it, or leaves it for the next run. A task is
//! known *dead* when ECS says that it stopped, or no longer knows its arn some time after its
//! launch; that ECS did not answer says nothing (I9).
//!
//! | the row | what ECS says of its task | so |
//! | --- | --- | --- |
//! | Idle, due | | read the inbox: launch for what waits, else settle |
//! | Starting, in time | alive, or not known | look again when it is overdue |
//! | Starting | dead: no Spot machine was to be had | release; the next try is on-demand, at once |
//! | Starting | dead otherwise | a failed launch: again at once the first time, later after a pause |
//! | Starting, overdue | alive, or nowhere | a failed launch, too, and the task is stopped |
//! | Starting, overdue | no answer | ensure: the next generation is launched, nobody is stopped |
//! | Running | alive, the bridge was heard of | look again later |
//! | Running | alive or no answer, but silent | ask the inbox, see [`after_silence`] |
//! | Running, Stopping | dead | release, read the inbox |
//! | Running, no arn recorded | nowhere, and silent for the lease | give it up: it may be stopping |
//! | Stopping, due | alive | stop it from outside, look again |
//! | Stopping, due, no arn recorded | nowhere | release, read the inbox |
//! | Stopping, due | no answer | leave the mark |
//!
//! A dead task of the current generation is acted upon whether its user is due or not: that is
//! how an event of ECS is followed. And of each task that lives, or died, beside its user's row:
//!
//! | the task's generation | so |
//! | --- | --- |
//! | older than the row's, alive | it may be saving: stopped once the newer launch is old, or nobody launches |
//! | older than the row's, dead | released, for which the newer one waits |
//! | the row's, which is released | stopped: it has said its last word, so at worst it exits a little sooner |
//! | the row's | it serves |
//! | newer than the row's, or there is no row | left alone: another deployment's, or the row was not readable |
//! | not readable | reported |
//!
//! Spares that nobody claimed are the business of whoever keeps the pool.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::{
    Capacity, Generation, Owner, TaskArn, TaskDefinition, TaskPolicy, TaskState, TaskStatus,
    Timestamp, UserId,
};
use platform::ObservedTask;

/// ECS is eventually consistent: by then it knows what it launched.
pub const KNOWN_WITHIN: Duration = Duration::from_secs(120);

/// From SIGTERM to SIGKILL it is 120 s at most.
pub const DEAD_WITHIN: Duration = Duration::from_secs(130);

/// What ECS says. A task it did not answer about is neither here nor missing.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// A claimed spare's owner is its user.
    pub tasks: Vec<ObservedTask>,
    /// Asked for by name, and ECS knows no such task.
    pub missing: BTreeSet<TaskArn>,
    /// Every task that was not asked to stop is among `tasks`.
    pub complete: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action<'a> {
    /// Nothing to be done yet: the mark stays, and the next run sees it.
    Keep(&'a TaskState),
    LookAgain(&'a TaskState, Timestamp),
    /// Nobody reads the inbox: launch for what waits, settle if nothing does.
    ReadInbox(&'a TaskState),
    /// The bridge is silent: does somebody wait for it? `task` is known to live.
    AskInbox {
        seen: &'a TaskState,
        task: Option<&'a TaskArn>,
    },
    /// The task is dead. `next`: the kind of machine to try first.
    Release {
        seen: &'a TaskState,
        next: Capacity,
    },
    /// Nobody sees its task, which proves nothing, and nothing is heard of it.
    Abandon(&'a TaskState),
    /// The task never ran. `task` may still live and is stopped.
    FailStart {
        seen: &'a TaskState,
        task: Option<&'a TaskArn>,
        /// What did not start, if that is to be laid to its charge.
        definition: Option<&'a TaskDefinition>,
        retry_at: Timestamp,
    },
    /// It should have stopped by itself.
    StopLate {
        seen: &'a TaskState,
        task: &'a TaskArn,
        look_at: Timestamp,
    },
    /// The launch died before it wrote down what it launched.
    Record {
        seen: &'a TaskState,
        task: &'a TaskArn,
        capacity: Capacity,
    },
    /// An older generation is dead.
    ReleaseOld(&'a UserId, Generation),
    StopOrphan(&'a UserId, &'a TaskArn),
    /// Whose task this is cannot be told.
    Report(&'a TaskArn),
}

impl Action<'_> {
    pub fn name(&self) -> &'static str {
        match self {
            Action::Keep(_) => "keep",
            Action::LookAgain(..) => "lookAgain",
            Action::ReadInbox(_) => "readInbox",
            Action::AskInbox { .. } => "askInbox",
            Action::Release { .. } => "release",
            Action::Abandon(_) => "abandon",
            Action::FailStart { .. } => "failStart",
            Action::StopLate { .. } => "stopLate",
            Action::Record { .. } => "record",
            Action::ReleaseOld(..) => "releaseOld",
            Action::StopOrphan(..) => "stopOrphan",
            Action::Report(_) => "report",
        }
    }

    pub fn user(&self) -> Option<&UserId> {
        match self {
            Action::Keep(seen)
            | Action::LookAgain(seen, _)
            | Action::ReadInbox(seen)
            | Action::Abandon(seen)
            | Action::AskInbox { seen, .. }
            | Action::Release { seen, .. }
            | Action::FailStart { seen, .. }
            | Action::StopLate { seen, .. }
            | Action::Record { seen, .. } => Some(&seen.user),
            Action::ReleaseOld(user, _) | Action::StopOrphan(user, _) => Some(user),
            Action::Report(_) => None,
        }
    }
}

pub fn plan<'a>(
    recorded: &'a [TaskState],
    observed: &'a Observed,
    policy: &TaskPolicy,
    now: Timestamp,
) -> Vec<Action<'a>> {
    let sights = Sights::of(observed);
    let look = Look { policy, now };
    let users = recorded.iter().flat_map(|seen| look.at_user(seen, sights.of_row(seen)));
    let rows: BTreeMap<&UserId, &TaskState> =
        recorded.iter().map(|state| (&state.user, state)).collect();
    let tasks = observed.tasks.iter().filter_map(|task| look.at_task(task, &rows));
    users.chain(tasks).collect()
}

/// What is known of the task of a row.
#[derive(Clone, Copy)]
enum Sight<'a> {
    Live(&'a ObservedTask),
    Stopped(&'a ObservedTask),
    /// ECS no longer knows its arn, or not yet.
    Missing,
    /// No arn is recorded, and no task that should run is the row's.
    Nowhere,
    Unknown,
}

struct Sights<'a> {
    observed: &'a Observed,
    by_arn: BTreeMap<&'a TaskArn, &'a ObservedTask>,
    by_owner: BTreeMap<(&'a UserId, Generation), &'a ObservedTask>,
}

impl<'a> Sights<'a> {
    fn of(observed: &'a Observed) -> Self {
        let by_arn = observed.tasks.iter().map(|task| (&task.arn, task)).collect();
        let mut by_owner = BTreeMap::new();
        for task in &observed.tasks {
            let Some(Owner::User(user, generation)) = &task.owner else { continue };
            let known = by_owner.entry((user, *generation)).or_insert(task);
            // One that lives is the one that serves.
            if known.stopped && !task.stopped {
                *known = task;
            }
        }
        Self { observed, by_arn, by_owner }
    }

    fn of_row(&self, seen: &TaskState) -> Sight<'a> {
        let found = match &seen.task_arn {
            Some(arn) => self.by_arn.get(arn),
            None => self.by_owner.get(&(&seen.user, seen.generation)),
        };
        let found = found.filter(|task| may_serve(task, seen));
        match (found, &seen.task_arn) {
            (Some(task), _) if task.stopped => Sight::Stopped(task),
            (Some(task), _) => Sight::Live(task),
            (None, Some(arn)) if self.observed.missing.contains(arn) => Sight::Missing,
            (None, None) if self.observed.complete => Sight::Nowhere,
            (None, _) => Sight::Unknown,
        }
    }
}

/// A spare's owner may not be known to be the row's user. Anybody else is not.
fn may_serve(task: &ObservedTask, seen: &TaskState) -> bool {
    match &task.owner {
        Some(Owner::User(user, generation)) => (user, generation) == (&seen.user, &seen.generation),
        Some(Owner::Spare(_)) | None => true,
    }
}

#[derive(Clone, Copy)]
struct Look<'p> {
    policy: &'p TaskPolicy,
    now: Timestamp,
}

impl Look<'_> {
    fn at_user<'a>(self, seen: &'a TaskState, sight: Sight<'a>) -> Vec<Action<'a>> {
        let due = seen.due_at.is_some_and(|due_at| due_at <= self.now);
        if !due && !matches!(sight, Sight::Stopped(_)) {
            return Vec::new();
        }
        let action = match seen.status {
            TaskStatus::Idle => Action::ReadInbox(seen),
            TaskStatus::Starting => self.at_starting(seen, sight),
            TaskStatus::Running => self.at_running(seen, sight),
            TaskStatus::Stopping => self.at_stopping(seen, sight),
        };
        [Some(action), record(seen, sight)].into_iter().flatten().collect()
    }

    fn at_starting<'a>(self, seen: &'a TaskState, sight: Sight<'a>) -> Action<'a> {
        let overdue = self.policy.start_is_overdue(seen, self.now);
        match sight {
            Sight::Stopped(task) => self.died_at_start(seen, Some(task)),
            Sight::Missing if self.is_known_by_now(seen) => self.died_at_start(seen, None),
            Sight::Live(task) if overdue => {
                self.failed_start(seen, Some(&task.arn), task.definition.as_ref())
            }
            Sight::Nowhere if overdue => self.failed_start(seen, None, None),
            Sight::Unknown if overdue => Action::ReadInbox(seen),
            _ => match seen.heard_of_at() {
                Some(at) if !overdue => Action::LookAgain(seen, at + self.policy.start_within),
                _ => Action::Keep(seen),
            },
        }
    }

    fn died_at_start<'a>(self, seen: &'a TaskState, task: Option<&'a ObservedTask>) -> Action<'a> {
        let no_machine = task.is_some_and(|task| task.failed_to_start);
        let capacity = task.and_then(|task| task.capacity).or(seen.capacity);
        if no_machine && capacity == Some(Capacity::Spot) {
            return Action::Release { seen, next: Capacity::OnDemand };
        }
        let own_fault = task.filter(|task| !was_taken_away(task));
        self.failed_start(seen, None, own_fault.and_then(|task| task.definition.as_ref()))
    }

    /// The first time it may be bad luck. What fails again and again costs no more than a try
    /// now and then.
    fn failed_start<'a>(
        self,
        seen: &'a TaskState,
        task: Option<&'a TaskArn>,
        definition: Option<&'a TaskDefinition>,
    ) -> Action<'a> {
        let pause = self.policy.restart_pause(seen.failed_launches + 1);
        Action::FailStart { seen, task, definition, retry_at: self.now + pause }
    }

    fn at_running<'a>(self, seen: &'a TaskState, sight: Sight<'a>) -> Action<'a> {
        let silent = self.silent_for(seen);
        let task = match sight {
            Sight::Stopped(_) => return released(seen),
            Sight::Missing if self.is_known_by_now(seen) => return released(seen),
            Sight::Nowhere if self.is_known_by_now(seen) && silent > self.policy.lease => {
                return Action::Abandon(seen);
            }
            Sight::Live(task) => Some(&task.arn),
            Sight::Missing | Sight::Nowhere | Sight::Unknown => None,
        };
        if silent > self.policy.follow_up {
            return Action::AskInbox { seen, task };
        }
        Action::LookAgain(seen, self.now + self.policy.look_every)
    }

    fn at_stopping<'a>(self, seen: &'a TaskState, sight: Sight<'a>) -> Action<'a> {
        match sight {
            Sight::Stopped(_) | Sight::Nowhere => released(seen),
            Sight::Missing if self.is_known_by_now(seen) => released(seen),
            Sight::Live(task) => {
                Action::StopLate { seen, task: &task.arn, look_at: self.now + DEAD_WITHIN }
            }
            Sight::Missing | Sight::Unknown => Action::Keep(seen),
        }
    }

    fn at_task<'a>(
        self,
        task: &'a ObservedTask,
        rows: &BTreeMap<&UserId, &TaskState>,
    ) -> Option<Action<'a>> {
        let (user, generation) = match &task.owner {
            Some(Owner::User(user, generation)) => (user, *generation),
            Some(Owner::Spare(_)) => return None,
            None => return (!task.stopped).then_some(Action::Report(&task.arn)),
        };
        let row = rows.get(user)?;
        if task.stopped {
            let over = generation < row.generation || row.released >= generation;
            let waited_for = over && row.unreleased.contains(&generation);
            return waited_for.then_some(Action::ReleaseOld(user, generation));
        }
        self.is_orphan(generation, row).then_some(Action::StopOrphan(user, &task.arn))
    }

    fn is_orphan(self, generation: Generation, row: &TaskState) -> bool {
        let replaced_long_ago = row.status == TaskStatus::Idle
            || row.launched_at.is_none_or(|at| self.now.since(at) > self.policy.stop_within);
        (generation < row.generation && replaced_long_ago)
            || (generation == row.generation && row.released >= generation)
    }

    /// A bridge at work touches its row every minute.
    fn silent_for(self, seen: &TaskState) -> Duration {
        self.now.since(seen.heard_of_at().unwrap_or_default())
    }

    fn is_known_by_now(self, seen: &TaskState) -> bool {
        seen.launched_at.is_none_or(|at| self.now.since(at) > KNOWN_WITHIN)
    }
}

/// A machine that is taken away, or not to be had, says nothing of what should run on it.
fn was_taken_away(task: &ObservedTask) -> bool {
    let reason = task.stopped_reason.as_deref().unwrap_or_default().to_ascii_lowercase();
    ["spot", "capacity"].iter().any(|sign| reason.contains(sign))
}

fn released(seen: &TaskState) -> Action<'_> {
    Action::Release { seen, next: Capacity::Spot }
}

fn record<'a>(seen: &'a TaskState, sight: Sight<'a>) -> Option<Action<'a>> {
    let Sight::Live(task) = sight else { return None };
    let up = matches!(seen.status, TaskStatus::Running | TaskStatus::Stopping);
    if seen.task_arn.is_some() || !up {
        return None;
    }
    Some(Action::Record { seen, task: &task.arn, capacity: task.capacity? })
}

/// What the inbox says of a bridge that is silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// Nobody waits, or not for long.
    Calm { look_at: Timestamp },
    /// Its nudge may be lost.
    Nudge { look_at: Timestamp },
    /// It is stuck: somebody waits for it, or it should have stopped by itself. Its generation is
    /// released, which fences it, and its task stopped.
    GiveUp,
}

/// `oldest`: when the message that waits longest was accepted, or a restore asked for. Only a task that is known to
/// live, and does nothing, is given up: what is dead was found so, and what is unknown stays.
pub fn after_silence(
    seen: &TaskState,
    task: Option<&TaskArn>,
    oldest: Option<Timestamp>,
    policy: &TaskPolicy,
    now: Timestamp,
) -> Silence {
    let silent = Look { policy, now }.silent_for(seen);
    if task.is_some() && silent > policy.idle_at_most {
        return Silence::GiveUp;
    }
    let Some(oldest) = oldest else {
        return Silence::Calm { look_at: now + policy.look_every };
    };
    let (waits, look_at) = (now.since(oldest), now + policy.follow_up);
    if task.is_some() && waits > policy.lease && silent > policy.lease {
        return Silence::GiveUp;
    }
    if waits > policy.follow_up { Silence::Nudge { look_at } } else { Silence::Calm { look_at } }
}
