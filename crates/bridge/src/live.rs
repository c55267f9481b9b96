//! One life of the bridge, from its first port to its last write, whatever machine it is on.
//!
//! Nothing here knows of processes, sockets or the real time, nothing throws dice, and every
//! choice between things that are ready has an order: with the same world around it, a life runs
//! the same way again.

use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use domain::{Generation, Phase, TaskState, TaskStatus, TimeZone, UserId};
use platform::Memory;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use tracing::warn;

use crate::agent::{Agent, NoAgent};
use crate::boot::{wait_for_turn, wake};
use crate::bridge::{Bridge, Policy};
use crate::drain::drain;
use crate::gateway_process::GatewayState;
use crate::halt::{Halt, Reason};
use crate::host::{Gateway, GatewayHost};
use crate::keep::{keep, last_save};
use crate::nudges::{Line, listen};
use crate::ports::Ports;
use crate::recall::{Started, recall, stop};
use crate::relay::Relay;
use crate::stop::{release, wind_down};
use crate::tell;
use crate::workspace::Workspace;

/// A gateway kills itself well within this.
pub(crate) const GATEWAY_STOPPED_WITHIN: Duration = Duration::from_secs(9);
const LAST_TASKS_WITHIN: Duration = Duration::from_secs(1);

pub struct Life {
    pub user: UserId,
    pub generation: Generation,
    pub ports: Ports,
    pub host: Arc<dyn GatewayHost>,
    pub memory: Arc<dyn Memory>,
    pub line: Arc<dyn Line>,
    pub policy: Policy,
    pub workspace: Workspace,
    /// Of a user who has not told his own.
    pub time_zone: TimeZone,
    /// Whoever holds it may ask for the end.
    pub halt: Halt,
}

/// `Ok` when it ended as it should, which includes finding that another generation is current.
/// From the moment that `halt` is closing it takes no longer than `policy.reply_grace` and 45 s.
/// `on_turn` is shown the bridge as soon as this launch is known to be wanted.
pub async fn live(life: Life, on_turn: impl FnOnce(&Arc<Bridge>)) -> anyhow::Result<()> {
    let tasks = TaskTracker::new();
    let relay = Relay::new(life.user.clone(), life.ports.clone(), tasks.clone());
    let identity = (&life.user, life.generation);
    match wait_for_turn(&life.ports, &relay, identity, &life.halt).await {
        Some(state) => take_turn(&life, relay, &state, &tasks, on_turn).await,
        None => relay.finish(Duration::ZERO).await,
    }
    tasks.close();
    if timeout(LAST_TASKS_WITHIN, tasks.wait()).await.is_err() {
        warn!(tasks = tasks.len(), "some tasks did not end, leaving anyway");
    }
    match life.halt.reason() {
        Some(Reason::Broken(reason)) if !life.halt.is_fenced() => {
            bail!("the gateway is broken: {reason}")
        }
        _ => Ok(()),
    }
}

async fn take_turn(
    life: &Life,
    relay: Relay,
    state: &TaskState,
    tasks: &TaskTracker,
    on_turn: impl FnOnce(&Arc<Bridge>),
) {
    let started = Started::default();
    let recalled = recall(life, &relay, state, &started);
    if life.halt.closing.run_until_cancelled(recalled).await != Some(true) {
        // On half of what it knows.
        stop(&started).await;
    }
    let gateway = started.into_inner().expect("no holder panics");
    let agent: Arc<dyn Agent> = match &gateway {
        Some(gateway) => gateway.agent(),
        None => Arc::new(NoAgent),
    };
    let bridge = Bridge::new(
        (life.user.clone(), life.generation),
        life.ports.clone(),
        agent,
        (relay, life.halt.clone(), tasks.clone()),
        life.policy,
        life.workspace.clone(),
    );
    on_turn(&bridge);
    if let Some(gateway) = &gateway {
        serve_user(&bridge, life, &**gateway, state).await;
    }

    wind_down(&bridge).await;
    // What was not restored in full must not be saved (I9).
    if let Some(gateway) = gateway {
        let gone = timeout(GATEWAY_STOPPED_WITHIN, gateway.stop()).await.is_ok();
        if !gone {
            warn!("the gateway was not seen to stop, going on anyway");
        }
        last_save(&bridge, &*life.memory, gone).await;
    }
    release(&bridge).await;
}

/// From the gateway's start until the bridge is asked to stop.
async fn serve_user(bridge: &Arc<Bridge>, life: &Life, gateway: &dyn Gateway, state: &TaskState) {
    let (tasks, halt) = (&bridge.tasks, &bridge.halt);
    tasks.spawn(follow_gateway(bridge.clone(), gateway.state()));
    tasks.spawn(listen(bridge.clone(), life.line.clone()));
    tasks.spawn(keep(bridge.clone(), life.memory.clone()));

    bridge.habits.begin(life.time_zone.clone(), state.activity.clone());
    let read_zone = bridge.habits.read_zone(&bridge.ports, &bridge.user);
    tokio::join!(
        wake(bridge, state, gateway.listening()),
        halt.closing.run_until_cancelled(read_zone)
    );
    if halt.is_closing() {
        return;
    }
    // The start does not count as idleness.
    bridge.activity.note();
    tasks.spawn(drain(bridge.clone()));
    let idle_after = || bridge.habits.timeout(bridge.ports.clock.now());
    tokio::select! {
        biased;
        () = halt.closing.cancelled() => {}
        () = bridge.activity.idle_for(idle_after) => halt.request(Reason::Idle),
    }
}

/// Tells the user about restarts, and stops the bridge when there will be no more.
async fn follow_gateway(bridge: Arc<Bridge>, mut state: watch::Receiver<GatewayState>) {
    loop {
        let now = state.borrow_and_update().clone();
        match now {
            GatewayState::Started { times } if times > 1 => {
                let detail = "Your agent's program stopped and is starting again.";
                let (status, phase) = (TaskStatus::Running, Phase::StartingGateway);
                bridge.relay.frame(&tell::status(status, phase, Some(detail)));
            }
            GatewayState::Started { .. } => {}
            GatewayState::GivenUp(reason) => return bridge.halt.request(Reason::Broken(reason)),
            GatewayState::Stopped => return,
        }
        if state.changed().await.is_err() {
            return;
        }
    }
}
