//! The `local-stack` binary in a folder of its own, on ports of its own.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use http::Method;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::{Client, get, send};

#[derive(Default)]
pub struct StackOptions {
    /// Keep this data folder (to start again on it); `None`: a fresh one.
    pub data: Option<PathBuf>,
    /// The real OpenClaw instead of the scripted gateway.
    pub real_openclaw: bool,
    /// Another bridge than that of this build.
    pub bridge: Option<PathBuf>,
    pub extra_env: Vec<(String, String)>,
}

pub struct Stack {
    pub url: String,
    pub ws: String,
    pub api: String,
    pub issuer: String,
    /// Where its stand-ins for AWS listen.
    pub aws: String,
    child: Child,
    data: PathBuf,
    // Removed when the last user of it is gone.
    _folder: Option<tempfile::TempDir>,
}

#[derive(Deserialize)]
struct Ready {
    url: String,
    ws: String,
    api: String,
    issuer: String,
}

/// A program of this build.
pub fn binary(name: &str) -> PathBuf {
    let program = std::env::current_exe().expect("a program has a path");
    let folder = program.parent().expect("target/debug, or target/debug/deps of a test");
    let folder = folder.parent().filter(|_| folder.ends_with("deps")).unwrap_or(folder);
    let path = folder.join(name);
    assert!(path.exists(), "{name} is not built: cargo build --workspace --all-features --bins");
    path
}

impl Stack {
    pub async fn scripted() -> Stack {
        Self::start(StackOptions::default()).await
    }

    pub async fn start(options: StackOptions) -> Stack {
        Self::try_start(options).await.expect("local-stack starts")
    }

    async fn try_start(options: StackOptions) -> anyhow::Result<Stack> {
        let folder = options.data.is_none().then(tempfile::tempdir).transpose()?;
        let data =
            options.data.unwrap_or_else(|| folder.as_ref().expect("made above").path().into());
        let bridge = options.bridge.unwrap_or_else(|| binary("bridge"));
        let mut command = command(&data, &bridge, options.real_openclaw);
        command.envs(options.extra_env);
        let mut child = command.spawn().context("starting local-stack")?;
        let stdout = child.stdout.take().expect("piped");
        let mut lines = BufReader::new(stdout).lines();
        let line = lines.next_line().await?.context("local-stack ended before it was ready")?;
        let Ready { url, ws, api, issuer } = serde_json::from_str(&line)?;
        let aws = get(&format!("{url}/local/aws"), None).await?.json();
        let aws = aws["endpoint"].as_str().context("no endpoint")?.to_owned();
        Ok(Stack { url, ws, api, issuer, aws, child, data, _folder: folder })
    }

    pub fn data(&self) -> &Path {
        &self.data
    }

    /// An access token of a local user.
    pub async fn token(&self, user: &str) -> String {
        let form = json!(format!("grant_type=password&username={user}&client_id=openclaw-web"));
        let url = format!("{}/token", self.issuer);
        let answer = send(Method::POST, &url, None, Some(&form)).await.expect("the issuer answers");
        answer.json()["access_token"].as_str().expect("a token").to_owned()
    }

    pub async fn client(&self, user: &str) -> Client {
        let token = self.token(user).await;
        Client::connect(&self.ws, &token).await.expect("connects")
    }

    pub async fn local(&self, path: &str) -> Value {
        get(&format!("{}/local/{path}", self.url), None).await.expect("answers").json()
    }

    pub async fn control(&self, method: Method, path: &str, body: Value) {
        let url = format!("{}/local/{path}", self.url);
        let answer = send(method, &url, None, Some(&body)).await.expect("answers");
        assert!(answer.status < 300, "{path}: {answer:?}");
    }

    /// Tasks that are not stopped, of one user or of all.
    pub async fn live_tasks(&self) -> Vec<Value> {
        let tasks = self.local("tasks").await;
        let all = tasks.as_array().expect("a list").clone();
        all.into_iter().filter(|task| task["status"] != "STOPPED").collect()
    }

    pub async fn calls(&self, operation: &str) -> u64 {
        self.local("counters").await["calls"][operation].as_u64().unwrap_or(0)
    }

    /// What a Lambda's own process needs to work on this stack's tables and tasks.
    pub fn lambda_environment(&self) -> Vec<(String, String)> {
        let keys = self.data.join("snapshot-keys.json").display().to_string();
        let pairs = [
            ("SCHEDULE_GROUP", "openclaw"),
            ("SCHEDULE_TARGET_ARN", "arn:aws:lambda:local:0:function:scheduled-message"),
            ("SCHEDULE_ROLE_ARN", "arn:aws:iam::0:role/scheduler"),
            ("SNAPSHOT_KEY_FILE", &keys),
            ("AWS_ENDPOINT_URL", self.aws.as_str()),
            ("WS_MANAGEMENT_URL", &self.aws),
            ("TABLE_TASK_STATE", "openclaw-TaskState"),
            ("TABLE_PENDING_MESSAGES", "openclaw-PendingMessages"),
            ("TABLE_CONVERSATIONS", "openclaw-Conversations"),
            ("TABLE_CONNECTIONS", "openclaw-Connections"),
            ("TABLE_SETTINGS", "openclaw-Settings"),
            ("DATA_BUCKET", "openclaw-data"),
            ("ECS_CLUSTER", "openclaw"),
            ("ECS_TASK_DEFINITION", "openclaw-agent"),
            ("ECS_CONTAINER", "agent"),
            ("ECS_SUBNETS", "subnet-local"),
            ("ECS_SECURITY_GROUPS", "sg-local"),
            ("OIDC_ISSUER", &self.issuer),
            ("OIDC_CLIENT_ID", "openclaw-web"),
            ("ALLOWED_ORIGINS", &self.url),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    /// Ctrl-C, as a person would; waits until everything is down.
    pub async fn stop(mut self) -> Option<tempfile::TempDir> {
        self.signal(Signal::SIGINT);
        let ended = tokio::time::timeout(Duration::from_secs(60), self.child.wait()).await;
        let status = ended.expect("local-stack stops on SIGINT").expect("can be waited for");
        assert!(status.success(), "local-stack ended with {status}");
        self._folder.take()
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.child.id() {
            // It may have ended already; then there is nobody to tell.
            kill(Pid::from_raw(pid.cast_signed()), signal).ok();
        }
    }
}

impl Drop for Stack {
    /// A test that fails leaves no process behind either: the stack's children die with it.
    fn drop(&mut self) {
        self.signal(Signal::SIGKILL);
    }
}

fn command(data: &Path, bridge: &Path, real_openclaw: bool) -> Command {
    let mut command = Command::new(binary("local-stack"));
    command
        .args(["--port", "0", "--json", "--data"])
        .arg(data)
        .arg("--bridge")
        .arg(bridge)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    for key in ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "OPENROUTER_API_KEY", "GEMINI_API_KEY"] {
        command.env_remove(key);
    }
    // Tests look more often than a person reads.
    command.env("API_RATE_FACTOR", "1000");
    if !real_openclaw {
        let scripted = json!([binary("scripted-gateway")]).to_string();
        command.env("OPENCLAW_COMMAND", scripted);
    }
    command
}
