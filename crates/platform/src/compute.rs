//! Machines: one ECS task per launch.

use async_trait::async_trait;
use domain::{Capacity, LaunchToken, Owner, TaskArn, TaskDefinition, Timestamp};

use crate::{Result, Unavailable};

#[derive(Clone, Debug)]
pub struct LaunchRequest {
    /// Counts tries of one launch: Spot first, then on-demand. Part of the client token.
    pub attempt: u32,
    pub capacity: Capacity,
    /// `None`: the newest one.
    pub definition: Option<TaskDefinition>,
    /// Also says whom the task serves.
    pub token: LaunchToken,
    /// Of a spare: unclaimed until then, it stops.
    pub expires_at: Option<Timestamp>,
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
    /// From the variables it was launched with. `None`: not one of ours, or not readable.
    pub owner: Option<Owner>,
    pub capacity: Option<Capacity>,
    pub created_at: Option<Timestamp>,
    pub stopped: bool,
    /// It stopped before any of it ran.
    pub failed_to_start: bool,
    pub stopped_reason: Option<String>,
    /// What it runs.
    pub definition: Option<TaskDefinition>,
}

#[async_trait]
pub trait Compute: Send + Sync {
    /// Idempotent for the same (owner, attempt).
    async fn launch(&self, request: &LaunchRequest) -> std::result::Result<TaskArn, LaunchError>;

    async fn stop(&self, arn: &TaskArn, reason: &str) -> Result<()>;

    /// Our tasks that have not been asked to stop. One that is saving before it stops is not
    /// among them, and one launched this moment may not be yet (ECS is eventually consistent):
    /// absence is no proof of death, ask [`describe`](Self::describe).
    async fn list(&self) -> Result<Vec<TaskArn>>;

    /// In any order; what ECS no longer knows is missing from the answer.
    async fn describe(&self, arns: &[TaskArn]) -> Result<Vec<ObservedTask>>;
}
