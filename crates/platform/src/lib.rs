//! What we need from the world, as traits at the level of our own operations, and the
//! contract every implementation must pass ([`contract`]).
//!
//! Every conditional write names its loser: [`Fenced`] when the caller's generation is no
//! longer the user's current one (I3), [`LostRace`] when another launch won (I2).

mod accounts;
mod belongings;
mod bot;
mod chats;
mod clock;
mod compute;
mod connections;
pub mod contract;
mod conversations;
mod deletions;
mod errands;
mod error;
mod exports;
mod inbox;
mod links;
mod memory;
mod metrics;
mod parked_updates;
mod push;
mod releases;
mod schedules;
mod settings;
mod skills;
mod snapshots;
mod spares;
mod tasks;
mod tokens;
mod uploads;
mod usage;
mod workspace;

pub use accounts::Accounts;
pub use belongings::{Belongings, FilePage, Record, RecordPage, Removed, StoredFile};
pub use bot::{Bot, BotError, BotProfile, BotText};
pub use chats::{Chats, UpdateId};
pub use clock::{Clock, SystemClock};
pub use compute::{Compute, LaunchError, LaunchRequest, ObservedTask};
pub use connections::{Connection, Connections, OPENS_WITHIN, Peer};
pub use conversations::{
    ConversationPage, Conversations, Deletion, HistoryPage, ReadMark, RecentPage, RecentRow,
};
pub use deletions::{Deletions, NewDeletion};
pub use errands::Errands;
pub use error::{Unavailable, WriteError};
pub use exports::{ExportLink, ExportWriter, Exports};
pub use inbox::{AmendOutcome, Amendment, Completion, Inbox, NewMessage, PutOutcome};
pub use links::{IssueOutcome, Links, RedeemOutcome, Redemption};
pub use memory::{Kept, Listing, Memory, MemoryError, OnProgress, Part, Permit, Progress, Saving};
pub use metrics::{Metric, Metrics};
pub use parked_updates::{ParkedUpdate, ParkedUpdates};
pub use push::{Push, PushError};
pub use releases::{Releases, note_release};
pub use schedules::{Alarms, Schedules};
pub use settings::Settings;
pub use skills::Skills;
pub use snapshots::{RequestError, SnapshotPage, Snapshots};
pub use spares::{ClaimSpareError, Spares};
pub use tasks::{Claim, ClaimError, Due, Tasks, Unreadable};
pub use tokens::{AccessTokens, TokenError};
pub use uploads::{OpenError, Upload, UploadBody, UploadForm, UploadForms, Uploads};
pub use usage::{UsageBatch, UsageRecords};
pub use workspace::{
    DownloadUrl, Downloads, FilesError, IncomingFiles, IncomingForms, WorkspaceFiles,
};

/// Shards of the index of who is due: no partition of it is hot.
pub const DUE_SHARDS: u64 = 16;

/// The outcome of an operation that can fail only because the world is unreachable.
pub type Result<T> = std::result::Result<T, Unavailable>;
