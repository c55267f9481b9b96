//! A user wants an older memory back. The request is durable before anybody is woken for it, and
//! it makes him due: if we die right after it, the watchdog does the rest.

use std::sync::Arc;
use std::time::Duration;

use domain::snapshot::{InvalidFolder, folder_for, folder_name};
use domain::{RequestId, RestoreInto, RestoreRequest, SnapshotId, TaskStatus, UserId};
use platform::{Clock, RequestError, Snapshots, Tasks, Unavailable};
use protocol::{Nudge, PostRestore, Restore, RestorePlace};

use crate::read_snapshots::restore;
use crate::{EnsureTask, Ensured};

#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    #[error("there is no snapshot `{0}`")]
    NoSnapshot(SnapshotId),
    #[error(transparent)]
    Folder(#[from] InvalidFolder),
    #[error("a folder is named, and nothing is to be restored into one")]
    FolderUnasked,
    /// Another one is not done yet.
    #[error("another restore is under way; ask again when it is done")]
    Busy(Box<Restore>),
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

#[derive(Clone)]
pub struct RequestRestore {
    pub snapshots: Arc<dyn Snapshots>,
    pub tasks: Arc<dyn Tasks>,
    pub ensure: EnsureTask,
    pub clock: Arc<dyn Clock>,
    /// When the watchdog looks after a request, should we die right after keeping it.
    pub follow_up: Duration,
}

impl RequestRestore {
    /// The request as it stands, and what was done for it now: nothing if it was done before.
    pub async fn run(
        &self,
        user: &UserId,
        snapshot: SnapshotId,
        id: RequestId,
        asked: &PostRestore,
    ) -> Result<(Restore, Option<Ensured>), RestoreError> {
        let request = self.request(user, snapshot, id, asked).await?;
        let due_at = request.requested_at + self.follow_up;
        let kept = match self.snapshots.request_restore(user, &request, due_at).await {
            Ok(kept) => kept,
            Err(RequestError::Busy(open)) => {
                let status = self.tasks.get(user).await?.status;
                return Err(RestoreError::Busy(Box::new(restore(*open, status))));
            }
            Err(RequestError::Unavailable(error)) => return Err(error.into()),
        };
        if !kept.is_open() {
            return Ok((restore(kept, TaskStatus::Idle), None));
        }
        let nudge = Nudge::Restore { request_id: kept.id.clone() };
        let ensured = self.ensure.run(user, &nudge).await?;
        Ok((restore(kept, status_after(&ensured)), Some(ensured)))
    }

    async fn request(
        &self,
        user: &UserId,
        snapshot: SnapshotId,
        id: RequestId,
        asked: &PostRestore,
    ) -> Result<RestoreRequest, RestoreError> {
        let named = asked.folder.as_deref().map(folder_name).transpose()?;
        let found = self.snapshots.find(user, &snapshot).await?;
        let found = found.ok_or(RestoreError::NoSnapshot(snapshot))?;
        let into = match (asked.into, named) {
            (RestorePlace::Place, None) => RestoreInto::Place,
            (RestorePlace::Place, Some(_)) => return Err(RestoreError::FolderUnasked),
            (RestorePlace::Folder, named) => {
                let name = named.unwrap_or_else(|| folder_for(&(&found).into()));
                RestoreInto::Folder { name }
            }
        };
        let requested_at = self.clock.now();
        Ok(RestoreRequest { id: id.into(), snapshot: found.id, into, requested_at, outcome: None })
    }
}

fn status_after(ensured: &Ensured) -> TaskStatus {
    match ensured {
        Ensured::Running => TaskStatus::Running,
        Ensured::Starting { .. } | Ensured::Launched { .. } | Ensured::Claimed => {
            TaskStatus::Starting
        }
        Ensured::Postponed { .. } => TaskStatus::Idle,
    }
}
