//! A browser tab: says things, loses its socket, comes back and asks for what it lacks.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{ConnectionId, MessageId, UserId};
use protocol::ServerFrame;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use crate::lambdas::Lambdas;

/// What one tab saw, for the ledger.
pub(crate) struct Heard {
    pub(crate) user: UserId,
    /// In the order in which it sent them.
    pub(crate) said: Vec<Said>,
}

#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) id: MessageId,
    pub(crate) conversation: String,
    pub(crate) sent_at: Instant,
    /// `accepted` arrived.
    pub(crate) accepted_at: Option<Instant>,
}

struct Tab {
    lambdas: Lambdas,
    user: UserId,
    connection: ConnectionId,
    frames: mpsc::UnboundedReceiver<String>,
    said: Vec<Said>,
    held: BTreeMap<String, String>,
}

/// A page sends a message again when it was not accepted within this.
const ACCEPTED_WITHIN: Duration = Duration::from_secs(10);

pub(crate) async fn tab(lambdas: Lambdas, user: UserId, number: u64) -> Heard {
    let stage = lambdas.stage.clone();
    let luck = stage.plan.people;
    let mut tab = Tab::open(lambdas, user).await;
    let storm = u64::try_from(stage.plan.storm.as_millis()).expect("minutes");
    for n in 0..stage.plan.messages_per_tab {
        // Bursts, and long pauses.
        let pause = if stage.chaos.chance(0.6) { 2_000 } else { storm };
        sleep(stage.chaos.millis(0, pause / stage.plan.messages_per_tab)).await;
        tab.read_what_came();
        if stage.chaos.chance(luck.hangs_up) {
            tab = tab.reopen().await;
        }
        let conversation = format!("talk-{}", stage.chaos.below(stage.plan.conversations));
        let id = format!("{}-{number}-{n}", tab.user);
        tab.begin(&id, &conversation);
        if stage.chaos.chance(luck.sends_twice) {
            let (lambdas, connection) = (tab.lambdas.clone(), tab.connection.clone());
            let frame = frame(&id, &conversation);
            tokio::task::spawn_local(async move { lambdas.message(&connection, &frame).await });
        }
        if stage.chaos.chance(luck.vanishes) {
            tab.send(&frame(&id, &conversation)).await;
            return tab.close().await;
        }
        if stage.chaos.chance(luck.impatient) {
            tab.send(&frame(&id, &conversation)).await;
        } else {
            tab = tab.until_accepted(&id).await;
        }
        if stage.chaos.chance(luck.cancels) {
            tab.send(&json!({ "action": "cancel", "messageId": id })).await;
        }
    }
    // Whoever did not wait does so now.
    let unsure: Vec<String> = tab.said.iter().map(|said| said.id.to_string()).collect();
    for id in unsure {
        tab = tab.until_accepted(&id).await;
    }
    tab.close().await
}

fn frame(id: &str, conversation: &str) -> Value {
    json!({
        "action": "sendMessage",
        "messageId": id,
        "conversationId": conversation,
        "message": format!("question {id}"),
    })
}

impl Tab {
    async fn open(lambdas: Lambdas, user: UserId) -> Self {
        loop {
            let connection = lambdas.stage.next_connection();
            if lambdas.connect(&user, &connection).await {
                let frames = lambdas.stage.world.open_socket(&connection);
                let (said, held) = Default::default();
                return Self { lambdas, user, connection, frames, said, held };
            }
            sleep(Duration::from_secs(2)).await;
        }
    }

    /// Another socket, and everything that is open asked for.
    async fn reopen(self) -> Self {
        let stage = &self.lambdas.stage;
        stage.world.hang_up(&self.connection);
        // `$disconnect` is best effort.
        if stage.chaos.chance(0.7) {
            self.lambdas.disconnect(&self.connection).await;
        }
        let mut tab = Self::open(self.lambdas, self.user).await;
        (tab.said, tab.held) = (self.said, self.held);
        let mut talks: Vec<&str> = tab.said.iter().map(|said| said.conversation.as_str()).collect();
        talks.sort_unstable();
        talks.dedup();
        for conversation in talks {
            tab.send(&json!({ "action": "resume", "conversationId": conversation })).await;
        }
        tab
    }

    async fn close(self) -> Heard {
        self.lambdas.stage.world.hang_up(&self.connection);
        self.lambdas.disconnect(&self.connection).await;
        Heard { user: self.user, said: self.said }
    }

    fn begin(&mut self, id: &str, conversation: &str) {
        self.said.push(Said {
            id: MessageId::new(id).expect("valid"),
            conversation: conversation.into(),
            sent_at: Instant::now(),
            accepted_at: None,
        });
    }

    async fn send(&self, frame: &Value) {
        self.lambdas.message(&self.connection, frame).await;
    }

    fn is_accepted(&self, id: &str) -> bool {
        self.said.iter().any(|said| said.id.as_str() == id && said.accepted_at.is_some())
    }

    /// Sends until it is: the id makes that safe.
    async fn until_accepted(mut self, id: &str) -> Self {
        let said = self.said.iter().find(|said| said.id.as_str() == id).expect("said before");
        let frame = frame(id, &said.conversation);
        while !self.is_accepted(id) {
            self.send(&frame).await;
            let deadline = Instant::now() + ACCEPTED_WITHIN;
            while !self.is_accepted(id) {
                let left = deadline.saturating_duration_since(Instant::now());
                match timeout(left, self.frames.recv()).await {
                    Ok(Some(text)) => self.take(&text),
                    Ok(None) => {
                        self = self.reopen().await;
                        break;
                    }
                    Err(_) => break,
                }
            }
        }
        self
    }

    fn read_what_came(&mut self) {
        while let Ok(text) = self.frames.try_recv() {
            self.take(&text);
        }
    }

    fn take(&mut self, text: &str) {
        let frame: ServerFrame = serde_json::from_str(text).expect("a server frame");
        match frame {
            ServerFrame::Accepted { message_id, .. } => {
                let said = self.said.iter_mut().find(|said| said.id.as_str() == message_id);
                if let Some(said) = said {
                    said.accepted_at.get_or_insert_with(Instant::now);
                }
            }
            ServerFrame::StreamSnapshot { message_id, content, .. } => {
                self.held.insert(message_id, content);
            }
            ServerFrame::StreamChunk { message_id, offset, content, .. } => {
                self.chunk(&message_id, offset, &content);
            }
            _ => {}
        }
    }

    /// A chunk may repeat what is held, and never contradict it.
    fn chunk(&mut self, id: &str, offset: u64, content: &str) {
        let held = self.held.entry(id.to_owned()).or_default();
        // All text here is ASCII: units are bytes.
        let offset = usize::try_from(offset).expect("short");
        if offset > held.len() {
            return;
        }
        let known = &held[offset..];
        let overlap = known.len().min(content.len());
        if known[..overlap] != content[..overlap] {
            self.lambdas.stage.problem(format!(
                "a chunk of {id} at {offset} is `{content}` where the tab holds `{known}`"
            ));
            return;
        }
        held.push_str(&content[overlap..]);
    }
}
