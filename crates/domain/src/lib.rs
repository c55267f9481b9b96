//! The rules of Serverless OpenClaw: ids, the task's life, the message's life, limits, text.
//!
//! Pure: no IO, no clock, no randomness, no async. Time is an argument, so every
//! timeout is tested without waiting.

pub mod activity;
pub mod ids;
pub mod limits;
pub mod message;
pub mod retry;
pub mod snapshot;
pub mod spare;
pub mod task;
pub mod telegram;
pub mod text;
pub mod time;
pub mod upload;
pub mod window;

pub use activity::{ActivityHistory, IdlePolicy, LocalHour, TimeZone, UnknownTimeZone};
pub use ids::{
    ConnectionId, ConversationId, Generation, InvalidId, LaunchToken, MessageId, Owner, RequestId,
    SnapshotId, SpareId, TaskArn, UploadId, UserId,
};
pub use message::{
    Channel, Conversation, InboxMessage, InboxState, Outcome, Reply, ReplyTo, Role, StoredMessage,
    Usage,
};
pub use retry::RetryPolicy;
pub use snapshot::{
    RestoreInto, RestoreOutcome, RestoreRequest, Snapshot, SnapshotBase, SnapshotReason,
    SnapshotRef, candidates,
};
pub use spare::{Spare, SpareStatus};
pub use task::{Capacity, Ensure, Phase, TaskPolicy, TaskState, TaskStatus};
pub use telegram::{TelegramChat, TelegramUser};
pub use time::Timestamp;
pub use upload::{FileName, InvalidFileName, InvalidUploadKey, UploadKey};
pub use window::{InvalidWindow, Windows};
