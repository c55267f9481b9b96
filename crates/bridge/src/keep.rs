//! Snapshots of the agent's memory while it works and when it stops, and what a user asks of
//! them. None of it holds up a reply: what reads and writes files runs on threads of its own.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::{
    Generation, RestoreInto, RestoreOutcome, RestoreRequest, Snapshot, SnapshotReason, Timestamp,
    UserId,
};
use platform::{Memory, MemoryError, Metric, Permit, Saving, Tasks, Unavailable, WriteError};
use tokio::time::{Instant, sleep_until, timeout};
use tracing::{error, info, warn};

use crate::activity::Activity;
use crate::bridge::Bridge;
use crate::chain::chain;
use crate::halt::Reason;
use crate::recall::millis;
use crate::tell;

/// The last save after a signal; less than what the grace leaves of it.
const SAVED_WITHIN: Duration = Duration::from_secs(20);
/// Nobody kills us then, and whoever comes next waits 130 s for us.
const SAVED_AT_LEISURE: Duration = Duration::from_secs(110);
const WRITE_TRIES: u32 = 4;

/// When the snapshots of this generation were taken. Their order is that of these times, so each
/// is later than the one before, whatever the clock does.
#[derive(Default)]
pub(crate) struct Saved(Mutex<Times>);

#[derive(Default)]
struct Times {
    tried: Timestamp,
    kept: Option<Timestamp>,
}

impl Saved {
    fn next(&self, now: Timestamp) -> Timestamp {
        let mut times = self.0.lock().expect("no holder panics");
        times.tried = now.max(times.tried + Duration::from_millis(1));
        times.tried
    }

    /// When the one before was taken.
    fn kept(&self, at: Timestamp) -> Option<Timestamp> {
        self.0.lock().expect("no holder panics").kept.replace(at)
    }
}

/// Saves every so often, and when somebody asks, until the bridge stops. The last save is
/// [`last_save`].
///
/// In a quiet moment: a gateway takes up the runs that its state calls interrupted, and one that
/// was answered after the snapshot would be run again by the next machine. Whoever talks for a
/// whole round without a pause is saved all the same.
pub(crate) async fn keep(bridge: Arc<Bridge>, memory: Arc<dyn Memory>) {
    let every = bridge.policy.save_every;
    let mut round = Instant::now() + every;
    // Why, and since when.
    let mut wanted: Option<(SnapshotReason, Instant)> = None;
    loop {
        let at_the_latest = wanted.map_or(round, |(_, since)| since + every);
        tokio::select! {
            biased;
            () = bridge.halt.closing.cancelled() => return,
            () = bridge.wants.snapshot.notified() => {
                let since = wanted.map_or_else(Instant::now, |(_, since)| since);
                wanted = Some((SnapshotReason::Requested, since));
                continue;
            }
            () = bridge.wants.restore.notified() => {
                look_for_request(&bridge, &*memory).await;
                continue;
            }
            () = bridge.activity.until_not_busy(), if wanted.is_some() => {}
            () = sleep_until(at_the_latest) => {}
        }
        let (reason, since) = *wanted.get_or_insert((SnapshotReason::Periodic, Instant::now()));
        let quiet = (since.elapsed() < every).then(|| Quiet::of(&bridge.activity));
        if quiet.as_ref().is_some_and(|quiet| !quiet.holds())
            || !save(&bridge, &*memory, reason, true, quiet).await
        {
            continue;
        }
        wanted = None;
        tidy(&bridge, &*memory).await;
        round = Instant::now() + every;
    }
}

/// Nobody is being answered, and nobody has been since this was made.
struct Quiet {
    activity: Activity,
    last: Instant,
}

impl Quiet {
    fn of(activity: &Activity) -> Self {
        Self { activity: activity.clone(), last: activity.last() }
    }

    fn holds(&self) -> bool {
        !self.activity.is_busy() && self.activity.last() == self.last
    }
}

/// `gone`: the gateway and all it started are seen to be.
pub(crate) async fn last_save(bridge: &Bridge, memory: &dyn Memory, gone: bool) {
    let in_a_hurry = bridge.halt.reason() == Some(&Reason::Signal);
    let within = if in_a_hurry { SAVED_WITHIN } else { SAVED_AT_LEISURE };
    if timeout(within, save(bridge, memory, SnapshotReason::Stop, !gone, None)).await.is_err() {
        error!("the last snapshot was not done in time: the one before it is what is kept");
        bridge.ports.metrics.count(Metric::FailedSnapshots, 1);
    }
}

/// `false`: it was not quiet any more.
async fn save(
    bridge: &Bridge,
    memory: &dyn Memory,
    reason: SnapshotReason,
    live: bool,
    quiet: Option<Quiet>,
) -> bool {
    let began = Instant::now();
    let (generation, at) = (bridge.generation, bridge.saved.next(bridge.ports.clock.now()));
    let saving = Saving { generation, at, reason, live };
    let quiet = quiet.map(Arc::new);
    match memory.save(saving, permit(bridge, false, quiet.clone())).await {
        Ok(Some(snapshot)) => {
            info!(
                snapshot.id = %snapshot.id, files = snapshot.files, bytes = snapshot.bytes,
                added_bytes = snapshot.added_bytes, ?reason, took_ms = began.elapsed().as_millis(), "saved"
            );
            let metrics = &bridge.ports.metrics;
            metrics.count(Metric::Snapshots, 1);
            metrics.count(Metric::SnapshotBytes, snapshot.added_bytes);
            metrics.count(Metric::SnapshotMillis, millis(began.elapsed()));
            // The first one of a life follows what that life began with.
            if let Some(before) = bridge.saved.kept(at).or(bridge.began.get().copied()) {
                metrics.count(Metric::SnapshotAgeSeconds, at.since(before).as_secs());
            }
            record(bridge, &snapshot).await;
        }
        Ok(None) => info!(?reason, took_ms = began.elapsed().as_millis(), "nothing to save"),
        Err(MemoryError::Fenced) if quiet.is_some_and(|quiet| !quiet.holds()) => return false,
        Err(MemoryError::Fenced) => warn!("another generation has taken over, nothing was saved"),
        Err(error) => {
            error!(error = %chain(&error), ?reason, "cannot save the agent's memory");
            bridge.ports.metrics.count(Metric::FailedSnapshots, 1);
        }
    }
    true
}

/// One that is not recorded is found all the same by whoever comes next; it is only not listed.
async fn record(bridge: &Bridge, snapshot: &Snapshot) {
    let mut backoff = bridge.backoff("record", (200, 2_000));
    while backoff.failures() < WRITE_TRIES {
        match bridge.ports.snapshots.record(&bridge.user, snapshot).await {
            Ok(()) | Err(WriteError::Conflict) => return,
            Err(WriteError::Fenced) => return warn!("another generation has begun meanwhile"),
            Err(WriteError::Unavailable(error)) => {
                warn!(error = %chain(&error), "cannot record a snapshot yet");
            }
        }
        backoff.wait().await;
    }
}

async fn tidy(bridge: &Bridge, memory: &dyn Memory) {
    let base = match bridge.ports.tasks.get(&bridge.user).await {
        Ok(state) => state.base,
        Err(error) => return warn!(error = %chain(&error), "cannot read what must be kept"),
    };
    match memory.tidy(base.as_ref(), permit(bridge, true, None)).await {
        Ok(gone) if gone.is_empty() => {}
        Ok(gone) => {
            info!(snapshots = gone.len(), "let go of old snapshots");
            if let Err(error) = bridge.ports.snapshots.forget(&bridge.user, &gone).await {
                warn!(error = %chain(&error), "cannot take old snapshots off the list");
            }
        }
        Err(MemoryError::Fenced) => {}
        Err(error) => warn!(error = %chain(&error), "cannot let go of old snapshots"),
    }
}

fn permit(bridge: &Bridge, only_current: bool, quiet: Option<Arc<Quiet>>) -> Arc<dyn Permit> {
    let (tasks, user) = (bridge.ports.tasks.clone(), bridge.user.clone());
    Arc::new(OfGeneration { tasks, user, generation: bridge.generation, only_current, quiet })
}

struct OfGeneration {
    tasks: Arc<dyn Tasks>,
    user: UserId,
    generation: Generation,
    only_current: bool,
    quiet: Option<Arc<Quiet>>,
}

#[async_trait]
impl Permit for OfGeneration {
    async fn may_write(&self) -> Result<bool, Unavailable> {
        let state = self.tasks.get(&self.user).await?;
        let current = !self.only_current || state.is_current(self.generation);
        let quiet = self.quiet.as_ref().is_none_or(|quiet| quiet.holds());
        Ok(current && quiet && state.may_save(self.generation))
    }
}

/// What a user asked for and nobody has done yet.
async fn look_for_request(bridge: &Arc<Bridge>, memory: &dyn Memory) {
    match bridge.ports.tasks.get(&bridge.user).await {
        Ok(state) => match state.restore {
            Some(request) if request.outcome.is_none() => {
                // Nobody goes to sleep over it.
                let _busy = bridge.activity.busy();
                serve(bridge, memory, request).await;
            }
            _ => {}
        },
        // It is looked for again while somebody is here, and when the next task boots.
        Err(error) => warn!(error = %chain(&error), "cannot read what is to be restored"),
    }
}

async fn serve(bridge: &Bridge, memory: &dyn Memory, request: RestoreRequest) {
    let RestoreInto::Folder { name } = &request.into else {
        // The next generation begins with it, when this one has saved its own work.
        bridge.relay.frame(&tell::goes_back());
        return bridge.halt.request(Reason::Asked);
    };
    let outcome = memory.restore_folder(&request.snapshot, name).await;
    let at = bridge.ports.clock.now();
    let outcome = match outcome {
        Ok(()) => RestoreOutcome::Done { at },
        Err(MemoryError::Damaged(why)) => {
            warn!(why, snapshot.id = %request.snapshot, "a snapshot is damaged");
            RestoreOutcome::Failed { at, why: "That snapshot is damaged.".into() }
        }
        Err(MemoryError::Disk(why)) => RestoreOutcome::Failed { at, why },
        Err(error @ (MemoryError::Unavailable(_) | MemoryError::Fenced)) => {
            return warn!(error = %chain(&error), "cannot restore into a folder yet");
        }
    };
    finish(bridge, &request, &outcome).await;
}

async fn finish(bridge: &Bridge, request: &RestoreRequest, outcome: &RestoreOutcome) {
    let (user, generation) = (&bridge.user, bridge.generation);
    let mut backoff = bridge.backoff("finish", (200, 2_000));
    while backoff.failures() < WRITE_TRIES {
        match bridge.ports.snapshots.finish_restore(user, generation, &request.id, outcome).await {
            Ok(()) | Err(WriteError::Conflict) => {
                return bridge.relay.frame(&tell::restored_into_folder(request, outcome));
            }
            Err(WriteError::Fenced) => return bridge.halt.fence(),
            Err(WriteError::Unavailable(error)) => {
                warn!(error = %chain(&error), "cannot say how the restore went yet");
            }
        }
        backoff.wait().await;
    }
}
