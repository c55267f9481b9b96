//! What a stack is started with. Read once, in `main` or by a test; nothing
//! else here looks at the process's environment.

use std::{path::PathBuf, time::Duration};

use serde_json::Value;

#[derive(Debug, Clone)]
pub struct Config {
    /// The public port; 0 takes any free one.
    pub port: u16,
    /// State that survives a restart: tables, objects, users, task records.
    pub data: PathBuf,
    /// Keep the tables in memory, as tests do: a file costs an fsync per write.
    pub tables_in_memory: bool,
    /// CreateTable requests, made at start unless the table exists. A
    /// `TimeToLiveSpecification` beside the usual fields switches TTL on.
    pub tables: Vec<Value>,
    pub buckets: Vec<String>,
    /// SSM parameters that are put at start, replacing what is stored.
    pub parameters: Vec<Parameter>,
    pub ecs: EcsConfig,
    pub sockets: SocketLimits,
    /// The page's build output; `None` and a missing directory are explained
    /// on the page itself.
    pub web: Option<PathBuf>,
    /// Fields of `/config.json` that only the caller knows.
    pub page: PageConfig,
    /// How often the schedules fire.
    pub schedule: Duration,
    /// How often expired items are deleted. AWS takes days; nobody may rely on it.
    pub ttl_sweep: Duration,
}

#[derive(Debug, Clone)]
pub struct Parameter {
    pub name: String,
    pub value: String,
    pub secure: bool,
}

#[derive(Debug, Clone)]
pub struct EcsConfig {
    pub cluster: String,
    /// Task definition family; RunTask accepts it with and without a revision.
    pub family: String,
    pub container: String,
    /// The program a task runs.
    pub bridge: PathBuf,
    pub bridge_args: Vec<String>,
    /// Variables of this process that a task gets too, by name and value.
    pub inherited: Vec<(String, String)>,
    /// Between SIGTERM and SIGKILL. AWS's most is 120 seconds.
    pub stop_timeout: Duration,
    /// How long the stack waits for all tasks when it is stopped itself.
    pub shutdown_grace: Duration,
    /// Each task has a folder in here, as a machine has a disk, and it goes with the task.
    /// `None`: tasks choose for themselves.
    pub machines: Option<PathBuf>,
}

/// API Gateway's limits; shorter ones are for tests.
#[derive(Debug, Clone)]
pub struct SocketLimits {
    pub idle: Duration,
    pub longest: Duration,
    /// Frames that wait for a slow client before posts are answered with 429.
    pub buffered_frames: usize,
}

#[derive(Debug, Clone)]
pub struct PageConfig {
    pub client_id: String,
    /// True while the demo model answers.
    pub demo: bool,
    pub model: Option<String>,
}

impl Default for SocketLimits {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(10 * 60),
            longest: Duration::from_secs(2 * 60 * 60),
            buffered_frames: 128,
        }
    }
}

impl Default for PageConfig {
    fn default() -> Self {
        Self { client_id: "openclaw-web".into(), demo: true, model: None }
    }
}

impl EcsConfig {
    pub fn new(bridge: impl Into<PathBuf>) -> Self {
        Self {
            cluster: "openclaw".into(),
            family: "openclaw-agent".into(),
            container: "agent".into(),
            bridge: bridge.into(),
            bridge_args: Vec::new(),
            inherited: Vec::new(),
            stop_timeout: Duration::from_secs(120),
            shutdown_grace: Duration::from_secs(20),
            machines: None,
        }
    }
}

impl Config {
    /// Everything at its default, under `data`, on any free port.
    pub fn new(data: impl Into<PathBuf>, bridge: impl Into<PathBuf>) -> Self {
        Self {
            port: 0,
            data: data.into(),
            tables_in_memory: false,
            tables: Vec::new(),
            buckets: vec!["openclaw-data".into()],
            parameters: Vec::new(),
            ecs: EcsConfig::new(bridge),
            sockets: SocketLimits::default(),
            web: None,
            page: PageConfig::default(),
            schedule: Duration::from_secs(60),
            ttl_sweep: Duration::from_secs(60),
        }
    }
}

/// Names that production reads from its own environment. They mean nothing
/// here, but SDKs and events need some value.
pub const REGION: &str = "us-east-1";
pub const ACCOUNT: &str = "000000000000";
/// Access key and secret key of every client.
pub const CREDENTIAL: &str = "local";
