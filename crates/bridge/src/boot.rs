//! From the first instruction to `Running`, with a word to the user at each stage.

use std::sync::Arc;
use std::time::Duration;

use domain::{Generation, Phase, TaskState, TaskStatus, UserId};
use platform::WriteError;
use protocol::ServerFrame;
use tokio::time::Instant;
use tracing::{info, warn};

use crate::backoff::Backoff;
use crate::bridge::Bridge;
use crate::chain::chain;
use crate::halt::{Halt, Reason};
use crate::ports::Ports;
use crate::relay::Relay;
use crate::tell;

/// A stopping task is killed 120 s after its signal; after this its predecessor is dead.
const PREDECESSOR_WITHIN: Duration = Duration::from_secs(130);
/// 47 s on a quarter of a CPU is the slowest start that was measured.
const CONNECTED_WITHIN: Duration = Duration::from_secs(240);

/// Waits until nobody else writes this user's state. `None`: this launch is not wanted any more.
pub async fn wait_for_turn(
    ports: &Ports,
    relay: &Relay,
    (user, generation): (&UserId, Generation),
    halt: &Halt,
) -> Option<TaskState> {
    let deadline = Instant::now() + PREDECESSOR_WITHIN;
    let mut backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(4));
    let mut told = false;
    while !halt.is_closing() {
        match ports.tasks.get(user).await {
            // Released while we started: somebody took us for dead.
            Ok(state) if state.generation != generation || state.released >= generation => {
                info!(current = %state.generation, "this launch is not wanted any more");
                return None;
            }
            Ok(state) if state.released.next() >= generation => return Some(state),
            Ok(state) if Instant::now() >= deadline => {
                warn!(released = %state.released, "the task before did not release, going on");
                return Some(state);
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
        tokio::select! {
            () = halt.closing.cancelled() => {}
            () = backoff.wait() => {}
        }
    }
    None
}

/// Waits for the gateway and makes the task Running. Ends early when the bridge stops.
pub async fn wake(bridge: &Arc<Bridge>, state: &TaskState, listening: impl Future<Output = ()>) {
    tokio::select! {
        () = bridge.halt.closing.cancelled() => {}
        () = wake_up(bridge, state, listening) => {}
    }
}

async fn wake_up(bridge: &Bridge, state: &TaskState, listening: impl Future<Output = ()>) {
    let connected = async {
        tokio::join!(enter(bridge, state, Phase::StartingGateway), listening);
        let ((), connected) =
            tokio::join!(enter(bridge, state, Phase::Connecting), bridge.agent.connected());
        connected
    };
    match tokio::time::timeout(CONNECTED_WITHIN, connected).await {
        Ok(Ok(())) => become_running(bridge, state).await,
        Ok(Err(reason)) => bridge.halt.request(Reason::Broken(reason)),
        Err(_) => bridge.halt.request(Reason::Broken("it did not start in time".into())),
    }
}

async fn enter(bridge: &Bridge, state: &TaskState, phase: Phase) {
    let entered = bridge.ports.tasks.set_phase(&bridge.user, bridge.generation, phase);
    let (entered, ()) = tokio::join!(entered, bridge.relay.look_around(Duration::from_secs(5)));
    match entered {
        Err(WriteError::Fenced) => bridge.halt.fence(),
        // The phase is for people; the next one may be written again.
        Err(error) => warn!(error = %chain(&error), "cannot write the phase"),
        Ok(()) => bridge.relay.frame(&starting(bridge, state, phase)),
    }
}

fn starting(bridge: &Bridge, state: &TaskState, phase: Phase) -> ServerFrame {
    let eta = state.eta(bridge.ports.clock.now());
    ServerFrame::Status {
        status: TaskStatus::Starting,
        phase: Some(phase),
        eta_seconds: eta.map(|eta| u32::try_from(eta.as_secs()).unwrap_or(u32::MAX)),
        detail: None,
        message_id: None,
        conversation_id: None,
    }
}

async fn become_running(bridge: &Bridge, state: &TaskState) {
    let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(5));
    loop {
        let now = bridge.ports.clock.now();
        let woke_in = now.since(state.launched_at.unwrap_or(now));
        let tasks = &bridge.ports.tasks;
        match tasks.set_running(&bridge.user, bridge.generation, woke_in, now).await {
            Ok(()) => {
                info!(woke_in_ms = woke_in.as_millis(), "running");
                bridge.relay.frame(&tell::status(TaskStatus::Running, Phase::Ready, None));
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
