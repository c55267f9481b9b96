//! The task's row: who may launch (I2), who may write (I3).

use std::time::Duration;

use async_trait::async_trait;
use domain::{
    ActivityHistory, Capacity, Generation, Phase, TaskArn, TaskState, TaskStatus, Timestamp, UserId,
};

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

/// Who is due in one shard of the index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    pub users: Vec<UserId>,
    /// Keys that name no user: reported, never dropped.
    pub unreadable: Vec<String>,
}

/// A row that is there and does not read, as one written by another version may.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("row {key} cannot be read: {why}")]
pub struct Unreadable {
    pub key: String,
    pub why: String,
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

    /// No machine is known to have started: Idle again, `released` = this generation, one more
    /// failed launch, due at `due_at`. `Fenced` once its bridge has been heard of: one has, then.
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

    /// Running, phase Ready; no launch has failed. `woke_in` joins the user's last ten wake-ups,
    /// and the launch his history of them.
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
        activity: &ActivityHistory,
    ) -> std::result::Result<(), WriteError>;

    /// Stopping; looked at from outside at `due_at`.
    async fn set_stopping(
        &self,
        user: &UserId,
        generation: Generation,
        due_at: Timestamp,
    ) -> std::result::Result<(), WriteError>;

    /// This generation writes no more: `released` rises to it (never falls), whoever is current.
    /// If it is still the current one the row becomes Idle too, and due at `due_at`: somebody
    /// must look into the inbox once more. One that was released or abandoned before is waited for
    /// no longer, and nothing else changes. Returns whether it was current.
    async fn release(
        &self,
        user: &UserId,
        generation: Generation,
        due_at: Timestamp,
    ) -> Result<bool>;

    /// This generation is given up from outside, and may live: it can write no more, and the row
    /// becomes Idle, as by [`release`](Self::release). But whoever comes next waits until it is
    /// released, by its own word or its known death. Counts a failed launch, or not.
    async fn abandon(
        &self,
        user: &UserId,
        generation: Generation,
        due_at: Timestamp,
        failed_launch: bool,
    ) -> std::result::Result<(), WriteError>;

    /// The inbox was read after `seen`, and nothing waits: the user is no longer due. `false`: he
    /// stays so, because he is not Idle, a message or a launch has come since, or a restore that
    /// he asked for is not done.
    async fn settle(&self, seen: &TaskState) -> Result<bool>;

    /// Look at the user again at `due_at`, whose row is still of the generation and status seen.
    /// `false`: it is not, and nothing was changed.
    async fn look_again(&self, seen: &TaskState, due_at: Timestamp) -> Result<bool>;

    /// ECS announced the end of the current task: looked at from outside at `due_at`. `Conflict`
    /// if an event of this version, or a later one, was noted before.
    async fn note_warning(
        &self,
        user: &UserId,
        generation: Generation,
        event_version: u64,
        due_at: Timestamp,
    ) -> std::result::Result<(), WriteError>;

    /// Everything with `due_at <= now` in one of [`DUE_SHARDS`](crate::DUE_SHARDS) shards.
    async fn due(&self, shard: u64, now: Timestamp) -> Result<Due>;

    /// Strongly consistent, in any order; a user without a row is missing from the answer.
    async fn get_many(
        &self,
        users: &[UserId],
    ) -> Result<Vec<std::result::Result<TaskState, Unreadable>>>;

    /// The median of the last wake-ups of everybody.
    async fn typical_wake(&self) -> Result<Option<Duration>>;

    /// Adds to the last wake-ups of everybody.
    async fn note_wake(&self, woke_in: Duration) -> Result<()>;
}
