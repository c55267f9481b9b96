//! A chat and its messages, as they are stored, as the Bot API describes them, and as a person
//! sees them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::state::{Bot, Person, State};
use crate::clock;

/// Of one chat; the oldest go.
const MESSAGES_KEPT: usize = 1_000;
/// How long a draft is shown (Bot API, `sendMessageDraft`) and "typing" (`sendChatAction`).
pub(super) const DRAFT_LIFE_MS: i64 = 30_000;
pub(super) const TYPING_LIFE_MS: i64 = 5_000;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Chat {
    /// A person's own id for the chat with them, negative for a group.
    pub(super) id: i64,
    pub(super) title: Option<String>,
    /// A group's topics, and those of a private chat with threads.
    pub(super) topics: BTreeMap<i64, String>,
    /// The person has blocked the bot, or the bot was removed from the group.
    pub(super) blocked: bool,
    /// The supergroup that this group has become.
    pub(super) moved_to: Option<i64>,
    pub(super) messages: Vec<Message>,
    last_message: i64,
    #[serde(skip)]
    pub(super) draft: Option<Draft>,
    /// Drafts whose Stop button was pressed: they show nothing any more.
    #[serde(skip)]
    pub(super) stopped: Vec<i64>,
    #[serde(skip)]
    pub(super) typing: Option<Typing>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Message {
    pub(super) id: i64,
    pub(super) from: i64,
    pub(super) date_ms: i64,
    pub(super) edited_ms: Option<i64>,
    pub(super) thread: Option<i64>,
    pub(super) reply_to: Option<i64>,
    pub(super) content: Content,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub(super) enum Content {
    Text {
        text: String,
        entities: Vec<Value>,
        /// Whether tags made the entities.
        html: bool,
    },
    Rich {
        /// Markdown, or HTML as it was sent.
        source: String,
        html: bool,
    },
    /// A photo, a place, a service message: the Bot API's own fields.
    Other { fields: Map<String, Value> },
}

#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) id: i64,
    pub(super) thread: Option<i64>,
    pub(super) content: Content,
    pub(super) can_stop: bool,
    pub(super) keep_on_stop: bool,
    pub(super) until_ms: i64,
}

#[derive(Debug, Clone)]
pub(super) struct Typing {
    pub(super) action: String,
    pub(super) until_ms: i64,
}

impl Content {
    pub(super) fn typed(text: &str, entities: Vec<Value>) -> Self {
        Self::Text { text: text.to_owned(), entities, html: false }
    }

    fn describe(&self, message: &mut Value) {
        match self {
            Self::Text { text, entities, .. } => {
                message["text"] = json!(text);
                if !entities.is_empty() {
                    message["entities"] = json!(entities);
                }
            }
            Self::Rich { source, .. } => {
                let blocks = source.split("\n\n").filter(|text| !text.trim().is_empty());
                let blocks = blocks.map(|text| json!({"type": "paragraph", "text": text}));
                message["rich_message"] = json!({"blocks": blocks.collect::<Vec<_>>()});
            }
            Self::Other { fields } => {
                for (name, value) in fields {
                    message[name] = value.clone();
                }
            }
        }
    }

    /// For the page and for tests: always a `text`, and how it is to be read.
    fn view(&self) -> Value {
        match self {
            Self::Text { text, entities, html } => {
                let format = if *html { "html" } else { "plain" };
                json!({"kind": "text", "format": format, "text": text, "entities": entities})
            }
            Self::Rich { source, html } => {
                let format = if *html { "html" } else { "markdown" };
                json!({"kind": "rich", "format": format, "text": source})
            }
            Self::Other { fields } => {
                const KINDS: [&str; 5] = ["photo", "document", "voice", "location", "contact"];
                let kind = KINDS.into_iter().find(|kind| fields.contains_key(*kind));
                let mut view = json!(fields);
                view["kind"] = json!(kind.unwrap_or("service"));
                view["format"] = json!("plain");
                view["text"] = fields.get("caption").cloned().unwrap_or_else(|| json!(""));
                view["file"] = file(fields);
                view
            }
        }
    }
}

/// The file of a message, whatever kind it is; of a photo the largest size.
fn file(fields: &Map<String, Value>) -> Value {
    let sizes = fields.get("photo").and_then(Value::as_array);
    let photo = sizes.and_then(|sizes| sizes.last());
    let other = || fields.get("document").or_else(|| fields.get("voice"));
    photo.or_else(other).map_or(
        Value::Null,
        |file| json!({"id": file["file_id"], "name": file["file_name"], "size": file["file_size"]}),
    )
}

impl Chat {
    pub(super) fn new(id: i64) -> Self {
        Self { id, ..Self::default() }
    }

    pub(super) fn is_private(&self) -> bool {
        self.id > 0
    }

    fn kind(&self) -> &'static str {
        match self.id {
            1.. => "private",
            _ if self.id < -1_000_000_000_000 || !self.topics.is_empty() => "supergroup",
            _ => "group",
        }
    }

    pub(super) fn describe(&self, people: &BTreeMap<i64, Person>) -> Value {
        let mut chat = json!({"id": self.id, "type": self.kind()});
        if let Some(person) = people.get(&self.id).filter(|_| self.is_private()) {
            chat["first_name"] = json!(person.first_name);
            for (name, value) in [("last_name", &person.last_name), ("username", &person.username)]
            {
                if let Some(value) = value {
                    chat[name] = json!(value);
                }
            }
        }
        if !self.is_private() {
            chat["title"] = json!(self.name(people));
            if !self.topics.is_empty() {
                chat["is_forum"] = json!(true);
            }
        }
        chat
    }

    pub(super) fn name(&self, people: &BTreeMap<i64, Person>) -> String {
        let own = || people.get(&self.id).map(Person::name);
        self.title.clone().or_else(own).unwrap_or_else(|| format!("Group {}", -self.id))
    }

    pub(super) fn add(&mut self, message: impl FnOnce(i64) -> Message) -> i64 {
        self.last_message += 1;
        self.messages.push(message(self.last_message));
        let surplus = self.messages.len().saturating_sub(MESSAGES_KEPT);
        self.messages.drain(..surplus);
        self.last_message
    }

    pub(super) fn message(&self, id: i64) -> Option<&Message> {
        self.messages.iter().find(|message| message.id == id)
    }

    pub(super) fn message_mut(&mut self, id: i64) -> Option<&mut Message> {
        self.messages.iter_mut().find(|message| message.id == id)
    }

    /// As long as it is shown.
    pub(super) fn draft(&self, now_ms: i64) -> Option<&Draft> {
        self.draft.as_ref().filter(|draft| draft.until_ms > now_ms)
    }

    /// What this chat shows, for the page and for tests.
    pub(super) fn view(&self, state: &State, now_ms: i64) -> Value {
        let messages: Vec<Value> =
            self.messages.iter().map(|message| message.view(state)).collect();
        let draft = self.draft(now_ms).map(|draft| {
            let mut view = draft.content.view();
            view["id"] = json!(draft.id);
            view["thread"] = json!(draft.thread);
            view["canStop"] = json!(draft.can_stop);
            view["expiresInMs"] = json!(draft.until_ms - now_ms);
            view
        });
        let typing = self.typing.as_ref().filter(|typing| typing.until_ms > now_ms);
        let topics = self.topics.iter().map(|(id, name)| json!({"id": id, "name": name}));
        json!({
            "id": self.id,
            "type": self.kind(),
            "title": self.name(&state.people),
            "topics": topics.collect::<Vec<_>>(),
            "blocked": self.blocked,
            "movedTo": self.moved_to,
            "messages": messages,
            "draft": draft,
            "typing": typing.is_some(),
            "action": typing.map(|typing| &typing.action),
            "typingEndsInMs": typing.map(|typing| typing.until_ms - now_ms),
        })
    }
}

impl Message {
    /// As the Bot API describes it; the message it answers is in it, but no further ones.
    pub(super) fn describe(&self, state: &State, chat: &Chat) -> Value {
        let mut message = self.describe_alone(state, chat);
        if let Some(answered) = self.reply_to.and_then(|id| chat.message(id)) {
            message["reply_to_message"] = answered.describe_alone(state, chat);
        }
        message
    }

    fn describe_alone(&self, state: &State, chat: &Chat) -> Value {
        let mut message = json!({
            "message_id": self.id,
            "date": self.date_ms / 1000,
            "chat": chat.describe(&state.people),
        });
        if let Some(from) = state.person(self.from) {
            message["from"] = from;
        }
        if let Some(edited_ms) = self.edited_ms {
            message["edit_date"] = json!(edited_ms / 1000);
        }
        if let Some(thread) = self.thread {
            message["message_thread_id"] = json!(thread);
            message["is_topic_message"] = json!(true);
        }
        self.content.describe(&mut message);
        message
    }

    fn view(&self, state: &State) -> Value {
        let mut view = self.content.view();
        let name = match state.people.get(&self.from) {
            Some(person) => person.name(),
            None => Bot::NAME.to_owned(),
        };
        view["id"] = json!(self.id);
        view["from"] = json!({"id": self.from, "name": name, "is_bot": self.from == state.bot.id});
        view["date"] = json!(clock::iso(self.date_ms));
        view["edited"] = json!(self.edited_ms.is_some());
        view["thread"] = json!(self.thread);
        view["replyTo"] = json!(self.reply_to);
        view
    }
}
