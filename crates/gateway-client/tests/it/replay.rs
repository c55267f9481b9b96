//! A server that plays a recording: it sends what was received, in order, and at every recorded
//! request waits until the client makes one of the same method.

use std::collections::{HashMap, VecDeque};
use std::path::Path;

use futures_util::{SinkExt, StreamExt};
use gateway_client::RunRequest;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{WebSocketStream, accept_async};

pub(crate) struct Recording {
    lines: Vec<Value>,
}

pub(crate) struct Replay {
    pub(crate) url: String,
    server: AbortHandle,
}

impl Drop for Replay {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Recording {
    pub(crate) fn load(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
        let text = std::fs::read_to_string(folder.join(format!("{name}.jsonl")))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let lines = text.lines().map(|line| serde_json::from_str(line).expect("JSON lines"));
        Self { lines: lines.collect() }
    }

    /// The messages the recorder sent, each as a run of the same id.
    pub(crate) fn messages(&self) -> Vec<RunRequest> {
        let sends = self.lines.iter().filter(|line| line["frame"]["method"] == "chat.send");
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let request = |params: &Value| RunRequest {
            suppress_commands: false,
            ..RunRequest::new(
                text(&params["sessionKey"]),
                text(&params["message"]),
                text(&params["idempotencyKey"]),
            )
        };
        sends.map(|line| request(&line["frame"]["params"])).collect()
    }

    /// The text of the first terminal event of a run, read the plain way.
    pub(crate) fn final_text(&self, run_id: &str) -> String {
        let ended = self.lines.iter().map(|line| &line["frame"]["payload"]).find(|payload| {
            payload["runId"] == run_id
                && matches!(payload["state"].as_str(), Some("final" | "aborted"))
        });
        let message = &ended.expect("it ends in the recording")["message"];
        let blocks = message["content"].as_array().expect("blocks");
        blocks.iter().filter_map(|block| block["text"].as_str()).collect()
    }

    pub(crate) fn run_ids(&self) -> Vec<String> {
        let mut ids: Vec<String> = Vec::new();
        for line in self.lines.iter().filter(|line| line["frame"]["event"] == "chat") {
            let id = line["frame"]["payload"]["runId"].as_str().expect("a run id").to_owned();
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        ids
    }

    pub(crate) async fn play(self) -> Replay {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let url = format!("ws://{}/", listener.local_addr().expect("it is bound"));
        let server = tokio::spawn(async move {
            for connection in self.connections() {
                let (stream, _) = listener.accept().await.expect("the client connects");
                let socket = accept_async(stream).await.expect("a WebSocket client");
                Player::new(socket, connection).play().await;
            }
            std::future::pending::<()>().await;
        });
        Replay { url, server: server.abort_handle() }
    }

    fn connections(self) -> Vec<VecDeque<Value>> {
        let mut connections: Vec<VecDeque<Value>> = Vec::new();
        for line in self.lines {
            let new = connections.last().and_then(VecDeque::back).map(|last| &last["conn"])
                != Some(&line["conn"]);
            if new {
                connections.push(VecDeque::new());
            }
            connections.last_mut().expect("just pushed").push_back(line);
        }
        connections
    }
}

struct Player {
    socket: WebSocketStream<TcpStream>,
    lines: VecDeque<Value>,
    asked: VecDeque<Value>,
    /// Recorded request id → the client's.
    ids: HashMap<String, Value>,
}

impl Player {
    fn new(socket: WebSocketStream<TcpStream>, lines: VecDeque<Value>) -> Self {
        Self { socket, lines, asked: VecDeque::new(), ids: HashMap::new() }
    }

    async fn play(mut self) -> Option<()> {
        while let Some(mut line) = self.lines.pop_front() {
            let frame = line["frame"].take();
            match line["dir"].as_str() {
                Some("send") => self.expect(&frame).await?,
                Some("recv") => self.say(frame).await?,
                Some("closed") => return self.close(&frame).await,
                _ => {}
            }
        }
        // Nothing left to play; the client may still ask.
        loop {
            self.listen().await?;
        }
    }

    async fn expect(&mut self, frame: &Value) -> Option<()> {
        loop {
            let asked = self.asked.iter().position(|asked| asked["method"] == frame["method"]);
            if let Some(asked) = asked.and_then(|index| self.asked.remove(index)) {
                let id = frame["id"].as_str().expect("ids are strings").to_owned();
                self.ids.insert(id, asked["id"].clone());
                return Some(());
            }
            self.listen_with(Some(frame)).await?;
        }
    }

    async fn listen(&mut self) -> Option<()> {
        self.listen_with(None).await
    }

    /// One request. What the recorder never asked (any more) is answered in general.
    async fn listen_with(&mut self, next: Option<&Value>) -> Option<()> {
        let Message::Text(text) = self.socket.next().await?.ok()? else { return Some(()) };
        let request: Value = serde_json::from_str(text.as_str()).expect("requests are JSON");
        let recorded = |line: &Value| line["frame"]["method"] == request["method"];
        if next.is_some_and(|next| next["method"] == request["method"])
            || self.lines.iter().any(recorded)
        {
            self.asked.push_back(request);
            return Some(());
        }
        let payload = match request["method"].as_str() {
            Some("agent.wait") => json!({"status": "timeout"}),
            Some("chat.history") => json!({"messages": [], "sessionInfo": {}}),
            _ => json!({}),
        };
        let id = &request["id"];
        let response = json!({"type": "res", "id": id, "ok": true, "payload": payload});
        self.socket.send(Message::text(response.to_string())).await.ok()
    }

    async fn say(&mut self, mut frame: Value) -> Option<()> {
        if frame["type"] == "res" {
            let id = frame["id"].as_str().expect("ids are strings");
            frame["id"] = self.ids.get(id).expect("it was asked").clone();
        }
        self.socket.send(Message::text(frame.to_string())).await.ok()
    }

    async fn close(&mut self, frame: &Value) -> Option<()> {
        if frame["code"] == 1012 {
            let reason = CloseFrame { code: 1012.into(), reason: "service restart".into() };
            self.socket.close(Some(reason)).await.ok()?;
        }
        Some(())
    }
}
