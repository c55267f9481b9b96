//! The simulated world keeps the contract that the real one keeps.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{IncomingKey, UploadKey};
use platform::contract::ContractWorld;
use platform::{
    Belongings, Chats, Connections, Conversations, Deletions, Errands, Inbox, IncomingFiles, Links,
    ParkedUpdates, Releases, Schedules, Settings, Skills, Snapshots, Spares, Tasks, Uploads,
    UsageRecords,
};
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

    fn schedules(&self) -> Arc<dyn Schedules> {
        self.0.schedules()
    }

    fn releases(&self) -> Arc<dyn Releases> {
        self.0.releases()
    }

    fn settings(&self) -> Arc<dyn Settings> {
        self.0.settings()
    }

    fn usage(&self) -> Arc<dyn UsageRecords> {
        self.0.usage()
    }

    fn deletions(&self) -> Arc<dyn Deletions> {
        self.0.deletions()
    }

    fn belongings(&self) -> Arc<dyn Belongings> {
        self.0.belongings()
    }

    fn links(&self) -> Arc<dyn Links> {
        self.0.links()
    }

    fn chats(&self) -> Arc<dyn Chats> {
        self.0.chats()
    }

    fn parked_updates(&self) -> Arc<dyn ParkedUpdates> {
        self.0.parked_updates()
    }

    fn uploads(&self) -> Arc<dyn Uploads> {
        self.0.uploads()
    }

    async fn upload(&self, key: &UploadKey, bytes: &[u8]) {
        self.0.upload(key, bytes);
    }

    fn skills(&self) -> Arc<dyn Skills> {
        self.0.skills()
    }

    fn errands(&self) -> Arc<dyn Errands> {
        self.0.errands()
    }

    fn incoming(&self) -> Arc<dyn IncomingFiles> {
        self.0.incoming()
    }

    async fn send_in(&self, key: &IncomingKey, bytes: &[u8]) {
        self.0.send_in(key, bytes);
    }
}

async fn world() -> Simulated {
    Simulated(World::default())
}

platform::contract_tests!(world);
