//! The list of a user's snapshots, and how the restore stands that he asked for last.

use std::sync::Arc;

use domain::limits::SNAPSHOT_PAGE_MAX;
use domain::{RestoreInto, RestoreOutcome, RestoreRequest, Snapshot, TaskStatus, UserId};
use platform::{Snapshots, Tasks, Unavailable};
use protocol::{Restore, RestorePlace, RestoreState, SnapshotSummary, SnapshotsPage};

#[derive(Clone)]
pub struct ReadSnapshots {
    pub snapshots: Arc<dyn Snapshots>,
    pub tasks: Arc<dyn Tasks>,
}

impl ReadSnapshots {
    pub async fn run(
        &self,
        user: &UserId,
        before: Option<&str>,
        limit: usize,
    ) -> Result<SnapshotsPage, Unavailable> {
        let page = self.snapshots.list(user, before, limit.clamp(1, SNAPSHOT_PAGE_MAX)).await?;
        let task = self.tasks.get(user).await?;
        Ok(SnapshotsPage {
            snapshots: page.snapshots.into_iter().map(summary).collect(),
            before: page.before,
            restore: task.restore.map(|request| restore(request, task.status)),
        })
    }
}

fn summary(snapshot: Snapshot) -> SnapshotSummary {
    SnapshotSummary {
        id: snapshot.id.into(),
        at: snapshot.at.millis(),
        reason: snapshot.reason,
        generation: snapshot.generation.0,
        files: snapshot.files,
        bytes: snapshot.bytes,
        added_bytes: snapshot.added_bytes,
    }
}

/// As people are shown it, while the task is in this state.
pub fn restore(request: RestoreRequest, status: TaskStatus) -> Restore {
    let (state, detail) = match request.outcome {
        None => (RestoreState::Pending, Some(waits_for(status).to_owned())),
        Some(RestoreOutcome::Done { .. }) => (RestoreState::Done, None),
        Some(RestoreOutcome::Failed { why, .. }) => (RestoreState::Failed, Some(why)),
    };
    let (into, folder) = match request.into {
        RestoreInto::Place => (RestorePlace::Place, None),
        RestoreInto::Folder { name } => (RestorePlace::Folder, Some(name)),
    };
    Restore {
        id: request.id,
        snapshot_id: request.snapshot.into(),
        into,
        folder,
        requested_at: request.requested_at.millis(),
        state,
        detail,
    }
}

fn waits_for(status: TaskStatus) -> &'static str {
    match status {
        TaskStatus::Idle => "Your agent is asleep and is being woken for it.",
        TaskStatus::Starting => "Your agent is starting, and does it then.",
        TaskStatus::Running => "Your agent is doing it.",
        TaskStatus::Stopping => "Your agent is stopping, and does it when it starts again.",
    }
}
