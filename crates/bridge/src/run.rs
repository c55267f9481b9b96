//! The parts put together: one life of the bridge, from its first port to its last write.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context, bail};
use domain::{Phase, RetryPolicy, TaskState, TaskStatus};
use gateway_client::{GatewayClient, GatewayConfig};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::error;

use crate::backoff::Backoff;
use crate::boot::{wait_for_turn, wake};
use crate::bridge::{Bridge, Policy};
use crate::chain::chain;
use crate::config::Config;
use crate::drain::drain;
use crate::gateway_process::{GatewayProcess, GatewayState, Launch};
use crate::halt::{Halt, Reason};
use crate::health::Health;
use crate::model::ModelSettings;
use crate::model_proxy::ModelProxy;
use crate::nudges::{Line, listen};
use crate::ports::Ports;
use crate::relay::Relay;
use crate::server::Server;
use crate::stop::{release, wind_down};
use crate::{gateway_config, server, tell};

/// Kept of the grace for giving back, the gateway's own stop, and the last save.
const SAVE_RESERVE: Duration = Duration::from_secs(25);
const RUN_TIMEOUT: Duration = Duration::from_secs(600);
/// An idle gateway stops in half a second, one that writes its compile cache in four.
const GATEWAY_STOP_WITHIN: Duration = Duration::from_secs(8);
const LAST_TASKS_WITHIN: Duration = Duration::from_secs(3);

/// One life of the bridge. `Ok` when it ended as it should, which includes finding that another
/// generation is current.
pub async fn run(
    config: Config,
    ports: Ports,
    shutdown: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let listener = server::listen(config.bridge_port)
        .await
        .with_context(|| format!("cannot listen on port {}", config.bridge_port))?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    let halt = Halt::default();
    let tasks = TaskTracker::new();
    let server = Server {
        token_sha256: config.launch_token.sha256().into(),
        health: Health::default(),
        halt: halt.clone(),
        bridge: Arc::new(OnceLock::new()),
    };
    // For what serves others until the very end.
    let over = CancellationToken::new();
    tasks.spawn(over.clone().run_until_cancelled_owned(server.clone().serve(listener)));

    let life = live(&config, &ports, &server, &tasks, &over);
    tokio::pin!(life);
    let outcome = tokio::select! {
        outcome = &mut life => outcome,
        () = shutdown => {
            halt.request(Reason::Signal);
            life.await
        }
    };

    over.cancel();
    tasks.close();
    if tokio::time::timeout(LAST_TASKS_WITHIN, tasks.wait()).await.is_err() {
        tracing::warn!(tasks = tasks.len(), "some tasks did not end, leaving anyway");
    }
    outcome
}

async fn live(
    config: &Config,
    ports: &Ports,
    server: &Server,
    tasks: &TaskTracker,
    over: &CancellationToken,
) -> anyhow::Result<()> {
    let halt = &server.halt;
    let identity = (&config.user, config.generation);
    let relay = Relay::new(config.user.clone(), ports.clone(), tasks.clone());
    let Some(state) = wait_for_turn(ports, &relay, identity, halt).await else {
        relay.finish(Duration::ZERO).await;
        return Ok(());
    };
    let (gateway, agent) = match start_gateway(config, ports, tasks, over).await {
        Ok((gateway, agent)) => (Some(gateway), agent),
        Err(error) => {
            error!(error = %chain(&*error), "cannot start the gateway");
            halt.request(Reason::Broken("its settings could not be read".into()));
            // Of nothing: no run is ever asked of it.
            (None, GatewayClient::start(GatewayConfig::new("ws://127.0.0.1:0/", "")))
        }
    };
    let bridge = Bridge::new(
        (config.user.clone(), config.generation),
        ports.clone(),
        Arc::new(agent.clone()),
        (relay, halt.clone(), tasks.clone()),
        policy(config),
    );
    let _ = server.bridge.set(bridge.clone());
    if let Some(gateway) = &gateway {
        serve_user(&bridge, config, server, gateway, &state).await;
    }

    wind_down(&bridge).await;
    if let Some(gateway) = gateway {
        gateway.stop().await;
    }
    agent.close();
    release(&bridge).await;
    match halt.reason() {
        Some(Reason::Broken(reason)) if !halt.is_fenced() => {
            bail!("the gateway is broken: {reason}")
        }
        _ => Ok(()),
    }
}

/// From the gateway's start until the bridge is asked to stop.
async fn serve_user(
    bridge: &Arc<Bridge>,
    config: &Config,
    server: &Server,
    gateway: &GatewayProcess,
    state: &TaskState,
) {
    let (tasks, halt) = (&bridge.tasks, &bridge.halt);
    tasks.spawn(server.health.clone().watch(bridge.agent.clone(), halt.clone()));
    tasks.spawn(follow_gateway(bridge.clone(), gateway.state()));
    let line = Line { url: config.ws_url.clone(), token: config.launch_token.expose() };
    tasks.spawn(listen(bridge.clone(), line));

    wake(bridge, state, gateway.listening()).await;
    if halt.is_closing() {
        return;
    }
    // The start does not count as idleness.
    bridge.activity.note();
    tasks.spawn(drain(bridge.clone()));
    tokio::select! {
        () = halt.closing.cancelled() => {}
        () = bridge.activity.idle_for(config.idle_timeout) => halt.request(Reason::Idle),
    }
}

fn policy(config: &Config) -> Policy {
    Policy {
        retry: RetryPolicy::default(),
        run_timeout: RUN_TIMEOUT,
        reply_grace: config.stop_grace.saturating_sub(SAVE_RESERVE),
    }
}

async fn start_gateway(
    config: &Config,
    ports: &Ports,
    tasks: &TaskTracker,
    over: &CancellationToken,
) -> anyhow::Result<(GatewayProcess, GatewayClient)> {
    let model = Arc::new(load_model(ports).await?);
    let proxy = ModelProxy::bind(model.clone()).await.context("cannot bind the model proxy")?;
    let port = free_port(config.gateway.port).await.context("no port for the gateway")?;
    let settings = gateway_config::GatewaySettings {
        port,
        state_dir: &config.gateway.state_dir,
        run_timeout_seconds: RUN_TIMEOUT.as_secs(),
        model: &model,
        model_url: &proxy.url,
    };
    let token = uuid::Uuid::new_v4().simple().to_string();
    let launch = Launch {
        program: config.gateway.clone(),
        port,
        token: token.clone(),
        model_key: proxy.key.clone(),
        config: gateway_config::gateway_config(&settings),
        stop_within: GATEWAY_STOP_WITHIN,
    };
    tasks.spawn(over.clone().run_until_cancelled_owned(proxy.serve()));
    let gateway = GatewayProcess::start(launch, tasks);
    let client = GatewayConfig::new(format!("ws://127.0.0.1:{port}/"), token);
    Ok((gateway, GatewayClient::start(client)))
}

/// SSM throttles when many tasks start at once.
async fn load_model(ports: &Ports) -> anyhow::Result<ModelSettings> {
    const TRIES: u32 = 5;
    let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(3));
    loop {
        match ports.model.load().await {
            Ok(model) => return Ok(model),
            Err(_) if backoff.failures() + 1 < TRIES => backoff.wait().await,
            Err(error) => return Err(error).context("cannot read the model's settings"),
        }
    }
}

/// The one asked for, or one that is free now.
async fn free_port(asked: u16) -> std::io::Result<u16> {
    match asked {
        0 => Ok(server::listen(0).await?.local_addr()?.port()),
        port => Ok(port),
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
