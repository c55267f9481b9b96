//! What agents did and used, a row for each user and day. Bridges add to it; pages read it.

use async_trait::async_trait;
use domain::{Day, Generation, Timestamp, UsageCounts, UserId};

use crate::{Result, WriteError};

/// What a bridge adds to one day, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageBatch {
    pub day: Day,
    /// Rises with each batch of a generation.
    pub number: u64,
    pub counts: UsageCounts,
}

#[async_trait]
pub trait UsageRecords: Send + Sync {
    /// Adds a batch to its day, whoever asks how often: one whose number is not above the last
    /// one of its generation on that day was added before. `Fenced` unless the generation is
    /// current: of two that overlap, the time of one counts.
    async fn add(
        &self,
        user: &UserId,
        generation: Generation,
        batch: &UsageBatch,
    ) -> std::result::Result<(), WriteError>;

    /// The days from `from` to `to`, both included, on which there was something; oldest first.
    /// Those of which nothing is kept any more at `now` are left out.
    async fn read(
        &self,
        user: &UserId,
        from: Day,
        to: Day,
        now: Timestamp,
    ) -> Result<Vec<(Day, UsageCounts)>>;
}
