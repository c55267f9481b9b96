//! What design.md budgets, measured on this machine, with target and the reference's own figure
//! beside. Nothing is asserted on time: a busy machine is slow, and people read the table.
//!
//! What is measured are release binaries: the Lambdas against canned answers from AWS at 0 ms,
//! the bridge in a local stack with the scripted gateway. The stack and this program are debug
//! builds, which the figures pay for and not gain from.

mod aws_stub;
mod bridge;
mod calls;
mod functions;
mod hangs;
pub mod nothing;
mod plain_http;
mod process;
mod relay;
mod report;
mod slow_ports;
mod sweep;

use std::path::Path;

use anyhow::Context;

use self::aws_stub::AwsStub;
use self::report::{Row, Table};
use crate::{Stack, StackOptions, binary};

const BINARIES: [&str; 6] =
    ["ws-message", "ws-connect", "ws-disconnect", "api", "watchdog", "bridge"];

/// The watchdog's sweep, and the calls: what needs no release binaries.
pub async fn run_calls(binaries: &Path) -> anyhow::Result<()> {
    note("watchdog, 10,000 tasks");
    let rows = sweep::rows().await?;
    println!("{}\n{}", Table(rows), calls(binaries).await);
    Ok(())
}

async fn calls(binaries: &Path) -> calls::Counted {
    note("calls, which takes three minutes");
    let stack = stack_without_watchdog(binaries).await;
    let mut counted = calls::count(&stack).await;
    stack.stop().await;
    let stack = stack_that_looks_every_second(binaries).await;
    calls::count_asleep(&stack, &mut counted).await;
    stack.stop().await;
    counted
}

/// `release`: the folder with the release binaries.
pub async fn run(release: &Path) -> anyhow::Result<()> {
    let stub = AwsStub::start()?;
    let stack = stack(release, None).await;
    note("Lambdas, cold");
    let mut rows = functions::cold(release, &stack, &stub).await?;
    note("ws-message, warm");
    rows.extend(functions::warm(release, &stack, &stub).await?);
    note("bridge");
    rows.push(bridge::starts(release, &stack, &stub).await?);
    rows.push(bridge::idle(&stack).await?);
    note("relay");
    rows.extend(relay::rows(&stack, "one delta per 75 ms as OpenClaw does").await?);
    stack.stop().await;

    let each = stack_without_pacing(release).await;
    rows.extend(relay::rows(&each, "one delta per token").await?);
    each.stop().await;

    note("10,000 replies");
    rows.push(hangs::row().await?);

    note("watchdog, 10,000 tasks");
    rows.extend(sweep::rows().await?);

    let calls = calls(release).await;
    rows.extend(sizes(release)?);
    println!("{}\n{calls}", Table(rows));
    Ok(())
}

async fn stack(release: &Path, variable: Option<(&str, String)>) -> Stack {
    let extra_env = variable.map(|(name, value)| (name.to_owned(), value));
    Stack::start(StackOptions {
        bridge: Some(release.join("bridge")),
        extra_env: extra_env.into_iter().collect(),
        ..StackOptions::default()
    })
    .await
}

async fn stack_without_pacing(release: &Path) -> Stack {
    let gateway = binary("scripted-gateway");
    let words = serde_json::json!(["/usr/bin/env", "SCRIPTED_PACING_MS=0", gateway]);
    stack(release, Some(("OPENCLAW_COMMAND", words.to_string()))).await
}

async fn stack_without_watchdog(release: &Path) -> Stack {
    stack(release, Some(("LOCAL_STACK_SCHEDULE", "3600".to_owned()))).await
}

async fn stack_that_looks_every_second(release: &Path) -> Stack {
    stack(release, Some(("LOCAL_STACK_SCHEDULE", "1".to_owned()))).await
}

fn sizes(release: &Path) -> anyhow::Result<Vec<Row>> {
    let size = |name: &&str| {
        let path = release.join(name);
        let bytes = path.metadata().with_context(|| format!("{} is not built", path.display()))?;
        Ok(Row {
            what: format!("{name}: size of the binary"),
            runs: 1,
            measured: format!("{:.1} MB", bytes.len() as f64 / 1e6),
            target: "",
            reference: "",
        })
    };
    BINARIES.iter().map(size).collect()
}

/// To standard error: standard output is the table.
fn note(what: &str) {
    eprintln!("measuring: {what}…");
}
