//! The agent's memory, before there is an agent: a snapshot is chosen, restored, and written down
//! as what this generation began with. Whatever fails here, nothing that is kept is changed (I9).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::time::seconds_up;
use domain::{
    ActivityHistory, Choices, Phase, RestoreInto, RestoreOutcome, RestoreRequest, SnapshotReason,
    SnapshotRef, TaskState, TaskStatus,
    snapshot::{Plan, plan},
};
use platform::{Listing, MemoryError, Metric, OnProgress, Part, Progress, Unavailable, WriteError};
use protocol::ServerFrame;
use tokio::time::{Instant, timeout};
use tracing::{error, info, warn};

use crate::backoff::Backoff;
use crate::briefing;
use crate::chain::chain;
use crate::halt::Reason;
use crate::host::Gateway;
use crate::live::{GATEWAY_STOPPED_WITHIN, Life};
use crate::relay::Relay;
use crate::skills;
use crate::tell;

/// The repository's own clients have tried again by then, several times.
const TRIES: u32 = 3;
const HEARD_OF_EVERY: Duration = Duration::from_secs(60);
const PROGRESS_EVERY: Duration = Duration::from_secs(1);

/// A gateway that was started, to be stopped by whoever breaks off.
pub(crate) type Started = std::sync::Mutex<Option<Box<dyn Gateway>>>;

/// Why there is none. The sentence is for people.
enum NoMemory {
    Because(&'static str),
    Fenced,
}

const UNREADABLE: &str =
    "its memory could not be read, so it was not started. Nothing of it was changed";
const LOST: &str = "its memory is not where it should be, so it was not started. Your operator has to look at its snapshots";
const DAMAGED: &str =
    "none of its snapshots can be read in full, so it was not started. Nothing of it was changed";
const NO_ROOM: &str = "its memory could not be written to this machine's disk";
/// It is tried again as soon as the agent is up.
const SKILLS_WITHIN: Duration = Duration::from_secs(10);
const SKILLS_LATER: &str = "Your skills cannot be fetched yet. They follow as soon as they can.";
const NO_GATEWAY: &str = "its settings could not be read";

/// Whether the gateway in `started` runs on all that the agent remembers. Otherwise the bridge
/// stops.
pub(crate) async fn recall(
    life: &Life,
    relay: &Relay,
    (state, choices): (&TaskState, Option<&Choices>),
    started: &Started,
) -> bool {
    let moved = Arc::default();
    let recalling = Recalling { life, relay, state, choices, started, moved };
    let outcome = tokio::select! {
        biased;
        outcome = recalling.run() => outcome,
        () = recalling.be_heard_of() => Err(NoMemory::Fenced),
    };
    match outcome {
        Ok(()) => return true,
        Err(NoMemory::Fenced) => life.halt.fence(),
        Err(NoMemory::Because(reason)) => life.halt.request(Reason::Broken(reason.into())),
    }
    false
}

struct Recalling<'a> {
    life: &'a Life,
    relay: &'a Relay,
    state: &'a TaskState,
    /// `None`: they could not be read.
    choices: Option<&'a Choices>,
    started: &'a Started,
    /// Whether more was restored since we were last heard of.
    moved: Arc<AtomicBool>,
}

impl Recalling<'_> {
    async fn run(&self) -> Result<(), NoMemory> {
        let listing = self.patiently("list the snapshots", || self.life.memory.list()).await?;
        if let Some(request) = self.asked_for()
            && self.go_back(&listing, request).await?
        {
            return Ok(());
        }
        let listed: Vec<_> = listing.snapshots.iter().map(|kept| kept.snapshot.clone()).collect();
        let base = self.state.base.as_ref();
        let best = match plan(base, &listed, listing.unreadable > 0) {
            Plan::Fresh => return self.begin_anew().await,
            Plan::From(best) => best,
            Plan::Lost => {
                error!(?base, ?listing, "the snapshot to begin with is gone");
                return Err(NoMemory::Because(LOST));
            }
        };
        let behind = |best: &SnapshotRef| base.is_some_and(|base| base.is_behind_with(best));
        let mut fell_back = listing.unreadable > 0 || best.first().is_some_and(behind);
        for snapshot in best {
            if fell_back {
                self.tell_older(&snapshot);
            }
            if self.restore(&listing, &snapshot).await? {
                return self.begin_from(Some(snapshot)).await;
            }
            fell_back = true;
        }
        Err(NoMemory::Because(DAMAGED))
    }

    /// Whoever restores for long is not taken for stuck, as long as it gets on. Returns when
    /// another is current.
    async fn be_heard_of(&self) {
        let (tasks, clock) = (&self.life.ports.tasks, &self.life.ports.clock);
        let (user, generation) = (&self.life.user, self.life.generation);
        loop {
            tokio::time::sleep(HEARD_OF_EVERY).await;
            let said = match self.moved.swap(false, Ordering::Relaxed) {
                true => {
                    let as_it_is = ActivityHistory::default();
                    tasks.touch(user, generation, clock.now(), &as_it_is).await
                }
                false => tasks.set_phase(user, generation, Phase::Restoring).await,
            };
            match said {
                Err(WriteError::Fenced | WriteError::Conflict) => return,
                Err(WriteError::Unavailable(error)) => {
                    warn!(error = %chain(&error), "cannot say that we restore");
                }
                Ok(()) => {}
            }
        }
    }

    /// The agent's first day.
    async fn begin_anew(&self) -> Result<(), NoMemory> {
        self.patiently("create the repository", || self.life.memory.create()).await?;
        self.brief_agent().await;
        self.start_gateway().await?;
        self.begin_from(None).await
    }

    fn asked_for(&self) -> Option<&RestoreRequest> {
        let request = self.state.restore.as_ref()?;
        (request.outcome.is_none() && request.into == RestoreInto::Place).then_some(request)
    }

    /// To the snapshot that the user asked for. `false`: it cannot be had, and he has been told.
    async fn go_back(&self, listing: &Listing, request: &RestoreRequest) -> Result<bool, NoMemory> {
        let kept = listing.snapshots.iter().find(|kept| kept.snapshot.id == request.snapshot);
        let why = match kept {
            Some(kept) if self.restore(listing, &kept.snapshot).await? => {
                return self.begin_from(Some(kept.snapshot.clone())).await.map(|()| true);
            }
            Some(_) => "That snapshot is damaged. Your agent stays as it is.",
            None => "That snapshot is no longer kept. Your agent stays as it is.",
        };
        self.relay.frame(&restoring(why, None));
        let at = self.life.ports.clock.now();
        let outcome = RestoreOutcome::Failed { at, why: why.into() };
        let (user, generation) = (&self.life.user, self.life.generation);
        let snapshots = &self.life.ports.snapshots;
        let told = || snapshots.finish_restore(user, generation, &request.id, &outcome);
        self.write("say that the restore failed", told).await.map(|()| false)
    }

    /// Everything of this snapshot, and a gateway on it. Where nothing was running when it was
    /// taken, the gateway boots meanwhile: it looks into the workspace at the first run, and an
    /// interrupted run it would take up by itself.
    /// `false`: it is damaged.
    async fn restore(&self, listing: &Listing, from: &SnapshotRef) -> Result<bool, NoMemory> {
        let began = Instant::now();
        let kept = listing.snapshots.iter().find(|kept| kept.snapshot == *from);
        let overlaps = kept.and_then(|kept| kept.reason) == Some(SnapshotReason::Stop);
        if !self.restore_part(from, Part::State).await? {
            return Ok(false);
        }
        if overlaps {
            self.start_gateway().await?;
        }
        if !self.restore_part(from, Part::Workspace).await? {
            stop(self.started).await;
            return Ok(false);
        }
        self.brief_agent().await;
        if !overlaps {
            self.start_gateway().await?;
        }
        let took_ms = millis(began.elapsed());
        info!(snapshot.id = %from.id, snapshot.generation = %from.generation, took_ms, "restored");
        self.life.ports.metrics.count(Metric::Restores, 1);
        self.life.ports.metrics.count(Metric::RestoreMillis, took_ms);
        Ok(true)
    }

    /// `false`: it is damaged.
    async fn restore_part(&self, from: &SnapshotRef, part: Part) -> Result<bool, NoMemory> {
        let mut backoff = self.backoff("restore");
        loop {
            let progress = self.on_progress(part);
            match self.life.memory.restore(&from.id, part, progress).await {
                Ok(()) => return Ok(true),
                Err(error @ MemoryError::Damaged(_)) => {
                    error!(error = %chain(&error), snapshot.id = %from.id, ?part, "a snapshot is damaged");
                    self.life.ports.metrics.count(Metric::DamagedSnapshots, 1);
                    return Ok(false);
                }
                Err(MemoryError::Disk(error)) => {
                    error!(error, "cannot restore");
                    return Err(NoMemory::Because(NO_ROOM));
                }
                Err(error) if backoff.failures() + 1 >= TRIES => {
                    error!(error = %chain(&error), "cannot restore");
                    return Err(NoMemory::Because(UNREADABLE));
                }
                Err(error) => warn!(error = %chain(&error), "cannot restore yet"),
            }
            backoff.wait().await;
        }
    }

    /// What its user tells it is in the workspace before its first run. An agent that was told
    /// other things answers all the same.
    async fn brief_agent(&self) {
        // What could not be read is not taken for nothing (I9).
        let Some(choices) = self.choices else { return };
        if !self.life.workspace.is_somewhere() {
            return;
        }
        let (workspace, choices) = (self.life.workspace.clone(), choices.clone());
        let brief = move || briefing::write(&workspace, &choices);
        match tokio::task::spawn_blocking(brief).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => warn!(error = %chain(&error), "cannot tell the agent its settings"),
            Err(error) => warn!(error = %chain(&error), "cannot tell the agent its settings"),
        }
    }

    /// Whatever of them cannot be had, the agent wakes.
    async fn bring_skills(&self) {
        let Life { ports, user, workspace, .. } = self.life;
        if !workspace.is_somewhere() {
            return;
        }
        let synced = timeout(SKILLS_WITHIN, skills::sync(&*ports.skills, user, workspace)).await;
        let missing = match synced {
            Ok(Ok(missing)) => missing,
            Ok(Err(error)) => {
                warn!(error = %chain(&error), "cannot list the skills");
                vec![SKILLS_LATER.into()]
            }
            Err(_) => vec![SKILLS_LATER.into()],
        };
        missing.iter().for_each(|why| self.relay.frame(&restoring(why, None)));
    }

    async fn start_gateway(&self) -> Result<(), NoMemory> {
        self.bring_skills().await;
        let by_default = Choices::default();
        let choices = self.choices.unwrap_or(&by_default);
        let gateway = self.life.host.start(choices).await.map_err(|error| {
            error!(error = %chain(&*error), "cannot start the gateway");
            NoMemory::Because(NO_GATEWAY)
        })?;
        *self.started.lock().expect("no holder panics") = Some(gateway);
        Ok(())
    }

    /// From here on nothing that an older generation still writes is ever picked (I3).
    async fn begin_from(&self, from: Option<SnapshotRef>) -> Result<(), NoMemory> {
        let (user, generation) = (&self.life.user, self.life.generation);
        let begun = || {
            let now = self.life.ports.clock.now();
            self.life.ports.snapshots.begin_from(user, generation, from.as_ref(), now)
        };
        self.write("write down what the agent begins with", begun).await
    }

    async fn patiently<T, F>(&self, what: &str, step: impl Fn() -> F) -> Result<T, NoMemory>
    where
        F: Future<Output = Result<T, MemoryError>>,
    {
        let mut backoff = self.backoff(what);
        loop {
            match step().await {
                Ok(value) => return Ok(value),
                Err(MemoryError::Damaged(error)) => {
                    error!(error, what, "the repository is damaged");
                    return Err(NoMemory::Because(LOST));
                }
                Err(error) if backoff.failures() + 1 >= TRIES => {
                    error!(error = %chain(&error), "cannot {what}");
                    return Err(NoMemory::Because(UNREADABLE));
                }
                Err(error) => warn!(error = %chain(&error), "cannot {what} yet"),
            }
            backoff.wait().await;
        }
    }

    async fn write<F>(&self, what: &str, step: impl Fn() -> F) -> Result<(), NoMemory>
    where
        F: Future<Output = Result<(), WriteError>>,
    {
        let mut backoff = self.backoff(what);
        loop {
            match step().await {
                Ok(()) | Err(WriteError::Conflict) => return Ok(()),
                Err(WriteError::Fenced) => return Err(NoMemory::Fenced),
                Err(WriteError::Unavailable(error)) => self.again(what, &error, &backoff)?,
            }
            backoff.wait().await;
        }
    }

    fn again(&self, what: &str, error: &Unavailable, backoff: &Backoff) -> Result<(), NoMemory> {
        warn!(error = %chain(error), "cannot {what} yet");
        let last = backoff.failures() + 1 >= TRIES;
        if last { Err(NoMemory::Because(UNREADABLE)) } else { Ok(()) }
    }

    fn backoff(&self, what: &str) -> Backoff {
        let who = (&self.life.user, self.life.generation, what);
        Backoff::new(who, Duration::from_millis(500), Duration::from_secs(5))
    }

    fn tell_older(&self, snapshot: &SnapshotRef) {
        self.life.ports.metrics.count(Metric::RestoresFellBack, 1);
        let ago = self.life.ports.clock.now().since(snapshot.at);
        let detail = format!(
            "The newest snapshot of your agent's memory is damaged. It goes on from the one before, taken {} ago.",
            tell::span(ago)
        );
        warn!(snapshot.id = %snapshot.id, "falling back to an older snapshot");
        self.relay.frame(&restoring(&detail, None));
    }

    /// At most once a second, and nothing of what is over in one.
    fn on_progress(&self, part: Part) -> OnProgress {
        let (relay, moved) = (self.relay.clone(), self.moved.clone());
        let (began, told) = (Instant::now(), std::sync::Mutex::new(Instant::now()));
        Arc::new(move |progress: Progress| {
            moved.store(true, Ordering::Relaxed);
            let mut told = told.lock().expect("no holder panics");
            if told.elapsed() < PROGRESS_EVERY || progress.bytes >= progress.bytes_total {
                return;
            }
            *told = Instant::now();
            let left = time_left(began.elapsed(), progress);
            relay.frame(&restoring(&how_far(part, progress), left));
        })
    }
}

/// What was started and is not wanted.
pub(crate) async fn stop(started: &Started) {
    let gateway = started.lock().expect("no holder panics").take();
    if let Some(gateway) = gateway
        && timeout(GATEWAY_STOPPED_WITHIN, gateway.stop()).await.is_err()
    {
        warn!("the gateway was not seen to stop, going on anyway");
    }
}

pub(crate) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

fn time_left(elapsed: Duration, progress: Progress) -> Option<Duration> {
    let left = progress.bytes_total - progress.bytes;
    (progress.bytes > 0).then(|| elapsed.mul_f64(left as f64 / progress.bytes as f64))
}

fn how_far(part: Part, progress: Progress) -> String {
    let what = match part {
        Part::State => "what your agent knows",
        Part::Workspace => "your agent's files",
    };
    let (done, total) = (megabytes(progress.bytes), megabytes(progress.bytes_total));
    let files = match progress.files_total {
        1 => "1 file".to_owned(),
        files => format!("{files} files"),
    };
    format!("Restoring {what}: {done} of {total} MB, {files}.")
}

fn megabytes(bytes: u64) -> u64 {
    bytes.div_ceil(1_000_000)
}

fn restoring(detail: &str, left: Option<Duration>) -> ServerFrame {
    let mut frame = tell::status(TaskStatus::Starting, Phase::Restoring, Some(detail));
    if let ServerFrame::Status { eta_seconds, .. } = &mut frame {
        *eta_seconds = left.map(seconds_up);
    }
    frame
}
