//! Makes sure that somebody will read a user's inbox: nudges the bridge, waits for a launch
//! under way, or launches (I2).

use std::sync::Arc;
use std::time::Duration;

use domain::{Capacity, Ensure, Generation, LaunchToken, TaskPolicy, TaskState, UserId};
use platform::{
    Claim, ClaimError, Clock, Compute, LaunchError, LaunchRequest, Push, PushError, Tasks,
    Unavailable, WriteError,
};
use protocol::Nudge;
use tracing::{debug, info, warn};

/// What became of the user's task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ensured {
    /// A bridge is up and was told.
    Running,
    /// A launch was under way, or another message won it.
    Starting {
        eta: Option<Duration>,
    },
    Launched {
        capacity: Capacity,
        eta: Option<Duration>,
    },
    /// No machine could be had; it is tried again by itself after this.
    Postponed {
        retry_in: Duration,
    },
}

#[derive(Clone)]
pub struct EnsureTask {
    pub tasks: Arc<dyn Tasks>,
    pub compute: Arc<dyn Compute>,
    pub push: Arc<dyn Push>,
    pub clock: Arc<dyn Clock>,
    pub policy: TaskPolicy,
    /// 256 random bits for a launch token.
    pub entropy: fn() -> [u8; 32],
}

impl EnsureTask {
    /// Called after the inbox write, so that what it reads is newer than the message.
    pub async fn run(&self, user: &UserId, nudge: &Nudge) -> Result<Ensured, Unavailable> {
        self.run_on(user, nudge, Capacity::Spot).await
    }

    /// As [`run`](Self::run), with the kind of machine to try first.
    pub async fn run_on(
        &self,
        user: &UserId,
        nudge: &Nudge,
        first: Capacity,
    ) -> Result<Ensured, Unavailable> {
        let state = self.tasks.get(user).await?;
        let now = self.clock.now();
        match self.policy.ensure(&state, now) {
            Ensure::Nudge(connection) => {
                if let Some(connection) = connection {
                    self.nudge(user, &connection, nudge).await;
                }
                Ok(Ensured::Running)
            }
            Ensure::Wait => Ok(Ensured::Starting { eta: state.eta(now) }),
            Ensure::Launch => self.launch(user, &state, first).await,
        }
    }

    /// Tells the bridge if there is one. Launches nothing.
    pub async fn nudge_if_running(&self, user: &UserId, nudge: &Nudge) -> Result<(), Unavailable> {
        let state = self.tasks.get(user).await?;
        if let Ensure::Nudge(Some(connection)) = self.policy.ensure(&state, self.clock.now()) {
            self.nudge(user, &connection, nudge).await;
        }
        Ok(())
    }

    /// A lost nudge costs time, never a message: the bridge drains when it connects.
    async fn nudge(&self, user: &UserId, connection: &domain::ConnectionId, nudge: &Nudge) {
        let text = serde_json::to_string(nudge).expect("a nudge serializes");
        match self.push.push(connection, &text).await {
            Ok(()) => {}
            Err(PushError::Gone) => debug!(user.id = %user, "bridge is between connections"),
            Err(error) => warn!(user.id = %user, %error, "could not nudge the bridge"),
        }
    }

    async fn launch(
        &self,
        user: &UserId,
        seen: &TaskState,
        first: Capacity,
    ) -> Result<Ensured, Unavailable> {
        let generation = seen.generation.next();
        let token = LaunchToken::new(user.clone(), generation, (self.entropy)());
        match self.tasks.claim_launch(user, &self.claim(seen, &token)).await {
            Ok(claimed) => debug_assert_eq!(claimed, generation),
            Err(ClaimError::LostRace) => return Ok(Ensured::Starting { eta: None }),
            Err(ClaimError::Unavailable(error)) => return Err(error),
        }
        // A crash here leaves a Starting row without a task; the watchdog finds it by `dueAt`.
        match self.run_task(user, generation, token, first).await {
            Some(capacity) => Ok(Ensured::Launched { capacity, eta: seen.typical_wake() }),
            None => self.postpone(user, generation).await,
        }
    }

    fn claim(&self, seen: &TaskState, token: &LaunchToken) -> Claim {
        let now = self.clock.now();
        Claim {
            seen_status: seen.status,
            seen_generation: seen.generation,
            launch_token_sha256: token.sha256(),
            now,
            due_at: now + self.policy.start_within,
        }
    }

    /// Spot, then on-demand. `None`: neither was to be had.
    async fn run_task(
        &self,
        user: &UserId,
        generation: Generation,
        token: LaunchToken,
        first: Capacity,
    ) -> Option<Capacity> {
        let both = [Capacity::Spot, Capacity::OnDemand];
        let order = if first == Capacity::Spot { &both[..] } else { &both[1..] };
        for (attempt, capacity) in (1..).zip(order.iter().copied()) {
            let token = token.clone();
            let request =
                LaunchRequest { user: user.clone(), generation, attempt, capacity, token };
            match self.compute.launch(&request).await {
                Ok(arn) => {
                    info!(user.id = %user, %generation, task.arn = %arn, ?capacity, "launched a task");
                    self.record(user, generation, &arn, capacity).await;
                    return Some(capacity);
                }
                Err(LaunchError::NoCapacity { reason, .. }) => {
                    warn!(user.id = %user, %generation, ?capacity, reason, "no capacity");
                }
                Err(LaunchError::Unavailable(error)) => {
                    warn!(user.id = %user, %generation, error = &error as &dyn std::error::Error, "could not launch");
                    return None;
                }
            }
        }
        None
    }

    async fn record(
        &self,
        user: &UserId,
        generation: Generation,
        arn: &domain::TaskArn,
        capacity: Capacity,
    ) {
        match self.tasks.record_launched(user, generation, arn, capacity).await {
            Ok(()) => {}
            // Happy path: the task was quick, served, and the next generation is launched.
            Err(WriteError::Fenced | WriteError::Conflict) => {}
            // The bridge works without it; only `describe` and the operator miss the arn.
            Err(WriteError::Unavailable(error)) => {
                warn!(user.id = %user, task.arn = %arn, %error, "could not record the task");
            }
        }
    }

    async fn postpone(
        &self,
        user: &UserId,
        generation: Generation,
    ) -> Result<Ensured, Unavailable> {
        let retry_in = self.policy.relaunch_after;
        match self.tasks.launch_failed(user, generation, self.clock.now() + retry_in).await {
            Ok(()) => Ok(Ensured::Postponed { retry_in }),
            // Another launch took over meanwhile.
            Err(WriteError::Fenced | WriteError::Conflict) => Ok(Ensured::Starting { eta: None }),
            Err(WriteError::Unavailable(error)) => Err(error),
        }
    }
}
