//! A gateway whose answers are scripted by the message itself. For tests and drills; it speaks
//! what the recordings of the real one show, and nothing more.
//!
//! | message holds | reply |
//! | --- | --- |
//! | nothing special | `You said: <message>` |
//! | `[[demo text="…" chunk=8 delay=30]]` | the text, in chunks of 8 characters every 30 ms |
//! | `[[demo tokens=400 delay=10]]` | 400 short words |
//! | `[[demo bytes=200000]]` | lines of text, that many bytes |
//! | `[[demo error=429]]` (400, 401, 402, 500) | an `error`, twice; with `once`, a retry and then the text |
//! | `[[demo cut]]` | half of the text, taken back, half of it again, and an `error` |
//! | `[[demo tool=read]]` | a tool call, then the text |
//! | `[[demo hang]]` | nothing, until it is aborted |

mod accept;
mod connection;
mod directive;
mod methods;
mod player;
mod store;
mod world;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use self::world::World;

#[derive(Debug, Clone)]
pub struct ScriptedOptions {
    pub token: String,
    /// 0: any free port.
    pub port: u16,
    /// The real gateway sends at most one delta per run every 75 ms. `None`: one per chunk.
    pub pacing: Option<Duration>,
    /// Who connects gets these of the scopes it asked for.
    pub grantable: Vec<String>,
    /// Keeps the transcripts here, so that a restart shows them and resumes what it interrupted.
    pub state_dir: Option<PathBuf>,
    /// How many times `connect` is answered "still starting".
    pub refuse_first: usize,
    /// From a restart to the resumption of interrupted runs; 4–6 s on the real one.
    pub recovery_delay: Duration,
    /// Events of a run that is over at once go out ahead of its acknowledgement.
    pub events_before_ack: bool,
    pub max_payload: usize,
}

impl Default for ScriptedOptions {
    fn default() -> Self {
        let scopes = ["operator.read", "operator.write", "operator.admin", "operator.approvals"];
        Self {
            token: "scripted-token".to_owned(),
            port: 0,
            pacing: None,
            grantable: scopes.map(str::to_owned).to_vec(),
            state_dir: None,
            refuse_first: 0,
            recovery_delay: Duration::from_millis(50),
            events_before_ack: false,
            max_payload: 25 * 1024 * 1024,
        }
    }
}

/// Serves until it is dropped.
pub struct ScriptedGateway {
    address: SocketAddr,
    world: Arc<World>,
    stop: CancellationToken,
    _stop_on_drop: DropGuard,
}

impl ScriptedGateway {
    pub async fn start(options: ScriptedOptions) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
        let address = listener.local_addr()?;
        let world = World::open(options)?;
        let stop = CancellationToken::new();
        let accepting = accept::accept(listener, world.clone());
        tokio::spawn(stop.clone().run_until_cancelled_owned(accepting));
        world.resume_interrupted();
        Ok(Self { address, world, stop: stop.clone(), _stop_on_drop: stop.drop_guard() })
    }

    pub fn url(&self) -> String {
        format!("ws://{}/", self.address)
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn boot_id(&self) -> String {
        self.world.boot_id()
    }

    /// How many requests of this method came in, over all boots.
    pub fn requests(&self, method: &str) -> usize {
        self.world.requests(method)
    }

    /// How many runs were played, resumed ones included.
    pub fn runs_played(&self) -> usize {
        self.world.runs_played()
    }

    /// Cuts every connection without a word. Runs go on.
    pub fn drop_connections(&self) {
        self.world.drop_connections();
    }

    /// From now on nothing is answered or sent, and pings are not either; until `thaw`.
    pub fn freeze(&self) {
        self.world.set_frozen(true);
    }

    pub fn thaw(&self) {
        self.world.set_frozen(false);
    }

    /// As `kill -9` and a new start: connections, runs and idempotency keys are gone, the stored
    /// rows are not, and interrupted runs are resumed under new ids.
    pub fn crash(&self) {
        self.world.crash();
        self.world.resume_interrupted();
    }

    /// As [`crash`](Self::crash), and the disk is lost, too.
    pub fn lose_everything(&self) {
        self.world.forget();
        self.world.crash();
    }

    /// As SIGTERM: refuses requests, lets runs finish, says `shutdown`, closes with 1012.
    pub async fn shutdown(&self) {
        self.world.drain().await;
        self.world.say_goodbye();
        self.stop.cancel();
        // The farewell is queued; it is out when the last connection's task is gone.
        self.world.until_disconnected().await;
    }
}

impl Drop for ScriptedGateway {
    fn drop(&mut self) {
        self.world.drop_connections();
    }
}
