//! A spare task: up before anybody needs it, and then one user's for good.

use crate::{ConnectionId, Generation, SpareId, TaskArn, Timestamp, UserId};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpareStatus {
    /// Launched, and not up yet.
    Starting,
    /// Up, with nobody's data.
    Ready,
    /// That user's task now. Never `Ready` again.
    Claimed(UserId, Generation),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spare {
    pub id: SpareId,
    pub status: SpareStatus,
    pub launch_token_sha256: String,
    pub task_arn: Option<TaskArn>,
    /// Where it listens for its claim.
    pub connection: Option<ConnectionId>,
    pub launched_at: Timestamp,
    /// Unclaimed until then, it stops.
    pub expires_at: Timestamp,
}
