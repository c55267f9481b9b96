//! The pool: tasks that are up before anybody needs one.

use async_trait::async_trait;
use domain::{Generation, Spare, SpareId, TaskArn, UserId};

use crate::{Claim, Result, Unavailable, WriteError};

#[derive(Debug, thiserror::Error)]
pub enum ClaimSpareError {
    /// Somebody else has this spare, or it is gone: try another.
    #[error("the spare is taken")]
    Taken,
    /// Another launch for this user won, whatever became of the spare.
    #[error("another launch won")]
    LostRace,
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// A spare that is not there, or not in the state a write needs, is [`WriteError::Fenced`].
#[async_trait]
pub trait Spares: Send + Sync {
    /// A new one, Starting.
    async fn add(&self, spare: &Spare) -> Result<()>;

    async fn record_launched(
        &self,
        id: &SpareId,
        arn: &TaskArn,
    ) -> std::result::Result<(), WriteError>;

    /// Starting or Ready becomes Ready.
    async fn set_ready(&self, id: &SpareId) -> std::result::Result<(), WriteError>;

    /// Strongly consistent.
    async fn get(&self, id: &SpareId) -> Result<Option<Spare>>;

    /// All of them, claimed ones that still have their row included. One added this moment may
    /// be missing; what is there is as it is now.
    async fn all(&self) -> Result<Vec<Spare>>;

    /// One transaction: the spare Ready becomes Claimed, and the user's row becomes as
    /// [`crate::Tasks::claim_launch`] makes it, with the spare's task.
    async fn claim(
        &self,
        spare: &Spare,
        user: &UserId,
        claim: &Claim,
    ) -> std::result::Result<Generation, ClaimSpareError>;

    /// Takes an unclaimed spare out of the pool. `false`: it is claimed, or gone.
    async fn retire(&self, id: &SpareId) -> Result<bool>;

    /// Forgets a spare, claimed or not, whose task is its user's or dead.
    async fn remove(&self, id: &SpareId) -> Result<()>;
}
