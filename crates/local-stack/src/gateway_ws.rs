//! The WebSocket API at `/ws`: the handshake goes through the `$connect`
//! Lambda, messages through `$default`, the end through `$disconnect`, within
//! the limits of the real API Gateway.
//!
//! Only messages keep a connection from being idle; control frames do not.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{
        State,
        ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade},
    },
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use serde_json::{Value, json};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::task::TaskTracker;

use crate::{
    clock,
    config::SocketLimits,
    connections::{Connection, Connections, Peer},
    functions::{Functions, invoke},
    ws_event::{Socket, connection_id, request_id},
};

/// API Gateway's limit on a message from a client.
pub(crate) const LARGEST_MESSAGE: usize = 128 * 1024;
/// What is still read in order to refuse it in words; beyond, the connection
/// just breaks.
const READABLE: usize = 8 * 1024 * 1024;
/// How long handlers may go on when the stack stops.
pub(crate) const LAST_WORDS: Duration = Duration::from_secs(3);
const PROTOCOL_HEADER: &str = "sec-websocket-protocol";

#[derive(Clone)]
pub(crate) struct Gateway {
    pub(crate) functions: Arc<dyn Functions>,
    pub(crate) connections: Arc<Connections>,
    pub(crate) limits: SocketLimits,
    pub(crate) domain: String,
    pub(crate) invocations: TaskTracker,
}

/// How a connection ended: the code and reason for the client and for
/// `$disconnect`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ending {
    code: u16,
    reason: &'static str,
}

const GOING_AWAY: Ending = Ending { code: 1001, reason: "Going away" };
const TOO_LARGE: Ending = Ending { code: 1009, reason: "Message too long" };
const BINARY: Ending = Ending { code: 1003, reason: "Binary messages are not supported" };
const CLOSED: Ending = Ending { code: 1000, reason: "Connection Closed Normally" };
const LOST: Ending = Ending { code: 1006, reason: "Connection Closed Abnormally" };

pub(crate) async fn upgrade(
    State(gateway): State<Gateway>,
    uri: Uri,
    headers: HeaderMap,
    handshake: WebSocketUpgrade,
) -> Response {
    let socket = gateway.new_socket(&headers);
    let event = socket.connect(&headers, uri.query().unwrap_or_default());
    let answer = match invoke(gateway.functions.ws_connect(event)).await {
        Ok(answer) => answer,
        Err(error) => {
            tracing::error!(connection.id = socket.id, %error, "$connect failed");
            return refusal(&socket, StatusCode::INTERNAL_SERVER_ERROR);
        }
    };
    match status(&answer) {
        status if status.is_success() => gateway.accept(handshake, socket, &answer),
        status => refusal(&socket, status),
    }
}

impl Gateway {
    fn new_socket(&self, headers: &HeaderMap) -> Socket {
        let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        let user_agent = agent.unwrap_or_default().to_owned();
        Socket {
            id: connection_id(),
            connected_at: clock::now_ms(),
            domain: self.domain.clone(),
            peer: Peer { source_ip: "127.0.0.1".into(), user_agent },
        }
    }

    /// The subprotocol is what the Lambda says, and nothing if it says nothing:
    /// API Gateway does not choose one.
    fn accept(self, handshake: WebSocketUpgrade, socket: Socket, answer: &Value) -> Response {
        let mut handshake = handshake.max_message_size(READABLE).max_frame_size(READABLE);
        if let Some(protocol) = response_header(answer, PROTOCOL_HEADER) {
            handshake.set_selected_protocol(protocol);
        }
        let (failed, event) = (self.clone(), socket.disconnect(LOST.code, LOST.reason));
        handshake
            .on_failed_upgrade(move |_| {
                failed.invocations.clone().spawn(async move { failed.disconnected(event).await });
            })
            .on_upgrade(move |stream| self.serve(socket, stream))
    }

    async fn serve(self, socket: Socket, stream: WebSocket) {
        // From here on, and not before, @connections knows this connection.
        let (connection, outgoing) = self.connections.open(
            &socket.id,
            socket.connected_at,
            socket.peer.clone(),
            self.limits.buffered_frames,
        );
        let (replies, replied) = mpsc::channel(self.limits.buffered_frames);
        let (sink, source) = stream.split();
        let active = Activity::new();
        let mut writer = Writer { sink, active: active.clone() };
        let ending = tokio::select! {
            ending = self.read(source, &socket, &connection, &replies, &active) => ending,
            ending = writer.drain(outgoing, replied) => ending,
            ending = self.expire(&connection, &active) => ending,
        };
        self.connections.close(&socket.id);
        writer.close(ending).await;
        self.disconnected(socket.disconnect(ending.code, ending.reason)).await;
    }

    /// Messages begin in the order they came and then run side by side, as
    /// invocations of a Lambda do.
    async fn read(
        &self,
        mut source: SplitStream<WebSocket>,
        socket: &Socket,
        connection: &Connection,
        replies: &mpsc::Sender<Bytes>,
        active: &Activity,
    ) -> Ending {
        while let Some(Ok(message)) = source.next().await {
            match message {
                Message::Text(text) if text.len() > LARGEST_MESSAGE => return TOO_LARGE,
                Message::Binary(data) if data.len() > LARGEST_MESSAGE => return TOO_LARGE,
                Message::Text(text) => {
                    active.touch();
                    connection.touch();
                    self.begin(socket, text.as_str(), replies.clone());
                }
                Message::Binary(_) => return BINARY,
                Message::Close(_) => return CLOSED,
                Message::Ping(_) | Message::Pong(_) => {}
            }
        }
        LOST
    }

    fn begin(&self, socket: &Socket, body: &str, replies: mpsc::Sender<Bytes>) {
        let (functions, event) = (self.functions.clone(), socket.message(body));
        let id = socket.id.clone();
        let mut invocation = Box::pin(async move {
            let request = event["requestContext"]["requestId"].clone();
            // What a route without a route response returns reaches no one.
            if let Err(error) = invoke(functions.ws_message(event)).await {
                tracing::error!(connection.id = id, %error, "$default failed");
                let failure = json!({
                    "message": "Internal server error", "connectionId": id, "requestId": request,
                });
                let _ = replies.try_send(failure.to_string().into());
            }
        });
        // Polled here once, so that it starts before the next message is read.
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        if Future::poll(invocation.as_mut(), &mut context).is_pending() {
            self.invocations.spawn(invocation);
        }
    }

    async fn expire(&self, connection: &Connection, active: &Activity) -> Ending {
        let longest = tokio::time::sleep(self.limits.longest);
        tokio::select! {
            () = active.idle_for(self.limits.idle) => GOING_AWAY,
            () = longest => GOING_AWAY,
            () = connection.deleted.cancelled() => CLOSED,
        }
    }

    /// Best effort, as in AWS: a failure here is nobody's business but the log's.
    async fn disconnected(&self, event: Value) {
        if let Err(error) = invoke(self.functions.ws_disconnect(event)).await {
            tracing::warn!(%error, "$disconnect failed");
        }
    }
}

struct Writer {
    sink: SplitSink<WebSocket, Message>,
    active: Activity,
}

impl Writer {
    async fn drain(
        &mut self,
        mut posted: mpsc::Receiver<Bytes>,
        mut replied: mpsc::Receiver<Bytes>,
    ) -> Ending {
        loop {
            let frame = tokio::select! {
                Some(frame) = posted.recv() => frame,
                Some(frame) = replied.recv() => frame,
            };
            let text = String::from_utf8_lossy(&frame).into_owned();
            if self.sink.send(Message::Text(text.into())).await.is_err() {
                return LOST;
            }
            self.active.touch();
        }
    }

    async fn close(&mut self, ending: Ending) {
        const PATIENCE: Duration = Duration::from_secs(1);
        if ending == LOST {
            return;
        }
        let frame = CloseFrame { code: ending.code, reason: ending.reason.into() };
        let closed = self.sink.send(Message::Close(Some(frame)));
        let _ = tokio::time::timeout(PATIENCE, closed).await;
    }
}

/// When something was last said, in either direction.
#[derive(Clone)]
struct Activity(Arc<std::sync::Mutex<Instant>>);

impl Activity {
    fn new() -> Self {
        Self(Arc::new(std::sync::Mutex::new(Instant::now())))
    }

    fn touch(&self) {
        *self.0.lock().expect("setting a time does not panic") = Instant::now();
    }

    async fn idle_for(&self, limit: Duration) {
        loop {
            let deadline = *self.0.lock().expect("reading a time does not panic") + limit;
            if deadline <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(deadline).await;
        }
    }
}

fn status(answer: &Value) -> StatusCode {
    let status = answer["statusCode"].as_u64().and_then(|code| u16::try_from(code).ok());
    status
        .and_then(|code| StatusCode::from_u16(code).ok())
        // A Lambda that answers something else is misconfigured.
        .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn response_header(answer: &Value, wanted: &str) -> Option<HeaderValue> {
    let single = answer["headers"].as_object().into_iter().flatten();
    let multi = answer["multiValueHeaders"].as_object().into_iter().flatten();
    let (_, value) = single.chain(multi).find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
    let value = value.as_str().or_else(|| value[0].as_str())?;
    HeaderValue::from_str(value).ok()
}

fn refusal(socket: &Socket, status: StatusCode) -> Response {
    let message = match status {
        StatusCode::UNAUTHORIZED => "Unauthorized",
        StatusCode::FORBIDDEN => "Forbidden",
        status if status.is_server_error() => "Internal server error",
        _ => "Bad Request",
    };
    let body = json!({"message": message, "connectionId": socket.id, "requestId": request_id()});
    (status, Json(body)).into_response()
}
