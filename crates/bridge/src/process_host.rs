//! OpenClaw in a process beside us, with the model proxy as its only way to a model.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use domain::{Choices, ModelName};
use gateway_client::{GatewayClient, GatewayConfig};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::warn;

use crate::agent::Agent;
use crate::backoff::Backoff;
use crate::chain::chain;
use crate::config::GatewayProgram;
use crate::gateway_config::{GatewaySettings, gateway_config};
use crate::gateway_process::{GatewayProcess, GatewayState, Launch};
use crate::host::{Gateway, GatewayHost};
use crate::model::ModelSettings;
use crate::model_proxy::ModelProxy;
use crate::orphans::Orphans;
use crate::ports::ModelSource;
use crate::server;

/// An idle gateway stops in half a second, one that writes its compile cache in four.
const STOP_WITHIN: Duration = Duration::from_secs(8);

pub(crate) struct ProcessHost {
    pub(crate) program: GatewayProgram,
    /// Of a gateway on nobody's data nothing stays.
    pub(crate) leaves_nothing: bool,
    pub(crate) model: Arc<dyn ModelSource>,
    pub(crate) run_timeout: Duration,
    pub(crate) tasks: TaskTracker,
    pub(crate) orphans: Orphans,
    /// Ends the model proxy.
    pub(crate) over: CancellationToken,
}

struct Running {
    process: GatewayProcess,
    client: GatewayClient,
    /// A state directory that goes with it.
    scratch: Option<PathBuf>,
    notice: Option<String>,
}

#[async_trait]
impl GatewayHost for ProcessHost {
    async fn start(&self, choices: &Choices) -> anyhow::Result<Box<dyn Gateway>> {
        let mut model = load_model(&*self.model).await?;
        let refused = choices.model.as_ref().filter(|wanted| !model.choose(wanted));
        let notice = refused.map(|wanted| not_offered(wanted, &model.model));
        let model = Arc::new(model);
        let proxy = ModelProxy::bind(model.clone(), self.model.clone())
            .await
            .context("cannot bind the model proxy")?;
        let port = free_port(self.program.port).await.context("no port for the gateway")?;
        let settings = GatewaySettings {
            port,
            state_dir: &self.program.state_dir,
            run_timeout_seconds: self.run_timeout.as_secs(),
            model: &model,
            model_url: &proxy.url,
            time_zone: choices.time_zone.as_ref(),
        };
        let token = uuid::Uuid::new_v4().simple().to_string();
        let launch = Launch {
            program: self.program.clone(),
            port,
            token: token.clone(),
            model_key: proxy.key.clone(),
            config: gateway_config(&settings),
            stop_within: STOP_WITHIN,
            orphans: self.orphans.clone(),
        };
        self.tasks.spawn(self.over.clone().run_until_cancelled_owned(proxy.serve()));
        let process = GatewayProcess::start(launch, &self.tasks);
        let client = GatewayConfig::new(format!("ws://127.0.0.1:{port}/"), token);
        let scratch = self.leaves_nothing.then(|| self.program.state_dir.clone());
        Ok(Box::new(Running { process, client: GatewayClient::start(client), scratch, notice }))
    }
}

#[async_trait]
impl Gateway for Running {
    fn agent(&self) -> Arc<dyn Agent> {
        Arc::new(self.client.clone())
    }

    fn state(&self) -> watch::Receiver<GatewayState> {
        self.process.state()
    }

    fn notice(&self) -> Option<String> {
        self.notice.clone()
    }

    async fn listening(&self) {
        self.process.listening().await;
    }

    async fn stop(&self) {
        self.process.stop().await;
        self.client.close();
        if let Some(dir) = &self.scratch
            && let Err(error) = tokio::fs::remove_dir_all(dir).await
        {
            warn!(error = %chain(&error), dir = %dir.display(), "cannot clear up");
        }
    }
}

fn not_offered(wanted: &ModelName, instead: &str) -> String {
    format!(
        "The model {wanted} is no longer offered; {instead} answers. You can choose another one in your settings."
    )
}

/// SSM throttles when many tasks start at once.
async fn load_model(source: &dyn ModelSource) -> anyhow::Result<ModelSettings> {
    const TRIES: u32 = 5;
    let (first, max) = (Duration::from_millis(200), Duration::from_secs(3));
    // Many tasks read one parameter: the process is what tells them apart.
    let mut backoff = Backoff::new(uuid::Uuid::new_v4(), first, max);
    loop {
        match source.load().await {
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
