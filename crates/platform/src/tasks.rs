//! The task's row: who may launch (I2), who may write (I3).

use std::time::Duration;

use async_trait::async_trait;
use domain::{Capacity, Generation, Phase, TaskArn, TaskState, TaskStatus, Timestamp, UserId};

use crate::{Result, Unavailable, WriteError};

/// A launch that a caller wants to win.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The row as it was read: the condition.
    pub seen_status: TaskStatus,
    pub seen_generation: Generation,
    pub launch_token_sha256: String,
    pub now: Timestamp,
    /// When the watchdog looks after this launch.
    pub due_at: Timestamp,
}

#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// Happy path: another message won the launch, and its task reads our inbox.
    #[error("another launch won")]
    LostRace,
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

#[async_trait]
pub trait Tasks: Send + Sync {
    /// Strongly consistent. A user without a row is `TaskState::idle`.
    async fn get(&self, user: &UserId) -> Result<TaskState>;

    /// Starting, generation + 1, phase Provisioning; no arn, no bridge connection.
    async fn claim_launch(
        &self,
        user: &UserId,
        claim: &Claim,
    ) -> std::result::Result<Generation, ClaimError>;

    async fn record_launched(
        &self,
        user: &UserId,
        generation: Generation,
        arn: &TaskArn,
        capacity: Capacity,
    ) -> std::result::Result<(), WriteError>;

    /// The launch failed altogether: Idle again, `released` = this generation, due at `due_at`.
    async fn launch_failed(
        &self,
        user: &UserId,
        generation: Generation,
        due_at: Timestamp,
    ) -> std::result::Result<(), WriteError>;

    async fn set_phase(
        &self,
        user: &UserId,
        generation: Generation,
        phase: Phase,
    ) -> std::result::Result<(), WriteError>;

    /// Running, phase Ready. `woke_in` joins the user's last ten wake-ups.
    async fn set_running(
        &self,
        user: &UserId,
        generation: Generation,
        woke_in: Duration,
        now: Timestamp,
    ) -> std::result::Result<(), WriteError>;

    async fn touch(
        &self,
        user: &UserId,
        generation: Generation,
        now: Timestamp,
    ) -> std::result::Result<(), WriteError>;

    async fn set_stopping(
        &self,
        user: &UserId,
        generation: Generation,
    ) -> std::result::Result<(), WriteError>;

    /// This generation writes no more: `released` rises to it (never falls), whoever is current.
    /// If it is still the current one the row becomes Idle too. Returns whether it was current.
    async fn release(&self, user: &UserId, generation: Generation) -> Result<bool>;

    /// Users with `due_at <= now`, any order.
    async fn due(&self, now: Timestamp) -> Result<Vec<UserId>>;
}
