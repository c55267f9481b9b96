//! What the API asks of a bridge that runs, through a row: the bridge has no inbound port (I6),
//! and what a Lambda waits for must not depend on a socket of somebody else's.

use async_trait::async_trait;
use domain::errand::{Answer, Ask};
use domain::{Errand, ErrandState, Generation, Timestamp, UploadId, UserId};

use crate::{Result, WriteError};

#[async_trait]
pub trait Errands: Send + Sync {
    async fn ask(&self, user: &UserId, errand: &Errand) -> Result<()>;

    /// For the bridge. `Fenced` unless its generation is current; `Conflict` if nobody asks, or
    /// nobody waits any more. Again by the same one: the same.
    async fn take(
        &self,
        user: &UserId,
        id: &UploadId,
        generation: Generation,
        now: Timestamp,
    ) -> std::result::Result<Ask, WriteError>;

    /// `Fenced` unless the generation is current; `Conflict` if it was answered before, or nobody
    /// asks.
    async fn answer(
        &self,
        user: &UserId,
        id: &UploadId,
        generation: Generation,
        answer: &Answer,
    ) -> std::result::Result<(), WriteError>;

    /// Strongly consistent. `None`: nobody asks, or it has expired.
    async fn read(
        &self,
        user: &UserId,
        id: &UploadId,
        now: Timestamp,
    ) -> Result<Option<ErrandState>>;
}
