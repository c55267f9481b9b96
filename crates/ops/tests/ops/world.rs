//! A bucket on a port of this machine, a user with snapshots in it, and the built program.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::{Generation, Snapshot, SnapshotReason, Timestamp, UserId};
use local_stack::{CREDENTIAL, Config, Functions, REGION, Stack, Wiring};
use platform_aws::config::Access;
use platform_aws::{Aws, DynamoTasks, EcsCompute, Tables};
use serde_json::Value;
use snapshots::keys::{KeyStore, LocalKeyFile};
use snapshots::source::{AgentSource, Excludes, Gateway};
use snapshots::{S3Store, SaveError, SaveLabel, UserSnapshots};
use tempfile::TempDir;
use tokio::runtime::Handle;

pub(crate) const BUCKET: &str = "openclaw-data";
const NOON: Timestamp = Timestamp(1_795_262_400_000);

pub(crate) struct World {
    pub(crate) stack: Stack,
    pub(crate) dir: TempDir,
    aws: Aws,
}

/// Nobody calls them: there are no messages here.
struct NoLambdas;

#[async_trait]
impl Functions for NoLambdas {
    async fn ws_connect(&self, _: Value) -> anyhow::Result<Value> {
        Ok(Value::Null)
    }
    async fn ws_message(&self, _: Value) -> anyhow::Result<Value> {
        Ok(Value::Null)
    }
    async fn ws_disconnect(&self, _: Value) -> anyhow::Result<Value> {
        Ok(Value::Null)
    }
    async fn api(&self, _: Value) -> anyhow::Result<Value> {
        Ok(Value::Null)
    }
    async fn telegram_webhook(&self, _: Value) -> anyhow::Result<Value> {
        Ok(Value::Null)
    }

    async fn watchdog(&self, _: Value) -> anyhow::Result<Value> {
        Ok(Value::Null)
    }
    async fn scheduled_message(&self, _: Value) -> anyhow::Result<Value> {
        Ok(Value::Null)
    }
    async fn prewarm(&self, _: Value) -> anyhow::Result<Value> {
        Ok(Value::Null)
    }
}

pub(crate) fn ana() -> UserId {
    UserId::new("ana").expect("a good id")
}

impl World {
    pub(crate) async fn start() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        // What a task runs: it lives, and hears nobody.
        let mut config = Config::new(dir.path().join("stack"), "/bin/sleep");
        config.ecs.bridge_args = vec!["600".into()];
        config.ecs.stop_timeout = Duration::from_secs(1);
        config.tables_in_memory = true;
        config.tables = tables();
        let stack = local_stack::start(config, |_| async {
            let functions = Arc::new(NoLambdas);
            Ok(Wiring { functions, task_environment: Vec::new(), parameters: Vec::new() })
        })
        .await
        .expect("the stack starts");
        let endpoint_url = Some(stack.urls.aws_endpoint.clone());
        let access = Access { region: REGION.into(), endpoint_url, dual_stack: false };
        let aws = Aws::with_credentials(&access, CREDENTIAL, CREDENTIAL);
        let world = Self { stack, dir, aws };
        LocalKeyFile::open_or_create(world.key_file()).expect("made");
        world
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.dir.path().join("stack")
    }

    pub(crate) fn key_file(&self) -> PathBuf {
        self.data().join("snapshot-keys.json")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn s3(&self) -> aws_sdk_s3::Client {
        self.aws.s3()
    }

    pub(crate) fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        self.aws.dynamodb()
    }

    pub(crate) fn tasks(&self) -> DynamoTasks {
        DynamoTasks::new(self.aws.dynamodb(), Tables::prefixed("openclaw-").task_state)
    }

    pub(crate) fn compute(&self) -> EcsCompute {
        let set = [
            ("ECS_CLUSTER", "openclaw"),
            ("ECS_TASK_DEFINITION", "openclaw-agent"),
            ("ECS_CONTAINER", "agent"),
            ("ECS_SUBNETS", "subnet-local"),
            ("ECS_SECURITY_GROUPS", "sg-local"),
        ];
        let lookup = |name: &str| set.iter().find(|it| it.0 == name).map(|it| it.1.to_owned());
        EcsCompute::from_lookup(&self.aws, &lookup).expect("complete")
    }

    pub(crate) fn keys(&self) -> KeyStore {
        let file = LocalKeyFile::open(self.key_file()).expect("there");
        KeyStore::new(self.s3(), BUCKET, Arc::new(file))
    }

    /// What the agent has then is saved as a bridge would.
    pub(crate) async fn save(&self, agent: &Path, generation: u64, minute: u64) -> Snapshot {
        let keys = self.keys().load_or_create(&ana(), NOON).await.expect("keys");
        let prefix = "snapshots/ana/".to_owned();
        let store = S3Store::new(self.s3(), BUCKET.into(), prefix, Handle::current());
        let user = UserSnapshots::start(Arc::new(store), keys, None).expect("a thread");
        let at = Timestamp(NOON.millis() + minute * 60_000);
        let reason = SnapshotReason::Periodic;
        let label = SaveLabel { generation: Generation(generation), at, reason };
        let (agent, scratch) = (agent.to_owned(), self.path("scratch"));
        let source = move || {
            AgentSource::new(&agent, Excludes::none(), Gateway::Stopped, &scratch)
                .map_err(|error| SaveError::Unreadable(error.to_string()))
        };
        let saved = user.save(source, label, Arc::new(|| Ok(()))).await;
        saved.expect("saved").snapshot
    }

    pub(crate) fn agent(&self) -> PathBuf {
        let agent = self.path("agent");
        let notes = agent.join("workspace/notes");
        fs::create_dir_all(&notes).expect("folders");
        fs::write(notes.join("today.md"), "one").expect("a file");
        fs::write(agent.join("workspace/odd \n ✓ name"), "odd").expect("a file");
        fs::write(agent.join("workspace/run.sh"), "#!/bin/sh\n").expect("a file");
        let run = fs::Permissions::from_mode(0o755);
        fs::set_permissions(agent.join("workspace/run.sh"), run).expect("a mode");
        fs::create_dir(agent.join("workspace/empty")).expect("a folder");
        symlink("notes/today.md", agent.join("workspace/link")).expect("a link");
        fs::write(agent.join("openclaw.json"), "{}").expect("a file");
        agent
    }

    /// With the environment that a bridge has.
    pub(crate) async fn ops(&self, arguments: &[&str]) -> Ran {
        let environment = [
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_ENDPOINT_URL", self.stack.urls.aws_endpoint.clone()),
            ("AWS_ACCESS_KEY_ID", CREDENTIAL.into()),
            ("AWS_SECRET_ACCESS_KEY", CREDENTIAL.into()),
            ("DATA_BUCKET", BUCKET.into()),
            ("SNAPSHOT_KEY_FILE", self.key_file().display().to_string()),
        ];
        run(arguments, &environment.map(|(name, value)| (name, value))).await
    }

    /// On the stack's own folder, and nothing else.
    pub(crate) async fn local(&self, arguments: &[&str]) -> Ran {
        let data = self.data().display().to_string();
        run(&[&["--local", data.as_str()], arguments].concat(), &[]).await
    }

    /// Of the whole repository and the keys.
    pub(crate) async fn objects(&self) -> Vec<(String, String)> {
        let page = self.s3().list_objects_v2().bucket(BUCKET).send().await.expect("listed");
        let objects = page.contents().iter();
        objects.map(|it| (it.key().unwrap_or("").into(), it.e_tag().unwrap_or("").into())).collect()
    }
}

/// As a stack has them.
fn tables() -> Vec<Value> {
    let tables = Tables::prefixed("openclaw-");
    let expiry = platform_aws::tables::time_to_live_json(&tables);
    let mut all = platform_aws::tables::create_table_json(&tables);
    for table in &mut all {
        if let Some(ttl) = expiry.iter().find(|ttl| ttl["TableName"] == table["TableName"]) {
            table["TimeToLiveSpecification"] = ttl["TimeToLiveSpecification"].clone();
        }
    }
    all
}

pub(crate) async fn run(arguments: &[&str], environment: &[(&str, String)]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ops"));
    command.env_clear().args(arguments);
    command.envs(environment.iter().map(|(name, value)| (name, value)));
    // The endpoint is served by this process.
    let ran = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic");
    Ran::of(ran.expect("it runs"))
}

#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("text");
        let code = output.status.code().expect("it ends by itself");
        Self { code, out: text(output.stdout), err: text(output.stderr) }
    }

    #[track_caller]
    pub(crate) fn well(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }

    #[track_caller]
    pub(crate) fn fails(self, code: i32, words: &str) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.err.contains(words), "{words}: {self:?}");
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}
