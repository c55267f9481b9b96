//! What we need from the world, as traits at the level of our own operations, and the
//! contract every implementation must pass ([`contract`]).
//!
//! Every conditional write names its loser: [`Fenced`] when the caller's generation is no
//! longer the user's current one (I3), [`LostRace`] when another launch won (I2).

mod bot;
mod clock;
mod compute;
mod connections;
pub mod contract;
mod conversations;
mod error;
mod inbox;
mod memory;
mod metrics;
mod push;
mod settings;
mod snapshots;
mod spares;
mod tasks;
mod tokens;
mod uploads;

pub use bot::{Bot, BotError, BotProfile, BotText};
pub use clock::{Clock, SystemClock};
pub use compute::{Compute, LaunchError, LaunchRequest, ObservedTask};
pub use connections::{Connection, Connections, Peer};
pub use conversations::{Conversations, HistoryPage};
pub use error::{Unavailable, WriteError};
pub use inbox::{Completion, Inbox, NewMessage, PutOutcome};
pub use memory::{Kept, Listing, Memory, MemoryError, OnProgress, Part, Permit, Progress, Saving};
pub use metrics::{Metric, Metrics};
pub use push::{Push, PushError};
pub use settings::Settings;
pub use snapshots::{RequestError, SnapshotPage, Snapshots};
pub use spares::{ClaimSpareError, Spares};
pub use tasks::{Claim, ClaimError, Due, Tasks, Unreadable};
pub use tokens::{AccessTokens, TokenError};
pub use uploads::{OpenError, Upload, UploadBody, UploadForm, UploadForms, Uploads};

/// Shards of the index of who is due: no partition of it is hot.
pub const DUE_SHARDS: u64 = 16;

/// The outcome of an operation that can fail only because the world is unreachable.
pub type Result<T> = std::result::Result<T, Unavailable>;
