//! Machines: one ECS task per launch.

use async_trait::async_trait;
use domain::{Capacity, Generation, LaunchToken, TaskArn, UserId};

use crate::{Result, Unavailable};

#[derive(Clone, Debug)]
pub struct LaunchRequest {
    pub user: UserId,
    pub generation: Generation,
    /// Counts tries of one generation: Spot first, then on-demand. Part of the client token.
    pub attempt: u32,
    pub capacity: Capacity,
    pub token: LaunchToken,
}

#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// This kind of machine is not to be had now.
    #[error("no {} capacity: {reason}", capacity.provider())]
    NoCapacity { capacity: Capacity, reason: String },
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// A task as ECS reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedTask {
    pub arn: TaskArn,
    pub stopped: bool,
    pub stopped_reason: Option<String>,
}

#[async_trait]
pub trait Compute: Send + Sync {
    /// Idempotent for the same (user, generation, attempt).
    async fn launch(&self, request: &LaunchRequest) -> std::result::Result<TaskArn, LaunchError>;

    async fn stop(&self, arn: &TaskArn, reason: &str) -> Result<()>;

    /// In any order; what ECS no longer knows is missing from the answer.
    async fn describe(&self, arns: &[TaskArn]) -> Result<Vec<ObservedTask>>;
}
