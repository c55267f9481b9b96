//! DynamoDB: dynoxide, embedded, behind a port and a runtime of its own,
//! because its handlers run SQLite on the threads they are called on. Streams
//! stay off; with them every write slows down with history.

use std::{path::Path, time::Duration};

use anyhow::Context;
use axum::{
    body::Body,
    http::{Request, StatusCode},
    response::Response,
};
use bytes::Bytes;
use dynoxide::Database;
use http_body_util::Full;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::{Value, json};
use tokio::{runtime::Runtime, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{aws_error::AwsError, config::Config, serve::any_loopback_port};

#[derive(Debug)]
pub(crate) struct DynamoDb {
    authority: String,
    client: Client<HttpConnector, Full<Bytes>>,
    stop: CancellationToken,
    served: Option<JoinHandle<Result<(), String>>>,
    runtime: Option<Runtime>,
    sweeper: JoinHandle<()>,
}

impl DynamoDb {
    pub(crate) async fn start(config: &Config) -> anyhow::Result<Self> {
        let database = open(config).await?;
        let (listener, port) = any_loopback_port().await?;
        let listener = listener.into_std()?;
        let stop = CancellationToken::new();
        let runtime = runtime()?;
        let sweeper = tokio::spawn(sweep(database.clone(), config.ttl_sweep, stop.clone()));
        let stopped = stop.clone().cancelled_owned();
        let served = runtime.spawn(async move {
            let listener =
                tokio::net::TcpListener::from_std(listener).map_err(|error| error.to_string())?;
            dynoxide::server::serve_with_shutdown(listener, database, stopped).await
        });
        Ok(Self {
            authority: format!("127.0.0.1:{port}"),
            client: client(),
            stop,
            served: Some(served),
            runtime: Some(runtime),
            sweeper,
        })
    }

    /// Passes a request on and its answer back, unchanged.
    pub(crate) async fn forward(&self, request: Request<Bytes>) -> Result<Response, AwsError> {
        let (mut parts, body) = request.into_parts();
        parts.uri = format!("http://{}/", self.authority).parse().expect("an authority and a path");
        let forwarded = Request::from_parts(parts, Full::new(body));
        let answer = self.client.request(forwarded).await.map_err(|error| {
            tracing::error!(%error, "the embedded database did not answer");
            AwsError::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "InternalServerError",
                "The embedded database did not answer",
            )
        })?;
        Ok(answer.map(Body::new))
    }

    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        if let Some(served) = self.served.take()
            && let Ok(Ok(Err(error))) = tokio::time::timeout(Duration::from_secs(2), served).await
        {
            tracing::warn!(%error, "the embedded database did not stop cleanly");
        }
        let _ = (&mut self.sweeper).await;
    }
}

impl Drop for DynamoDb {
    fn drop(&mut self) {
        self.stop.cancel();
        // A runtime must not be dropped on an async thread; this does not wait.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn runtime() -> anyhow::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("dynamodb")
        .enable_all()
        .build()
        .context("could not start the database's threads")
}

fn client() -> Client<HttpConnector, Full<Bytes>> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    Client::builder(TokioExecutor::new()).build(connector)
}

async fn open(config: &Config) -> anyhow::Result<Database> {
    let path = (!config.tables_in_memory).then(|| config.data.join("dynamodb.sqlite"));
    let tables = config.tables.clone();
    tokio::task::spawn_blocking(move || {
        let database = open_store(path.as_deref())?;
        for table in tables {
            create(&database, table)?;
        }
        Ok(database)
    })
    .await?
}

fn open_store(path: Option<&Path>) -> anyhow::Result<Database> {
    match path {
        None => Ok(Database::memory()?),
        Some(path) => {
            let path = path.to_str().context("the data directory's name is not UTF-8")?;
            Database::new(path).with_context(|| format!("could not open the tables in {path}"))
        }
    }
}

fn create(database: &Database, mut table: Value) -> anyhow::Result<()> {
    let name = table["TableName"].as_str().unwrap_or_default().to_owned();
    let ttl = table.as_object_mut().and_then(|table| table.remove("TimeToLiveSpecification"));
    let request = serde_json::from_value(table).context("not a CreateTable request")?;
    match database.create_table(request) {
        Err(dynoxide::DynoxideError::ResourceInUseException(_)) => return Ok(()),
        created => created.with_context(|| format!("could not create table `{name}`"))?,
    };
    if let Some(ttl) = ttl {
        let request = json!({"TableName": name, "TimeToLiveSpecification": ttl});
        database
            .update_time_to_live(serde_json::from_value(request)?)
            .with_context(|| format!("could not switch on TTL of `{name}`"))?;
    }
    Ok(())
}

/// The library never expires anything by itself.
async fn sweep(database: Database, every: Duration, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        let database = database.clone();
        match tokio::task::spawn_blocking(move || database.sweep_ttl()).await {
            Ok(Ok(0)) => {}
            Ok(Ok(deleted)) => tracing::debug!(deleted, "expired items were deleted"),
            Ok(Err(error)) => tracing::warn!(%error, "could not delete expired items"),
            Err(error) => tracing::warn!(%error, "the sweep for expired items died"),
        }
    }
}
