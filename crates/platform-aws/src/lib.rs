//! The ports of `platform` on AWS: DynamoDB, S3, ECS, @connections, SSM, and the issuer's keys.
//!
//! A binary's `main` builds one [`Aws`] and from it only what it needs; each adapter's
//! `from_lookup` reads its own variables and names the one that is missing. Nothing touches
//! the network before the first call.
//!
//! A write that carries a generation is conditional on the user's row in TaskState (I3); where
//! it changes another row, both are in one transaction.

mod accounts;
mod alarms;
mod allowed;
mod around;
mod aws;
mod belongings;
mod bot;
mod chats;
mod compute;
pub mod config;
mod connections;
mod conversation_life;
mod conversations;
mod deletions;
mod downloads;
mod errands;
mod exports;
mod inbox;
mod inbox_count;
mod inbox_repair;
mod inbox_rows;
mod incoming;
mod jwks;
mod keys;
mod link_rows;
mod links;
mod metrics;
mod overrides;
mod pages;
mod policy;
mod push;
mod recent;
mod releases;
mod row;
mod schedules;
mod secrets;
mod settings;
mod signing;
mod skills;
mod snapshot_rows;
mod snapshots;
mod spares;
pub mod tables;
mod task_rows;
mod tasks;
mod texts;
mod tokens;
mod uploads;
mod usage;
mod webhook_secret;
mod writes;

pub use accounts::CognitoAccounts;
pub use alarms::SchedulerAlarms;
pub use allowed::telegram_allowed;
pub use aws::Aws;
pub use belongings::AwsBelongings;
pub use bot::TelegramBot;
pub use chats::DynamoChats;
pub use compute::EcsCompute;
pub use config::{ConfigError, Lookup};
pub use connections::DynamoConnections;
pub use conversations::DynamoConversations;
pub use deletions::DynamoDeletions;
pub use downloads::S3Downloads;
pub use errands::DynamoErrands;
pub use exports::S3Exports;
pub use inbox::{DynamoInbox, InboxTables};
pub use inbox_count::InboxCount;
pub use inbox_repair::{DROPPED, Dropped, InboxRepair, Retried};
pub use incoming::S3Incoming;
pub use jwks::{FetchKeys, HttpKeys};
pub use links::DynamoLinks;
pub use metrics::EmfMetrics;
pub use overrides::Overrides;
pub use policy::{machine_size, offered, prices, spares_kept, spend_rules, task_policy};
pub use push::ManagementPush;
pub use releases::DynamoReleases;
pub use schedules::DynamoSchedules;
pub use secrets::Parameters;
pub use settings::DynamoSettings;
pub use signing::Signer;
pub use skills::DynamoSkills;
pub use snapshots::DynamoSnapshots;
pub use spares::DynamoSpares;
pub use tables::Tables;
pub use tasks::DynamoTasks;
pub use texts::Texts;
pub use tokens::{AccessTokens, TokenError, VerifiedToken};
pub use uploads::{S3UploadForms, S3Uploads};
pub use usage::DynamoUsage;
pub use webhook_secret::WebhookSecret;
