//! A life of the bridge on a real machine: its own HTTP server, a gateway in a process, a
//! WebSocket for nudges, signals.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context, bail};
use domain::{Generation, LaunchToken, Owner, UserId};
use platform::Spares;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::bridge::{Bridge, Policy};
use crate::config::{Config, GatewayProgram};
use crate::halt::{Halt, Reason};
use crate::health::Health;
use crate::live::{Life, live};
use crate::orphans::Orphans;
use crate::ports::{Memories, Ports};
use crate::process_host::ProcessHost;
use crate::server::{self, Server};
use crate::spare::{SpareLife, spare};
use crate::websocket_line::WebSocketLine;
use crate::workspace::Workspace;

/// Kept of the grace: 6 s to give back and to send the last pieces to Telegram, 9 for the gateway's
/// own stop, 20 for the last save, 5 to release, 4 for last words, and some to spare.
const SAVE_RESERVE: Duration = Duration::from_secs(50);
const RUN_TIMEOUT: Duration = Duration::from_secs(600);
const LAST_TASKS_WITHIN: Duration = Duration::from_secs(1);

/// One life of the bridge. `Ok` when it ended as it should, which includes finding that another
/// generation is current.
pub async fn run(
    config: Config,
    ports: Ports,
    memories: Arc<dyn Memories>,
    orphans: Orphans,
    shutdown: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let Owner::User(user, generation) = config.launch_token.owner.clone() else {
        bail!("LAUNCH_TOKEN is a spare's");
    };
    let machine = Machine::start(config, ports, memories, orphans).await?;
    let life = machine.life(user, generation);
    let life = live(life, |bridge| machine.show(bridge));
    machine.until_over(life, shutdown).await
}

/// As [`run`], of a spare: at first nobody's, and then perhaps somebody's for good.
pub async fn run_spare(
    config: Config,
    ports: Ports,
    memories: Arc<dyn Memories>,
    spares: Arc<dyn Spares>,
    orphans: Orphans,
    shutdown: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let (Owner::Spare(id), Some(expires_at)) =
        (config.launch_token.owner.clone(), config.expires_at)
    else {
        bail!("LAUNCH_TOKEN is not a spare's");
    };
    let machine = Machine::start(config, ports, memories, orphans).await?;
    let waiting = SpareLife {
        id,
        expires_at,
        spares,
        ports: machine.ports.clone(),
        host: Arc::new(machine.host(machine.config.gateway.clone(), true)),
        line: machine.line(&machine.config.launch_token),
        halt: machine.server.halt.clone(),
    };
    let is_up = CancellationToken::new();
    let green = machine.server.health.clone().stay_green(is_up.clone().cancelled_owned());
    machine.tasks.spawn(machine.over.clone().run_until_cancelled_owned(green));
    let life_of = |user, generation| machine.life(user, generation);
    let life = spare(waiting, life_of, |bridge| machine.show_once_up(bridge, is_up));
    machine.until_over(life, shutdown).await
}

/// What there is whoever is served.
struct Machine {
    config: Config,
    ports: Ports,
    memories: Arc<dyn Memories>,
    orphans: Orphans,
    server: Server,
    tasks: TaskTracker,
    /// Ends what serves others until the very end.
    over: CancellationToken,
}

impl Machine {
    async fn start(
        config: Config,
        ports: Ports,
        memories: Arc<dyn Memories>,
        orphans: Orphans,
    ) -> anyhow::Result<Self> {
        let listener = server::listen(config.bridge_port)
            .await
            .with_context(|| format!("cannot listen on port {}", config.bridge_port))?;
        tracing::info!(address = %listener.local_addr()?, "listening");
        let tasks = TaskTracker::new();
        let server = Server {
            token_sha256: config.launch_token.sha256().into(),
            health: Health::default(),
            halt: Halt::default(),
            bridge: Arc::new(OnceLock::new()),
        };
        let over = CancellationToken::new();
        tasks.spawn(over.clone().run_until_cancelled_owned(server.clone().serve(listener)));
        tasks.spawn(over.clone().run_until_cancelled_owned(orphans.clone().bury()));
        Ok(Self { config, ports, memories, orphans, server, tasks, over })
    }

    fn host(&self, program: GatewayProgram, leaves_nothing: bool) -> ProcessHost {
        ProcessHost {
            program,
            leaves_nothing,
            model: self.ports.model.clone(),
            run_timeout: RUN_TIMEOUT,
            tasks: self.tasks.clone(),
            orphans: self.orphans.clone(),
            over: self.over.clone(),
        }
    }

    fn line(&self, token: &LaunchToken) -> Arc<WebSocketLine> {
        let url = self.config.ws_url.clone();
        Arc::new(WebSocketLine { url, token: token.expose() })
    }

    fn life(&self, user: UserId, generation: Generation) -> Life {
        let config = &self.config;
        let (state_dir, agent) = (config.state_dir.0.clone(), config.gateway.agent());
        let clock = self.ports.clock.clone();
        let memory = self.memories.of(&user, &config.state_dir, agent, clock);
        let token = config.launch_token.handed_to(user.clone(), generation);
        let workspace = Workspace { state_dir: state_dir.clone(), owner: config.gateway.run_as };
        let program = GatewayProgram { state_dir, ..config.gateway.clone() };
        Life {
            user,
            generation,
            ports: self.ports.clone(),
            host: Arc::new(self.host(program, false)),
            memory,
            line: self.line(&token),
            workspace,
            policy: Policy {
                run_timeout: RUN_TIMEOUT,
                reply_grace: config.stop_grace.saturating_sub(SAVE_RESERVE),
                idle: config.idle,
                save_every: config.save_every,
                spending: config.spending,
                ..Policy::default()
            },
            time_zone: config.time_zone.clone(),
            release: config.release.clone(),
            halt: self.server.halt.clone(),
        }
    }

    fn show(&self, bridge: &Arc<Bridge>) {
        let _ = self.server.bridge.set(bridge.clone());
        let health = self.server.health.clone();
        self.tasks.spawn(health.watch(bridge.agent.clone(), bridge.halt.clone()));
    }

    /// A container's health check forgives a slow start, and of this one the start is long past.
    fn show_once_up(&self, bridge: &Arc<Bridge>, is_up: CancellationToken) {
        let _ = self.server.bridge.set(bridge.clone());
        let (health, agent) = (self.server.health.clone(), bridge.agent.clone());
        let watch = health.watch(agent.clone(), bridge.halt.clone());
        let watch = async move {
            let _ = agent.connected().await;
            is_up.cancel();
            watch.await;
        };
        let over = bridge.halt.aborting.clone();
        self.tasks.spawn(over.run_until_cancelled_owned(watch));
    }

    /// The whole life, which ends early when `shutdown` asks for it.
    async fn until_over(
        &self,
        life: impl Future<Output = anyhow::Result<()>>,
        shutdown: impl Future<Output = ()>,
    ) -> anyhow::Result<()> {
        tokio::pin!(life);
        let outcome = tokio::select! {
            outcome = &mut life => outcome,
            () = shutdown => {
                self.server.halt.request(Reason::Signal);
                life.await
            }
        };
        self.over.cancel();
        self.tasks.close();
        if tokio::time::timeout(LAST_TASKS_WITHIN, self.tasks.wait()).await.is_err() {
            tracing::warn!(tasks = self.tasks.len(), "some tasks did not end, leaving anyway");
        }
        outcome
    }
}
