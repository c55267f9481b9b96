//! The use cases, one file each. They see ports ([`platform`]), never AWS.
//!
//! Start with [`accept_message`], the heart; it calls [`ensure_task`].

pub mod accept_message;
pub mod cancel_message;
pub mod connect;
pub mod ensure_task;
pub mod follow_task;
pub mod keep_spares;
pub mod offer_upload;
pub mod plan;
pub mod plan_pool;
pub mod read_conversations;
pub mod read_snapshots;
pub mod read_status;
pub mod request_restore;
pub mod request_snapshot;
pub mod resume_stream;
mod side_by_side;
pub mod tell;
mod watch_act;
mod watch_events;
mod watch_look;

pub use accept_message::{AcceptError, AcceptMessage, Accepted, Incoming};
pub use cancel_message::CancelMessage;
pub use connect::{Connect, ConnectError};
pub use ensure_task::{EnsureTask, Ensured};
pub use follow_task::{FollowTask, Swept};
pub use keep_spares::{KeepSpares, Kept, Wanted};
pub use offer_upload::{OfferError, OfferUpload};
pub use plan_pool::PoolPolicy;
pub use read_conversations::ReadConversations;
pub use read_snapshots::ReadSnapshots;
pub use read_status::ReadStatus;
pub use request_restore::{RequestRestore, RestoreError};
pub use request_snapshot::RequestSnapshot;
pub use resume_stream::{Resume, ResumeStream};
pub use tell::Tell;
pub use watch_events::{TaskChange, TaskEvent};
