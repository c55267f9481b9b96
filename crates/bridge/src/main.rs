//! The bridge's process: configuration from the environment, ports on AWS, signals.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use axum::body::Bytes;
use bridge::{Config, ModelSettings, ModelSource, Orphans, Ports, Vault};
use domain::Owner;
use http::Request;
use platform::{Bot, SystemClock, Unavailable};
use platform_aws::{
    Aws, DynamoChats, DynamoConnections, DynamoConversations, DynamoErrands, DynamoInbox,
    DynamoLinks, DynamoReleases, DynamoSettings, DynamoSkills, DynamoSnapshots, DynamoSpares,
    DynamoTasks, DynamoUsage, EmfMetrics, ManagementPush, Parameters, S3Downloads, S3Incoming,
    S3Uploads, Signer, TelegramBot, config, spend_rules,
};
use tokio::signal::unix::{SignalKind, signal};

/// How long threads that are busy with the world's names may hold up the end.
const THREADS_WITHIN: Duration = Duration::from_secs(1);

fn main() -> anyhow::Result<()> {
    if std::env::args().nth(1).as_deref() == Some("health") {
        return bridge::probe(|name| std::env::var(name).ok());
    }
    // Before any child and any thread.
    let orphans = Orphans::take_in().context("cannot take in orphans")?;
    // One thread: the bridge waits for others nearly all the time, and a second worker would
    // cost memory that the agent needs.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(run(orphans));
    runtime.shutdown_timeout(THREADS_WITHIN);
    outcome
}

async fn run(orphans: Orphans) -> anyhow::Result<()> {
    // The first process of a container gets no signal that it does not ask for.
    let shutdown = shutdown()?;
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info")),
        )
        .init();
    let lookup = |name: &str| std::env::var(name).ok();
    let spending = spend_rules(&lookup)?;
    let config = Config { spending, ..Config::from_lookup(lookup)? };
    let aws = Aws::from_lookup(&lookup)?;
    let ports = ports(&aws, &lookup)?;
    let memories = Arc::new(Vault::from_lookup(&aws, &lookup)?);
    hide_from_the_agent()?;
    // The one cryptography library; two of our dependencies would otherwise have to guess.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();

    match config.launch_token.owner.clone() {
        Owner::User(user, generation) => {
            tracing::info!(user.id = %user, generation = generation.0, "bridge starts");
            bridge::run(config, ports, memories, orphans, shutdown).await?;
            tracing::info!(user.id = %user, generation = generation.0, "bridge ends");
        }
        Owner::Spare(spare) => {
            let spares = Arc::new(DynamoSpares::from_lookup(&aws, &lookup)?);
            tracing::info!(spare.id = %spare, "spare starts");
            bridge::run_spare(config, ports, memories, spares, orphans, shutdown).await?;
            tracing::info!(spare.id = %spare, "spare ends");
        }
    }
    Ok(())
}

/// Where the agent has no uid of its own (on a laptop), it still cannot read our environment
/// from /proc (I7).
fn hide_from_the_agent() -> anyhow::Result<()> {
    nix::sys::prctl::set_dumpable(false).context("cannot protect the environment")
}

fn ports(aws: &Aws, lookup: &dyn Fn(&str) -> Option<String>) -> anyhow::Result<Ports> {
    let model = Model {
        parameters: Parameters::of(aws),
        name: config::required(lookup, "MODEL_PARAMETER")?,
        signer: Signer::from_lookup(aws, lookup)?,
    };
    Ok(Ports {
        tasks: Arc::new(DynamoTasks::from_lookup(aws, lookup)?),
        inbox: Arc::new(DynamoInbox::from_lookup(aws, lookup)?),
        connections: Arc::new(DynamoConnections::from_lookup(aws, lookup)?),
        conversations: Arc::new(DynamoConversations::from_lookup(aws, lookup)?),
        push: Arc::new(ManagementPush::from_lookup(aws, lookup)?),
        snapshots: Arc::new(DynamoSnapshots::from_lookup(aws, lookup)?),
        settings: Arc::new(DynamoSettings::from_lookup(aws, lookup)?),
        uploads: Arc::new(S3Uploads::from_lookup(aws, lookup)?),
        usage: Arc::new(DynamoUsage::from_lookup(aws, lookup)?),
        bot: TelegramBot::from_lookup(aws, lookup)?.map(|bot| Arc::new(bot) as Arc<dyn Bot>),
        links: Arc::new(DynamoLinks::from_lookup(aws, lookup)?),
        chats: Arc::new(DynamoChats::from_lookup(aws, lookup)?),
        skills: Arc::new(DynamoSkills::from_lookup(aws, lookup)?),
        errands: Arc::new(DynamoErrands::from_lookup(aws, lookup)?),
        incoming: Arc::new(S3Incoming::from_lookup(aws, lookup)?),
        downloads: Arc::new(S3Downloads::from_lookup(aws, lookup)?),
        releases: Arc::new(DynamoReleases::from_lookup(aws, lookup)?),
        metrics: Arc::new(EmfMetrics::default()),
        clock: Arc::new(SystemClock),
        model: Arc::new(model),
    })
}

/// Returns at the first signal that asks for the end; a second one changes nothing.
fn shutdown() -> anyhow::Result<impl Future<Output = ()>> {
    // A terminal that is closed takes nobody's agent with it. Kept as a handler, and not ignored:
    // what is ignored stays so in the gateway.
    let _ = signal(SignalKind::hangup())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// The service whose models know us by our role.
const BEDROCK: &str = "bedrock";

struct Model {
    parameters: Parameters,
    name: String,
    signer: Signer,
}

#[async_trait]
impl ModelSource for Model {
    async fn load(&self) -> platform::Result<ModelSettings> {
        let text = self.parameter(&self.name).await?;
        // Without the source: it would quote the key.
        let odd = |_| Unavailable::new("model.load", format!("{} is not as documented", self.name));
        let mut settings: ModelSettings = serde_json::from_str(&text).map_err(odd)?;
        if let Some(name) = &settings.api_key_parameter {
            settings.api_key = self.parameter(name).await?.trim().to_owned();
        }
        Ok(settings)
    }

    async fn sign(&self, request: Request<Bytes>) -> platform::Result<Request<Bytes>> {
        let signed = self.signer.sign(BEDROCK, request).await;
        signed.map_err(|error| Unavailable::new("model.sign", error))
    }
}

impl Model {
    async fn parameter(&self, name: &str) -> platform::Result<String> {
        let missing = || Unavailable::new("model.load", format!("no parameter {name}"));
        self.parameters.get(name).await?.ok_or_else(missing)
    }
}
