//! The bridge's release binary: how fast it listens, and what it holds when nothing happens.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use domain::{Generation, LaunchToken, Owner, UserId};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use super::aws_stub::{AwsStub, GENERATION, USER};
use super::functions::environment;
use super::process;
use super::report::{Row, ms, spread};
use crate::{Stack, eventually, get};

const STARTS: usize = 20;
/// After the first reply; by then what the start needed is freed.
const SETTLED: Duration = Duration::from_secs(5);

pub(crate) async fn starts(release: &Path, stack: &Stack, stub: &AwsStub) -> anyhow::Result<Row> {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        times.push(ms(start(release, stack, stub).await?));
    }
    Ok(Row {
        what: "bridge: exec → listening".into(),
        runs: times.len(),
        measured: spread(times),
        target: "< 20 ms",
        reference: "580–1,080 ms",
    })
}

/// Until the line in its log that says so, which it writes when the port is bound. Its
/// generation is not the current one, so it ends by itself a moment later.
async fn start(release: &Path, stack: &Stack, stub: &AwsStub) -> anyhow::Result<Duration> {
    let user = UserId::new(USER)?;
    let generation = Generation(GENERATION + 1);
    let token = LaunchToken::new(Owner::User(user, generation), [7; 32]);
    let mut command = Command::new(release.join("bridge"));
    command
        .env_clear()
        .envs(environment(stack, stub))
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "local")
        .env("AWS_SECRET_ACCESS_KEY", "local")
        .env("USER_ID", USER)
        .env("GENERATION", generation.to_string())
        .env("LAUNCH_TOKEN", token.expose())
        .env("WS_URL", &stack.ws)
        .env("MODEL_PARAMETER", "/none")
        .env("OPENCLAW_COMMAND", r#"["/bin/false"]"#)
        .env("BRIDGE_PORT", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    let before = Instant::now();
    let mut child = command.spawn().context("starting the bridge")?;
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let listening = loop {
        let line = lines.next_line().await?.context("the bridge ended before it listened")?;
        if line.contains(r#""message":"listening""#) {
            break before.elapsed();
        }
    };
    while lines.next_line().await?.is_some() {}
    let status = child.wait().await?;
    ensure!(status.success(), "the bridge ended with {status}");
    Ok(listening)
}

/// The bridge alone, with the scripted gateway beside it and one tab connected.
pub(crate) async fn idle(stack: &Stack) -> anyhow::Result<Row> {
    let mut ana = stack.client("ana").await;
    ana.ask("hello").await;
    let token = stack.token("ana").await;
    eventually("the task to run", async || {
        let answer = get(&format!("{}/status", stack.api), Some(&token)).await;
        let status = answer.map_err(|error| error.to_string())?.json();
        if status["status"] == "Running" { Ok(()) } else { Err(status.to_string()) }
    })
    .await;
    // Not a wait for something: this long after is what is measured.
    tokio::time::sleep(SETTLED).await;
    let tasks = stack.live_tasks().await;
    let task = tasks.iter().find(|task| !task["pid"].is_null()).context("no task has a process")?;
    let memory = process::memory(pid(task)?);
    let pss = memory.pss.map_or("not readable (not root)".into(), |pss| format!("{pss:.1} MB"));
    Ok(Row {
        what: "bridge: idle RSS, 5 s after its first reply".into(),
        runs: 1,
        measured: format!("{:.1} MB (PSS {pss})", memory.rss),
        target: "< 15 MB",
        reference: "129–143 MB",
    })
}

fn pid(task: &Value) -> anyhow::Result<u32> {
    Ok(task["pid"].as_u64().context("a pid")?.try_into()?)
}
