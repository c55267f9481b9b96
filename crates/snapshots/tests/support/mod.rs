//! Stores that fail when told to, directories to save, and a look at what came back.
#![allow(dead_code, reason = "every test file takes what it needs")]

pub(crate) mod faults;
pub(crate) mod trees;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::{Generation, SnapshotId, SnapshotReason, SnapshotRef, Timestamp};
use rustic_core::{
    Excludes, LocalSource, LocalSourceFilterOptions, LocalSourceSaveOptions, ReadSource,
};
use snapshots::keys::RepositoryKeys;
use snapshots::store::ObjectStore;
use snapshots::{Error, Honest, Part, Permit, Repository, Retention, SaveError, SaveLabel, Saved};

pub(crate) struct Directory {
    root: PathBuf,
    source: LocalSource,
    complaint: Option<String>,
}

impl Directory {
    pub(crate) fn new(root: &Path) -> Self {
        let (save, filter) =
            (LocalSourceSaveOptions::default(), LocalSourceFilterOptions::default());
        let source = LocalSource::new(save, &Excludes::default(), &filter, &[root]);
        Self { root: root.into(), source: source.expect("a source"), complaint: None }
    }

    pub(crate) fn complaining(self, complaint: &str) -> Self {
        Self { complaint: Some(complaint.into()), ..self }
    }
}

impl Honest for Directory {
    fn complaint(&self) -> Option<String> {
        self.complaint.clone()
    }

    fn root(&self) -> &Path {
        &self.root
    }
}

impl ReadSource for Directory {
    type Open = <LocalSource as ReadSource>::Open;
    type Iter = <LocalSource as ReadSource>::Iter;

    fn size(&self) -> rustic_core::RusticResult<Option<u64>> {
        self.source.size()
    }

    fn entries(&self) -> Self::Iter {
        self.source.entries()
    }
}

/// Only the newest and these stay, and unused packs for so long.
pub(crate) fn newest_and(keep: &[SnapshotId], unused_kept: Duration) -> Retention {
    let keep = keep.to_vec();
    let keeps = move |listed: &[SnapshotRef]| {
        let newest = listed.iter().max_by_key(|of| of.order()).map(|of| of.id.clone());
        keep.iter().cloned().chain(newest).collect()
    };
    Retention { keeps: Arc::new(keeps), unused_kept }
}

pub(crate) const NOON: u64 = 1_795_262_400_000;

pub(crate) fn label(generation: u64, minute: u64) -> SaveLabel {
    SaveLabel {
        generation: Generation(generation),
        at: Timestamp(NOON + minute * 60_000),
        reason: SnapshotReason::Periodic,
    }
}

/// What [`label`] was given.
pub(crate) fn minute_of(snapshot: &SnapshotRef) -> u64 {
    (snapshot.at.0 - NOON) / 60_000
}

pub(crate) fn yes() -> Permit {
    Arc::new(|| Ok(()))
}

/// One user, his keys and his store.
pub(crate) struct User {
    pub(crate) keys: RepositoryKeys,
    pub(crate) store: Arc<faults::FaultStore>,
    pub(crate) cache: tempfile::TempDir,
}

impl User {
    pub(crate) fn new() -> Self {
        Self {
            keys: RepositoryKeys::generate(),
            store: Arc::default(),
            cache: tempfile::tempdir().expect("a directory"),
        }
    }

    pub(crate) fn create(&self) -> Result<Repository, Error> {
        Repository::create(self.store.clone(), &self.keys, Some(self.cache.path().into()))
    }

    /// As another task does, with nothing of this one on its disk.
    pub(crate) fn open(&self) -> Result<Option<Repository>, Error> {
        Repository::open(self.store.clone() as Arc<dyn ObjectStore>, &self.keys, None)
    }

    pub(crate) fn opened(&self) -> Repository {
        self.open().expect("it opens").expect("it is there")
    }
}

pub(crate) fn save(
    repository: &mut Repository,
    dir: &Path,
    generation: u64,
    minute: u64,
) -> Result<Saved, SaveError> {
    repository.save(Directory::new(dir), label(generation, minute), &yes())
}

pub(crate) fn restore(
    repository: &mut Repository,
    id: &SnapshotId,
    target: &Path,
) -> Result<snapshots::Restored, Error> {
    repository.restore(id, &Part::Everything, target, None, &|_| ())
}

/// It restores, and is what `dir` is.
#[track_caller]
pub(crate) fn assert_restores(repository: &mut Repository, id: &SnapshotId, dir: &trees::Picture) {
    let target = tempfile::tempdir().expect("a directory");
    restore(repository, id, target.path()).expect("it restores");
    dir.assert_equal(target.path());
}
