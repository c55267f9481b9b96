//! Bodies of the HTTP API, and the page's runtime configuration.

use std::collections::BTreeMap;

use domain::{Channel, Outcome, Phase, SnapshotReason, StoredMessage, TaskStatus};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{AttachedFile, Attachment, ErrorCode, TokenUsage};

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
#[ts(export, optional_fields)]
pub struct ApiError {
    pub code: ErrorCode,
    pub message: String,
    /// Of `restore_under_way`: which one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore: Option<Box<Restore>>,
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
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<AttachedFile>>", optional)]
    pub attachments: Vec<AttachedFile>,
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
            attachments: stored.attachments.into_iter().map(AttachedFile::from).collect(),
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
    #[serde(default)]
    #[ts(as = "Option<Vec<Attachment>>", optional)]
    pub attachments: Vec<Attachment>,
}

/// `POST /uploads`: asks where to send one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct UploadRequest {
    pub name: String,
    /// In bytes.
    #[ts(type = "number")]
    pub size: u64,
}

/// A form to post the file with, as `multipart/form-data`: the fields as they are, then the
/// file under `file`. The store answers 204.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct UploadOffer {
    pub url: String,
    pub fields: BTreeMap<String, String>,
    /// What the message then names.
    pub key: String,
    /// What the file will be called.
    pub name: String,
    /// Milliseconds since the epoch.
    #[ts(type = "number")]
    pub expires_at: u64,
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

/// `GET /snapshots`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, optional_fields)]
pub struct SnapshotsPage {
    /// Newest first.
    pub snapshots: Vec<SnapshotSummary>,
    /// Give this as `?before=` for the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The last one that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore: Option<Restore>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SnapshotSummary {
    pub id: String,
    /// Milliseconds since the epoch.
    #[ts(type = "number")]
    pub at: u64,
    #[ts(type = "\"periodic\" | \"stop\" | \"requested\"")]
    pub reason: SnapshotReason,
    #[ts(type = "number")]
    pub generation: u64,
    #[ts(type = "number")]
    pub files: u64,
    /// Of all its files.
    #[ts(type = "number")]
    pub bytes: u64,
    /// What it added to what was stored.
    #[ts(type = "number")]
    pub added_bytes: u64,
}

/// Where a restored snapshot goes: the agent becomes what it was then, or its workspace of then
/// lies in a new folder of the workspace of now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum RestorePlace {
    Place,
    Folder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum RestoreState {
    Pending,
    Done,
    Failed,
}

/// A restore that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, optional_fields)]
pub struct Restore {
    /// The asker's `requestId`.
    pub id: String,
    pub snapshot_id: String,
    pub into: RestorePlace,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// Milliseconds since the epoch.
    #[ts(type = "number")]
    pub requested_at: u64,
    pub state: RestoreState,
    /// What it waits for, or why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// `POST /snapshots/{id}/restore`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export, optional_fields)]
pub struct PostRestore {
    /// The asker's idempotency key.
    pub request_id: String,
    pub into: RestorePlace,
    /// Of `folder`, and named after the snapshot's time without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
}

/// `POST /snapshots`: save now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct PostSnapshot {
    pub request_id: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum SaveState {
    /// There is nothing that is not saved.
    Saved,
    Saving,
    Starting,
    Stopping,
}

/// What becomes of a wish to save now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, optional_fields)]
pub struct Saving {
    pub state: SaveState,
    /// Of the newest snapshot, in milliseconds since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "number")]
    pub saved_at: Option<u64>,
    pub detail: String,
}
