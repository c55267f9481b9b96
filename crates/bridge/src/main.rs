//! The bridge's process: configuration from the environment, ports on AWS, signals.

use std::sync::Arc;

use anyhow::Context;
use async_trait::async_trait;
use bridge::{Config, ModelSettings, ModelSource, Ports};
use platform::{SystemClock, Unavailable};
use platform_aws::{
    Aws, DynamoConnections, DynamoInbox, DynamoTasks, ManagementPush, Parameters, config,
};
use tokio::signal::unix::{SignalKind, signal};

/// One thread: the bridge waits for others nearly all the time, and a second worker would cost
/// memory that the agent needs.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info")),
        )
        .init();
    let lookup = |name: &str| std::env::var(name).ok();
    let config = Config::from_lookup(lookup)?;
    let ports = ports(&lookup)?;
    hide_from_the_agent()?;
    // The one cryptography library; two of our dependencies would otherwise have to guess.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();

    let (user, generation) = (config.user.clone(), config.generation);
    tracing::info!(user.id = %user, generation = generation.0, "bridge starts");
    bridge::run(config, ports, shutdown()?).await?;
    tracing::info!(user.id = %user, generation = generation.0, "bridge ends");
    Ok(())
}

/// Where the agent has no uid of its own (on a laptop), it still cannot read our environment
/// from /proc (I7).
fn hide_from_the_agent() -> anyhow::Result<()> {
    nix::sys::prctl::set_dumpable(false).context("cannot protect the environment")
}

fn ports(lookup: &dyn Fn(&str) -> Option<String>) -> anyhow::Result<Ports> {
    let aws = Aws::from_lookup(lookup)?;
    let model = Model {
        parameters: Parameters::of(&aws),
        name: config::required(lookup, "MODEL_PARAMETER")?,
    };
    Ok(Ports {
        tasks: Arc::new(DynamoTasks::from_lookup(&aws, lookup)?),
        inbox: Arc::new(DynamoInbox::from_lookup(&aws, lookup)?),
        connections: Arc::new(DynamoConnections::from_lookup(&aws, lookup)?),
        push: Arc::new(ManagementPush::from_lookup(&aws, lookup)?),
        clock: Arc::new(SystemClock),
        model: Arc::new(model),
    })
}

fn shutdown() -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

struct Model {
    parameters: Parameters,
    name: String,
}

#[async_trait]
impl ModelSource for Model {
    async fn load(&self) -> platform::Result<ModelSettings> {
        let missing = || Unavailable::new("model.load", format!("no parameter {}", self.name));
        let text = self.parameters.get(&self.name).await?.ok_or_else(missing)?;
        // Without the source: it would quote the key.
        let odd = |_| Unavailable::new("model.load", format!("{} is not as documented", self.name));
        serde_json::from_str(&text).map_err(odd)
    }
}
