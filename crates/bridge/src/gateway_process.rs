//! The real OpenClaw as our child: started with next to no environment, started again when it
//! dies, stopped with everything it started.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, info, warn};

use crate::chain::chain;
use crate::config::GatewayProgram;
use crate::gateway_config::write_config;
use crate::gateway_output::Output;
use crate::orphans::Orphans;
use crate::restarts::{Decision, Restarts};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GatewayState {
    Started {
        times: u32,
    },
    /// It will not come up; the sentence is for people.
    GivenUp(String),
    Stopped,
}

pub struct Launch {
    pub program: GatewayProgram,
    pub port: u16,
    pub token: String,
    /// The agent's key at the model proxy.
    pub model_key: String,
    pub config: Value,
    /// From SIGTERM to SIGKILL.
    pub stop_within: Duration,
    pub orphans: Orphans,
}

#[derive(Clone)]
pub struct GatewayProcess {
    port: u16,
    state: watch::Receiver<GatewayState>,
    stop: CancellationToken,
}

impl GatewayProcess {
    pub fn start(launch: Launch, tasks: &TaskTracker) -> Self {
        let (tell, state) = watch::channel(GatewayState::Started { times: 0 });
        let (port, stop) = (launch.port, CancellationToken::new());
        tasks.spawn(supervise(Arc::new(launch), tell, stop.clone(), tasks.clone()));
        Self { port, state, stop }
    }

    pub fn state(&self) -> watch::Receiver<GatewayState> {
        self.state.clone()
    }

    /// Returns when something listens on the gateway's port.
    pub async fn listening(&self) {
        while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// Returns when the gateway and all it started are gone.
    pub async fn stop(&self) {
        self.stop.cancel();
        let mut state = self.state.clone();
        let over = |now: &GatewayState| !matches!(now, GatewayState::Started { .. });
        let _ = state.wait_for(over).await;
    }
}

async fn supervise(
    launch: Arc<Launch>,
    tell: watch::Sender<GatewayState>,
    stop: CancellationToken,
    tasks: TaskTracker,
) {
    let mut restarts = Restarts::default();
    let mut times = 0;
    while !stop.is_cancelled() {
        let started = Instant::now();
        let code = match spawn(&launch) {
            Ok(child) => {
                times += 1;
                tell.send_replace(GatewayState::Started { times });
                attend(child, &launch, &stop, &tasks).await.and_then(|status| status.code())
            }
            Err(error) => {
                warn!(error = %chain(&error), "cannot start the gateway");
                None
            }
        };
        if stop.is_cancelled() {
            break;
        }
        match restarts.after(code, started.elapsed()) {
            Decision::RestartAfter(delay) => {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = sleep(delay) => {}
                }
            }
            Decision::GiveUp(reason) => {
                tell.send_replace(GatewayState::GivenUp(reason.into()));
                return;
            }
        }
    }
    tell.send_replace(GatewayState::Stopped);
}

/// Until the gateway has ended, by itself or by us. Nothing it started outlives it.
async fn attend(
    mut child: Child,
    launch: &Launch,
    stop: &CancellationToken,
    tasks: &TaskTracker,
) -> Option<ExitStatus> {
    let pid = Pid::from_raw(i32::try_from(child.id()?).ok()?);
    let awaited = launch.orphans.awaits(pid);
    let output = Output::read(&mut child, tasks);
    info!(pid = pid.as_raw(), "started the gateway");
    let status = tokio::select! {
        status = child.wait() => {
            warn!(?status, last_lines = output.last_lines(), "the gateway ended by itself");
            status.ok()
        }
        () = stop.cancelled() => terminate(&mut child, pid, launch.stop_within).await,
    };
    drop(awaited);
    launch.orphans.end(pid).await;
    status
}

async fn terminate(child: &mut Child, pid: Pid, within: Duration) -> Option<ExitStatus> {
    let _ = kill(pid, Signal::SIGTERM);
    match timeout(within, child.wait()).await {
        Ok(status) => {
            debug!(?status, "the gateway stopped");
            status.ok()
        }
        Err(_) => {
            warn!("the gateway did not stop in time, killing it");
            let _ = killpg(pid, Signal::SIGKILL);
            child.wait().await.ok()
        }
    }
}

fn spawn(launch: &Launch) -> std::io::Result<Child> {
    let program = &launch.program;
    let run_as = program.agent();
    prepare(&program.state_dir, &launch.config, run_as)?;
    let (name, arguments) = program.command.split_first().expect("checked by the configuration");
    let mut command = Command::new(name);
    command
        .args(arguments)
        .env_clear()
        .envs(environment(launch))
        .current_dir(&program.state_dir)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    if let Some((uid, gid)) = run_as {
        command.uid(uid).gid(gid);
    }
    die_with_us(&mut command);
    command.spawn()
}

/// Everything the agent can see of us (I7).
fn environment(launch: &Launch) -> Vec<(&'static str, String)> {
    let state_dir = launch.program.state_dir.display();
    let mut variables = launch.program.inherited.clone();
    if variables.iter().any(|(name, _)| *name == "NODE_COMPILE_CACHE") {
        // Else the launcher starts itself once more, and its child is not ours to follow.
        variables.push(("OPENCLAW_PACKAGED_COMPILE_CACHE_RESPAWNED", "1".into()));
    }
    variables.extend([
        ("HOME", format!("{state_dir}/home")),
        ("OPENCLAW_STATE_DIR", state_dir.to_string()),
        ("OPENCLAW_GATEWAY_TOKEN", launch.token.clone()),
        ("OPENCLAW_GATEWAY_PORT", launch.port.to_string()),
        ("MODEL_PROXY_KEY", launch.model_key.clone()),
        ("OPENCLAW_NO_AUTO_UPDATE", "1".into()),
        ("OPENCLAW_NO_RESPAWN", "1".into()),
        ("OPENCLAW_DISABLE_BONJOUR", "1".into()),
        ("DO_NOT_TRACK", "1".into()),
    ]);
    variables
}

fn prepare(dir: &Path, config: &Value, owner: Option<(u32, u32)>) -> std::io::Result<()> {
    for part in ["", "home", "workspace", "logs"] {
        std::fs::create_dir_all(dir.join(part))?;
        give_to(&dir.join(part), owner)?;
    }
    give_to(&write_config(dir, config)?, owner)
}

fn give_to(path: &Path, owner: Option<(u32, u32)>) -> std::io::Result<()> {
    let Some((uid, gid)) = owner else {
        return Ok(());
    };
    std::os::unix::fs::chown(path, Some(uid), Some(gid))
}

/// A bridge that is killed cannot stop its gateway, so the kernel does. The signal is tied to
/// the thread that starts the child: ours lives as long as the runtime.
#[expect(unsafe_code, reason = "the only way to set the death signal is between fork and exec")]
fn die_with_us(command: &mut Command) {
    let parent = nix::unistd::getpid();
    let prepare_child = move || {
        nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?;
        // Killed before the line above: then nobody will send the signal.
        if nix::unistd::getppid() != parent {
            return Err(std::io::ErrorKind::BrokenPipe.into());
        }
        Ok(())
    };
    // SAFETY: prctl and getppid are async-signal-safe, and nothing here allocates.
    unsafe { command.pre_exec(prepare_child) };
}
