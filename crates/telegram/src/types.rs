//! What Telegram sends us, as far as we use it. Telegram adds fields and kinds every month, so
//! nothing here is strict: what we do not know is passed over, and what has another shape than
//! we know counts as absent. Only an update without its number is none.

use std::fmt;

use serde::de::{Deserializer, Error as _, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::message::Message;

/// The kinds of updates that we ask Telegram for. Anything else it keeps to itself.
pub const ALLOWED_UPDATES: [&str; 5] =
    [MESSAGE, EDITED_MESSAGE, CALLBACK_QUERY, MY_CHAT_MEMBER, STOPPED];

const MESSAGE: &str = "message";
const EDITED_MESSAGE: &str = "edited_message";
const CALLBACK_QUERY: &str = "callback_query";
const MY_CHAT_MEMBER: &str = "my_chat_member";
const STOPPED: &str = "stopped_message_generation";

/// Something that happened in one of the bot's chats.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// Every redelivery has the same. They follow each other, but after a week of silence the
    /// next one is random: never compare with `<`.
    pub id: i64,
    pub kind: UpdateKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum UpdateKind {
    Message(Box<Message>),
    EditedMessage(Box<Message>),
    CallbackQuery(Box<CallbackQuery>),
    MyChatMember(Box<ChatMemberUpdated>),
    StoppedMessageGeneration(StoppedGeneration),
    /// A kind that we did not ask for, by its name; empty when there is nothing but the number.
    Other(String),
    /// A kind that we know in a shape that we do not.
    Unreadable {
        kind: String,
        why: String,
    },
}

/// As the webhook's body has it.
pub fn read_update(body: &[u8]) -> Result<Update, serde_json::Error> {
    serde_json::from_slice(body)
}

impl Update {
    /// Where it happened, if it is of a kind that we know.
    pub fn chat(&self) -> Option<&Chat> {
        match &self.kind {
            UpdateKind::Message(message) | UpdateKind::EditedMessage(message) => {
                Some(&message.chat)
            }
            UpdateKind::CallbackQuery(query) => Some(&query.message.as_ref()?.chat),
            UpdateKind::MyChatMember(change) => Some(&change.chat),
            UpdateKind::StoppedMessageGeneration(stopped) => Some(&stopped.chat),
            UpdateKind::Other(_) | UpdateKind::Unreadable { .. } => None,
        }
    }

    /// Who did it. In a private chat the person is the chat.
    pub fn from(&self) -> Option<&User> {
        match &self.kind {
            UpdateKind::Message(message) | UpdateKind::EditedMessage(message) => {
                message.from.as_ref()
            }
            UpdateKind::CallbackQuery(query) => Some(&query.from),
            UpdateKind::MyChatMember(change) => Some(&change.from),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Update {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut fields = Map::deserialize(from)?;
        let id = fields.remove("update_id").and_then(|id| id.as_i64());
        let id = id.ok_or_else(|| D::Error::missing_field("update_id"))?;
        Ok(Self { id, kind: UpdateKind::of(fields) })
    }
}

impl UpdateKind {
    fn of(mut fields: Map<String, Value>) -> Self {
        let known = ALLOWED_UPDATES.into_iter().find_map(|kind| Some((kind, fields.remove(kind)?)));
        let Some((kind, value)) = known else {
            return Self::Other(
                fields.into_iter().next().map(|(kind, _)| kind).unwrap_or_default(),
            );
        };
        let read = match kind {
            MESSAGE => serde_json::from_value(value).map(Self::Message),
            EDITED_MESSAGE => serde_json::from_value(value).map(Self::EditedMessage),
            CALLBACK_QUERY => serde_json::from_value(value).map(Self::CallbackQuery),
            MY_CHAT_MEMBER => serde_json::from_value(value).map(Self::MyChatMember),
            _ => serde_json::from_value(value).map(Self::StoppedMessageGeneration),
        };
        read.unwrap_or_else(|error| Self::Unreadable {
            kind: kind.to_owned(),
            why: error.to_string(),
        })
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct User {
    /// Never changes. Everything else about a person may.
    pub id: i64,
    #[serde(default)]
    pub is_bot: bool,
    #[serde(default)]
    pub first_name: String,
    #[serde(default, deserialize_with = "lenient")]
    pub last_name: Option<String>,
    /// Without the `@`.
    #[serde(default, deserialize_with = "lenient")]
    pub username: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub language_code: Option<String>,
}

impl fmt::Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.first_name)?;
        self.last_name.iter().try_for_each(|name| write!(f, " {name}"))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Chat {
    pub id: i64,
    #[serde(rename = "type", default)]
    pub kind: ChatKind,
    #[serde(default, deserialize_with = "lenient")]
    pub title: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub username: Option<String>,
    #[serde(default)]
    pub is_forum: bool,
}

impl Chat {
    pub fn is_private(&self) -> bool {
        self.kind == ChatKind::Private
    }

    pub fn is_group(&self) -> bool {
        matches!(self.kind, ChatKind::Group | ChatKind::Supergroup)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChatKind {
    Private,
    Group,
    Supergroup,
    Channel,
    #[default]
    #[serde(other)]
    Other,
}

/// Somebody pressed a button below a message.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct CallbackQuery {
    pub id: String,
    pub from: User,
    /// The button's message; without its text when it is old.
    #[serde(default, deserialize_with = "lenient")]
    pub message: Option<Box<Message>>,
    #[serde(default, deserialize_with = "lenient")]
    pub data: Option<String>,
}

/// The bot was added, removed, blocked or unblocked.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ChatMemberUpdated {
    pub chat: Chat,
    pub from: User,
    #[serde(default)]
    pub date: i64,
    pub old_chat_member: ChatMember,
    pub new_chat_member: ChatMember,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ChatMember {
    pub status: MemberStatus,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MemberStatus {
    Creator,
    Administrator,
    Member,
    Restricted,
    Left,
    /// In a private chat: the person has blocked the bot.
    Kicked,
    #[serde(other)]
    Other,
}

/// The person pressed Stop below a draft.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct StoppedGeneration {
    pub chat: Chat,
    #[serde(default, deserialize_with = "lenient")]
    pub message_thread_id: Option<i64>,
    pub draft_id: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct Location {
    pub latitude: f64,
    pub longitude: f64,
    /// A place that moves, and for how many seconds.
    #[serde(default, deserialize_with = "lenient")]
    pub live_period: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Venue {
    pub location: Location,
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    pub address: String,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Contact {
    pub phone_number: String,
    #[serde(default)]
    pub first_name: String,
    #[serde(default, deserialize_with = "lenient")]
    pub last_name: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub user_id: Option<i64>,
}

/// Where a forwarded message comes from.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Origin {
    User {
        sender_user: User,
    },
    HiddenUser {
        sender_user_name: String,
    },
    Chat {
        sender_chat: Chat,
    },
    Channel {
        chat: Chat,
    },
    #[serde(other)]
    Other,
}

impl Origin {
    /// The name that Telegram shows, if it shows one.
    pub fn name(&self) -> Option<String> {
        match self {
            Self::User { sender_user } => Some(sender_user.to_string()),
            Self::HiddenUser { sender_user_name } => Some(sender_user_name.clone()),
            Self::Chat { sender_chat: chat } | Self::Channel { chat } => chat.title.clone(),
            Self::Other => None,
        }
    }
}

/// What Telegram knows of the webhook (`getWebhookInfo`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WebhookInfo {
    /// Empty: none is set.
    pub url: String,
    #[serde(default)]
    pub pending_update_count: u64,
    #[serde(default)]
    pub last_error_date: Option<i64>,
    #[serde(default)]
    pub last_error_message: Option<String>,
    #[serde(default)]
    pub max_connections: Option<u32>,
    #[serde(default)]
    pub allowed_updates: Option<Vec<String>>,
}

/// A value of the expected shape, or none.
pub(crate) fn lenient<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either<T> {
        Expected(T),
        Else(IgnoredAny),
    }
    Ok(match Either::deserialize(from)? {
        Either::Expected(value) => Some(value),
        Either::Else(IgnoredAny) => None,
    })
}
