//! From a URL to an open connection with rights: challenge, `connect`, hello.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use crate::frames::{Incoming, Request};
use crate::{BootId, GatewayConfig, HandshakeError, RpcError, limits};

pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The gateway grants what is asked for to this identity only; others get in without any right.
const CLIENT_ID: &str = "gateway-client";
const CLIENT_MODE: &str = "backend";
const SCOPES: [&str; 4] =
    ["operator.read", "operator.write", "operator.admin", "operator.approvals"];
const NEEDED: [&str; 2] = ["operator.read", "operator.write"];

/// 1013, `try again later`: the gateway listens before it can serve.
const STARTING: u16 = 1013;

pub(crate) struct Opened {
    pub(crate) socket: Socket,
    pub(crate) boot_id: BootId,
    pub(crate) server_version: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) max_payload: usize,
}

#[derive(Debug)]
pub(crate) enum OpenError {
    Fatal(HandshakeError),
    /// `after`: when the gateway said when.
    Retry {
        reason: String,
        after: Option<Duration>,
    },
}

pub(crate) async fn open(config: &GatewayConfig) -> Result<Opened, OpenError> {
    let mut socket = within("connecting", connect(config)).await?;
    within("waiting for the challenge", challenge(&mut socket)).await?;
    let request = Request { kind: "req", id: "1", method: "connect", params: params(config) };
    let request = serde_json::to_string(&request).map_err(retry)?;
    socket.send(Message::text(request)).await.map_err(retry)?;
    let hello = within("waiting for hello", hello(&mut socket)).await?;
    check_scopes(&hello.auth.scopes)?;
    Ok(Opened {
        socket,
        boot_id: hello.server.boot_id,
        server_version: hello.server.version,
        scopes: hello.auth.scopes,
        max_payload: hello.policy.max_payload.unwrap_or(limits::DEFAULT_MAX_PAYLOAD),
    })
}

async fn connect(config: &GatewayConfig) -> Result<Socket, OpenError> {
    let limits = WebSocketConfig::default()
        .max_message_size(Some(limits::MAX_INCOMING))
        .max_frame_size(Some(limits::MAX_INCOMING));
    // No Origin header: with one the gateway takes us for a browser.
    let (socket, _) =
        connect_async_with_config(config.url.as_str(), Some(limits), true).await.map_err(retry)?;
    Ok(socket)
}

fn params(config: &GatewayConfig) -> Value {
    let client = json!({"id": CLIENT_ID, "version": config.client_version,
        "platform": std::env::consts::OS, "mode": CLIENT_MODE});
    json!({"minProtocol": 4, "maxProtocol": 4, "client": client, "role": "operator",
        "scopes": SCOPES, "caps": ["tool-events"], "auth": {"token": config.token}})
}

async fn challenge(socket: &mut Socket) -> Result<(), OpenError> {
    loop {
        let text = next_text(socket).await?;
        if parse(&text)?.event == Some("connect.challenge") {
            return Ok(());
        }
    }
}

async fn hello(socket: &mut Socket) -> Result<Hello, OpenError> {
    loop {
        let text = next_text(socket).await?;
        let frame = parse(&text)?;
        if frame.kind != "res" {
            continue;
        }
        let payload = match frame.error {
            Some(error) if !frame.ok => return Err(refusal(error)),
            _ => frame.payload.map_or("null", |payload| payload.get()),
        };
        return serde_json::from_str(payload).map_err(retry);
    }
}

/// Decides by code and reason which refusals trying again can change.
fn refusal(error: RpcError) -> OpenError {
    if let Some(after) = error.retry_after() {
        return OpenError::Retry { reason: error.to_string(), after: Some(after) };
    }
    let reason = error.reason().unwrap_or_default().to_owned();
    let RpcError { code, message, .. } = error;
    OpenError::Fatal(match (code.as_str(), reason.as_str()) {
        (_, "PROTOCOL_MISMATCH") => HandshakeError::Protocol { message },
        ("NOT_PAIRED", _) => HandshakeError::Auth { code, message },
        (_, auth) if auth.starts_with("AUTH_") || auth.starts_with("DEVICE_") => {
            HandshakeError::Auth { code: reason, message }
        }
        ("INVALID_REQUEST" | "FORBIDDEN", _) => HandshakeError::Rejected { code, message },
        _ => return OpenError::Retry { reason: format!("{code}: {message}"), after: None },
    })
}

fn check_scopes(granted: &[String]) -> Result<(), OpenError> {
    let missing = NEEDED.iter().find(|needed| !granted.iter().any(|scope| scope == *needed));
    missing.map_or(Ok(()), |missing| {
        let (granted, missing) = (granted.to_vec(), (*missing).to_owned());
        Err(OpenError::Fatal(HandshakeError::Scopes { granted, missing }))
    })
}

async fn next_text(socket: &mut Socket) -> Result<String, OpenError> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => return Ok(text.as_str().to_owned()),
            Some(Ok(Message::Close(frame))) => return Err(closed(frame)),
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(retry(error)),
            None => return Err(retry("the gateway closed the connection")),
        }
    }
}

fn closed(frame: Option<CloseFrame>) -> OpenError {
    let code = frame.as_ref().map(|frame| u16::from(frame.code));
    let reason = frame.map_or_else(|| "closed".to_owned(), |frame| format!("closed: {frame}"));
    OpenError::Retry { reason, after: (code == Some(STARTING)).then_some(limits::STARTING_RETRY) }
}

fn parse(text: &str) -> Result<Incoming<'_>, OpenError> {
    serde_json::from_str(text).map_err(retry)
}

fn retry(reason: impl ToString) -> OpenError {
    OpenError::Retry { reason: reason.to_string(), after: None }
}

async fn within<T>(
    what: &str,
    step: impl Future<Output = Result<T, OpenError>>,
) -> Result<T, OpenError> {
    let timeout = tokio::time::timeout(limits::HANDSHAKE, step).await;
    timeout.unwrap_or_else(|_| Err(retry(format!("{what} took {:?}", limits::HANDSHAKE))))
}

#[derive(Deserialize)]
struct Hello {
    server: HelloServer,
    auth: HelloAuth,
    #[serde(default)]
    policy: HelloPolicy,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HelloServer {
    boot_id: BootId,
    #[serde(default)]
    version: String,
}

#[derive(Deserialize)]
struct HelloAuth {
    #[serde(default)]
    scopes: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct HelloPolicy {
    max_payload: Option<usize>,
}
