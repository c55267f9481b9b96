//! From the first instruction to `Running`, with a word to the user at each stage.

use std::sync::Arc;
use std::time::Duration;

use domain::time::seconds_up;
use domain::{
    Generation, Phase, Release, TaskDefinition, TaskState, TaskStatus, Timestamp, UserId,
};
use platform::{Metric, WriteError, note_release};
use protocol::ServerFrame;
use tokio::time::Instant;
use tracing::{info, warn};

use crate::backoff::Backoff;
use crate::bridge::Bridge;
use crate::chain::chain;
use crate::halt::{Halt, Reason};
use crate::ports::Ports;
use crate::recall::millis;
use crate::relay::Relay;
use crate::tell;

/// A stopping task is killed 120 s after its signal; after this its predecessor is dead.
const PREDECESSOR_WITHIN: Duration = Duration::from_secs(130);
/// 47 s on a quarter of a CPU is the slowest start that was measured.
pub(crate) const CONNECTED_WITHIN: Duration = Duration::from_secs(240);

/// Waits until nobody else writes this user's state. `None`: this launch is not wanted any more.
pub async fn wait_for_turn(
    ports: &Ports,
    relay: &Relay,
    identity: (&UserId, Generation),
    halt: &Halt,
) -> Option<TaskState> {
    let turn = come_to_turn(ports, relay, identity);
    halt.closing.run_until_cancelled(turn).await.flatten()
}

async fn come_to_turn(
    ports: &Ports,
    relay: &Relay,
    (user, generation): (&UserId, Generation),
) -> Option<TaskState> {
    let deadline = Instant::now() + PREDECESSOR_WITHIN;
    let (first, max) = (Duration::from_millis(250), Duration::from_secs(4));
    let mut backoff = Backoff::new((user, generation), first, max);
    let mut told = false;
    loop {
        match ports.tasks.get(user).await {
            // Released while we started: somebody took us for dead.
            Ok(state) if state.generation != generation || state.released >= generation => {
                info!(current = %state.generation, "this launch is not wanted any more");
                return None;
            }
            Ok(state) if state.is_turn_of(generation) => {
                if let Some(begun) = begin(ports, &state).await {
                    return begun.then_some(state);
                }
            }
            Ok(state) if Instant::now() >= deadline => {
                warn!(unreleased = ?state.unreleased, "the task before did not release, going on");
                bury(ports, &state).await;
            }
            Ok(_) if !told => {
                told = true;
                relay.look_around(Duration::ZERO).await;
                let detail = "The machine before this one is still saving its work.";
                relay.frame(&tell::status(TaskStatus::Starting, Phase::Restoring, Some(detail)));
            }
            Ok(_) => {}
            Err(error) if backoff.failures() == 0 => {
                warn!(error = %chain(&error), "cannot read the task yet");
            }
            Err(_) => {}
        }
        backoff.wait().await;
    }
}

/// The first write of this generation, before it touches the user's state: from here on nobody
/// takes its launch for one that never happened. `false`: another is current. `None`: try again.
async fn begin(ports: &Ports, state: &TaskState) -> Option<bool> {
    match ports.tasks.set_phase(&state.user, state.generation, Phase::Restoring).await {
        Ok(()) => Some(true),
        Err(WriteError::Fenced | WriteError::Conflict) => {
            info!("this launch is not wanted any more");
            Some(false)
        }
        Err(WriteError::Unavailable(error)) => {
            warn!(error = %chain(&error), "cannot begin yet");
            None
        }
    }
}

/// They are dead by now: killed, or never born.
async fn bury(ports: &Ports, state: &TaskState) {
    let now = ports.clock.now();
    for other in state.unreleased.range(..state.generation) {
        if let Err(error) = ports.tasks.release(&state.user, *other, now).await {
            warn!(error = %chain(&error), "cannot release the task before");
        }
    }
}

/// Waits for the gateway and makes the task Running. Ends early when the bridge stops.
pub async fn wake(bridge: &Arc<Bridge>, state: &TaskState, listening: impl Future<Output = ()>) {
    bridge.halt.closing.run_until_cancelled(wake_up(bridge, state, listening)).await;
}

async fn wake_up(bridge: &Arc<Bridge>, state: &TaskState, listening: impl Future<Output = ()>) {
    let others = others_wake(bridge, state);
    let connected = async {
        let first = async { enter(bridge, state, others.await, Phase::StartingGateway).await };
        let (others, ()) = tokio::join!(first, listening);
        let (_, connected) =
            tokio::join!(enter(bridge, state, others, Phase::Connecting), bridge.agent.connected());
        connected
    };
    match tokio::time::timeout(CONNECTED_WITHIN, connected).await {
        Ok(Ok(())) => become_running(bridge, state).await,
        Ok(Err(reason)) => bridge.halt.request(Reason::Broken(reason)),
        Err(_) => bridge.halt.request(Reason::Broken("it did not start in time".into())),
    }
}

/// How long everybody else waits, if this user has not been here before.
async fn others_wake(bridge: &Bridge, state: &TaskState) -> Option<Duration> {
    if state.typical_wake().is_some() {
        return None;
    }
    bridge.ports.tasks.typical_wake().await.ok().flatten()
}

/// Gives `others` back, for the next phase.
async fn enter(
    bridge: &Bridge,
    state: &TaskState,
    others: Option<Duration>,
    phase: Phase,
) -> Option<Duration> {
    bridge.telegram.enter(phase);
    let entered = bridge.ports.tasks.set_phase(&bridge.user, bridge.generation, phase);
    let looked = bridge.relay.look_around(Duration::from_secs(5));
    let (entered, (), ()) = tokio::join!(entered, looked, bridge.telegram.look_around());
    match entered {
        Err(WriteError::Fenced) => bridge.halt.fence(),
        // The phase is for people; the next one may be written again.
        Err(error) => warn!(error = %chain(&error), "cannot write the phase"),
        Ok(()) => {
            let eta = state.eta(bridge.ports.clock.now(), others);
            bridge.relay.frame(&starting(eta, phase));
        }
    }
    others
}

fn starting(eta: Option<Duration>, phase: Phase) -> ServerFrame {
    ServerFrame::Status {
        status: TaskStatus::Starting,
        phase: Some(phase),
        eta_seconds: eta.map(seconds_up),
        detail: None,
        message_id: None,
        conversation_id: None,
        queued_behind: None,
    }
}

async fn become_running(bridge: &Arc<Bridge>, state: &TaskState) {
    let mut backoff = bridge.backoff("running", (200, 5_000));
    loop {
        let now = bridge.ports.clock.now();
        let woke_in = now.since(state.launched_at.unwrap_or(now));
        let tasks = &bridge.ports.tasks;
        match tasks.set_running(&bridge.user, bridge.generation, woke_in, now).await {
            Ok(()) => {
                info!(woke_in_ms = woke_in.as_millis(), "running");
                bridge.meter.note_wake();
                count_wake(bridge, state, now);
                // Set, then read: whoever asked for a restore before this met Starting, and has
                // told nobody.
                bridge.wants.restore.notify_one();
                bridge.telegram.enter(Phase::Ready);
                let notice = bridge.notice.get().map(String::as_str);
                bridge.relay.frame(&tell::status(TaskStatus::Running, Phase::Ready, notice));
                bridge.tasks.spawn(note_wake(bridge.clone(), woke_in));
                return;
            }
            Err(WriteError::Unavailable(error)) => {
                warn!(error = %chain(&error), "cannot become Running yet");
            }
            Err(WriteError::Fenced | WriteError::Conflict) => return bridge.halt.fence(),
        }
        backoff.wait().await;
    }
}

fn count_wake(bridge: &Bridge, state: &TaskState, now: Timestamp) {
    let (Some(launched_at), Some(began)) = (state.launched_at, bridge.began.get()) else { return };
    let metrics = &bridge.ports.metrics;
    metrics.count(Metric::WakeMillis, millis(now.since(launched_at)));
    metrics.count(Metric::ProvisioningMillis, millis(began.since(launched_at)));
    metrics.count(Metric::BootMillis, millis(now.since(*began)));
}

/// A candidate that comes up often enough is everybody's. One count more or less harms nobody, so
/// nobody waits.
pub(crate) async fn came_up(bridge: Arc<Bridge>, release: Option<TaskDefinition>) {
    let Some(definition) = release else { return };
    let came_up = |seen: &Release| seen.came_up(&definition);
    match note_release(&*bridge.ports.releases, came_up).await {
        Ok(Some(next)) if next.candidate.is_none() => {
            info!(task.definition = %definition.0, "the candidate is everybody's now");
        }
        Ok(_) => {}
        Err(error) => warn!(error = %chain(&error), "cannot note that this version came up"),
    }
}

/// For users who have no history yet. A guess that is missing harms nobody, so nobody waits.
async fn note_wake(bridge: Arc<Bridge>, woke_in: Duration) {
    if let Err(error) = bridge.ports.tasks.note_wake(woke_in).await {
        warn!(error = %chain(&error), "cannot note how long it took");
    }
}
