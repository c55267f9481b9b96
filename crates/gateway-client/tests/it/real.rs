//! The real gateway, when `OPENCLAW_DIR` (with `node_modules/openclaw`) and `OPENCLAW_NODE` name
//! one. The model is ours: it says as many bytes as the message asks for.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use gateway_client::{GatewayClient, RunEnd, RunEvent, RunRequest};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

use crate::support::{self, apply, hear, hear_until, say};

const TOKEN: &str = "real-test-token";

struct Install {
    node: PathBuf,
    launcher: PathBuf,
}

fn install() -> Option<Install> {
    let folder = PathBuf::from(std::env::var_os("OPENCLAW_DIR")?);
    let node = PathBuf::from(std::env::var_os("OPENCLAW_NODE")?);
    let launcher = folder.join("node_modules/openclaw/openclaw.mjs");
    (launcher.exists() && node.exists()).then_some(Install { node, launcher })
}

fn start(install: &Install, home: &Path, port: u16) -> Child {
    let log = std::fs::File::create(home.join("gateway.log")).expect("a log file");
    Command::new(&install.node)
        .arg(&install.launcher)
        .args(["gateway", "run"])
        .current_dir(home)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("OPENCLAW_STATE_DIR", home.join("state"))
        .env("OPENCLAW_GATEWAY_PORT", port.to_string())
        .env("OPENCLAW_GATEWAY_TOKEN", TOKEN)
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a log file"))
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .expect("node starts")
}

fn write_config(home: &Path, gateway: u16, model: u16) {
    let provider = json!({
        "baseUrl": format!("http://127.0.0.1:{model}/v1"), "api": "openai-completions",
        "apiKey": "none", "models": [{"id": "parrot", "name": "Parrot", "reasoning": false,
            "input": ["text"], "contextWindow": 400_000, "maxTokens": 100_000,
            "cost": {"input": 1, "output": 2, "cacheRead": 0, "cacheWrite": 0}}]});
    let config = json!({
        "meta": {"migrations": {"modelPolicyAllowlist": true, "utilityModelSeparation": true}},
        "gateway": {"mode": "local", "port": gateway, "bind": "loopback",
            "auth": {"mode": "token", "token": "${OPENCLAW_GATEWAY_TOKEN}"},
            "controlUi": {"enabled": false}},
        "agents": {"defaults": {"model": {"primary": "test/parrot", "fallbacks": []},
            "utilityModel": "", "skipBootstrap": true, "skills": [],
            "workspace": home.join("workspace"), "heartbeat": {"every": "0m"}},
            "entries": {"main": {}}},
        "models": {"mode": "replace", "catalogRefresh": {"enabled": false},
            "providers": {"test": provider}},
        "plugins": {"enabled": false}, "browser": {"enabled": false}, "cron": {"enabled": false},
        "update": {"checkOnStart": false}, "telemetry": {"enabled": false},
        "discovery": {"mdns": {"mode": "off"}},
    });
    std::fs::create_dir_all(home.join("state")).expect("a folder");
    std::fs::write(home.join("state/openclaw.json"), config.to_string()).expect("a file");
}

async fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    listener.local_addr().expect("it is bound").port()
}

/// Boots in about 7 s on a quiet machine; a cold disk and a busy one take much longer.
async fn ready(client: &GatewayClient, home: &Path) {
    let connected = tokio::time::timeout(Duration::from_secs(180), client.connected()).await;
    if !matches!(connected, Ok(Ok(_))) {
        let log = std::fs::read_to_string(home.join("gateway.log")).unwrap_or_default();
        panic!("the gateway did not come up: {connected:?}\n{log}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_real_gateway_answers_is_stopped_and_comes_back_from_a_kill() {
    let Some(install) = install() else {
        println!("skipped: OPENCLAW_DIR and OPENCLAW_NODE do not name an installed OpenClaw");
        return;
    };
    let home = tempfile::tempdir().expect("a folder");
    let (gateway, model) = (free_port().await, Parrot::start().await);
    write_config(home.path(), gateway, model.port);
    let mut child = start(&install, home.path(), gateway);
    let mut config = support::config(&format!("ws://127.0.0.1:{gateway}/"), TOKEN);
    config.reconnect.max = Duration::from_millis(500);
    let client = GatewayClient::start(config);
    ready(&client, home.path()).await;
    client.health().await.expect("healthy");
    client.warm_up().await.expect("warm");

    answers(&client).await;
    aborts(&client).await;

    let message = say("[[bytes=3000 delay=40]]");
    let session = message.session_key.clone();
    let mut run = client.run(message).await;
    let mut text = hear_until(&mut run, 300).await;
    child.kill().await.expect("it is ours");
    child = start(&install, home.path(), gateway);
    let heard = hear(&mut run).await;
    heard.events.iter().for_each(|event| apply(&mut text, event));
    let RunEnd::Complete { text: end, .. } = &heard.end else { panic!("{:?}", heard.end) };
    assert_eq!((&text, text.as_str()), (end, said(3000).as_str()));
    let rows = client.history(&session, 10).await.expect("answered").rows;
    let resumed = rows.iter().filter(|row| row.internal).count();
    assert_eq!(
        (resumed, rows.len()),
        (1, 3),
        "the gateway resumed it, nobody sent it again: {rows:?}"
    );
    child.kill().await.expect("it is ours");
}

async fn answers(client: &GatewayClient) {
    let message = say("[[bytes=500 delay=5]]");
    let again = RunRequest { resuming: true, ..message.clone() };
    let heard = hear(&mut client.run(message).await).await;
    assert_eq!(heard.complete(), said(500));
    let RunEnd::Complete { usage, .. } = heard.end else { unreachable!("complete") };
    assert!(usage.is_some_and(|usage| usage.output_tokens > 0), "{usage:?}");
    assert!(heard.events.contains(&RunEvent::Started));
    let heard = hear(&mut client.run(again).await).await;
    assert_eq!(heard.complete(), said(500), "from the rows, not from the model");
    let heard = hear(&mut client.run(say("[[bytes=200000 delay=0]]")).await).await;
    assert_eq!(heard.complete(), said(200_000));
}

async fn aborts(client: &GatewayClient) {
    let message = say("[[bytes=20000 delay=40]]");
    let session = message.session_key.clone();
    let mut run = client.run(message).await;
    let mut text = hear_until(&mut run, 100).await;
    assert!(client.abort(&session, run.run_id()).await.expect("answered"));
    let heard = hear(&mut run).await;
    heard.events.iter().for_each(|event| apply(&mut text, event));
    assert_eq!(heard.end, RunEnd::Aborted { text });
}

/// Ends in a full stop: the gateway cuts blanks off the end of a reply.
fn said(letters: usize) -> String {
    let sentence = "the quick brown fox \u{1f98a} ".chars().cycle();
    sentence.take(letters - 1).chain(['.']).collect()
}

/// An OpenAI-compatible model on a free port.
struct Parrot {
    port: u16,
    task: tokio::task::AbortHandle,
}

impl Drop for Parrot {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Parrot {
    async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(Self::answer(stream));
            }
        });
        Self { port, task: task.abort_handle() }
    }

    async fn answer(mut stream: TcpStream) -> Option<()> {
        let body = body(&mut stream).await?;
        let (bytes, delay) = asked(&body);
        let head =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
        stream.write_all(head.as_bytes()).await.ok()?;
        let text: Vec<char> = said(bytes).chars().collect();
        for piece in text.chunks((bytes / 400).max(20)) {
            let delta = json!({"role": "assistant", "content": String::from_iter(piece)});
            event(&mut stream, &json!({"choices": [{"index": 0, "delta": delta}]})).await?;
            tokio::time::sleep(delay).await;
        }
        event(
            &mut stream,
            &json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}),
        )
        .await?;
        let usage = json!({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15});
        event(&mut stream, &json!({"choices": [], "usage": usage})).await?;
        stream.write_all(b"data: [DONE]\n\n").await.ok()
    }
}

async fn event(stream: &mut TcpStream, chunk: &Value) -> Option<()> {
    let mut chunk = chunk.clone();
    chunk["id"] = json!("chatcmpl-1");
    chunk["object"] = json!("chat.completion.chunk");
    chunk["model"] = json!("parrot");
    stream.write_all(format!("data: {chunk}\n\n").as_bytes()).await.ok()
}

async fn body(stream: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    loop {
        let read = stream.read_buf(&mut request).await.ok()?;
        (read > 0).then_some(())?;
        let text = String::from_utf8_lossy(&request);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let head = head.to_lowercase();
        let length =
            head.split_once("content-length: ")?.1.lines().next()?.parse::<usize>().ok()?;
        if body.len() >= length {
            return Some(body.to_owned());
        }
    }
}

/// The last `[[bytes=N delay=N]]` of the conversation.
fn asked(body: &str) -> (usize, Duration) {
    let directive = body.rsplit_once("[[bytes=").map_or("1 delay=0", |(_, rest)| rest);
    let number = |text: &str| {
        text.chars()
            .take_while(char::is_ascii_digit)
            .collect::<String>()
            .parse()
            .unwrap_or_default()
    };
    let delay = directive.split_once("delay=").map_or(0, |(_, rest)| number(rest));
    (number(directive), Duration::from_millis(delay as u64))
}
