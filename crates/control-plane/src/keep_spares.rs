//! Keeps the pool at the size that is wanted now: retires what must go, launches what lacks.
//! What that is, [`crate::plan_pool`] says.
//!
//! It takes no input, so that any two runs, one after another or side by side, do no harm: a
//! spare too many is retired by the next one.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::{
    Capacity, LaunchToken, Owner, Spare, SpareId, SpareStatus, TaskArn, TaskState, TimeZone,
    Timestamp, Windows,
};
use futures_util::future::join;
use platform::{
    Clock, Compute, LaunchError, LaunchRequest, Releases, Spares, Tasks, Unavailable, WriteError,
};
use tracing::{info, warn};

use crate::plan::Observed;
use crate::plan_pool::{Pool, PoolAction, PoolPolicy, claimants, plan_pool};

/// BatchGetItem and DescribeTasks take so many.
const BATCH: usize = 100;

#[derive(Clone)]
pub struct KeepSpares {
    pub spares: Arc<dyn Spares>,
    pub tasks: Arc<dyn Tasks>,
    pub compute: Arc<dyn Compute>,
    pub releases: Arc<dyn Releases>,
    pub clock: Arc<dyn Clock>,
    pub wanted: Wanted,
    pub policy: PoolPolicy,
    /// 256 random bits, for a name or for a launch token.
    pub entropy: fn() -> [u8; 32],
}

#[derive(Clone, Debug)]
pub struct Wanted {
    /// While a window holds; else none.
    pub spares: usize,
    pub windows: Windows,
    pub time_zone: TimeZone,
}

impl Wanted {
    pub fn at(&self, now: Timestamp) -> usize {
        if self.windows.hold(&self.time_zone, now) { self.spares } else { 0 }
    }
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    pub wanted: usize,
    pub launched: usize,
    pub retired: usize,
    pub forgotten: usize,
    pub stopped: usize,
    /// The next run sees again what they were about.
    pub errors: usize,
}

impl KeepSpares {
    pub async fn run(&self) -> Result<Kept, Unavailable> {
        let (pool, errors) = self.look().await?;
        let now = self.clock.now();
        let mut kept = Kept { wanted: self.wanted.at(now), errors, ..Kept::default() };
        for action in plan_pool(&pool, kept.wanted, &self.policy, now) {
            if let Err(error) = self.carry_out(action, &mut kept).await {
                let error = &error as &dyn std::error::Error;
                warn!(?action, error, "could not keep the pool as it should be");
                kept.errors += 1;
            }
        }
        info!(?kept, spares = pool.spares.len(), "looked after the pool");
        Ok(kept)
    }

    async fn carry_out(&self, action: PoolAction<'_>, kept: &mut Kept) -> Result<(), Unavailable> {
        match action {
            PoolAction::Retire { spare, task, why } => {
                // Claimed at this moment, it is a user's task.
                if self.spares.retire(spare).await? {
                    info!(spare.id = %spare, why, "retired a spare");
                    kept.retired += 1;
                    self.stop(task, why).await?;
                }
            }
            PoolAction::Forget(spare) => {
                self.spares.remove(spare).await?;
                kept.forgotten += 1;
            }
            PoolAction::StopOrphan(spare, task) => {
                if self.spares.get(spare).await?.is_none() {
                    info!(spare.id = %spare, task.arn = %task, "stopping a spare that is in no pool");
                    self.stop(Some(task), "it is in no pool").await?;
                    kept.stopped += 1;
                }
            }
            PoolAction::Launch(spares) => self.launch_all(spares, kept).await?,
        }
        Ok(())
    }

    /// A failure here leaves a task without a row: it ends by itself when it looks, else the next
    /// run stops it.
    async fn stop(&self, task: Option<&TaskArn>, why: &str) -> Result<(), Unavailable> {
        match task {
            Some(task) => self.compute.stop(task, why).await,
            None => Ok(()),
        }
    }

    /// The first one that cannot be had is the last one asked for: the next run is soon enough.
    async fn launch_all(&self, spares: usize, kept: &mut Kept) -> Result<(), Unavailable> {
        for _ in 0..spares {
            match self.launch().await {
                Ok(()) => kept.launched += 1,
                Err(LaunchError::NoCapacity { reason, .. }) => {
                    info!(reason, "no machine for a spare is to be had now");
                    return Ok(());
                }
                Err(LaunchError::Unavailable(error)) => return Err(error),
            }
        }
        Ok(())
    }

    /// The row first: the spare looks for it. On Spot alone: a spare saves somebody a minute,
    /// and is not worth the price at which a user who waits is served.
    async fn launch(&self) -> Result<(), LaunchError> {
        let id = self.new_id();
        let owner = Owner::Spare(id.clone());
        let definition = self.releases.get().await?.choose(&owner, 0).cloned();
        let token = LaunchToken::new(owner, (self.entropy)());
        let launched_at = self.clock.now();
        let spare = Spare {
            id,
            status: SpareStatus::Starting,
            launch_token_sha256: token.sha256(),
            task_arn: None,
            connection: None,
            launched_at,
            expires_at: launched_at + self.policy.life,
        };
        self.spares.add(&spare).await?;
        let expires_at = Some(spare.expires_at);
        let capacity = Capacity::Spot;
        let request = LaunchRequest { attempt: 1, capacity, definition, token, expires_at };
        match self.compute.launch(&request).await {
            Ok(arn) => {
                info!(spare.id = %spare.id, task.arn = %arn, "launched a spare");
                self.record(&spare.id, &arn).await;
                Ok(())
            }
            Err(error) => {
                // Should it run all the same, it finds no row, and ends.
                self.spares.retire(&spare.id).await?;
                Err(error)
            }
        }
    }

    async fn record(&self, spare: &SpareId, arn: &TaskArn) {
        match self.spares.record_launched(spare, arn).await {
            Ok(()) => {}
            // It has ended already.
            Err(WriteError::Fenced | WriteError::Conflict) => {}
            // ECS lists it by its name.
            Err(WriteError::Unavailable(error)) => {
                warn!(spare.id = %spare, task.arn = %arn, %error, "could not record a spare's task");
            }
        }
    }

    fn new_id(&self) -> SpareId {
        let entropy = (self.entropy)();
        let random = entropy.first_chunk().expect("32 bytes have 16");
        let name = format!("{:032x}", u128::from_be_bytes(*random));
        SpareId::new(name).expect("letters and digits")
    }

    /// Without the rows there is nothing to compare with. What else cannot be read is unknown,
    /// and counted.
    async fn look(&self) -> Result<(Pool, usize), Unavailable> {
        let spares = self.spares.all().await?;
        let ((observed, unseen), (users, unread)) =
            join(self.observe(&spares), self.users(&spares)).await;
        Ok((Pool { spares, users, observed }, unseen + unread))
    }

    async fn observe(&self, spares: &[Spare]) -> (Observed, usize) {
        let mut observed = Observed::default();
        let listed = match self.compute.list().await {
            Ok(listed) => listed,
            Err(error) => {
                warn!(%error, "could not list the tasks");
                return (observed, 1);
            }
        };
        let recorded = spares.iter().filter_map(|spare| spare.task_arn.clone());
        let arns: BTreeSet<TaskArn> = listed.into_iter().chain(recorded).collect();
        let arns: Vec<TaskArn> = arns.into_iter().collect();
        let mut errors = 0;
        for some in arns.chunks(BATCH) {
            match self.compute.describe(some).await {
                Ok(tasks) => {
                    let known: BTreeSet<&TaskArn> = tasks.iter().map(|task| &task.arn).collect();
                    let missing = some.iter().filter(|arn| !known.contains(arn));
                    observed.missing.extend(missing.cloned());
                    observed.tasks.extend(tasks);
                }
                Err(error) => {
                    warn!(%error, "could not describe tasks");
                    errors += 1;
                }
            }
        }
        observed.complete = errors == 0;
        (observed, errors)
    }

    async fn users(&self, spares: &[Spare]) -> (Vec<TaskState>, usize) {
        let (mut users, mut errors) = (Vec::new(), 0);
        for some in claimants(spares).chunks(BATCH) {
            match self.tasks.get_many(some).await {
                // The watchdog counts the rows that do not read.
                Ok(rows) => users.extend(rows.into_iter().flatten()),
                Err(error) => {
                    warn!(%error, "could not read who claimed spares");
                    errors += 1;
                }
            }
        }
        (users, errors)
    }
}
