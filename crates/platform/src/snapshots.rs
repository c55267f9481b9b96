//! Where a user's memory stands, and the list of his snapshots. The snapshots themselves lie in
//! a repository that only bridges and operators open.

use async_trait::async_trait;
use domain::{
    Generation, RestoreOutcome, RestoreRequest, Snapshot, SnapshotId, SnapshotRef, Timestamp,
    UserId,
};

use crate::{Result, Unavailable, WriteError};

/// Newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SnapshotPage {
    pub snapshots: Vec<Snapshot>,
    /// Give this as `before` for the page after; opaque.
    pub before: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// Another one is not done yet.
    #[error("another restore is under way")]
    Busy(Box<RestoreRequest>),
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// `TaskState::base` and `TaskState::restore` are read with [`Tasks::get`](crate::Tasks::get).
#[async_trait]
pub trait Snapshots: Send + Sync {
    /// This generation begins with `snapshot`, or with nothing: from now on it is what the next
    /// one begins with, and an older one can record no more. `Fenced` unless the generation is
    /// current; `Conflict` once it has recorded something of its own. Until then it may change
    /// its mind, as when what it chose turns out to be damaged. A request to restore in place
    /// that is still open and names this snapshot is done thereby, in the same write.
    async fn begin_from(
        &self,
        user: &UserId,
        generation: Generation,
        snapshot: Option<&SnapshotRef>,
        now: Timestamp,
    ) -> std::result::Result<(), WriteError>;

    /// A finished snapshot becomes the base and joins the list, in one transaction. `Fenced`
    /// unless its generation may still save ([`TaskState::may_save`](domain::TaskState::may_save))
    /// and no younger one has begun. Again with the same snapshot: no change, no error. One that
    /// comes after a later one of its generation joins the list and is not the base; so a
    /// generation's snapshots must rise in time, whatever its clock does.
    async fn record(
        &self,
        user: &UserId,
        snapshot: &Snapshot,
    ) -> std::result::Result<(), WriteError>;

    /// Newest first, by their times. They stay until they are forgotten: whoever was away for a
    /// year finds what he had. A `before` that is no place in the list reads as none.
    async fn list(&self, user: &UserId, before: Option<&str>, limit: usize)
    -> Result<SnapshotPage>;

    async fn find(&self, user: &UserId, id: &SnapshotId) -> Result<Option<Snapshot>>;

    /// They are no longer in the repository. Those that are not listed do not matter.
    async fn forget(&self, user: &UserId, gone: &[SnapshotRef]) -> Result<()>;

    /// Takes the place of one that is done. The user is due at `due_at`, unless he is due
    /// already, and stays so while the request is open ([`Tasks::settle`](crate::Tasks::settle)).
    /// Again with the same id: no change, no error; the answer is the request as it stands.
    async fn request_restore(
        &self,
        user: &UserId,
        request: &RestoreRequest,
        due_at: Timestamp,
    ) -> std::result::Result<RestoreRequest, RequestError>;

    /// `Fenced` unless the generation is current; `Conflict` if that request is not the last one
    /// or was done before.
    async fn finish_restore(
        &self,
        user: &UserId,
        generation: Generation,
        request: &str,
        outcome: &RestoreOutcome,
    ) -> std::result::Result<(), WriteError>;
}
