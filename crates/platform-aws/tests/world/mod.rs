//! The ports over a DynamoDB and a bucket. For every test target that runs the contract suite,
//! whatever serves it.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use domain::{IncomingKey, UploadKey};
use platform::contract::ContractWorld;
use platform::{
    Belongings, Connections, Conversations, Deletions, Errands, Inbox, IncomingFiles, Schedules,
    Settings, Skills, Snapshots, Spares, Tasks, Uploads, UsageRecords,
};
use platform::{Chats, Links, ParkedUpdates, Releases};
use platform_aws::config::{Access, Bucket, Retention};
use platform_aws::{
    Aws, AwsBelongings, DynamoChats, DynamoConnections, DynamoConversations, DynamoDeletions,
    DynamoErrands, DynamoInbox, DynamoLinks, DynamoReleases, DynamoSchedules, DynamoSettings,
    DynamoSkills, DynamoSnapshots, DynamoSpares, DynamoTasks, DynamoUsage, InboxTables, S3Incoming,
    S3Uploads, Tables, Texts,
};

pub(crate) const REGION: &str = "eu-west-1";
pub(crate) const BUCKET: &str = "data";

/// The product's own clients, pointed at `url`.
pub(crate) fn aws_at(url: &str) -> Aws {
    let access =
        Access { region: REGION.into(), endpoint_url: Some(url.into()), dual_stack: false };
    Aws::with_credentials(&access, "test", "test")
}

pub(crate) struct World<S> {
    db: Client,
    s3: aws_sdk_s3::Client,
    tables: Tables,
    // Dropped last: the clients above speak to them.
    _servers: S,
}

impl<S> World<S> {
    pub(crate) fn new(dynamodb: &Aws, s3: &Aws, tables: &Tables, servers: S) -> Self {
        Self { db: dynamodb.dynamodb(), s3: s3.s3(), tables: tables.clone(), _servers: servers }
    }

    fn db(&self) -> Client {
        self.db.clone()
    }

    fn texts(&self) -> Texts {
        Texts::new(self.s3.clone(), &bucket())
    }
}

fn bucket() -> Bucket {
    Bucket { name: BUCKET.into() }
}

#[async_trait]
impl<S: Send + Sync> ContractWorld for World<S> {
    fn inbox(&self) -> Arc<dyn Inbox> {
        let tables = InboxTables {
            pending_messages: self.tables.pending_messages.clone(),
            conversations: self.tables.conversations.clone(),
            task_state: self.tables.task_state.clone(),
        };
        Arc::new(DynamoInbox::new(self.db(), tables, self.texts(), Retention::default()))
    }

    fn tasks(&self) -> Arc<dyn Tasks> {
        Arc::new(DynamoTasks::new(self.db(), &self.tables.task_state))
    }

    fn connections(&self) -> Arc<dyn Connections> {
        let Tables { connections, task_state, .. } = &self.tables;
        Arc::new(DynamoConnections::new(self.db(), connections, task_state))
    }

    fn conversations(&self) -> Arc<dyn Conversations> {
        let table = &self.tables.conversations;
        Arc::new(DynamoConversations::new(self.db(), table, self.texts(), Retention::default()))
    }

    fn spares(&self) -> Arc<dyn Spares> {
        Arc::new(DynamoSpares::new(self.db(), &self.tables.task_state))
    }

    fn snapshots(&self) -> Arc<dyn Snapshots> {
        let Tables { task_state, settings, .. } = &self.tables;
        Arc::new(DynamoSnapshots::new(self.db(), task_state, settings))
    }

    fn schedules(&self) -> Arc<dyn Schedules> {
        Arc::new(DynamoSchedules::new(self.db(), &self.tables.settings))
    }

    fn releases(&self) -> Arc<dyn Releases> {
        Arc::new(DynamoReleases::new(self.db(), &self.tables.task_state))
    }

    fn settings(&self) -> Arc<dyn Settings> {
        Arc::new(DynamoSettings::new(self.db(), &self.tables.settings))
    }

    fn usage(&self) -> Arc<dyn UsageRecords> {
        let Tables { settings, task_state, .. } = &self.tables;
        Arc::new(DynamoUsage::new(self.db(), settings, task_state))
    }

    fn deletions(&self) -> Arc<dyn Deletions> {
        Arc::new(DynamoDeletions::new(self.db(), &self.tables.task_state))
    }

    fn belongings(&self) -> Arc<dyn Belongings> {
        let (s3, tables) = (self.s3.clone(), self.tables.clone());
        Arc::new(AwsBelongings::new(self.db(), s3, tables, &bucket()))
    }

    fn links(&self) -> Arc<dyn Links> {
        Arc::new(DynamoLinks::new(self.db(), &self.tables.settings))
    }

    fn chats(&self) -> Arc<dyn Chats> {
        Arc::new(DynamoChats::new(self.db(), &self.tables.settings))
    }

    fn parked_updates(&self) -> Arc<dyn ParkedUpdates> {
        Arc::new(DynamoChats::new(self.db(), &self.tables.settings))
    }

    fn uploads(&self) -> Arc<dyn Uploads> {
        Arc::new(S3Uploads::new(self.s3.clone(), &bucket()))
    }

    async fn upload(&self, key: &UploadKey, bytes: &[u8]) {
        let put = self.s3.put_object().bucket(BUCKET).key(key.to_string());
        put.body(bytes.to_vec().into()).send().await.expect("puts");
    }

    fn skills(&self) -> Arc<dyn Skills> {
        let settings = &self.tables.settings;
        Arc::new(DynamoSkills::new(self.db(), settings, self.s3.clone(), &bucket()))
    }

    fn errands(&self) -> Arc<dyn Errands> {
        let Tables { task_state, settings, .. } = &self.tables;
        Arc::new(DynamoErrands::new(self.db(), task_state, settings))
    }

    fn incoming(&self) -> Arc<dyn IncomingFiles> {
        Arc::new(S3Incoming::new(self.s3.clone(), &bucket()))
    }

    async fn send_in(&self, key: &IncomingKey, bytes: &[u8]) {
        let put = self.s3.put_object().bucket(BUCKET).key(key.to_string());
        put.body(bytes.to_vec().into()).send().await.expect("puts");
    }
}
