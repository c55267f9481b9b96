//! Who is connected. `$disconnect` is best effort, so rows expire by themselves, and a push
//! that finds a connection gone removes it.

use async_trait::async_trait;
use domain::{ConnectionId, Generation, Timestamp, UserId};

use crate::{Result, WriteError};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionKind {
    Client,
    /// The bridge of this generation; never shown in [`Connections::clients_of`].
    Bridge(Generation),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    pub id: ConnectionId,
    pub user: UserId,
    pub kind: ConnectionKind,
    pub connected_at: Timestamp,
}

#[async_trait]
pub trait Connections: Send + Sync {
    async fn register(&self, connection: &Connection) -> Result<()>;

    /// Registers a bridge's connection and makes it the one that nudges go to, if its generation
    /// is current: [`WriteError::Fenced`] else, and nothing is kept.
    async fn register_bridge(&self, connection: &Connection)
    -> std::result::Result<(), WriteError>;

    /// `now` hides rows whose TTL has passed; DynamoDB deletes them days later.
    async fn get(&self, id: &ConnectionId, now: Timestamp) -> Result<Option<Connection>>;

    /// Removing what is not there is fine.
    async fn remove(&self, id: &ConnectionId) -> Result<()>;

    /// The user's browsers. Eventually consistent: a connection made this moment may be missing.
    async fn clients_of(&self, user: &UserId, now: Timestamp) -> Result<Vec<ConnectionId>>;
}
