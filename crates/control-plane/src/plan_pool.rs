//! What becomes of the pool of spares. Pure, like [`crate::plan`]: the rows of the spares, the
//! rows of users who claimed one, the tasks that ECS observes, the policy and the time go in,
//! actions come out. [`crate::KeepSpares`] gathers the one and carries out the other.
//!
//! | the spare | so |
//! | --- | --- |
//! | unclaimed, and its task is dead | retired |
//! | unclaimed, and its time is over | retired, its task stopped |
//! | still Starting after `start_within` | retired, its task stopped |
//! | unclaimed, and more are kept than wanted | those retired that would serve the shortest |
//! | claimed, its task is dead, and its user is looked after | forgotten |
//! | a task that lives, and no row | stopped |
//!
//! What is missing then is launched. A claimed spare keeps its row as long as its task lives, and
//! until somebody has acted upon its end: the task was launched with the spare's name, and only
//! the row tells whose it is.
//!
//! *Dead* is a task that ECS says has stopped, or does not know some time after its launch. That
//! ECS did not answer says nothing (I9).

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{
    Generation, Owner, Spare, SpareId, SpareStatus, TaskArn, TaskPolicy, TaskState, Timestamp,
    UserId,
};
use platform::ObservedTask;

use crate::plan::{KNOWN_WITHIN, Observed};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolPolicy {
    /// A spare that is still Starting after this is given up.
    pub start_within: Duration,
    /// From its launch: a machine that waits grows old, and one that is forgotten costs.
    pub life: Duration,
}

impl Default for PoolPolicy {
    fn default() -> Self {
        let start_within = TaskPolicy::default().start_within;
        Self { start_within, life: Duration::from_secs(3_600) }
    }
}

/// What is known of the pool.
#[derive(Clone, Debug, Default)]
pub struct Pool {
    pub spares: Vec<Spare>,
    /// Of those who claimed one, as far as they could be read.
    pub users: Vec<TaskState>,
    /// A claimed spare's owner is still the spare.
    pub observed: Observed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolAction<'a> {
    /// If nobody claims it first, it is in the pool no more, and its task is stopped.
    Retire {
        spare: &'a SpareId,
        task: Option<&'a TaskArn>,
        why: &'static str,
    },
    /// Claimed, and nothing more will be heard of it.
    Forget(&'a SpareId),
    StopOrphan(&'a SpareId, &'a TaskArn),
    /// So many new ones.
    Launch(usize),
}

pub fn plan_pool<'a>(
    pool: &'a Pool,
    wanted: usize,
    policy: &PoolPolicy,
    now: Timestamp,
) -> Vec<PoolAction<'a>> {
    let look = Look { policy: *policy, now, sights: Sights::of(&pool.observed) };
    let mut kept = Vec::new();
    let mut actions = Vec::new();
    for spare in &pool.spares {
        match &spare.status {
            SpareStatus::Claimed(user, generation) => {
                let row = pool.users.iter().find(|row| row.user == *user);
                let forgotten = look.is_over(spare, row, *generation);
                actions.extend(forgotten.then_some(PoolAction::Forget(&spare.id)));
            }
            SpareStatus::Starting | SpareStatus::Ready => match look.at_unclaimed(spare) {
                Some(why) => actions.push(look.retire(spare, why)),
                None => kept.push(spare),
            },
        }
    }
    kept.sort_by_key(|spare| (spare.status == SpareStatus::Ready, spare.expires_at, &spare.id));
    let too_many = kept.iter().take(kept.len().saturating_sub(wanted));
    actions.extend(too_many.map(|spare| look.retire(spare, "more are kept than wanted")));
    actions.extend(look.orphans(&pool.spares));
    let lacking = wanted.saturating_sub(kept.len());
    actions.extend((lacking > 0).then_some(PoolAction::Launch(lacking)));
    actions
}

#[derive(Clone, Copy)]
enum Sight<'a> {
    Live(&'a TaskArn),
    Dead,
    /// ECS did not answer, or does not know it yet.
    Unknown,
}

struct Sights<'a> {
    observed: &'a Observed,
    by_spare: BTreeMap<&'a SpareId, &'a ObservedTask>,
}

impl<'a> Sights<'a> {
    fn of(observed: &'a Observed) -> Self {
        let spares = observed.tasks.iter().filter_map(|task| match &task.owner {
            Some(Owner::Spare(id)) => Some((id, task)),
            _ => None,
        });
        Self { observed, by_spare: spares.collect() }
    }

    /// A spare is launched once: there is no other task of its name.
    fn task_of(&self, spare: &Spare, known_by_now: bool) -> Sight<'a> {
        match (self.by_spare.get(&spare.id), &spare.task_arn) {
            (Some(task), _) if task.stopped => Sight::Dead,
            (Some(task), _) => Sight::Live(&task.arn),
            (None, Some(arn)) if self.observed.missing.contains(arn) && known_by_now => Sight::Dead,
            (None, None) if self.observed.complete && known_by_now => Sight::Dead,
            (None, _) => Sight::Unknown,
        }
    }
}

struct Look<'a> {
    policy: PoolPolicy,
    now: Timestamp,
    sights: Sights<'a>,
}

impl<'a> Look<'a> {
    fn task_of(&self, spare: &Spare) -> Sight<'a> {
        self.sights.task_of(spare, self.now.since(spare.launched_at) > KNOWN_WITHIN)
    }

    /// Why it cannot stay.
    fn at_unclaimed(&self, spare: &Spare) -> Option<&'static str> {
        let waited = self.now.since(spare.launched_at);
        let starting = spare.status == SpareStatus::Starting;
        if matches!(self.task_of(spare), Sight::Dead) {
            Some("its task is gone")
        } else if spare.expires_at <= self.now {
            Some("its time is over")
        } else {
            (starting && waited > self.policy.start_within).then_some("it did not come up in time")
        }
    }

    fn retire(&self, spare: &'a Spare, why: &'static str) -> PoolAction<'a> {
        let task = match self.task_of(spare) {
            Sight::Live(arn) => Some(arn),
            Sight::Unknown => spare.task_arn.as_ref(),
            Sight::Dead => None,
        };
        PoolAction::Retire { spare: &spare.id, task, why }
    }

    /// Its end is written down, and whoever waited then was launched for.
    fn is_over(&self, spare: &Spare, row: Option<&TaskState>, generation: Generation) -> bool {
        let settled = row.is_some_and(|row| {
            let next = row.generation > generation;
            row.released >= generation && (next || row.due_at.is_none())
        });
        settled && matches!(self.task_of(spare), Sight::Dead)
    }

    /// The row comes before the task, so one without is not wanted: unless the row is too new to
    /// be found.
    fn orphans(&self, spares: &[Spare]) -> Vec<PoolAction<'a>> {
        let is_old = |task: &ObservedTask| {
            task.created_at.is_some_and(|at| self.now.since(at) > KNOWN_WITHIN)
        };
        let tasks = self.sights.observed.tasks.iter();
        let orphans = tasks.filter(|task| !task.stopped && is_old(task));
        let orphans = orphans.filter_map(|task| match &task.owner {
            Some(Owner::Spare(id)) if spares.iter().all(|spare| spare.id != *id) => {
                Some(PoolAction::StopOrphan(id, &task.arn))
            }
            _ => None,
        });
        orphans.collect()
    }
}

/// Who claimed what there is.
pub(crate) fn claimants(spares: &[Spare]) -> Vec<UserId> {
    let users = spares.iter().filter_map(|spare| match &spare.status {
        SpareStatus::Claimed(user, _) => Some(user.clone()),
        SpareStatus::Starting | SpareStatus::Ready => None,
    });
    let mut users: Vec<UserId> = users.collect();
    users.sort_unstable();
    users.dedup();
    users
}
