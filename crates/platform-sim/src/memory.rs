//! An agent's directory as the lines that were written into it, and a repository of snapshots.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::{Snapshot, SnapshotBase, SnapshotId, SnapshotRef, UserId};
use platform::{Kept, Listing, Memory, MemoryError, OnProgress, Part, Permit, Progress, Saving};
use tokio::time::sleep;

use crate::log::Effect;
use crate::state::State;
use crate::world::World;

/// Both parts get every line: what one lacks was not restored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    pub state: Vec<String>,
    pub workspace: Vec<String>,
}

/// A machine's own. Clones are the same disk.
#[derive(Clone, Default)]
pub struct Disk(Arc<Mutex<Lines>>);

impl Disk {
    pub fn write(&self, line: impl Into<String>) {
        let line = line.into();
        self.change(|lines| {
            lines.state.push(line.clone());
            lines.workspace.push(line);
        });
    }

    pub fn lines(&self) -> Lines {
        self.0.lock().expect("no holder panics").clone()
    }

    fn change(&self, change: impl FnOnce(&mut Lines)) {
        change(&mut self.0.lock().expect("no holder panics"));
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Stored {
    kept: Kept,
    lines: Lines,
    damaged: bool,
    unreadable: bool,
}

#[derive(Default)]
pub(crate) struct Repository {
    snapshots: Vec<Stored>,
    written: u64,
}

/// One user's memory on one machine.
pub struct SimMemory {
    world: World,
    user: UserId,
    disk: Disk,
    /// As of the last save or restore here.
    saved: Mutex<Option<Lines>>,
    one_at_a_time: tokio::sync::Mutex<()>,
}

impl World {
    pub fn memory(&self, user: &UserId, disk: &Disk) -> Arc<dyn Memory> {
        Arc::new(SimMemory {
            world: self.clone(),
            user: user.clone(),
            disk: disk.clone(),
            saved: Mutex::default(),
            one_at_a_time: tokio::sync::Mutex::default(),
        })
    }

    /// Oldest first, with what is in them.
    pub fn snapshots_of(&self, user: &UserId) -> Vec<(SnapshotRef, Lines)> {
        let state = self.lock();
        let stored = state.repositories.get(user).map(|all| all.snapshots.clone());
        let stored = stored.unwrap_or_default().into_iter();
        stored.map(|stored| (stored.kept.snapshot, stored.lines)).collect()
    }

    /// Its files are no longer whole.
    pub fn damage_snapshot(&self, user: &UserId, id: &SnapshotId) {
        self.change_snapshot(user, id, |stored| stored.damaged = true);
    }

    /// Its own file can no longer be read.
    pub fn blind_snapshot(&self, user: &UserId, id: &SnapshotId) {
        self.change_snapshot(user, id, |stored| stored.unreadable = true);
    }

    /// As by somebody who was asked for and given his permit long ago.
    pub fn store_late(&self, user: &UserId, saving: Saving, lines: &Lines) -> SnapshotId {
        self.lock().store_snapshot(user, saving, lines).id
    }

    /// Of each part.
    pub fn slow_restores(&self, takes: Duration) {
        self.lock().restores_take = takes;
    }

    /// From now on no save ends.
    pub fn hang_saves(&self) {
        self.lock().saves_hang = true;
    }

    pub fn lose_snapshots(&self, user: &UserId) {
        self.lock().repositories.remove(user);
    }

    fn change_snapshot(&self, user: &UserId, id: &SnapshotId, change: impl FnOnce(&mut Stored)) {
        let mut state = self.lock();
        let all = state.repositories.get_mut(user);
        let found =
            all.and_then(|all| all.snapshots.iter_mut().find(|s| s.kept.snapshot.id == *id));
        change(found.expect("there is such a snapshot"));
    }
}

impl SimMemory {
    fn stored(&self, state: &State, id: &SnapshotId) -> Result<Stored, MemoryError> {
        let all = state.repositories.get(&self.user);
        let found = all.and_then(|all| all.snapshots.iter().find(|s| s.kept.snapshot.id == *id));
        match found {
            Some(stored) if !stored.damaged && !stored.unreadable => Ok(stored.clone()),
            Some(_) => Err(MemoryError::Damaged("a pack is missing".into())),
            None => Err(MemoryError::Damaged("there is no such snapshot".into())),
        }
    }
}

#[async_trait]
impl Memory for SimMemory {
    async fn list(&self) -> Result<Listing, MemoryError> {
        self.world
            .call("memory.list", |state| {
                let all = state.repositories.get(&self.user);
                let all: &[Stored] = all.map_or(&[], |all| &all.snapshots);
                let readable = all.iter().filter(|stored| !stored.unreadable);
                Ok(Listing {
                    snapshots: readable.map(|stored| stored.kept.clone()).collect(),
                    unreadable: all.iter().filter(|stored| stored.unreadable).count(),
                })
            })
            .await
    }

    async fn create(&self) -> Result<(), MemoryError> {
        self.world
            .call("memory.create", |state| {
                state.repositories.entry(self.user.clone()).or_default();
                Ok::<_, MemoryError>(())
            })
            .await?;
        self.disk.change(|lines| *lines = Lines::default());
        Ok(())
    }

    async fn restore(
        &self,
        snapshot: &SnapshotId,
        part: Part,
        on_progress: OnProgress,
    ) -> Result<(), MemoryError> {
        let _turn = self.one_at_a_time.lock().await;
        let operation = match part {
            Part::State => "memory.restore_state",
            Part::Workspace => "memory.restore_workspace",
        };
        let stored = self.world.call(operation, |state| self.stored(state, snapshot)).await?;
        let takes = self.world.lock().restores_take;
        for tenth in 1..=10 {
            sleep(takes / 10).await;
            let (bytes, bytes_total) = (tenth * 1_000_000, 10_000_000);
            on_progress(Progress { bytes, bytes_total, files_total: 1 });
        }
        self.disk.change(|lines| match part {
            Part::State => lines.state.clone_from(&stored.lines.state),
            Part::Workspace => lines.workspace.clone_from(&stored.lines.workspace),
        });
        *self.saved.lock().expect("no holder panics") = Some(stored.lines);
        Ok(())
    }

    async fn restore_folder(&self, snapshot: &SnapshotId, folder: &str) -> Result<(), MemoryError> {
        let _turn = self.one_at_a_time.lock().await;
        let stored =
            self.world.call("memory.restore_folder", |state| self.stored(state, snapshot)).await?;
        self.disk.change(|lines| {
            let restored = stored.lines.workspace.iter().map(|line| format!("{folder}/{line}"));
            lines.workspace.extend(restored);
        });
        Ok(())
    }

    async fn save(
        &self,
        saving: Saving,
        permit: Arc<dyn Permit>,
    ) -> Result<Option<Snapshot>, MemoryError> {
        let _turn = self.one_at_a_time.lock().await;
        let lines = self.disk.lines();
        if self.saved.lock().expect("no holder panics").as_ref() == Some(&lines) {
            return Ok(None);
        }
        if !permit.may_write().await? {
            return Err(MemoryError::Fenced);
        }
        let write = |state: &mut State| {
            if state.saves_hang {
                return Ok(None);
            }
            Ok::<_, MemoryError>(Some(state.store_snapshot(&self.user, saving, &lines)))
        };
        let Some(snapshot) = self.world.call("memory.save", write).await? else {
            return std::future::pending().await;
        };
        *self.saved.lock().expect("no holder panics") = Some(lines);
        Ok(Some(snapshot))
    }

    async fn tidy(
        &self,
        _base: Option<&SnapshotBase>,
        _permit: Arc<dyn Permit>,
    ) -> Result<Vec<SnapshotRef>, MemoryError> {
        // Nothing here is ever too much.
        Ok(Vec::new())
    }
}

impl State {
    fn store_snapshot(&mut self, user: &UserId, saving: Saving, lines: &Lines) -> Snapshot {
        let repository = self.repositories.entry(user.clone()).or_default();
        repository.written += 1;
        let id = format!("{:064x}", repository.written);
        let snapshot = Snapshot {
            id: SnapshotId::new(id).expect("digits"),
            generation: saving.generation,
            at: saving.at,
            reason: saving.reason,
            files: lines.state.len() as u64,
            bytes: lines.state.iter().map(|line| line.len() as u64).sum(),
            added_bytes: 1,
        };
        let kept = Kept { snapshot: (&snapshot).into(), reason: Some(saving.reason) };
        let lines = lines.clone();
        repository.snapshots.push(Stored { kept, lines, damaged: false, unreadable: false });
        let Saving { generation, at, .. } = saving;
        self.note(user, Effect::Stored { generation, snapshot: snapshot.id.clone(), at });
        snapshot
    }
}
