//! The scripted gateway as a process, in the real one's place.

use std::path::Path;
use std::process::Stdio;

use gateway_client::GatewayClient;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::support::{self, hear, hear_until, say};

const TOKEN: &str = "binary-test-token";

/// Port 0 is a free one, told on the first line of output.
async fn spawn(state_dir: &Path, port: u16) -> (Child, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_scripted-gateway"))
        .args(["gateway", "run"])
        .env("OPENCLAW_GATEWAY_TOKEN", TOKEN)
        .env("OPENCLAW_GATEWAY_PORT", port.to_string())
        .env("OPENCLAW_STATE_DIR", state_dir)
        .env("SCRIPTED_RECOVERY_MS", "20")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the binary starts");
    let output = BufReader::new(child.stdout.take().expect("piped"));
    let line = output.lines().next_line().await.expect("output").expect("a line");
    let url = line.rsplit(' ').next().expect("the URL ends the line").to_owned();
    (child, url)
}

fn port(url: &str) -> u16 {
    url.trim_end_matches('/').rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port")
}

async fn terminate(child: &mut Child) -> Option<i32> {
    let pid = child.id().expect("it runs").to_string();
    let sent = Command::new("kill").args(["-TERM", &pid]).status().await.expect("kill runs");
    assert!(sent.success());
    let exit = tokio::time::timeout(support::PATIENCE, child.wait()).await;
    exit.expect("it stops").expect("it is ours").code()
}

async fn get(url: &str, path: &str) -> String {
    let address = url.trim_start_matches("ws://").trim_end_matches('/');
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut response = String::new();
    stream.read_to_string(&mut response).await.expect("answered");
    response
}

#[tokio::test]
async fn a_terminated_process_says_goodbye_and_its_successor_has_the_history() {
    let dir = tempfile::tempdir().expect("a folder");
    let (mut child, url) = spawn(dir.path(), 0).await;
    assert!(get(&url, "/health").await.starts_with("HTTP/1.1 200"));
    assert!(get(&url, "/readyz").await.starts_with("HTTP/1.1 200"));
    let client = GatewayClient::start(support::config(&url, TOKEN));
    let message = say("keep this");
    let session = message.session_key.clone();
    hear(&mut client.run(message).await).await.complete();
    assert_eq!(terminate(&mut child).await, Some(0));
    let lost = support::state(&client, |state| !support::is_connected(state)).await;
    assert!(format!("{lost:?}").contains("service restart"), "{lost:?}");
    let (_child, _) = spawn(dir.path(), port(&url)).await;
    client.connected().await.expect("the same client finds the new process");
    let rows = client.history(&session, 10).await.expect("answered").rows;
    let texts: Vec<_> = rows.iter().map(|row| row.text.as_str()).collect();
    assert_eq!(texts, ["keep this", "You said: keep this"]);
}

#[tokio::test]
async fn a_killed_process_is_resumed_by_its_successor() {
    let dir = tempfile::tempdir().expect("a folder");
    let (mut child, url) = spawn(dir.path(), 0).await;
    let client = GatewayClient::start(support::config(&url, TOKEN));
    let mut run = client.run(say("[[demo bytes=4000 chunk=20 delay=5]]")).await;
    let mut text = hear_until(&mut run, 100).await;
    child.kill().await.expect("it is ours");
    let (_child, _) = spawn(dir.path(), port(&url)).await;
    let heard = hear(&mut run).await;
    heard.events.iter().for_each(|event| support::apply(&mut text, event));
    assert_eq!(text.len(), 4000);
    assert!(matches!(heard.end, gateway_client::RunEnd::Complete { text: end, .. } if end == text));
}

#[tokio::test]
async fn a_process_without_a_token_does_not_start() {
    let output = Command::new(env!("CARGO_BIN_EXE_scripted-gateway"))
        .env_remove("OPENCLAW_GATEWAY_TOKEN")
        .output();
    assert_eq!(output.await.expect("it runs").status.code(), Some(78));
}
