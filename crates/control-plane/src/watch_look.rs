//! What is recorded and what ECS sees, in as few calls as there are pages. What cannot be read
//! is logged, counted, and unknown: never taken for nothing (I9).

use std::collections::{BTreeMap, BTreeSet};

use domain::{Generation, Owner, SpareId, SpareStatus, TaskArn, TaskState, UserId};
use futures_util::future::join;
use platform::{DUE_SHARDS, Due, Metric, ObservedTask, Unavailable};
use tracing::{debug, warn};

use crate::FollowTask;
use crate::plan::Observed;
use crate::side_by_side::side_by_side;

/// BatchGetItem and DescribeTasks take so many.
const BATCH: usize = 100;
const ROWS_AT_ONCE: usize = 16;
/// ECS allows fewer calls a second.
const TASKS_AT_ONCE: usize = 8;

#[derive(Debug, Default)]
pub(crate) struct Looked {
    /// Of everybody who is due, and of the owner of every task that runs.
    pub(crate) recorded: Vec<TaskState>,
    pub(crate) observed: Observed,
    pub(crate) looked_at: usize,
    pub(crate) errors: usize,
}

/// The outcomes of calls that stand for themselves.
struct Answers<T> {
    found: Vec<T>,
    errors: usize,
}

impl FollowTask {
    /// Nobody due and no task: one query for each shard and one list, and no more.
    pub(crate) async fn look(&self) -> Looked {
        let ((due, due_errors), (observed, task_errors)) =
            join(self.due_users(), self.live_tasks()).await;
        let rows = self.rows(due.iter().cloned().collect()).await;
        let looked = Looked {
            looked_at: rows.found.len(),
            recorded: rows.found,
            observed,
            errors: due_errors + rows.errors + task_errors,
        };
        self.look_closer(looked, &due).await
    }

    /// At the rows that the tasks speak of, and the tasks that the rows speak of.
    async fn look_closer(&self, mut looked: Looked, asked: &BTreeSet<UserId>) -> Looked {
        let owners = owners_not_asked(&looked.observed, asked);
        let arns = arns_not_seen(&looked);
        let owned = owners.len();
        let (rows, tasks) = join(self.rows(owners), self.describe(arns)).await;
        if rows.errors == 0 && rows.found.len() < owned {
            warn!(users = owned - rows.found.len(), "tasks run whose users have no readable row");
        }
        looked.errors += rows.errors + tasks.errors;
        looked.recorded.extend(rows.found);
        for (asked, tasks) in tasks.found {
            looked.observed.add(asked, tasks);
        }
        looked
    }

    async fn due_users(&self) -> (BTreeSet<UserId>, usize) {
        let now = self.clock.now();
        let shards = (0..DUE_SHARDS).map(|shard| self.tasks.due(shard, now)).collect();
        let shards = side_by_side(shards, ROWS_AT_ONCE).await;
        let Answers { found, errors } = answers("who is due", shards);
        let mut due = BTreeSet::new();
        for Due { users, unreadable } in found {
            due.extend(users);
            unreadable.iter().for_each(|key| self.note_unreadable(key, "it names no user"));
        }
        (due, errors)
    }

    async fn rows(&self, users: Vec<UserId>) -> Answers<TaskState> {
        let batches = users.chunks(BATCH).map(|some| self.tasks.get_many(some)).collect();
        let batches = side_by_side(batches, ROWS_AT_ONCE).await;
        let Answers { found, errors } = answers("rows", batches);
        let mut rows = Vec::with_capacity(users.len());
        for row in found.into_iter().flatten() {
            match row {
                Ok(row) => rows.push(row),
                Err(unreadable) => self.note_unreadable(&unreadable.key, &unreadable.why),
            }
        }
        Answers { found: rows, errors }
    }

    fn note_unreadable(&self, key: &str, why: &str) {
        warn!(row.key = key, why, "a row cannot be read and is left as it is");
        self.count(Metric::Unreadable, 1);
    }

    async fn live_tasks(&self) -> (Observed, usize) {
        let arns = match self.ensure.compute.list().await {
            Ok(arns) => arns,
            Err(error) => {
                note("the list of tasks", &error);
                return (Observed::default(), 1);
            }
        };
        let Answers { found, mut errors } = self.describe(arns).await;
        let mut observed = Observed { complete: errors == 0, ..Observed::default() };
        for (asked, tasks) in found {
            observed.add(asked, tasks);
        }
        match self.name_users_of_spares(&mut observed.tasks).await {
            Ok(all_named) => observed.complete &= all_named,
            Err(error) => {
                note("the spares", &error);
                observed.complete = false;
                errors += 1;
            }
        }
        (observed, errors)
    }

    /// What was asked for, and what was found of it.
    async fn describe(&self, arns: Vec<TaskArn>) -> Answers<(Vec<TaskArn>, Vec<ObservedTask>)> {
        let batches = arns.chunks(BATCH).map(|some| self.describe_batch(some)).collect();
        answers("tasks", side_by_side(batches, TASKS_AT_ONCE).await)
    }

    async fn describe_batch(
        &self,
        arns: &[TaskArn],
    ) -> Result<(Vec<TaskArn>, Vec<ObservedTask>), Unavailable> {
        Ok((arns.to_vec(), self.ensure.compute.describe(arns).await?))
    }

    /// A spare that is claimed is its user's task. `false`: nobody can say whose they are.
    async fn name_users_of_spares(&self, tasks: &mut [ObservedTask]) -> Result<bool, Unavailable> {
        let of_spares = tasks.iter_mut().filter(|task| matches!(task.owner, Some(Owner::Spare(_))));
        let of_spares: Vec<&mut ObservedTask> = of_spares.collect();
        if of_spares.is_empty() {
            return Ok(true);
        }
        let Some(spares) = &self.ensure.spares else { return Ok(false) };
        let claims = spares.all().await?.into_iter().filter_map(|spare| match spare.status {
            SpareStatus::Claimed(user, generation) => Some((spare.id, (user, generation))),
            SpareStatus::Starting | SpareStatus::Ready => None,
        });
        let claims: BTreeMap<SpareId, (UserId, Generation)> = claims.collect();
        for task in of_spares {
            if let Some(Owner::Spare(id)) = &task.owner
                && let Some((user, generation)) = claims.get(id)
            {
                task.owner = Some(Owner::User(user.clone(), *generation));
            }
        }
        Ok(true)
    }
}

impl Observed {
    fn add(&mut self, asked: Vec<TaskArn>, found: Vec<ObservedTask>) {
        let known: BTreeSet<&TaskArn> = found.iter().map(|task| &task.arn).collect();
        self.missing.extend(asked.into_iter().filter(|arn| !known.contains(arn)));
        self.tasks.extend(found);
    }
}

fn owners_not_asked(observed: &Observed, asked: &BTreeSet<UserId>) -> Vec<UserId> {
    let owners = observed.tasks.iter().filter_map(|task| match &task.owner {
        Some(Owner::User(user, _)) if !asked.contains(user) => Some(user),
        _ => None,
    });
    let owners: BTreeSet<&UserId> = owners.collect();
    owners.into_iter().cloned().collect()
}

/// ListTasks shows what should run. What is stopping, or has stopped, it does not.
fn arns_not_seen(looked: &Looked) -> Vec<TaskArn> {
    let seen: BTreeSet<&TaskArn> = looked.observed.tasks.iter().map(|task| &task.arn).collect();
    let recorded = looked.recorded.iter().filter_map(|row| row.task_arn.as_ref());
    let arns: BTreeSet<&TaskArn> = recorded.filter(|arn| !seen.contains(arn)).collect();
    arns.into_iter().cloned().collect()
}

fn answers<T>(what: &'static str, outcomes: Vec<Result<T, Unavailable>>) -> Answers<T> {
    let asked = outcomes.len();
    let found = outcomes
        .into_iter()
        .filter_map(|outcome| outcome.inspect_err(|error| note(what, error)).ok());
    let found: Vec<T> = found.collect();
    debug!(what, asked, found = found.len(), "read");
    Answers { errors: asked - found.len(), found }
}

fn note(what: &str, error: &Unavailable) {
    let error = error as &dyn std::error::Error;
    warn!(what, error, "could not be read; the next sweep tries again");
}
