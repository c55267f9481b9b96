//! The one task a client owns: connect, read until the connection is gone, connect again.

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::{mpsc, watch};
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;

use crate::frames::{AgentEvent, ChatEvent, Incoming, RowEvent};
use crate::handshake::{self, OpenError, Opened, Socket};
use crate::link::Link;
use crate::registry::Registry;
use crate::{BootId, ConnectionState, GatewayConfig, GatewayError};

/// What runs and requests see of the connection.
#[derive(Clone)]
pub(crate) enum LinkState {
    Down,
    Up(Arc<Link>),
    Over(GatewayError),
}

pub(crate) struct Supervisor {
    pub(crate) config: GatewayConfig,
    pub(crate) registry: Arc<Registry>,
    pub(crate) state: watch::Sender<ConnectionState>,
    pub(crate) link: watch::Sender<LinkState>,
    pub(crate) stop: CancellationToken,
}

impl Supervisor {
    pub(crate) async fn run(self) {
        let over = self.stop.clone().run_until_cancelled_owned(self.connect_for_ever()).await;
        let (state, error) = match over {
            Some(GatewayError::Handshake(error)) => {
                tracing::error!(%error, "the gateway will never let us in");
                (ConnectionState::Fatal(error.clone()), GatewayError::Handshake(error))
            }
            _ => (ConnectionState::Closed, GatewayError::Closed),
        };
        if let LinkState::Up(link) = self.link.send_replace(LinkState::Over(error.clone())) {
            link.close();
        }
        self.state.send_replace(state);
        self.registry.fail_all(&error.to_string());
    }

    /// Comes back only when trying again cannot help.
    async fn connect_for_ever(&self) -> GatewayError {
        let (mut epoch, mut attempt, mut failures, mut boot) = (0, 1, 0, None);
        loop {
            let (reason, after) = match handshake::open(&self.config).await {
                Ok(opened) => {
                    (epoch, attempt, failures) = (epoch + 1, 0, 0);
                    let reason = self.serve(opened, epoch, &mut boot).await;
                    tracing::info!(reason, "the connection to the gateway ended");
                    (reason, None)
                }
                Err(OpenError::Fatal(error)) => return error.into(),
                Err(OpenError::Retry { reason, after }) => {
                    tracing::debug!(reason, "could not connect to the gateway");
                    (reason, after)
                }
            };
            // The gateway's own number is exact; ours grows.
            failures += u32::from(after.is_none());
            attempt += 1;
            let last_error = Some(reason);
            self.state.send_replace(ConnectionState::Connecting { attempt, last_error });
            tokio::time::sleep(after.unwrap_or_else(|| self.pause(failures))).await;
        }
    }

    fn pause(&self, failures: u32) -> Duration {
        self.config.reconnect.pause(failures, rand::random())
    }

    /// Returns why the connection ended.
    async fn serve(&self, opened: Opened, epoch: u64, boot: &mut Option<BootId>) -> String {
        let same_boot = boot.replace(opened.boot_id.clone()).is_some_and(|b| b == opened.boot_id);
        let (outgoing, queue) = mpsc::unbounded_channel();
        let link = Link::new(epoch, opened.boot_id.clone(), opened.max_payload, outgoing);
        let link = Arc::new(link);
        // Before anyone reads or writes: a resumed run's first event must find its run waiting.
        self.registry.on_connection(same_boot);
        self.link.send_replace(LinkState::Up(link.clone()));
        self.state.send_replace(ConnectionState::Connected {
            boot_id: opened.boot_id,
            server_version: opened.server_version,
            scopes: opened.scopes,
        });
        let (sink, stream) = opened.socket.split();
        let _closed = CloseOnDrop { link: &link, state: &self.link };
        tokio::select! {
            reason = self.read(stream, &link) => reason,
            reason = write(sink, queue) => reason,
        }
    }

    async fn read(&self, mut stream: SplitStream<Socket>, link: &Link) -> String {
        let mut seq = 0;
        loop {
            match tokio::time::timeout(self.config.silence, stream.next()).await {
                Ok(Some(Ok(Message::Text(text)))) => self.on_frame(text.as_str(), link, &mut seq),
                Ok(Some(Ok(Message::Close(Some(frame))))) => return format!("closed: {frame}"),
                Ok(Some(Ok(_))) => {} // pings count as signs of life; the library answers them
                Ok(Some(Err(error))) => return error.to_string(),
                Ok(None) => return "closed".to_owned(),
                Err(_) => return format!("silent for {:?}", self.config.silence),
            }
        }
    }

    fn on_frame(&self, text: &str, link: &Link, last_seq: &mut u64) {
        let Ok(frame) = serde_json::from_str::<Incoming<'_>>(text) else {
            tracing::warn!(length = text.len(), "the gateway sent a frame we cannot read");
            return;
        };
        if frame.kind == "res" {
            return link.on_response(&frame);
        }
        if let Some(seq) = frame.seq {
            if *last_seq + 1 < seq {
                tracing::warn!(from = *last_seq, to = seq, "the gateway left out events");
                self.registry.on_gap();
            }
            *last_seq = seq;
        }
        self.on_event(&frame);
    }

    fn on_event(&self, frame: &Incoming<'_>) {
        let (Some(event), Some(payload)) = (frame.event, frame.payload) else { return };
        let payload = payload.get();
        let read = match event {
            "chat" => serde_json::from_str::<ChatEvent<'_>>(payload)
                .map(|event| self.registry.on_chat(&event)),
            "agent" => serde_json::from_str::<AgentEvent<'_>>(payload)
                .map(|event| self.registry.on_agent(&event)),
            "session.message" => {
                serde_json::from_str::<RowEvent>(payload).map(|row| self.registry.on_row(&row))
            }
            _ => Ok(()),
        };
        if let Err(error) = read {
            tracing::warn!(event, %error, "the gateway sent an event we cannot read");
        }
    }
}

async fn write(
    mut sink: SplitSink<Socket, Message>,
    mut queue: mpsc::UnboundedReceiver<String>,
) -> String {
    while let Some(frame) = queue.recv().await {
        if let Err(error) = sink.send(Message::text(frame)).await {
            return error.to_string();
        }
    }
    "nobody uses the connection".to_owned()
}

/// Also when the client is closed in the middle of `serve`.
struct CloseOnDrop<'a> {
    link: &'a Link,
    state: &'a watch::Sender<LinkState>,
}

impl Drop for CloseOnDrop<'_> {
    fn drop(&mut self) {
        self.state.send_replace(LinkState::Down);
        self.link.close();
    }
}
