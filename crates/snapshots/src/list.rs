//! Which snapshots there are.

use std::collections::BTreeMap;

use domain::{Generation, Snapshot, SnapshotId, SnapshotReason, SnapshotRef, Timestamp};
use rustic_core::repofile::SnapshotFile;
use rustic_core::{FileType, Id};

use crate::error::Error;
use crate::parallel::in_parallel;
use crate::repository::{Repository, files};
use crate::store::StoreError;
use domain::limits::SNAPSHOT_REQUESTS_AT_ONCE;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub snapshot: SnapshotRef,
    pub reason: SnapshotReason,
    pub files: u64,
    /// Of all its files, in bytes.
    pub bytes: u64,
    /// What it added to the bucket, in bytes.
    pub added: u64,
    pub(crate) tree: Id,
}

impl From<&Listed> for Snapshot {
    fn from(listed: &Listed) -> Self {
        Snapshot {
            id: listed.snapshot.id.clone(),
            generation: listed.snapshot.generation,
            at: listed.snapshot.at,
            reason: listed.reason,
            files: listed.files,
            bytes: listed.bytes,
            added_bytes: listed.added,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Newest last, by generation and then by time.
    pub snapshots: Vec<Listed>,
    /// There is such a file, and nobody can tell what it says.
    pub unreadable: Vec<Unreadable>,
}

impl Listing {
    pub(crate) fn is_odd(&self) -> bool {
        !self.unreadable.is_empty()
    }

    pub fn refs(&self) -> Vec<SnapshotRef> {
        self.snapshots.iter().map(|listed| listed.snapshot.clone()).collect()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    pub id: SnapshotId,
    pub why: String,
}

impl Repository {
    /// All of them, or an error; never a part.
    pub fn list(&mut self) -> Result<Listing, Error> {
        self.backend.begin();
        let there = match self.fresh.take() {
            Some(fresh) => fresh,
            None => files("snapshots/", &self.backend.objects("snapshots/")?),
        };
        self.known.retain(|id, _| there.contains_key(id));
        let listing = self.read_snapshots(&there);
        self.backend.forget_ahead();
        listing
    }

    fn read_snapshots(&mut self, there: &BTreeMap<Id, u32>) -> Result<Listing, Error> {
        let unknown: Vec<Id> =
            there.keys().filter(|id| !self.known.contains_key(id)).copied().collect();
        let fetched = in_parallel(&unknown, SNAPSHOT_REQUESTS_AT_ONCE, |id| {
            match self.is_cached(FileType::Snapshot, id) {
                true => Ok(()),
                false => self
                    .backend
                    .fetch(FileType::Snapshot, id)
                    .map(|file| self.backend.put_ahead(*id, file)),
            }
        });
        let mut listing = Listing::default();
        for (id, fetched) in unknown.iter().zip(fetched) {
            match self.read_snapshot(id, fetched) {
                Ok(listed) => drop(self.known.insert(*id, listed)),
                Err(Error::Damaged(why)) => {
                    listing.unreadable.push(Unreadable { id: snapshot_id(id), why });
                }
                Err(error) => return Err(error),
            }
        }
        listing.snapshots = self.known.values().cloned().collect();
        listing.snapshots.sort_by(|a, b| a.snapshot.order().cmp(&b.snapshot.order()));
        Ok(listing)
    }

    fn read_snapshot(&self, id: &Id, fetched: Result<(), StoreError>) -> Result<Listed, Error> {
        fetched?;
        self.backend.begin();
        let read = self.plain()?.get_file::<SnapshotFile>(&(*id).into());
        listed(id, &read.map_err(|error| self.explain(error))?)
    }
}

pub(crate) fn snapshot_id(id: &Id) -> SnapshotId {
    SnapshotId::new(&*id.to_hex()).expect("64 hex digits are a snapshot's id")
}

pub(crate) fn rustic_id(id: &SnapshotId) -> Result<Id, Error> {
    let parsed = Some(id.as_str()).filter(|text| text.len() == 64).and_then(|t| t.parse().ok());
    parsed.ok_or_else(|| Error::Damaged(format!("{id} is no snapshot's id")))
}

pub(crate) fn listed(id: &Id, file: &SnapshotFile) -> Result<Listed, Error> {
    let foreign = |what| Error::Damaged(format!("snapshot {id} is not one of ours: {what}"));
    let tag = |prefix| file.tags.iter().find_map(|tag: &String| tag.strip_prefix(prefix));
    let generation = tag(GENERATION_TAG).and_then(|number| number.parse().ok());
    let reason = tag(REASON_TAG).and_then(SnapshotReason::of_name);
    let at = u64::try_from(file.time.timestamp().as_millisecond());
    let summary = file.summary.clone().ok_or_else(|| foreign("it has no summary"))?;
    Ok(Listed {
        snapshot: SnapshotRef {
            id: snapshot_id(id),
            generation: Generation(generation.ok_or_else(|| foreign("it has no generation"))?),
            at: Timestamp(at.map_err(|_| foreign("its time is before 1970"))?),
        },
        reason: reason.ok_or_else(|| foreign("it has no reason"))?,
        files: summary.total_files_processed,
        bytes: summary.total_bytes_processed,
        added: summary.data_added_packed,
        tree: file.tree.into_inner(),
    })
}

pub(crate) const GENERATION_TAG: &str = "gen-";
pub(crate) const REASON_TAG: &str = "why-";
