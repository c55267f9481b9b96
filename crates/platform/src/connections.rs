//! Who is connected. `$disconnect` is best effort, so rows expire by themselves, and a push
//! that finds a connection gone removes it.

use std::time::Duration;

use async_trait::async_trait;
use domain::{ConnectionId, Generation, SpareId, Timestamp, UserId};

use crate::{Result, WriteError};

/// From the registration until API Gateway takes posts: the answer of `$connect` lies between.
pub const OPENS_WITHIN: Duration = Duration::from_secs(5);

/// Who is at the other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    Client(UserId),
    /// The bridge of this generation; never shown in [`Connections::clients_of`].
    Bridge(UserId, Generation),
    /// A spare that waits for its claim.
    Spare(SpareId),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    pub id: ConnectionId,
    pub peer: Peer,
    pub connected_at: Timestamp,
}

#[async_trait]
pub trait Connections: Send + Sync {
    /// Registers a connection. That of a bridge or a spare also becomes the one that nudges go
    /// to, if its generation is current, or the spare there and unclaimed: else
    /// [`WriteError::Fenced`], and nothing is kept. A client's never is.
    async fn register(&self, connection: &Connection) -> std::result::Result<(), WriteError>;

    /// `now` hides rows whose TTL has passed; DynamoDB deletes them days later.
    async fn get(&self, id: &ConnectionId, now: Timestamp) -> Result<Option<Connection>>;

    /// API Gateway knows no such connection. One that was registered this moment is not open yet, and
    /// not gone: it stays, or nobody would tell it anything any more.
    async fn found_gone(&self, id: &ConnectionId, now: Timestamp) -> Result<()> {
        let found = self.get(id, now).await?;
        let opens = found.is_some_and(|one| now.since(one.connected_at) < OPENS_WITHIN);
        if opens { Ok(()) } else { self.remove(id).await }
    }

    /// Removing what is not there is fine.
    async fn remove(&self, id: &ConnectionId) -> Result<()>;

    /// The user's browsers. Eventually consistent: a connection made this moment may be missing.
    async fn clients_of(&self, user: &UserId, now: Timestamp) -> Result<Vec<ConnectionId>>;
}
