//! Tokens from the gateway to a tab whose connection is slow.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, ensure};
use http::Method;
use serde_json::{Value, json};

use super::report::{Row, median, ms};
use crate::{Client, Stack, message_id};

const RUNS: usize = 3;
const TOKENS: usize = 400;

struct Relayed {
    /// Frames with text, each one post; and all posts: the acknowledgement, the nudge to the
    /// bridge and the end are posts, too.
    text_frames: usize,
    posts: u64,
    /// From the gateway's last token to the frame that brings it.
    late: Duration,
    /// From the first frame with text to the last.
    took: Duration,
}

/// `sends`: how the gateway hands its tokens on.
pub(crate) async fn rows(stack: &Stack, sends: &str) -> anyhow::Result<Vec<Row>> {
    let mut ana = stack.client("ana").await;
    ana.ask("Wake up, please.").await;
    let mut rows = Vec::new();
    for (latency, reference) in [(30, "9.6 s late, 400 posts"), (60, "21.8 s late, 400 posts")] {
        let faults = json!({"connectionsLatencyMs": latency});
        stack.control(Method::PUT, "faults", faults).await;
        let mut runs = Vec::new();
        for _ in 0..RUNS {
            runs.push(relay(stack, &mut ana).await?);
        }
        stack.control(Method::PUT, "faults", json!({})).await;
        rows.push(row(
            &runs,
            format!("{TOKENS} tokens, {sends}, {latency} ms per post"),
            reference,
        ));
    }
    Ok(rows)
}

fn row(runs: &[Relayed], what: String, reference: &'static str) -> Row {
    let late = median(runs.iter().map(|run| ms(run.late)));
    let frames = median(runs.iter().map(|run| run.text_frames as f64));
    let posts = median(runs.iter().map(|run| run.posts as f64));
    let took = median(runs.iter().map(|run| run.took.as_secs_f64()));
    Row {
        what,
        runs: runs.len(),
        measured: format!(
            "last token {late:.0} ms late; {frames} text posts in {took:.1} s ({posts} posts in all)"
        ),
        target: "< 200 ms, ≤ 40 posts",
        reference,
    }
}

async fn relay(stack: &Stack, client: &mut Client) -> anyhow::Result<Relayed> {
    stack.control(Method::DELETE, "counters", Value::Null).await;
    let id = message_id();
    client.say(&id, &format!("[[demo tokens={TOKENS} delay=10]]")).await;
    let mut arrivals = Vec::new();
    let end = loop {
        let frame = client.next().await?;
        match frame["type"].as_str() {
            Some("stream_chunk" | "stream_snapshot") => arrivals.push(now()),
            Some("stream_end") if frame["messageId"] == id.as_str() => break frame,
            _ => {}
        }
    };
    ensure!(end["outcome"] == "complete", "the reply ended as {end}");
    let (first, last) = arrivals.first().zip(arrivals.last()).context("no text came")?;
    let produced = produced_at(stack.data())?;
    Ok(Relayed {
        text_frames: arrivals.len(),
        posts: stack.calls("execute-api:PostToConnection").await,
        // Zero if the file's clock, which ticks every few milliseconds, is behind.
        late: last.duration_since(produced).unwrap_or_default(),
        took: last.duration_since(*first)?,
    })
}

/// When the gateway had its last token: right after it, it writes the transcript, and nothing
/// else does until the next message. (Its 400 pauses of 10 ms take longer than 4 s on a busy
/// machine, so counting from the first token would blame the relay for them.)
fn produced_at(data: &Path) -> anyhow::Result<SystemTime> {
    let transcript = transcripts(data)?.into_iter().next().context("no transcript")?;
    Ok(transcript.metadata()?.modified()?)
}

fn transcripts(data: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let machines = std::fs::read_dir(data.join("machines"))?.flatten();
    let files = machines.map(|machine| machine.path().join("agent/scripted-gateway.json"));
    Ok(files.filter(|file| file.is_file()).collect())
}

#[expect(clippy::disallowed_methods, reason = "compared with a file's time of change")]
fn now() -> SystemTime {
    SystemTime::now()
}
