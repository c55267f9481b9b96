//! Bodies of the HTTP API, and the page's runtime configuration.

mod agent;
mod conversations;
mod leaving;
mod link;
mod schedules;
mod settings;
mod skills;
mod usage;
mod workspace;

use std::collections::BTreeMap;

use domain::{Channel, Conversation, Outcome, Phase, SnapshotReason, StoredMessage, TaskStatus};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::{AttachedFile, Attachment, ErrorCode, TokenUsage};

pub use agent::{WakeCapacity, WakeSummary, WakesList};
pub use conversations::{
    PatchConversation, PostConversation, PutRead, SearchHit, SearchPage, TextRange,
};
pub use leaving::{
    Confirmation, DeleteMe, DeletionReceipt, DeletionState, ExportOffer, ExportPart, LeftOut,
    Remains,
};
pub use link::{IssuedLinkCode, LinkStatus, LinkedAccount, Unlinked};
pub use schedules::{
    PatchSchedule, PostPreview, PostSchedule, SchedulePreview, ScheduleRecurrence, ScheduleSummary,
    SchedulesList,
};
pub use settings::{
    IdleSetting, NotificationSetting, OfferedSettings, PutSetting, SettingValue, SettingsPage,
    SpendCapSetting, UserSettings,
};
pub use skills::{SkillSummary, SkillsList};
pub use usage::{
    AwakeSeconds, EstimatedUsd, MessageCounts, ReplyCounts, UsageCap, UsageDay, UsageMonth,
    UsagePrices, UsageReport, UsageTotals,
};
pub use workspace::{
    WorkspaceEntrySummary, WorkspaceFile, WorkspacePage, WorkspaceSource, WorkspaceUploadDone,
    WorkspaceUploadOffer, WorkspaceUploadRequest, WorkspaceUploadState,
};

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

/// What went wrong, as RFC 9457 has it (`application/problem+json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// `urn:openclaw:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem, for people.
    pub title: String,
    /// As the answer's own.
    pub status: u16,
    /// This problem, for people.
    pub detail: String,
    pub code: ErrorCode,
    /// Of `restore_under_way`: which one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub restore: Option<Box<Restore>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatusResponse {
    #[schema(schema_with = crate::schemas::task_status)]
    pub status: TaskStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = crate::schemas::phase)]
    pub phase: Option<Phase>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub eta_seconds: Option<u32>,
    /// Milliseconds since the epoch at which the task was launched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub since: Option<u64>,
    /// Messages that wait for an answer.
    pub open_messages: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationSummary {
    pub conversation_id: String,
    pub title: String,
    /// Milliseconds since the epoch.
    pub last_activity_at: u64,
    /// Where something was said in it, in this order. One that was last spoken in a while ago may
    /// not know.
    #[schema(schema_with = crate::schemas::channels)]
    pub channels: Vec<Channel>,
    /// Something was said after you last read it.
    pub unread: bool,
}

impl From<Conversation> for ConversationSummary {
    fn from(conversation: Conversation) -> Self {
        let unread = conversation.is_unread();
        Self {
            conversation_id: conversation.id.into(),
            title: conversation.title,
            last_activity_at: conversation.last_activity_at.millis(),
            channels: conversation.channels.into_iter().collect(),
            unread,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationsPage {
    /// Newest activity first. One whose message waits for an answer stands on the first page, and
    /// may come again in the place that it had before.
    pub conversations: Vec<ConversationSummary>,
    /// Give this as `?before=` for the page after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub before: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessagesPage {
    /// Oldest first.
    pub messages: Vec<Message>,
    /// Give this as `?before=` for the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub before: Option<String>,
    /// Give this as `?after=` for what comes later, now or some time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub after: Option<String>,
    /// Whether there is more after this page now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub goes_on: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum MessageRole {
    User,
    Assistant,
    System,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum MessageState {
    Pending,
    Leased,
    Done,
    Dead,
}

/// One message of a conversation's history. A reply carries the id of the message it answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    pub message_id: String,
    pub conversation_id: String,
    pub role: MessageRole,
    pub text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachedFile>,
    /// Milliseconds since the epoch.
    pub at: u64,
    pub channel: String,
    /// Of a user's message: how far its answer is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub state: Option<MessageState>,
    /// Of a reply: how it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = crate::schemas::outcome)]
    pub outcome: Option<Outcome>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub usage: Option<TokenUsage>,
    /// Of a user's message that waits: what an interrupted run had written of its reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
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
        Channel::Schedule => "schedule",
    }
}

/// `POST /conversations/{id}/messages`: a message too large for one WebSocket frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PostMessage {
    /// The sender's idempotency key.
    #[schema(schema_with = crate::schemas::message_id)]
    pub message_id: String,
    pub message: String,
    #[serde(default)]
    pub attachments: Vec<Attachment>,
}

/// The message is durably in the inbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AcceptedMessage {
    pub message_id: String,
    pub conversation_id: String,
    /// Messages of the conversation before it; 0 = next.
    pub position: u32,
    /// This id was accepted before; nothing new was queued.
    pub duplicate: bool,
}

/// `POST /uploads`: asks where to send one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UploadRequest {
    pub name: String,
    /// In bytes.
    #[schema(schema_with = crate::schemas::file_size)]
    pub size: u64,
}

/// A form to post the file with, as `multipart/form-data`: the fields as they are, then the
/// file under `file`. The store answers 204.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UploadOffer {
    pub url: String,
    pub fields: BTreeMap<String, String>,
    /// What the message then names.
    pub key: String,
    /// What the file will be called.
    pub name: String,
    /// Milliseconds since the epoch.
    pub expires_at: u64,
}

/// `GET /snapshots`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotsPage {
    /// Newest first.
    pub snapshots: Vec<SnapshotSummary>,
    /// Give this as `?before=` for the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub before: Option<String>,
    /// The last one that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub restore: Option<Restore>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotSummary {
    pub id: String,
    /// Milliseconds since the epoch.
    pub at: u64,
    #[schema(schema_with = crate::schemas::snapshot_reason)]
    pub reason: SnapshotReason,
    pub generation: u64,
    pub files: u64,
    /// Of all its files.
    pub bytes: u64,
    /// What it added to what was stored.
    pub added_bytes: u64,
}

/// Where a restored snapshot goes: the agent becomes what it was then, or its workspace of then
/// lies in a new folder of the workspace of now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RestorePlace {
    Place,
    Folder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RestoreState {
    Pending,
    Done,
    Failed,
}

/// A restore that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Restore {
    /// The asker's `requestId`.
    pub id: String,
    pub snapshot_id: String,
    pub into: RestorePlace,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub folder: Option<String>,
    /// Milliseconds since the epoch.
    pub requested_at: u64,
    pub state: RestoreState,
    /// What it waits for, or why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub detail: Option<String>,
}

/// `POST /snapshots/{id}/restore`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PostRestore {
    /// The asker's idempotency key.
    #[schema(schema_with = crate::schemas::request_id)]
    pub request_id: String,
    pub into: RestorePlace,
    /// Of `folder`, and named after the snapshot's time without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
}

/// `POST /snapshots`: save now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PostSnapshot {
    /// The asker's idempotency key.
    #[schema(schema_with = crate::schemas::request_id)]
    pub request_id: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SaveState {
    /// There is nothing that is not saved.
    Saved,
    Saving,
    Starting,
    Stopping,
}

/// What becomes of a wish to save now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Saving {
    pub state: SaveState,
    /// Of the newest snapshot, in milliseconds since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub saved_at: Option<u64>,
    pub detail: String,
}
