//! What an agent remembers: its directory on this machine, and the snapshots of it that outlive
//! the machine.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    Generation, Snapshot, SnapshotBase, SnapshotId, SnapshotReason, SnapshotRef, Timestamp,
};

use crate::Unavailable;

/// A part of the agent's directory that is restored by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All but the workspace: what the gateway reads when it starts.
    State,
    Workspace,
}

/// One snapshot of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub snapshot: SnapshotRef,
    /// `None`: of a kind that this version does not know.
    pub reason: Option<SnapshotReason>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    pub snapshots: Vec<Kept>,
    /// Snapshots that are there and cannot be read.
    pub unreadable: usize,
}

impl Listing {
    pub fn is_empty(&self) -> bool {
        self.snapshots.is_empty() && self.unreadable == 0
    }
}

/// How far a restore is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub bytes: u64,
    pub bytes_total: u64,
    pub files_total: u64,
}

pub type OnProgress = Arc<dyn Fn(Progress) + Send + Sync>;

/// The snapshot to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Saving {
    pub generation: Generation,
    pub at: Timestamp,
    pub reason: SnapshotReason,
    /// Somebody may be writing meanwhile. `false`: the gateway and all it started are gone.
    pub live: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// The repository does not answer. Nothing follows from it (I9).
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// It answers, and what it has is not whole.
    #[error("the snapshot is damaged: {0}")]
    Damaged(String),
    /// This machine's own disk.
    #[error("the machine's disk: {0}")]
    Disk(String),
    /// The writer may write no more (I3).
    #[error("another generation has taken over")]
    Fenced,
}

/// Asked right before something is added that a restore may pick, and before anything is removed.
#[async_trait]
pub trait Permit: Send + Sync {
    /// Strongly consistent.
    async fn may_write(&self) -> Result<bool, Unavailable>;
}

/// One user's, on one machine. One operation at a time; the next one waits. An operation that is
/// dropped may go on until its next step, and harms nothing.
#[async_trait]
pub trait Memory: Send + Sync {
    /// Empty only if there is nothing at all, and then whoever begins calls [`Memory::create`].
    async fn list(&self) -> Result<Listing, MemoryError>;

    /// The machine's directory is empty, and a repository stands ready.
    async fn create(&self) -> Result<(), MemoryError>;

    /// What lies in the place of this part goes first. Verified when it returns.
    async fn restore(
        &self,
        snapshot: &SnapshotId,
        part: Part,
        on_progress: OnProgress,
    ) -> Result<(), MemoryError>;

    /// The workspace of then, into a new folder of the workspace. Whole or not at all.
    async fn restore_folder(&self, snapshot: &SnapshotId, folder: &str) -> Result<(), MemoryError>;

    /// `None`: nothing has changed since the last one of this machine, or the one restored.
    async fn save(
        &self,
        saving: Saving,
        permit: Arc<dyn Permit>,
    ) -> Result<Option<Snapshot>, MemoryError>;

    /// Lets go of what the retention does not keep, as the memory stands. Seldom worth it:
    /// nothing happens until there is enough of it. Returns what is gone.
    async fn tidy(
        &self,
        base: Option<&SnapshotBase>,
        permit: Arc<dyn Permit>,
    ) -> Result<Vec<SnapshotRef>, MemoryError>;
}
