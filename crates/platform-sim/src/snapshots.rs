//! Where memories stand, and the lists of snapshots.

use async_trait::async_trait;
use data_encoding::BASE64URL_NOPAD;
use domain::{
    Generation, RestoreOutcome, RestoreRequest, Snapshot, SnapshotBase, SnapshotId, SnapshotRef,
    Timestamp, UserId,
};
use platform::{RequestError, Result, SnapshotPage, Snapshots, Unavailable, WriteError};

use crate::log::Effect;
use crate::state::State;
use crate::world::World;

/// A snapshot's place in the list.
pub(crate) type Place = (Timestamp, SnapshotId);

#[async_trait]
impl Snapshots for World {
    async fn begin_from(
        &self,
        user: &UserId,
        generation: Generation,
        snapshot: Option<&SnapshotRef>,
        now: Timestamp,
    ) -> std::result::Result<(), WriteError> {
        self.call("snapshots.begin_from", |state| state.begin(user, generation, snapshot, now))
            .await
    }

    async fn record(
        &self,
        user: &UserId,
        snapshot: &Snapshot,
    ) -> std::result::Result<(), WriteError> {
        self.call("snapshots.record", |state| state.record_snapshot(user, snapshot)).await
    }

    async fn list(
        &self,
        user: &UserId,
        before: Option<&str>,
        limit: usize,
    ) -> Result<SnapshotPage> {
        let before = before.and_then(place_from);
        self.call("snapshots.list", |state| Ok(state.snapshot_page(user, before, limit))).await
    }

    async fn find(&self, user: &UserId, id: &SnapshotId) -> Result<Option<Snapshot>> {
        self.call("snapshots.find", |state| {
            let mut listed = state.snapshots.get(user).into_iter().flat_map(|of| of.values());
            Ok(listed.find(|snapshot| snapshot.id == *id).cloned())
        })
        .await
    }

    async fn forget(&self, user: &UserId, gone: &[SnapshotRef]) -> Result<()> {
        self.call("snapshots.forget", |state| {
            let listed = state.snapshots.entry(user.clone()).or_default();
            for SnapshotRef { id, at, .. } in gone {
                listed.remove(&(*at, id.clone()));
            }
            Ok(())
        })
        .await
    }

    async fn request_restore(
        &self,
        user: &UserId,
        request: &RestoreRequest,
        due_at: Timestamp,
    ) -> std::result::Result<RestoreRequest, RequestError> {
        self.call("snapshots.request_restore", |state| {
            let mut task = state.task(user);
            if task.deleting_since.is_some() {
                let why = "the user is being deleted";
                return Err(Unavailable::new("snapshots.request_restore", why).into());
            }
            if let Some(known) = task.restore.take() {
                if known.id == request.id {
                    return Ok(known);
                }
                if known.is_open() {
                    return Err(RequestError::Busy(Box::new(known)));
                }
            }
            task.restore = Some(request.clone());
            task.due_at.get_or_insert(due_at);
            state.tasks.insert(user.clone(), task);
            Ok(request.clone())
        })
        .await
    }

    async fn finish_restore(
        &self,
        user: &UserId,
        generation: Generation,
        request: &str,
        outcome: &RestoreOutcome,
    ) -> std::result::Result<(), WriteError> {
        self.call("snapshots.finish_restore", |state| {
            let task = state.current(user, generation)?;
            match &mut task.restore {
                Some(known) if known.id == request && known.is_open() => {
                    known.outcome = Some(outcome.clone());
                    Ok(())
                }
                _ => Err(WriteError::Conflict),
            }
        })
        .await
    }
}

impl State {
    fn begin(
        &mut self,
        user: &UserId,
        generation: Generation,
        snapshot: Option<&SnapshotRef>,
        now: Timestamp,
    ) -> std::result::Result<(), WriteError> {
        let task = self.current(user, generation)?;
        if task.base.as_ref().is_some_and(|base| !base.lets_begin(generation)) {
            return Err(WriteError::Conflict);
        }
        task.base = Some(SnapshotBase::begun(task.base.as_ref(), generation, snapshot));
        if let Some(request) = task.restore.as_mut().filter(|of| of.is_done_by(snapshot)) {
            request.outcome = Some(RestoreOutcome::Done { at: now });
        }
        let snapshot = snapshot.map(|of| of.id.clone());
        self.note(user, Effect::Began { generation, snapshot });
        Ok(())
    }

    fn record_snapshot(
        &mut self,
        user: &UserId,
        snapshot: &Snapshot,
    ) -> std::result::Result<(), WriteError> {
        let listed = self.snapshots.entry(user.clone()).or_default();
        if listed.contains_key(&place(snapshot)) {
            return Ok(());
        }
        let task = self.tasks.get_mut(user).ok_or(WriteError::Fenced)?;
        let generation = snapshot.generation;
        let begun = task.base.as_ref().is_some_and(|base| !base.lets_save(generation));
        if begun || !task.may_save(generation) {
            return Err(WriteError::Fenced);
        }
        let of = SnapshotRef::from(snapshot);
        if task.base.as_ref().is_none_or(|base| base.is_before(&of)) {
            task.base = Some(SnapshotBase::saved(task.base.as_ref(), of));
        }
        listed.insert(place(snapshot), snapshot.clone());
        self.note(user, Effect::Saved { generation, snapshot: snapshot.id.clone() });
        Ok(())
    }

    fn snapshot_page(&self, user: &UserId, before: Option<Place>, limit: usize) -> SnapshotPage {
        let listed = self.snapshots.get(user).into_iter().flatten().rev();
        let earlier = |(place, _): &(&Place, &Snapshot)| before.as_ref().is_none_or(|b| *place < b);
        let mut page: Vec<_> = listed.filter(earlier).take(limit + 1).collect();
        let has_more = page.len() > limit;
        page.truncate(limit);
        let oldest = page.last().filter(|_| has_more).map(|(place, _)| place_to(place));
        let snapshots = page.into_iter().map(|(_, snapshot)| snapshot.clone()).collect();
        SnapshotPage { snapshots, before: oldest }
    }
}

fn place(snapshot: &Snapshot) -> Place {
    (snapshot.at, snapshot.id.clone())
}

fn place_to((at, id): &Place) -> String {
    BASE64URL_NOPAD.encode(format!("{}#{id}", at.millis()).as_bytes())
}

fn place_from(text: &str) -> Option<Place> {
    let text = String::from_utf8(BASE64URL_NOPAD.decode(text.as_bytes()).ok()?).ok()?;
    let (at, id) = text.split_once('#')?;
    Some((Timestamp(at.parse().ok()?), SnapshotId::new(id).ok()?))
}
