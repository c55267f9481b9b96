//! Makes sure that somebody will read a user's inbox: nudges the bridge, waits for a launch
//! under way, claims a spare, or launches (I2).

use std::sync::Arc;
use std::time::Duration;

use domain::{
    Capacity, ConnectionId, Ensure, Generation, LaunchToken, Owner, Spare, SpareStatus,
    TaskDefinition, TaskPolicy, TaskState, UserId,
};
use platform::{
    Claim, ClaimError, ClaimSpareError, Clock, Compute, LaunchError, LaunchRequest, Metric,
    Metrics, Push, PushError, Releases, Spares, Tasks, Unavailable, WriteError,
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
    /// A spare is the user's task now.
    Claimed,
    /// No machine could be had; it is tried again by itself after this.
    Postponed {
        retry_in: Duration,
    },
}

#[derive(Clone)]
pub struct EnsureTask {
    pub tasks: Arc<dyn Tasks>,
    /// `None`: the operator keeps no spares, and nobody need look for one.
    pub spares: Option<Arc<dyn Spares>>,
    pub compute: Arc<dyn Compute>,
    pub releases: Arc<dyn Releases>,
    pub push: Arc<dyn Push>,
    pub clock: Arc<dyn Clock>,
    pub metrics: Arc<dyn Metrics>,
    pub policy: TaskPolicy,
    /// 256 random bits for a launch token.
    pub entropy: fn() -> [u8; 32],
}

/// A spare this close to its end may stop while it is claimed.
const SPARE_GOOD_FOR: Duration = Duration::from_secs(60);

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
        match self.policy.ensure(&state, self.clock.now()) {
            Ensure::Nudge(connection) => {
                self.tell_bridge(&state, connection.as_ref(), nudge).await;
                Ok(Ensured::Running)
            }
            Ensure::Wait => Ok(Ensured::Starting { eta: self.eta(&state).await }),
            Ensure::Postpone(retry_in) => Ok(Ensured::Postponed { retry_in }),
            Ensure::Launch => self.launch(&state, first).await,
        }
    }

    /// Without a message: a bridge that is up is told nothing.
    pub async fn wake(&self, user: &UserId) -> Result<Ensured, Unavailable> {
        let state = self.tasks.get(user).await?;
        match self.policy.ensure(&state, self.clock.now()) {
            Ensure::Nudge(_) => Ok(Ensured::Running),
            Ensure::Wait => Ok(Ensured::Starting { eta: self.eta(&state).await }),
            Ensure::Postpone(retry_in) => Ok(Ensured::Postponed { retry_in }),
            Ensure::Launch => self.launch(&state, Capacity::Spot).await,
        }
    }

    /// The next generation, whatever this one does.
    pub(crate) async fn replace(&self, seen: &TaskState) -> Result<Ensured, Unavailable> {
        self.launch(seen, Capacity::Spot).await
    }

    /// Whether the bridge was told.
    pub(crate) async fn tell(&self, state: &TaskState, nudge: &Nudge) -> bool {
        match &state.bridge_connection {
            Some(connection) => self.push(&state.user, connection, nudge).await,
            None => false,
        }
    }

    /// Tells the bridge if there is one. Launches nothing.
    pub async fn nudge_if_running(&self, user: &UserId, nudge: &Nudge) -> Result<(), Unavailable> {
        let state = self.tasks.get(user).await?;
        if let Ensure::Nudge(Some(connection)) = self.policy.ensure(&state, self.clock.now()) {
            self.push(user, &connection, nudge).await;
        }
        Ok(())
    }

    /// A lost nudge costs time, never a message: the bridge drains when it connects. Should it
    /// be gone, the watchdog looks soon.
    async fn tell_bridge(
        &self,
        state: &TaskState,
        connection: Option<&ConnectionId>,
        nudge: &Nudge,
    ) {
        let told = match connection {
            Some(connection) => self.push(&state.user, connection, nudge).await,
            None => false,
        };
        if !told {
            let soon = self.clock.now() + self.policy.follow_up;
            if state.due_at.is_none_or(|due_at| due_at > soon)
                && let Err(error) = self.tasks.look_again(state, soon).await
            {
                warn!(user.id = %state.user, %error, "could not have a silent bridge looked at");
            }
        }
    }

    async fn push(&self, user: &UserId, connection: &ConnectionId, nudge: &Nudge) -> bool {
        let text = serde_json::to_string(nudge).expect("a nudge serializes");
        match self.push.push(connection, &text).await {
            Ok(()) => return true,
            Err(PushError::Gone) => debug!(user.id = %user, "bridge is between connections"),
            Err(error) => warn!(user.id = %user, %error, "could not nudge the bridge"),
        }
        false
    }

    /// By the user's own history, else by everybody's.
    async fn eta(&self, state: &TaskState) -> Option<Duration> {
        let others = self.typical_wake_of_others(state).await;
        state.eta(self.clock.now(), others)
    }

    async fn typical_wake_of_others(&self, state: &TaskState) -> Option<Duration> {
        if state.typical_wake().is_some() {
            return None;
        }
        let typical = self.tasks.typical_wake().await;
        typical.inspect_err(|error| debug!(%error, "could not read how long others wait")).ok()?
    }

    async fn launch(&self, seen: &TaskState, first: Capacity) -> Result<Ensured, Unavailable> {
        if let Some(ensured) = self.claim_spare(seen).await {
            return Ok(ensured);
        }
        let (user, generation) = (&seen.user, seen.generation.next());
        let owner = Owner::User(user.clone(), generation);
        // Before the claim: who cannot read it has launched nothing yet.
        let release = self.releases.get().await?;
        let definition = release.choose(&owner, seen.failed_launches).cloned();
        let token = LaunchToken::new(owner, (self.entropy)());
        match self.tasks.claim_launch(user, &self.claim(seen, token.sha256())).await {
            Ok(claimed) => debug_assert_eq!(claimed, generation),
            Err(ClaimError::LostRace) => return Ok(Ensured::Starting { eta: None }),
            Err(ClaimError::Unavailable(error)) => return Err(error),
        }
        // A crash here leaves a Starting row without a task; the watchdog finds it by `dueAt`.
        match self.run_task((user, generation), token, definition, first).await {
            Some(capacity) => {
                let typical = seen.typical_wake();
                let eta = typical.or(self.typical_wake_of_others(seen).await);
                Ok(Ensured::Launched { capacity, eta })
            }
            None => self.postpone(seen, generation).await,
        }
    }

    fn claim(&self, seen: &TaskState, launch_token_sha256: String) -> Claim {
        let now = self.clock.now();
        Claim {
            seen_status: seen.status,
            seen_generation: seen.generation,
            launch_token_sha256,
            now,
            due_at: now + self.policy.start_within,
        }
    }

    /// `None`: there is no spare to be had, or nobody knows: launch.
    async fn claim_spare(&self, seen: &TaskState) -> Option<Ensured> {
        let spares = self.spares.as_ref()?;
        let user = &seen.user;
        let ready = match spares.all().await {
            Ok(all) => self.ready_for(user, all),
            Err(error) => {
                warn!(user.id = %user, %error, "could not look for a spare");
                return None;
            }
        };
        for spare in ready {
            let claim = self.claim(seen, spare.launch_token_sha256.clone());
            match spares.claim(&spare, user, &claim).await {
                Ok(generation) => {
                    info!(user.id = %user, %generation, spare.id = %spare.id, "claimed a spare");
                    self.metrics.count(Metric::SparesClaimed, 1);
                    if let Some(connection) = &spare.connection {
                        self.push(user, connection, &Nudge::Claimed).await;
                    }
                    return Some(Ensured::Claimed);
                }
                Err(ClaimSpareError::Taken) => {}
                Err(ClaimSpareError::LostRace) => return Some(Ensured::Starting { eta: None }),
                Err(ClaimSpareError::Unavailable(error)) => {
                    // If it was claimed all the same, our own launch loses the race.
                    warn!(user.id = %user, %error, "could not claim a spare");
                    return None;
                }
            }
        }
        None
    }

    /// Each user begins at another place, so that a rush does not meet at the first spare.
    fn ready_for(&self, user: &UserId, spares: Vec<Spare>) -> Vec<Spare> {
        let good_until = self.clock.now() + SPARE_GOOD_FOR;
        let is_good = |spare: &Spare| {
            spare.status == SpareStatus::Ready
                && spare.task_arn.is_some()
                && spare.expires_at > good_until
        };
        let mut ready: Vec<Spare> = spares.into_iter().filter(is_good).collect();
        let place = user
            .as_str()
            .bytes()
            .fold(0usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
        if !ready.is_empty() {
            let first = place % ready.len();
            ready.rotate_left(first);
        }
        ready
    }

    /// Spot, then on-demand. `None`: neither was to be had.
    async fn run_task(
        &self,
        (user, generation): (&UserId, Generation),
        token: LaunchToken,
        definition: Option<TaskDefinition>,
        first: Capacity,
    ) -> Option<Capacity> {
        let both = [Capacity::Spot, Capacity::OnDemand];
        let order = match first {
            _ if self.policy.spot_only => &both[..1],
            Capacity::Spot => &both[..],
            Capacity::OnDemand => &both[1..],
        };
        for (attempt, capacity) in (1..).zip(order.iter().copied()) {
            let (token, definition) = (token.clone(), definition.clone());
            let request = LaunchRequest { attempt, capacity, definition, token, expires_at: None };
            match self.compute.launch(&request).await {
                Ok(arn) => {
                    info!(user.id = %user, %generation, task.arn = %arn, ?capacity, "launched a task");
                    self.metrics.count(Metric::Launches, 1);
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
        seen: &TaskState,
        generation: Generation,
    ) -> Result<Ensured, Unavailable> {
        self.metrics.count(Metric::FailedLaunches, 1);
        let retry_in = self.policy.relaunch_pause(seen.failed_launches + 1);
        let due_at = self.clock.now() + retry_in;
        match self.tasks.launch_failed(&seen.user, generation, due_at).await {
            Ok(()) => Ok(Ensured::Postponed { retry_in }),
            // Another launch took over meanwhile.
            Err(WriteError::Fenced | WriteError::Conflict) => Ok(Ensured::Starting { eta: None }),
            Err(WriteError::Unavailable(error)) => Err(error),
        }
    }
}
