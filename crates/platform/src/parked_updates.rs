//! Updates that can never be processed. Telegram sends an update until it is acknowledged, and
//! none of its chat after it: what we cannot do we keep, and acknowledge.

use async_trait::async_trait;
use domain::Timestamp;

use crate::Result;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedUpdate {
    pub bot: i64,
    /// The update's number, or a hash of what has none. The same again is one.
    pub id: String,
    pub reason: String,
    /// As it came, [`domain::limits::PARKED_UPDATE_MAX_BYTES`] of it.
    pub body: String,
    pub at: Timestamp,
}

#[async_trait]
pub trait ParkedUpdates: Send + Sync {
    async fn park(&self, update: &ParkedUpdate) -> Result<()>;

    /// Those that have not expired, by id.
    async fn parked(&self, bot: i64, now: Timestamp) -> Result<Vec<ParkedUpdate>>;
}
