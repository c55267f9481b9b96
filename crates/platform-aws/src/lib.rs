//! The ports of `platform` on AWS: DynamoDB, S3, ECS, @connections, SSM, and the issuer's keys.
//!
//! A binary's `main` builds one [`Aws`] and from it only what it needs; each adapter's
//! `from_lookup` reads its own variables and names the one that is missing. Nothing touches
//! the network before the first call.
//!
//! A write that carries a generation is conditional on the user's row in TaskState (I3); where
//! it changes another row, both are in one transaction.

mod aws;
mod compute;
pub mod config;
mod connections;
mod conversations;
mod inbox;
mod inbox_rows;
mod jwks;
mod keys;
mod metrics;
mod overrides;
mod pages;
mod policy;
mod push;
mod row;
mod secrets;
mod settings;
mod snapshot_rows;
mod snapshots;
mod spares;
pub mod tables;
mod task_rows;
mod tasks;
mod texts;
mod tokens;
mod uploads;
mod writes;

pub use aws::Aws;
pub use compute::EcsCompute;
pub use config::{ConfigError, Lookup};
pub use connections::DynamoConnections;
pub use conversations::DynamoConversations;
pub use inbox::{DynamoInbox, InboxTables};
pub use jwks::{FetchKeys, HttpKeys};
pub use metrics::EmfMetrics;
pub use overrides::Overrides;
pub use policy::{spares_kept, task_policy};
pub use push::ManagementPush;
pub use secrets::Parameters;
pub use settings::DynamoSettings;
pub use snapshots::DynamoSnapshots;
pub use spares::DynamoSpares;
pub use tables::Tables;
pub use tasks::DynamoTasks;
pub use texts::Texts;
pub use tokens::{AccessTokens, TokenError, VerifiedToken};
pub use uploads::{S3UploadForms, S3Uploads};
