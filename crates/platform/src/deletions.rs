//! The marks of users who leave. While one stands the user's row takes no message, no launch, no
//! restore and no bridge's write, so what is emptied stays empty.

use std::time::Duration;

use async_trait::async_trait;
use domain::{Deletion, Timestamp, UserId};

use crate::Result;

/// What a deletion begins with, unless one is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDeletion {
    pub id: String,
    pub now: Timestamp,
    /// How long others may write still: if no generation is about, and if one is.
    pub quiet_after: Duration,
    pub quiet_after_task: Duration,
    /// When somebody goes on with it, should whoever began do no more.
    pub due_at: Timestamp,
}

#[async_trait]
pub trait Deletions: Send + Sync {
    /// Marks the user: every generation of his is fenced, and nothing of what his row said stays
    /// but the number of the last one. One that is under way is answered as it is; after one
    /// that is done a new one begins.
    async fn begin(&self, user: &UserId, new: &NewDeletion) -> Result<Deletion>;

    /// The last one, until it is forgotten.
    async fn get(&self, user: &UserId) -> Result<Option<Deletion>>;

    /// What was deleted so far, and when somebody looks again. Nothing happens if it is no longer
    /// under way.
    async fn note(&self, deletion: &Deletion, due_at: Timestamp) -> Result<()>;

    /// Everything is gone: the user may begin anew. At `due_at` the fence is to be taken down.
    /// Again: no change, no error.
    async fn finish(&self, deletion: &Deletion, now: Timestamp, due_at: Timestamp) -> Result<()>;

    /// Takes the fence down, unless the user has begun anew, and forgets that there was a
    /// deletion. For one that is done.
    async fn forget(&self, deletion: &Deletion) -> Result<()>;

    /// Whose deletion somebody must look at.
    async fn due(&self, now: Timestamp) -> Result<Vec<UserId>>;
}
