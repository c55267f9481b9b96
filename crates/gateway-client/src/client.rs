//! The handle: cheap to clone; the last one dropped ends the connection.

use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::sync::{Mutex, watch};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::drive::Driver;
use crate::frames::canonical;
use crate::known::Known;
use crate::link::{Link, malformed};
use crate::registry::{Entered, Registry};
use crate::supervisor::{LinkState, Supervisor};
use crate::waits::Waits;
use crate::{
    BootId, ConnectionState, GatewayConfig, GatewayError, History, Run, RunEnd, RunErrorKind,
    RunEvent, RunRequest, limits,
};

#[derive(Clone)]
pub struct GatewayClient {
    inner: Arc<Inner>,
}

struct Inner {
    config: GatewayConfig,
    registry: Arc<Registry>,
    state: watch::Receiver<ConnectionState>,
    link: watch::Receiver<LinkState>,
    warmed: Mutex<Option<BootId>>,
    known: Known,
    stop: CancellationToken,
    _stop_on_drop: DropGuard,
}

impl GatewayClient {
    /// Connects in the background, and again whenever the connection is lost.
    pub fn start(config: GatewayConfig) -> Self {
        let (state, state_receiver) =
            watch::channel(ConnectionState::Connecting { attempt: 1, last_error: None });
        let (link, link_receiver) = watch::channel(LinkState::Down);
        let registry = Arc::<Registry>::default();
        let stop = CancellationToken::new();
        let supervisor = Supervisor {
            config: config.clone(),
            registry: registry.clone(),
            state,
            link,
            stop: stop.clone(),
        };
        tokio::spawn(supervisor.run());
        let inner = Inner {
            config,
            registry,
            state: state_receiver,
            link: link_receiver,
            warmed: Mutex::default(),
            known: Known::default(),
            stop: stop.clone(),
            _stop_on_drop: stop.drop_guard(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Ends the connection and every run on it.
    pub fn close(&self) {
        self.inner.stop.cancel();
    }

    pub fn state(&self) -> watch::Receiver<ConnectionState> {
        self.inner.state.clone()
    }

    /// Waits for the connection, or for the reason why there will never be one.
    pub async fn connected(&self) -> Result<BootId, GatewayError> {
        let mut link = self.inner.link.clone();
        let up = link.wait_for(|link| !matches!(link, LinkState::Down)).await;
        match up.as_deref() {
            Ok(LinkState::Up(link)) => Ok(link.boot_id.clone()),
            Ok(LinkState::Over(error)) => Err(error.clone()),
            Ok(LinkState::Down) | Err(_) => Err(GatewayError::Closed),
        }
    }

    /// Any method, with the configured timeout. Fails at once when not connected.
    pub async fn request(
        &self,
        method: &str,
        params: Value,
    ) -> Result<Box<RawValue>, GatewayError> {
        self.link()?.request(method, params, self.inner.config.request_timeout).await
    }

    /// Sends a message, now or as soon as there is a connection, and follows its reply.
    pub async fn run(&self, request: RunRequest) -> Run {
        let Inner { registry, link, config, .. } = &*self.inner;
        let id = request.idempotency_key.clone();
        let session = canonical(&request.session_key);
        let Some(entered) = registry.enter(&id, session, request.resuming) else {
            return self.refuse(&id);
        };
        let Entered { ticket, ready, changed } = entered;
        let driver = Driver {
            request,
            ticket: ticket.clone(),
            registry: registry.clone(),
            waits: Waits { links: link.clone(), changed },
            request_timeout: config.request_timeout,
            reconnect: config.reconnect,
        };
        let driver = tokio::spawn(driver.run()).abort_handle();
        Run::new(ticket, registry.clone(), ready, driver)
    }

    /// A second run of the same id would take the first one's events: it gets an error, under a
    /// name of its own.
    fn refuse(&self, id: &str) -> Run {
        let registry = &self.inner.registry;
        let other = format!("{id}#{}", uuid::Uuid::new_v4());
        let entered = registry.enter(&other, String::new(), false);
        let Entered { ticket, ready, .. } = entered.expect("a fresh uuid is not in flight");
        registry.fail(&ticket, RunErrorKind::Format, format!("run `{id}` is already in flight"));
        Run::new(ticket, registry.clone(), ready, tokio::spawn(async {}).abort_handle())
    }

    /// Whether there was something to abort. The run ends with `Aborted` by itself.
    pub async fn abort(&self, session_key: &str, run_id: &str) -> Result<bool, GatewayError> {
        let mut params = json!({"sessionKey": session_key});
        // Without an id everything in the session stops.
        if let Some(run_id) = self.inner.registry.abort_target(run_id) {
            params["runId"] = Value::String(run_id);
        }
        let payload = self.request("chat.abort", params).await?;
        let payload: Value =
            serde_json::from_str(payload.get()).map_err(|error| malformed("chat.abort", error))?;
        Ok(payload["aborted"].as_bool().unwrap_or_default())
    }

    pub async fn history(&self, session_key: &str, limit: u32) -> Result<History, GatewayError> {
        self.link()?.history(session_key, limit, self.inner.config.request_timeout).await
    }

    /// Asks the gateway something. The socket alone proves little: a hung process keeps it open.
    pub async fn health(&self) -> Result<(), GatewayError> {
        self.link()?.request("health", json!({}), limits::HEALTH).await.map(drop)
    }

    /// Makes the first real reply 1.6 s faster: `/status` calls no model, but loads what a turn
    /// needs. Once per start of the gateway; calling again is free.
    pub async fn warm_up(&self) -> Result<(), GatewayError> {
        let boot_id = self.connected().await?;
        let mut warmed = self.inner.warmed.lock().await;
        if warmed.as_ref() == Some(&boot_id) {
            return Ok(());
        }
        let id = uuid::Uuid::new_v4().to_string();
        let mut request = RunRequest::new("agent:main:warm-up", "/status", id);
        request.suppress_commands = false;
        request.timeout = Duration::from_secs(60);
        let session_key = request.session_key.clone();
        let mut run = self.run(request).await;
        while let Some(event) = run.next().await {
            if let RunEvent::End(RunEnd::Failed(error)) = event {
                return Err(GatewayError::Run { session_key, reason: error.message });
            }
        }
        *warmed = Some(boot_id);
        Ok(())
    }

    pub(crate) fn known(&self) -> &Known {
        &self.inner.known
    }

    pub(crate) fn request_timeout(&self) -> Duration {
        self.inner.config.request_timeout
    }

    pub(crate) fn links(&self) -> watch::Receiver<LinkState> {
        self.inner.link.clone()
    }

    fn link(&self) -> Result<Arc<Link>, GatewayError> {
        match &*self.inner.link.borrow() {
            LinkState::Up(link) => Ok(link.clone()),
            LinkState::Down => Err(GatewayError::NotConnected),
            LinkState::Over(error) => Err(error.clone()),
        }
    }
}
