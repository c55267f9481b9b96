//! Which snapshot a task restores from, and which ones are kept.
//!
//! The repository holds snapshots; the task's row says where the user's memory stands: its
//! [`SnapshotBase`]. A generation that begins picks by [`candidates`] and writes its choice into
//! the row before its agent runs. From then on what an older generation may still write is never
//! picked (I3), whatever its label and its clock say.

mod folder;
mod line;
mod retention;

use serde::{Deserialize, Serialize};

pub use folder::{InvalidFolder, folder_for, folder_name};
pub use line::{Begin, Plan, SnapshotBase, candidates, plan};
pub use retention::kept;

use crate::{Generation, SnapshotId, Timestamp};

/// Why one was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SnapshotReason {
    /// Something had changed when the clock came round.
    Periodic,
    /// The task stopped.
    Stop,
    /// A person asked for it.
    Requested,
}

impl SnapshotReason {
    /// As in a snapshot's tags.
    pub fn name(self) -> &'static str {
        match self {
            SnapshotReason::Periodic => "periodic",
            SnapshotReason::Stop => "stop",
            SnapshotReason::Requested => "requested",
        }
    }

    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Periodic, Self::Stop, Self::Requested].into_iter().find(|known| known.name() == name)
    }
}

/// One finished snapshot, as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub id: SnapshotId,
    pub generation: Generation,
    pub at: Timestamp,
    pub reason: SnapshotReason,
    pub files: u64,
    /// Of all its files, in bytes.
    pub bytes: u64,
    /// What it added to the bucket, in bytes.
    pub added_bytes: u64,
}

/// A snapshot by its id and its place among the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotRef {
    pub id: SnapshotId,
    pub generation: Generation,
    pub at: Timestamp,
}

impl SnapshotRef {
    /// Newest last.
    pub fn order(&self) -> (Generation, Timestamp, &SnapshotId) {
        (self.generation, self.at, &self.id)
    }
}

impl From<&Snapshot> for SnapshotRef {
    fn from(snapshot: &Snapshot) -> Self {
        Self { id: snapshot.id.clone(), generation: snapshot.generation, at: snapshot.at }
    }
}

/// Where a restored snapshot goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "into", rename_all = "camelCase")]
pub enum RestoreInto {
    /// The agent becomes what it was then.
    Place,
    /// Its workspace of then lies in a new folder of the workspace of now.
    Folder { name: String },
}

/// What a user has asked for, until it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestoreRequest {
    /// The asker's own idempotency key.
    pub id: String,
    pub snapshot: SnapshotId,
    pub into: RestoreInto,
    pub requested_at: Timestamp,
    /// `None`: not done yet.
    pub outcome: Option<RestoreOutcome>,
}

impl RestoreRequest {
    pub fn is_open(&self) -> bool {
        self.outcome.is_none()
    }

    /// Whether a generation that begins with this snapshot does what was asked for.
    pub fn is_done_by(&self, snapshot: Option<&SnapshotRef>) -> bool {
        self.is_open()
            && self.into == RestoreInto::Place
            && snapshot.is_some_and(|of| of.id == self.snapshot)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "camelCase")]
pub enum RestoreOutcome {
    Done {
        at: Timestamp,
    },
    /// `why` is for people.
    Failed {
        at: Timestamp,
        why: String,
    },
}
