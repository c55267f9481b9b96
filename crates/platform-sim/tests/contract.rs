//! The simulated world keeps the contract that the real one keeps.

use std::sync::Arc;

use async_trait::async_trait;
use domain::UploadKey;
use platform::contract::ContractWorld;
use platform::{Connections, Conversations, Inbox, Settings, Snapshots, Spares, Tasks, Uploads};
use platform_sim::World;

struct Simulated(World);

#[async_trait]
impl ContractWorld for Simulated {
    fn inbox(&self) -> Arc<dyn Inbox> {
        self.0.inbox()
    }

    fn tasks(&self) -> Arc<dyn Tasks> {
        self.0.tasks()
    }

    fn connections(&self) -> Arc<dyn Connections> {
        self.0.connections()
    }

    fn conversations(&self) -> Arc<dyn Conversations> {
        self.0.conversations()
    }

    fn spares(&self) -> Arc<dyn Spares> {
        self.0.spares()
    }

    fn snapshots(&self) -> Arc<dyn Snapshots> {
        self.0.snapshots()
    }

    fn settings(&self) -> Arc<dyn Settings> {
        self.0.settings()
    }

    fn uploads(&self) -> Arc<dyn Uploads> {
        self.0.uploads()
    }

    async fn upload(&self, key: &UploadKey, bytes: &[u8]) {
        self.0.upload(key, bytes);
    }
}

async fn world() -> Simulated {
    Simulated(World::default())
}

platform::contract_tests!(world);
