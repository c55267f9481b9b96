//! Putting a snapshot back. rustic can do it too, but it panics when a read fails, reads with
//! twenty threads, and only warns when a mode or a time cannot be set.

mod place;
mod plan;

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::SnapshotId;
use domain::limits::SNAPSHOT_PACKS_AT_ONCE;
use rustic_core::Id;
use rustic_core::repofile::SnapshotFile;
use sha2::{Digest, Sha256};

use self::place::Place;
use self::plan::{Entry, Fetch, Piece, Plan};
use crate::backend::Usage;
use crate::error::Error;
use crate::list::rustic_id;
use crate::parallel::in_parallel;
use crate::repository::{Indexed, Repository};

/// Of a snapshot's root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Everything,
    AllBut(OsString),
    /// The contents of this directory, right into the target.
    Only(OsString),
}

impl Part {
    fn leaves_out(&self, name: &OsStr) -> bool {
        matches!(self, Part::AllBut(left_out) if left_out == name)
    }
}

/// So far, and in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub bytes: u64,
    pub total_bytes: u64,
    pub total_files: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    pub files: u64,
    pub bytes: u64,
    /// Sockets, pipes and devices.
    pub skipped: u64,
    pub usage: Usage,
}

/// Whom the files are for. `None`: whom they belonged to, if this process may say so.
pub type Owner = Option<(u32, u32)>;

impl Repository {
    /// Into a new or empty directory; whole and verified, or not at all.
    pub fn restore(
        &mut self,
        id: &SnapshotId,
        part: &Part,
        target: &Path,
        owner: Owner,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Restored, Error> {
        self.begin();
        let snapshot = rustic_id(id)?;
        let place = Place::prepare(target)?;
        let restored = self.try_restore(snapshot, part, &place, owner, progress);
        self.backend.forget_ahead();
        if restored.is_err() {
            place.clear().map_err(|error| Error::local("clear", target, error))?;
        }
        restored
    }

    fn try_restore(
        &mut self,
        id: Id,
        part: &Part,
        place: &Place,
        owner: Owner,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Restored, Error> {
        let file = self.plain()?.get_file::<SnapshotFile>(&id.into());
        let tree = file.map_err(|error| self.explain(error))?.tree.into_inner();
        let Planned { indexed, plan, fetches, lasting } = self.planned(tree, part)?;
        let filled = Filling { repository: self, indexed: &indexed, plan: &plan, place, progress }
            .run(&fetches, owner);
        if lasting {
            self.keep_indexed(indexed);
        }
        filled?;
        self.parent = Some(id);
        let (files, bytes, skipped) = (plan.files(), plan.bytes, plan.skipped);
        Ok(Restored { files, bytes, skipped, usage: self.backend.usage() })
    }

    /// With what is marked for removal, if it is needed: a snapshot may have been finished while
    /// others tidied up.
    fn planned(&mut self, tree: Id, part: &Part) -> Result<Planned, Error> {
        let indexed = self.take_indexed()?;
        let why = match self.plan_and_fetches(&indexed, tree, part) {
            Ok((plan, fetches)) => return Ok(Planned { indexed, plan, fetches, lasting: true }),
            Err(Error::Damaged(why)) => why,
            Err(error) => return Err(error),
        };
        let marked = self.load_index_with_marked()?;
        let indexed = marked.ok_or(Error::Damaged(why))?;
        let (plan, fetches) = self.plan_and_fetches(&indexed, tree, part)?;
        Ok(Planned { indexed, plan, fetches, lasting: false })
    }

    fn plan_and_fetches(
        &self,
        indexed: &Indexed,
        tree: Id,
        part: &Part,
    ) -> Result<(Plan, Vec<Fetch>), Error> {
        let plan = self.plan(indexed, tree, part)?;
        self.backend.forget_ahead();
        let fetches = self.fetches(indexed, &plan)?;
        Ok((plan, fetches))
    }
}

struct Planned {
    indexed: Indexed,
    plan: Plan,
    fetches: Vec<Fetch>,
    /// A snapshot must not build upon what is marked for removal.
    lasting: bool,
}

struct Filling<'a> {
    repository: &'a Repository,
    indexed: &'a Indexed,
    plan: &'a Plan,
    place: &'a Place,
    progress: &'a (dyn Fn(Progress) + Sync),
}

impl Filling<'_> {
    fn run(&self, fetches: &[Fetch], owner: Owner) -> Result<(), Error> {
        let entries = &self.plan.entries;
        entries.iter().try_for_each(|entry| self.place.make(entry))?;
        let so_far = self.start();
        let stop = AtomicBool::new(false);
        let done = in_parallel(fetches, SNAPSHOT_PACKS_AT_ONCE, |fetch| {
            if stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            let done = self.fetch(fetch, &so_far);
            stop.fetch_or(done.is_err(), Ordering::Relaxed);
            done
        });
        done.into_iter().collect::<Result<(), Error>>()?;
        let stored = rustix::process::geteuid().is_root();
        let of = |entry: &Entry| owner.or(entry.owner.filter(|_| stored));
        // From below: writing into a directory changes its time.
        entries.iter().rev().try_for_each(|entry| self.place.dress(entry, of(entry)))?;
        entries.iter().try_for_each(|entry| self.place.verify(entry))
    }

    fn start(&self) -> Mutex<Progress> {
        let (total_bytes, total_files) = (self.plan.bytes, self.plan.files());
        let start = Progress { bytes: 0, total_bytes, total_files };
        (self.progress)(start);
        Mutex::new(start)
    }

    fn fetch(&self, fetch: &Fetch, so_far: &Mutex<Progress>) -> Result<(), Error> {
        let backend = &self.repository.backend;
        let part = backend.fetch_part(&fetch.pack, fetch.from, fetch.to - fetch.from)?;
        backend.put_part(fetch.pack, fetch.from, part);
        let filled = fetch.pieces.iter().try_for_each(|piece| self.fill(piece, so_far));
        backend.drop_part(fetch.pack, fetch.from);
        filled
    }

    fn fill(&self, piece: &Piece, so_far: &Mutex<Progress>) -> Result<(), Error> {
        let hex = piece.blob.into_inner().to_hex();
        let content = self
            .indexed
            .cat_blob(Piece::TYPE, &hex)
            .map_err(|error| self.repository.explain(error))?;
        let real = content.len() == piece.length as usize
            && *piece.blob == Id::new(Sha256::digest(&content).into());
        if !real {
            return Err(Error::Damaged(format!("a part of a file, {}, is altered", &*hex)));
        }
        // The files have their lengths already: zeros need not be written, and stay a hole.
        let hole = content.iter().all(|byte| *byte == 0);
        for (index, offset) in &piece.uses {
            if !hole {
                self.place.write(&self.plan.entries[*index].path, *offset, &content)?;
            }
        }
        self.tell(content.len() * piece.uses.len(), so_far);
        Ok(())
    }

    fn tell(&self, bytes: usize, so_far: &Mutex<Progress>) {
        let mut so_far = so_far.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        so_far.bytes += bytes as u64;
        (self.progress)(*so_far);
    }
}
