//! Everything that stands in for an AWS service, behind one endpoint URL.

use std::sync::Arc;

use anyhow::Context;
use s3s::service::S3Service;
use serde_json::Value;

use crate::{
    aws_endpoint,
    cognito::Cognito,
    config::{Config, Parameter},
    connections::Connections,
    counters::Counters,
    demo_model,
    dynamodb::DynamoDb,
    ecs::Ecs,
    faults::FaultBoard,
    functions::Functions,
    s3,
    scheduler::Scheduler,
    serve,
    serve::Server,
    ssm::Ssm,
};

#[derive(Debug)]
pub struct Aws {
    endpoint: String,
    pub(crate) counters: Arc<Counters>,
    pub(crate) faults: Arc<FaultBoard>,
    pub(crate) connections: Arc<Connections>,
    pub(crate) ecs: Arc<Ecs>,
    ssm: Arc<Ssm>,
    pub(crate) cognito: Arc<Cognito>,
    pub(crate) scheduler: Arc<Scheduler>,
    server: Server,
    dynamodb: Arc<DynamoDb>,
}

/// What the endpoint dispatches to.
#[derive(Clone)]
pub(crate) struct Services {
    pub(crate) counters: Arc<Counters>,
    pub(crate) faults: Arc<FaultBoard>,
    pub(crate) connections: Arc<Connections>,
    pub(crate) ecs: Arc<Ecs>,
    pub(crate) dynamodb: Arc<DynamoDb>,
    pub(crate) ssm: Arc<Ssm>,
    pub(crate) cognito: Arc<Cognito>,
    pub(crate) scheduler: Arc<Scheduler>,
    pub(crate) s3: S3Service,
}

impl Aws {
    pub async fn start(config: &Config) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&config.data)
            .with_context(|| format!("could not create {}", config.data.display()))?;
        let (listener, port) = serve::any_loopback_port().await?;
        let endpoint = format!("http://127.0.0.1:{port}");
        let faults = Arc::new(FaultBoard::new());
        let services = Services {
            counters: Arc::new(Counters::new()),
            connections: Arc::new(Connections::default()),
            ecs: Ecs::start(config, endpoint.clone(), faults.clone())?,
            faults,
            dynamodb: Arc::new(DynamoDb::start(config).await?),
            ssm: Arc::new(Ssm::open(&config.data, &config.parameters)?),
            cognito: Arc::default(),
            scheduler: Arc::new(Scheduler::open(&config.data)?),
            s3: s3::service(&config.data, &config.buckets).await?,
        };
        let router =
            aws_endpoint::router(services.clone()).nest("/demo-model", demo_model::router());
        Ok(Self {
            endpoint,
            counters: services.counters,
            faults: services.faults,
            connections: services.connections,
            ecs: services.ecs,
            ssm: services.ssm,
            cognito: services.cognito,
            scheduler: services.scheduler,
            server: Server::start(vec![listener], router),
            dynamodb: services.dynamodb,
        })
    }

    /// What SDK clients use as `endpoint_url`, for every service.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Base URL of the demo model, with OpenAI's `/v1`.
    pub fn demo_model(&self) -> String {
        format!("{}/demo-model/v1", self.endpoint)
    }

    pub fn put_parameters(&self, parameters: &[Parameter]) -> anyhow::Result<()> {
        self.ssm.put_all(parameters)
    }

    /// Every task remembered, as DescribeTasks describes it.
    pub fn tasks(&self) -> Vec<Value> {
        self.ecs.tasks().iter().map(crate::ecs::Task::describe).collect()
    }

    /// Who gets the ECS events, and the task definition's environment. Tasks
    /// that were started before wait for it.
    pub fn connect(&self, functions: Arc<dyn Functions>, environment: Vec<(String, String)>) {
        self.ecs.connect(functions, environment);
    }

    pub(crate) async fn stop(self) {
        self.ecs.stop_all().await;
        self.server.stop().await;
        match Arc::try_unwrap(self.dynamodb) {
            Ok(dynamodb) => dynamodb.stop().await,
            // A request that outlived its server still holds it; the drop does.
            Err(shared) => drop(shared),
        }
    }
}
