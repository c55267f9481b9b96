//! Taking a snapshot.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::{Generation, Snapshot, SnapshotId, SnapshotReason, Timestamp};
use rustic_core::jiff;
use rustic_core::repofile::SnapshotFile;
use rustic_core::{BackupOptions, FileType, Id, ParentOptions, ReadSource, SnapshotOptions};

use crate::backend::{Change, Failed, Gate, Usage};
use crate::error::{Error, Permit, SaveError};
use crate::list::{GENERATION_TAG, Listed, REASON_TAG, listed, rustic_id};
use crate::repository::{HOST, Indexed, Repository};

/// rustic logs what it cannot read, and takes the snapshot without it. So a source remembers.
pub trait Honest {
    /// What could not be read so far, for people.
    fn complaint(&self) -> Option<String>;

    /// The directory that becomes the snapshot's root; all entries lie in it.
    fn root(&self) -> &Path {
        Path::new("/")
    }
}

#[derive(Clone, Copy, Debug)]
pub struct SaveLabel {
    pub generation: Generation,
    pub at: Timestamp,
    pub reason: SnapshotReason,
}

#[derive(Clone, Debug)]
pub struct Saved {
    pub snapshot: Snapshot,
    /// Against the snapshot before.
    pub new_files: u64,
    pub changed_files: u64,
    pub usage: Usage,
}

impl Repository {
    /// What the next snapshot is compared with, so that unchanged files are not read.
    pub fn set_parent(&mut self, parent: &SnapshotId) -> Result<(), Error> {
        self.parent = Some(rustic_id(parent)?);
        Ok(())
    }

    /// Whole or not at all. `permit` is asked when everything else is done.
    pub fn save<S>(
        &mut self,
        source: S,
        label: SaveLabel,
        permit: &Permit,
    ) -> Result<Saved, SaveError>
    where
        S: ReadSource + Honest + 'static,
        S::Open: Send,
        S::Iter: Send,
    {
        self.begin();
        let saved = self.try_save(Arc::new(source), label, permit);
        self.backend.unguard();
        if saved.is_err() {
            self.distrust_memory();
        }
        saved
    }

    fn try_save<S>(
        &mut self,
        source: Arc<S>,
        label: SaveLabel,
        permit: &Permit,
    ) -> Result<Saved, SaveError>
    where
        S: ReadSource + Honest + 'static,
        S::Open: Send,
        S::Iter: Send,
    {
        self.complete()?;
        let indexed = self.take_indexed()?;
        self.backend.guard(gate(source.clone(), permit.clone()));
        let root = source.root().to_owned();
        let archived = indexed.archive(&self.options(), &Lent(source), described(label)?, &[root]);
        let file = archived.map_err(|error| self.explain_save(error))?;
        self.saved(indexed, &file)
    }

    fn saved(&mut self, indexed: Indexed, file: &SnapshotFile) -> Result<Saved, SaveError> {
        let id = file.id.into_inner();
        let listed: Listed = listed(&id, file)?;
        let summary = file.summary.clone().unwrap_or_default();
        // With new packs the index in memory is no longer all there is.
        if summary.data_blobs + summary.tree_blobs == 0 {
            self.keep_indexed(indexed);
        }
        self.parent = Some(id);
        let snapshot = Snapshot::from(&listed);
        self.known.insert(id, listed);
        Ok(Saved {
            snapshot,
            new_files: summary.files_new,
            changed_files: summary.files_changed,
            usage: self.backend.usage(),
        })
    }

    fn options(&self) -> BackupOptions {
        let parents = self.parent.iter().map(|id: &Id| id.to_hex().to_string()).collect::<Vec<_>>();
        let force = parents.is_empty();
        BackupOptions::default()
            .as_path(PathBuf::from("/"))
            .no_scan(true)
            .parent_opts(ParentOptions::default().parents(parents).force(force))
    }
}

/// Right before the snapshot becomes one: is everything in it, and may it be?
fn gate<S: Honest + Send + Sync + 'static>(source: Arc<S>, permit: Permit) -> Gate {
    Arc::new(move |tpe, change| match (tpe, change) {
        (FileType::Snapshot, Change::Write) => {
            if let Some(complaint) = source.complaint() {
                return Err(Failed::Unreadable(complaint));
            }
            permit().map_err(Failed::Refused)
        }
        _ => Ok(()),
    })
}

fn described(label: SaveLabel) -> Result<SnapshotFile, Error> {
    let odd = |_| Error::Broken(format!("{} is no time for a snapshot", label.at.millis()));
    let millis = i64::try_from(label.at.millis()).map_err(|_| odd(()))?;
    let time = jiff::Timestamp::from_millisecond(millis).map_err(|_| odd(()))?;
    let time = time.to_zoned(jiff::tz::TimeZone::UTC);
    let options = SnapshotOptions::default()
        .host(Some(HOST.to_owned()))
        .time(Some(time))
        .command(Some(String::new()));
    let mut file = options.to_snapshot().map_err(|error| Error::Broken(error.display_log()))?;
    file.tags.add(format!("{GENERATION_TAG}{}", label.generation));
    file.tags.add(format!("{REASON_TAG}{}", label.reason.name()));
    Ok(file)
}

/// The gate looks at the source while rustic reads it.
struct Lent<S>(Arc<S>);

impl<S: ReadSource> ReadSource for Lent<S> {
    type Open = S::Open;
    type Iter = S::Iter;

    fn size(&self) -> rustic_core::RusticResult<Option<u64>> {
        self.0.size()
    }

    fn entries(&self) -> Self::Iter {
        self.0.entries()
    }
}
