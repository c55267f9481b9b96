//! The ports over a DynamoDB and a bucket. For every test target that runs the contract suite,
//! whatever serves it.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use platform::contract::ContractWorld;
use platform::{Connections, Conversations, Inbox, Settings, Spares, Tasks};
use platform_aws::config::{Access, Bucket, Retention};
use platform_aws::{
    Aws, DynamoConnections, DynamoConversations, DynamoInbox, DynamoSettings, DynamoSpares,
    DynamoTasks, InboxTables, Tables, Texts,
};

pub(crate) const REGION: &str = "eu-west-1";
pub(crate) const BUCKET: &str = "data";

/// The product's own clients, pointed at `url`.
pub(crate) fn aws_at(url: &str) -> Aws {
    let access = Access { region: REGION.into(), endpoint_url: Some(url.into()) };
    Aws::with_credentials(&access, "test", "test")
}

pub(crate) struct World<S> {
    db: Client,
    texts: Texts,
    tables: Tables,
    // Dropped last: the clients above speak to them.
    _servers: S,
}

impl<S> World<S> {
    pub(crate) fn new(dynamodb: &Aws, s3: &Aws, tables: &Tables, servers: S) -> Self {
        let texts = Texts::new(s3.s3(), &Bucket { name: BUCKET.into() });
        Self { db: dynamodb.dynamodb(), texts, tables: tables.clone(), _servers: servers }
    }

    fn db(&self) -> Client {
        self.db.clone()
    }

    fn texts(&self) -> Texts {
        self.texts.clone()
    }
}

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
        Arc::new(DynamoConversations::new(self.db(), table, self.texts()))
    }

    fn spares(&self) -> Arc<dyn Spares> {
        Arc::new(DynamoSpares::new(self.db(), &self.tables.task_state))
    }

    fn settings(&self) -> Arc<dyn Settings> {
        Arc::new(DynamoSettings::new(self.db(), &self.tables.settings))
    }
}
