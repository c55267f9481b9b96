//! The line on which nudges come: our own WebSocket connection to the API that browsers use.
//! It is opened from here, so the task needs no inbound port (I6).

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use http::HeaderValue;
use http::header::AUTHORIZATION;
use protocol::{ClientFrame, Nudge};
use tokio::net::TcpStream;
use tokio::time::{Instant, interval_at, sleep, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use crate::backoff::Backoff;
use crate::bridge::Bridge;
use crate::chain::chain;
use crate::nudged::nudged;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

const DIAL_WITHIN: Duration = Duration::from_secs(15);
/// API Gateway closes a connection after 10 minutes without traffic,
const PING_EVERY: Duration = Duration::from_secs(5 * 60);
/// and after two hours in any case: the next one is up before this one goes.
const RENEW_AFTER: Duration = Duration::from_secs(110 * 60);
const LAST_WORDS: Duration = Duration::from_millis(500);

#[derive(Clone)]
pub struct Line {
    pub url: String,
    pub token: String,
}

/// Runs until the bridge has ended its work. A lost line costs time, never a message.
pub async fn listen(bridge: Arc<Bridge>, line: Line) {
    let over = bridge.halt.aborting.clone();
    tokio::select! {
        () = over.cancelled() => {}
        () = keep_connected(&bridge, &line) => {}
    }
}

async fn keep_connected(bridge: &Arc<Bridge>, line: &Line) {
    let mut backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(10));
    let mut current: Option<CancellationToken> = None;
    loop {
        match dial(line).await {
            Ok(socket) => {
                info!("nudge connection is up");
                backoff.reset();
                // What came while nobody listened.
                bridge.look_in_inbox.notify_one();
                let retired = CancellationToken::new();
                let served = serve(bridge.clone(), socket, retired.clone());
                let served = bridge.tasks.spawn(served);
                // Make before break: only now does the one before go.
                if let Some(before) = current.replace(retired) {
                    before.cancel();
                }
                tokio::select! {
                    _ = served => debug!("nudge connection was lost"),
                    () = sleep(RENEW_AFTER) => continue,
                }
            }
            Err(error) if is_refusal(&error) => return bridge.halt.fence(),
            Err(error) if backoff.failures() == 0 => {
                warn!(error = %chain(&error), "cannot open the nudge connection");
            }
            Err(_) => {}
        }
        backoff.wait().await;
    }
}

/// The launch token is good for one generation: refused, it is another one's turn.
fn is_refusal(error: &Error) -> bool {
    matches!(error, Error::Http(answer) if matches!(answer.status().as_u16(), 401 | 403))
}

async fn dial(line: &Line) -> Result<Socket, Error> {
    let mut request = line.url.as_str().into_client_request()?;
    let mut token = HeaderValue::try_from(format!("Bearer {}", line.token)).map_err(http_error)?;
    token.set_sensitive(true);
    request.headers_mut().insert(AUTHORIZATION, token);
    let timed_out = || Error::Io(std::io::ErrorKind::TimedOut.into());
    let dialed = timeout(DIAL_WITHIN, connect_async(request)).await;
    Ok(dialed.map_err(|_| timed_out())??.0)
}

fn http_error(error: http::header::InvalidHeaderValue) -> Error {
    Error::HttpFormat(error.into())
}

/// Until the line is lost, or another one has taken its place.
async fn serve(bridge: Arc<Bridge>, mut socket: Socket, retired: CancellationToken) {
    let mut pings = interval_at(Instant::now() + PING_EVERY, PING_EVERY);
    loop {
        tokio::select! {
            frame = socket.next() => match frame {
                Some(Ok(Message::Text(text))) => on_text(&bridge, &text).await,
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {}
            },
            _ = pings.tick() => {
                if socket.send(ping()).await.is_err() {
                    return;
                }
            }
            () = retired.cancelled() => break,
            () = bridge.halt.aborting.cancelled() => break,
        }
    }
    // What was sent before the sender knew the new line.
    while let Ok(Some(Ok(Message::Text(text)))) = timeout(LAST_WORDS, socket.next()).await {
        on_text(&bridge, &text).await;
    }
    let _ = timeout(LAST_WORDS, socket.close(None)).await;
}

/// A message, as the page sends it: whether API Gateway counts WebSocket's own pings as
/// traffic is not documented.
fn ping() -> Message {
    Message::text(serde_json::to_string(&ClientFrame::Ping).expect("a frame serializes"))
}

async fn on_text(bridge: &Arc<Bridge>, text: &Utf8Bytes) {
    match serde_json::from_str::<Nudge>(text) {
        Ok(nudge) => nudged(bridge, nudge).await,
        // A newer control plane may say more than we understand. Then looking is enough.
        Err(_) => bridge.look_in_inbox.notify_one(),
    }
}
