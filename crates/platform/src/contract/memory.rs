//! One user's memory in a world, and the steps that cases have in common.

use std::sync::Arc;

use domain::{
    Generation, RestoreInto, RestoreOutcome, RestoreRequest, Snapshot, SnapshotId, SnapshotReason,
    SnapshotRef, Timestamp,
};

use super::ContractWorld;
use super::scene::{NOW, Scene, later};
use crate::{RequestError, SnapshotPage, Snapshots, WriteError};

/// The memory of a scene's user.
pub(super) struct Memory {
    pub(super) scene: Scene,
    pub(super) snapshots: Arc<dyn Snapshots>,
}

pub(super) fn snapshot(name: &str, generation: Generation, at: Timestamp) -> Snapshot {
    Snapshot {
        id: SnapshotId::new(name).expect("a valid id"),
        generation,
        at,
        reason: SnapshotReason::Periodic,
        files: 3_670,
        bytes: 5_000_000_000,
        added_bytes: 7,
    }
}

pub(super) fn request(id: &str, snapshot: &str, into: RestoreInto) -> RestoreRequest {
    RestoreRequest {
        id: id.into(),
        snapshot: SnapshotId::new(snapshot).expect("a valid id"),
        into,
        requested_at: NOW,
        outcome: None,
    }
}

pub(super) fn folder() -> RestoreInto {
    RestoreInto::Folder { name: "옛날 것".into() }
}

pub(super) fn names(page: &SnapshotPage) -> Vec<&str> {
    page.snapshots.iter().map(|snapshot| snapshot.id.as_str()).collect()
}

impl Memory {
    pub(super) fn of(world: &dyn ContractWorld) -> Self {
        Self { scene: Scene::of(world), snapshots: world.snapshots() }
    }

    pub(super) async fn launch(&self) -> Generation {
        self.scene.launch().await
    }

    pub(super) async fn begin(
        &self,
        generation: Generation,
        with: Option<&Snapshot>,
    ) -> Result<(), WriteError> {
        let with = with.map(SnapshotRef::from);
        self.snapshots.begin_from(&self.scene.user, generation, with.as_ref(), later(5)).await
    }

    pub(super) async fn record(&self, snapshot: &Snapshot) -> Result<(), WriteError> {
        self.snapshots.record(&self.scene.user, snapshot).await
    }

    /// Recorded by `generation`, `seconds` later.
    pub(super) async fn saved(&self, name: &str, generation: Generation, seconds: u64) -> Snapshot {
        let snapshot = snapshot(name, generation, later(seconds));
        self.record(&snapshot).await.expect("may save");
        snapshot
    }

    pub(super) async fn base(&self) -> (Generation, Option<SnapshotRef>) {
        let base = self.scene.task().await.base.expect("somebody has begun");
        (base.generation, base.snapshot)
    }

    pub(super) async fn page(&self, before: Option<&str>, limit: usize) -> SnapshotPage {
        self.snapshots.list(&self.scene.user, before, limit).await.expect("reads")
    }

    pub(super) async fn ask(
        &self,
        request: &RestoreRequest,
    ) -> Result<RestoreRequest, RequestError> {
        self.snapshots.request_restore(&self.scene.user, request, later(60)).await
    }

    pub(super) async fn finish(
        &self,
        generation: Generation,
        id: &str,
        outcome: &RestoreOutcome,
    ) -> Result<(), WriteError> {
        self.snapshots.finish_restore(&self.scene.user, generation, id, outcome).await
    }

    pub(super) async fn restore(&self) -> Option<RestoreRequest> {
        self.scene.task().await.restore
    }
}
