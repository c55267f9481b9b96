//! The rules of Serverless OpenClaw: ids, the task's life, the message's life, limits, text.
//!
//! Pure: no IO, no clock, no randomness, no async. Time is an argument, so every
//! timeout is tested without waiting.

pub mod ids;
pub mod limits;
pub mod message;
pub mod retry;
pub mod task;
pub mod text;
pub mod time;

pub use ids::{
    ConnectionId, ConversationId, Generation, InvalidId, LaunchToken, MessageId, TaskArn, UserId,
};
pub use message::{
    Channel, Conversation, InboxMessage, InboxState, Outcome, Reply, ReplyTo, Role, StoredMessage,
    Usage,
};
pub use retry::RetryPolicy;
pub use task::{Capacity, Ensure, Phase, TaskPolicy, TaskState, TaskStatus};
pub use time::Timestamp;
