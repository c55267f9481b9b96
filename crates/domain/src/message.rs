//! The life of one message: Pending, Leased, Done or Dead; and what a conversation keeps of it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::text::title_of;
use crate::{
    Attachment, ConnectionId, ConversationId, Generation, MessageId, TelegramChat, Timestamp,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum InboxState {
    /// Waits for a bridge.
    Pending,
    /// The bridge of `lease_generation` is answering it.
    Leased,
    /// Its reply is recorded; the row stays as a tombstone for deduplication.
    Done,
    /// Given up after the retries; keeps its text so that the user can try again.
    Dead,
}

impl InboxState {
    pub fn is_open(self) -> bool {
        matches!(self, InboxState::Pending | InboxState::Leased)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    Web,
    Telegram,
    /// One of the user's schedules.
    Schedule,
}

/// Where the sender listens for the reply, beside the user's other connections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum ReplyTo {
    Connection {
        id: ConnectionId,
    },
    /// The message there that the reply is an answer to.
    Telegram {
        chat: TelegramChat,
        message: i64,
    },
    /// REST callers read the reply over REST.
    None,
}

/// One row of the inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxMessage {
    pub id: MessageId,
    pub conversation: ConversationId,
    pub channel: Channel,
    pub reply_to: ReplyTo,
    /// Empty only beside attachments.
    pub text: String,
    pub attachments: Vec<Attachment>,
    pub received_at: Timestamp,
    pub state: InboxState,
    pub lease_generation: Option<Generation>,
    /// Leases so far. 0: no gateway has seen it.
    pub attempts: u32,
    pub cancel_requested: bool,
    /// What a bridge that had to stop leaves of the reply, until the next one has more.
    pub partial: Option<String>,
    /// Of a Done row: the reply's length in UTF-16 units, so that `resume` needs no second read.
    pub reply_length: Option<u64>,
    /// What the parts of an album share: they become one message.
    pub album: Option<String>,
    /// Ids of what was added to the message after it was accepted.
    pub parts: Vec<MessageId>,
    /// Of an ended row whose reply a channel has yet to be sent: how many pieces of it have been.
    pub owed: Option<u32>,
}

impl InboxMessage {
    /// The order in which a conversation's messages are answered (I5).
    pub fn order(&self) -> (Timestamp, &MessageId) {
        (self.received_at, &self.id)
    }

    /// Somebody must answer it, or send the answer.
    pub fn is_unsettled(&self) -> bool {
        self.state.is_open() || self.owed.is_some()
    }

    /// What its conversation is called if it is the first: its text, else its first file's name.
    pub fn title(&self) -> String {
        let of_text = title_of(&self.text);
        match self.attachments.first() {
            Some(file) if of_text.is_empty() => title_of(file.name().as_str()),
            _ => of_text,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    User,
    Assistant,
}

/// How a reply ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Complete,
    /// The user stopped it; the text is what there was.
    Cancelled,
    /// The model or our own limit cut it.
    Truncated,
    /// No answer; `error` says why.
    Failed,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    pub input_tokens: u64,
    pub output_tokens: u64,
    /// As the gateway priced it from its model table, in US dollars.
    pub cost_usd: Option<f64>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    pub text: String,
    pub outcome: Outcome,
    pub error: Option<String>,
    pub usage: Option<Usage>,
    pub at: Timestamp,
}

/// One row of a conversation: the user's message, or the reply to it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredMessage {
    /// The user's message id on both rows of a pair.
    pub id: MessageId,
    pub conversation: ConversationId,
    pub role: Role,
    pub text: String,
    /// Of a user's message.
    pub attachments: Vec<Attachment>,
    pub at: Timestamp,
    /// When the message of the pair was accepted: the pair's place in the conversation.
    pub received_at: Timestamp,
    pub channel: Channel,
    pub outcome: Option<Outcome>,
    pub error: Option<String>,
    pub usage: Option<Usage>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    pub id: ConversationId,
    pub title: String,
    pub last_activity_at: Timestamp,
    /// Where something was said. None: nothing was, or only to an older version, which did not
    /// write this down.
    pub channels: BTreeSet<Channel>,
    /// Its user has read what was said until then.
    pub read_until: Option<Timestamp>,
}

impl Conversation {
    /// In which nothing was said yet.
    pub fn new(id: ConversationId, title: impl Into<String>, at: Timestamp) -> Self {
        Self {
            id,
            title: title.into(),
            last_activity_at: at,
            channels: BTreeSet::new(),
            read_until: None,
        }
    }

    /// With what waits for an answer. Who wrote on the page was there, and saw what was before.
    pub fn with_waiting(mut self, message: &InboxMessage) -> Self {
        let at = message.received_at;
        self.last_activity_at = self.last_activity_at.max(at);
        self.channels.insert(message.channel);
        if message.channel == Channel::Web {
            self.read_until = self.read_until.max(Some(at));
        }
        self
    }

    /// Whether something was said after its user last read it. What only an older version was
    /// told counts as read: nobody knows.
    pub fn is_unread(&self) -> bool {
        let is_read = self.read_until.is_some_and(|until| until >= self.last_activity_at);
        !self.channels.is_empty() && !is_read
    }
}
