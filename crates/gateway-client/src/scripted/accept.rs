//! One port: HTTP health checks, and upgrades to WebSocket.

use std::sync::Arc;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_util::sync::CancellationToken;

use super::connection::connection;
use super::world::World;

const HEAD_LIMIT: usize = 16 * 1024;

pub(crate) async fn accept(listener: TcpListener, world: Arc<World>) {
    while let Ok((stream, _)) = listener.accept().await {
        let world = world.clone();
        tokio::spawn(async move {
            let _closed = greet(stream, world).await;
        });
    }
}

async fn greet(mut stream: TcpStream, world: Arc<World>) -> Option<()> {
    let head = head(&mut stream).await?;
    let header = |name: &str| {
        head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    let Some(key) = header("sec-websocket-key") else {
        return answer_http(&mut stream, &head, &world).await;
    };
    let accept = derive_accept_key(key.as_bytes());
    let upgrade = format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    stream.write_all(upgrade.as_bytes()).await.ok()?;
    stream.set_nodelay(true).ok()?;
    let limits = WebSocketConfig::default()
        .max_message_size(Some(world.options.max_payload))
        .max_frame_size(Some(world.options.max_payload));
    let socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(limits)).await;
    let kill = CancellationToken::new();
    let browser = header("origin").is_some();
    kill.clone().run_until_cancelled(connection(socket, world, kill, browser)).await?
}

/// Up to the empty line; nothing follows it before we answer.
async fn head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < HEAD_LIMIT {
        let read = stream.read_buf(&mut head).await.ok()?;
        (read > 0).then_some(())?;
    }
    String::from_utf8(head).ok()
}

async fn answer_http(stream: &mut TcpStream, head: &str, world: &World) -> Option<()> {
    let path = head.split(' ').nth(1).unwrap_or_default();
    let (status, body) = match path {
        "/health" | "/healthz" => ("200 OK", json!({"ok": true, "status": "live"})),
        "/ready" | "/readyz" if world.state().draining => {
            let failing = json!({"ready": false, "failing": ["gateway-draining"]});
            ("503 Service Unavailable", failing)
        }
        "/ready" | "/readyz" => ("200 OK", json!({"ready": true, "failing": []})),
        _ => ("404 Not Found", json!({"ok": false})),
    };
    let body = body.to_string();
    let response = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(response.as_bytes()).await.ok()
}
