//! One life of the bridge, from its first port to its last write, whatever machine it is on.
//!
//! Nothing here knows of processes, sockets or the real time, nothing throws dice, and every
//! choice between things that are ready has an order: with the same world around it, a life runs
//! the same way again.

use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use domain::{
    Choices, Generation, Phase, TaskDefinition, TaskState, TaskStatus, TimeZone, Timestamp, UserId,
};
use platform::Memory;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use tracing::warn;

use crate::agent::{Agent, NoAgent};
use crate::boot::{came_up, wait_for_turn, wake};
use crate::bridge::{Bridge, Policy};
use crate::choices::read_choices;
use crate::drain::drain;
use crate::gateway_process::GatewayState;
use crate::halt::{Halt, Reason};
use crate::host::{Gateway, GatewayHost};
use crate::incoming;
use crate::keep::{keep, last_save};
use crate::nudges::{Line, listen};
use crate::ports::Ports;
use crate::recall::{Started, recall, stop};
use crate::relay::Relay;
use crate::skills;
use crate::stop::{release, wind_down};
use crate::telegram::{Telegram, catch_up};
use crate::workspace::Workspace;
use crate::{meter, tell};

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
    /// As what the task was launched, if somebody chose.
    pub release: Option<TaskDefinition>,
    /// Whoever holds it may ask for the end.
    pub halt: Halt,
}

/// `Ok` when it ended as it should, which includes finding that another generation is current.
/// From the moment that `halt` is closing it takes no longer than `policy.reply_grace` and 45 s.
/// `on_turn` is shown the bridge as soon as this launch is known to be wanted.
pub async fn live(life: Life, on_turn: impl FnOnce(&Arc<Bridge>)) -> anyhow::Result<()> {
    let began = life.ports.clock.now();
    let tasks = TaskTracker::new();
    let relay = Relay::new(life.user.clone(), life.ports.clone(), tasks.clone());
    let shown_until = life.halt.aborting.child_token();
    let telegram =
        Telegram::new(life.user.clone(), life.ports.clone(), tasks.clone(), shown_until.clone());
    telegram.enter(Phase::Provisioning);
    let identity = (&life.user, life.generation);
    let turn = wait_for_turn(&life.ports, &relay, identity, &life.halt);
    // Whoever waits in Telegram sees it from the first moment.
    let looked = life.halt.closing.run_until_cancelled(telegram.look_around());
    let (turn, _) = tokio::join!(turn, looked);
    match turn {
        Some(state) => {
            take_turn(&life, (relay, telegram), (&state, began), &tasks, on_turn).await;
        }
        None => relay.finish(Duration::ZERO).await,
    }
    shown_until.cancel();
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
    (relay, telegram): (Relay, Telegram),
    (state, began): (&TaskState, Timestamp),
    tasks: &TaskTracker,
    on_turn: impl FnOnce(&Arc<Bridge>),
) {
    let started = Started::default();
    telegram.enter(Phase::Restoring);
    let meanwhile = async {
        let looked = relay.look_around(Duration::ZERO);
        tokio::join!(read_choices(&life.ports, &life.user), looked).0
    };
    let choices: Option<Choices> = life.halt.closing.run_until_cancelled(meanwhile).await.flatten();
    let recalled = recall(life, &relay, (state, choices.as_ref()), &started);
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
        (relay, telegram),
        (life.halt.clone(), tasks.clone()),
        life.policy,
        life.workspace.clone(),
    );
    let _ = bridge.began.set(began);
    let _ = bridge.choices.set(choices.unwrap_or_default());
    bridge.meter.begin(state, bridge.ports.clock.now());
    on_turn(&bridge);
    tasks.spawn(catch_up(bridge.clone()));
    if let Some(gateway) = &gateway {
        if let Some(notice) = gateway.notice() {
            let _ = bridge.notice.set(notice);
        }
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
    // Before the release, after which this generation counts nothing any more.
    if !bridge.halt.is_fenced() {
        meter::write_down(&bridge).await;
    }
    release(&bridge).await;
}

/// From the gateway's start until the bridge is asked to stop.
async fn serve_user(bridge: &Arc<Bridge>, life: &Life, gateway: &dyn Gateway, state: &TaskState) {
    let (tasks, halt) = (&bridge.tasks, &bridge.halt);
    tasks.spawn(follow_gateway(bridge.clone(), gateway.state()));
    tasks.spawn(listen(bridge.clone(), life.line.clone()));
    tasks.spawn(keep(bridge.clone(), life.memory.clone()));
    tasks.spawn(skills::follow(bridge.clone()));
    tasks.spawn(incoming::take_in_all(bridge.clone()));

    let operators_zone = life.time_zone.clone();
    bridge.habits.begin(&bridge.choices(), operators_zone, state.activity.clone());
    wake(bridge, state, gateway.listening()).await;
    if halt.is_closing() {
        return;
    }
    tasks.spawn(came_up(bridge.clone(), life.release.clone()));
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
