//! Users who leave.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use domain::{Deletion, TaskState, TaskStatus, Timestamp, UserId};
use platform::{Deletions, NewDeletion, Result};

use crate::state::State;
use crate::world::World;

/// With when somebody looks after it.
pub(crate) type Marks = BTreeMap<UserId, (Deletion, Timestamp)>;

#[async_trait]
impl Deletions for World {
    async fn begin(&self, user: &UserId, new: &NewDeletion) -> Result<Deletion> {
        self.call("deletions.begin", |state| Ok(state.mark(user, new))).await
    }

    async fn get(&self, user: &UserId) -> Result<Option<Deletion>> {
        self.call("deletions.get", |state| {
            Ok(state.deletions.get(user).map(|(deletion, _)| deletion.clone()))
        })
        .await
    }

    async fn note(&self, deletion: &Deletion, due_at: Timestamp) -> Result<()> {
        self.call("deletions.note", |state| {
            if let Some((known, due)) = state.open_deletion(deletion) {
                known.deleted = deletion.deleted.clone();
                known.also = deletion.also.clone();
                *due = due_at;
            }
            Ok(())
        })
        .await
    }

    async fn finish(&self, deletion: &Deletion, now: Timestamp, due_at: Timestamp) -> Result<()> {
        self.call("deletions.finish", |state| {
            if let Some((known, due)) = state.open_deletion(deletion) {
                known.deleted = deletion.deleted.clone();
                known.done_at = Some(now);
                known.task_arn = None;
                *due = due_at;
                if let Some(task) = state.tasks.get_mut(&deletion.user) {
                    task.deleting_since = None;
                }
            }
            Ok(())
        })
        .await
    }

    async fn forget(&self, deletion: &Deletion) -> Result<()> {
        self.call("deletions.forget", |state| {
            let begun_anew = |task: &TaskState| {
                task.generation != deletion.generation
                    || task.last_accepted_at.is_some()
                    || task.restore.is_some()
                    || task.deleting_since.is_some()
            };
            let user = &deletion.user;
            if state.tasks.get(user).is_some_and(|task| !begun_anew(task)) {
                state.tasks.remove(user);
            }
            let is_it = |(known, _): &(Deletion, _)| known.id == deletion.id && known.is_done();
            if state.deletions.get(user).is_some_and(is_it) {
                state.deletions.remove(user);
            }
            Ok(())
        })
        .await
    }

    async fn due(&self, now: Timestamp) -> Result<Vec<UserId>> {
        self.call("deletions.due", |state| {
            let due = state.deletions.iter().filter(|(_, (_, due_at))| *due_at <= now);
            Ok(due.map(|(user, _)| user.clone()).collect())
        })
        .await
    }
}

impl State {
    fn mark(&mut self, user: &UserId, new: &NewDeletion) -> Deletion {
        if let Some((known, _)) = self.deletions.get(user)
            && !known.is_done()
        {
            return known.clone();
        }
        let seen = self.task(user);
        let alone = seen.status == TaskStatus::Idle && seen.unreleased.is_empty();
        let quiet_after = if alone { new.quiet_after } else { new.quiet_after_task };
        let deletion = Deletion {
            user: user.clone(),
            id: new.id.clone(),
            generation: seen.generation,
            began_at: new.now,
            quiet_at: new.now + quiet_after,
            task_arn: seen.task_arn,
            deleted: BTreeMap::new(),
            also: BTreeSet::new(),
            done_at: None,
        };
        let marked = TaskState {
            generation: seen.generation,
            released: seen.generation,
            deleting_since: Some(new.now),
            ..TaskState::idle(user.clone())
        };
        self.tasks.insert(user.clone(), marked);
        self.deletions.insert(user.clone(), (deletion.clone(), new.due_at));
        deletion
    }

    fn open_deletion(&mut self, of: &Deletion) -> Option<&mut (Deletion, Timestamp)> {
        let known = self.deletions.get_mut(&of.user);
        known.filter(|(known, _)| known.id == of.id && !known.is_done())
    }
}
