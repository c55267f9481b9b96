//! Frames to one connection, as API Gateway's @connections takes them.

use async_trait::async_trait;
use domain::ConnectionId;

#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// The connection is closed, or not open yet.
    #[error("connection is gone")]
    Gone,
    /// Too many requests, or the client reads too slowly: wait and coalesce.
    #[error("connection takes no more for now")]
    Throttled,
    #[error("frame of {0} bytes is too large")]
    TooLarge(usize),
    #[error(transparent)]
    Unavailable(#[from] crate::Unavailable),
}

#[async_trait]
pub trait Push: Send + Sync {
    async fn push(&self, connection: &ConnectionId, frame: &str) -> Result<(), PushError>;

    /// Closes a connection, so that its client opens another and resumes. Closing one that is
    /// gone is fine.
    async fn close(&self, connection: &ConnectionId) -> Result<(), crate::Unavailable>;
}
