//! A browser's half of the protocol, strict: a chunk that does not continue what is held fails
//! the test.

use std::collections::HashMap;

use anyhow::Context;
use futures_util::{SinkExt, StreamExt};
use http::HeaderValue;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::PATIENCE;

pub struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Text so far of every reply, by message id.
    pub held: HashMap<String, String>,
    /// Frames other than text, in order.
    pub frames: Vec<Value>,
    /// What was said, by message id: said again when the answer is "not now".
    said: HashMap<String, Value>,
    forgives_stragglers: bool,
}

/// How a reply ended, as this client saw it.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    pub text: String,
    pub outcome: String,
}

#[derive(Debug)]
pub struct ConnectFailure(pub u16);

impl Client {
    pub async fn connect(ws: &str, token: &str) -> Result<Client, ConnectFailure> {
        Self::connect_from(ws, &format!("openclaw.v1, bearer.{token}"), None).await
    }

    pub async fn connect_from(
        ws: &str,
        subprotocols: &str,
        origin: Option<&str>,
    ) -> Result<Client, ConnectFailure> {
        let mut request = ws.into_client_request().expect("a URL");
        let value = HeaderValue::from_str(subprotocols).expect("a header");
        request.headers_mut().insert("sec-websocket-protocol", value);
        if let Some(origin) = origin {
            let value = HeaderValue::from_str(origin).expect("a header");
            request.headers_mut().insert("origin", value);
        }
        match connect_async(request).await {
            Ok((socket, answer)) => {
                assert_eq!(answer.headers()["sec-websocket-protocol"], "openclaw.v1");
                Ok(Client {
                    socket,
                    held: HashMap::new(),
                    frames: Vec::new(),
                    said: HashMap::new(),
                    forgives_stragglers: false,
                })
            }
            Err(tungstenite::Error::Http(answer)) => Err(ConnectFailure(answer.status().as_u16())),
            Err(error) => panic!("could not connect: {error}"),
        }
    }

    /// Takes text as the page does: of what it holds already only the rest, behind a gap nothing,
    /// and nothing when the reply has ended. Without this such text fails the test.
    pub fn forgive_stragglers(&mut self) {
        self.forgives_stragglers = true;
    }

    pub fn forgives_stragglers(&self) -> bool {
        self.forgives_stragglers
    }

    /// A new socket for the same person: what he holds and what he said comes along.
    pub fn goes_on_from(&mut self, before: Client) {
        self.held = before.held;
        self.frames = before.frames;
        self.said = before.said;
        self.forgives_stragglers = before.forgives_stragglers;
    }

    pub async fn send(&mut self, frame: Value) {
        self.send_raw(frame.to_string()).await;
    }

    /// As [`say`](Self::say) and [`send`](Self::send), where the socket may be closed.
    pub async fn try_send(&mut self, frame: Value) -> anyhow::Result<()> {
        if frame["action"] == "sendMessage" {
            let id = frame["messageId"].as_str().context("no id")?.to_owned();
            self.said.insert(id, frame.clone());
        }
        Ok(self.socket.send(Message::text(frame.to_string())).await?)
    }

    pub async fn send_raw(&mut self, text: String) {
        self.socket.send(Message::text(text)).await.expect("the socket is open");
    }

    pub async fn say(&mut self, id: &str, text: &str) {
        self.say_in("default", id, text).await;
    }

    pub async fn say_in(&mut self, conversation: &str, id: &str, text: &str) {
        let frame = json!({
            "action": "sendMessage", "messageId": id, "conversationId": conversation, "message": text,
        });
        self.said.insert(id.to_owned(), frame.clone());
        self.send(frame).await;
    }

    /// The next frame; text frames are also added to `held`.
    pub async fn next(&mut self) -> anyhow::Result<Value> {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.socket.next())
                .await
                .context("no frame came")?
                .context("the socket is closed")??;
            match message {
                Message::Text(text) => {
                    assert!(text.len() <= 32_768, "a frame of {} bytes", text.len());
                    let frame: Value = serde_json::from_str(&text)?;
                    self.take(&frame);
                    self.say_again_if_asked(&frame).await;
                    return Ok(frame);
                }
                Message::Close(frame) => anyhow::bail!("closed: {frame:?}"),
                _ => {}
            }
        }
    }

    /// As the page does: an id makes repeating safe.
    async fn say_again_if_asked(&mut self, frame: &Value) {
        let refused = frame["type"] == "error" && frame["retryable"] == true;
        let id = frame["messageId"].as_str().filter(|_| refused);
        if let Some(said) = id.and_then(|id| self.said.get(id)).cloned() {
            // A socket that is closed says so when it is next read.
            self.try_send(said).await.ok();
        }
    }

    fn is_straggler(&self, id: &str) -> bool {
        let ended = |f: &Value| f["type"] == "stream_end" && f["messageId"] == id;
        self.forgives_stragglers && self.frames.iter().any(ended)
    }

    fn take(&mut self, frame: &Value) {
        let id = frame["messageId"].as_str().unwrap_or_default().to_owned();
        let content = frame["content"].as_str().unwrap_or_default();
        match frame["type"].as_str() {
            Some("stream_chunk" | "stream_snapshot") if self.is_straggler(&id) => {}
            Some("stream_chunk") => {
                let held = self.held.entry(id).or_default();
                let offset = frame["offset"].as_u64().expect("an offset");
                let known = utf16(held).checked_sub(offset);
                if !self.forgives_stragglers {
                    assert_eq!(known, Some(0), "chunk does not continue: {frame}");
                }
                held.push_str(&known.map_or_else(String::new, |known| rest_of(content, known)));
            }
            Some("stream_snapshot") => {
                assert_eq!(frame["offset"], 0);
                self.held.insert(id, content.to_owned());
            }
            _ => self.frames.push(frame.clone()),
        }
    }

    /// Reads on until a frame is as wanted.
    pub async fn until(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let frame = self.next().await.unwrap_or_else(|e| panic!("waiting for {what}: {e:#}"));
            if wanted(&frame) {
                return frame;
            }
        }
    }

    pub async fn until_type(&mut self, kind: &str) -> Value {
        self.until(kind, |frame| frame["type"] == kind).await
    }

    /// The whole reply to a message. Its length must be what `stream_end` says.
    pub async fn reply_to(&mut self, id: &str) -> Heard {
        let ended = |f: &Value| f["type"] == "stream_end" && f["messageId"] == id;
        let before = self.frames.iter().find(|f| ended(f)).cloned();
        let end = match before {
            Some(end) => end,
            None => self.until(&format!("the end of the reply to {id}"), ended).await,
        };
        let text = self.held.get(id).cloned().unwrap_or_default();
        assert_eq!(end["length"], utf16(&text), "text differs from stream_end: {text:.200}");
        Heard { text, outcome: end["outcome"].as_str().unwrap_or_default().to_owned() }
    }

    /// Says something and waits for the answer.
    pub async fn ask(&mut self, text: &str) -> Heard {
        let id = crate::message_id();
        self.say(&id, text).await;
        self.reply_to(&id).await
    }

    /// Gone without a goodbye, as a phone in a tunnel.
    pub fn vanish(self) {}

    /// As [`vanish`](Self::vanish), and what is held can still be read.
    pub async fn cut(&mut self) {
        self.socket.get_mut().shutdown().await.expect("it was open");
    }
}

fn rest_of(content: &str, known: u64) -> String {
    let known = usize::try_from(known).expect("a length");
    let rest: Vec<u16> = content.encode_utf16().skip(known).collect();
    String::from_utf16(&rest).expect("frames end between characters")
}

fn utf16(text: &str) -> u64 {
    text.encode_utf16().count() as u64
}
