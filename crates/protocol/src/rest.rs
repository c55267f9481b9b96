//! Bodies of the HTTP API, and the page's runtime configuration.

use domain::{Channel, Outcome, Phase, StoredMessage, TaskStatus};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{ErrorCode, TokenUsage};

/// `/config.json`, read by the page before anything else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, optional_fields)]
pub struct AppConfig {
    pub issuer: String,
    pub client_id: String,
    /// The WebSocket API's URL.
    pub ws: String,
    /// The HTTP API's base URL, without a trailing slash.
    pub api: String,
    /// Answers come from the built-in demo model.
    pub demo: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ApiError {
    pub code: ErrorCode,
    pub message: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, optional_fields)]
pub struct StatusResponse {
    #[ts(type = "\"Idle\" | \"Starting\" | \"Running\" | \"Stopping\"")]
    pub status: TaskStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(
        type = "\"provisioning\" | \"restoring\" | \"startingGateway\" | \"connecting\" | \"ready\" | \"retrying\" | \"stopping\""
    )]
    pub phase: Option<Phase>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta_seconds: Option<u32>,
    /// Milliseconds since the epoch at which the task was launched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "number")]
    pub since: Option<u64>,
    /// Messages that wait for an answer.
    pub open_messages: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ConversationSummary {
    pub conversation_id: String,
    pub title: String,
    /// Milliseconds since the epoch.
    #[ts(type = "number")]
    pub last_activity_at: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ConversationsPage {
    pub conversations: Vec<ConversationSummary>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, optional_fields)]
pub struct MessagesPage {
    /// Oldest first.
    pub messages: Vec<Message>,
    /// Give this as `?before=` for the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum MessageRole {
    User,
    Assistant,
    System,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum MessageState {
    Pending,
    Leased,
    Done,
    Dead,
}

/// One message of a conversation's history. A reply carries the id of the message it answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, optional_fields)]
pub struct Message {
    pub message_id: String,
    pub conversation_id: String,
    pub role: MessageRole,
    pub text: String,
    /// Milliseconds since the epoch.
    #[ts(type = "number")]
    pub at: u64,
    pub channel: String,
    /// Of a user's message: how far its answer is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<MessageState>,
    /// Of a reply: how it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "\"complete\" | \"cancelled\" | \"truncated\" | \"failed\"")]
    pub outcome: Option<Outcome>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<TokenUsage>,
    /// Of a user's message that waits: what an interrupted run had written of its reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partial: Option<String>,
}

impl From<StoredMessage> for Message {
    fn from(stored: StoredMessage) -> Self {
        let (role, state) = match stored.role {
            domain::Role::User => (MessageRole::User, Some(MessageState::Done)),
            domain::Role::Assistant => (MessageRole::Assistant, None),
        };
        Self {
            message_id: stored.id.into(),
            conversation_id: stored.conversation.into(),
            role,
            text: stored.text,
            at: stored.at.millis(),
            channel: channel_name(stored.channel).into(),
            state,
            outcome: stored.outcome,
            error: stored.error,
            usage: stored.usage.map(TokenUsage::from),
            partial: None,
        }
    }
}

pub fn channel_name(channel: Channel) -> &'static str {
    match channel {
        Channel::Web => "web",
        Channel::Telegram => "telegram",
    }
}

/// `POST /conversations/{id}/messages`: a message too large for one WebSocket frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct PostMessage {
    pub message_id: String,
    pub message: String,
}

/// `GET` and `PUT /settings`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export, optional_fields)]
pub struct UserSettings {
    /// A name of the IANA database, such as `Asia/Seoul`: whose hours decide how long a quiet
    /// task waits for the next message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
}
