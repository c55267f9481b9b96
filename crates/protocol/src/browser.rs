//! JSON text frames between a browser and the WebSocket API.

use domain::{Attachment as Attached, Phase, TaskStatus};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// The one subprotocol the server answers with; the token's entry is never echoed.
pub const DEFAULT_SUBPROTOCOL: &str = "openclaw.v1";

/// The access token in `Sec-WebSocket-Protocol: openclaw.v1, bearer.<token>`.
pub fn bearer_of_subprotocols(header: &str) -> Option<&str> {
    let mut offered = header.split(',').map(str::trim);
    let speaks_ours = header.split(',').any(|p| p.trim() == DEFAULT_SUBPROTOCOL);
    offered.find_map(|p| p.strip_prefix("bearer.")).filter(|_| speaks_ours)
}

/// What a client may say. Ids are plain text here: an invalid one must be answerable with
/// an `error` frame that repeats it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "action", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export)]
pub enum ClientFrame {
    SendMessage {
        message_id: String,
        #[serde(default = "default_conversation")]
        #[ts(as = "Option<String>", optional)]
        conversation_id: String,
        message: String,
        #[serde(default)]
        #[ts(as = "Option<Vec<Attachment>>", optional)]
        attachments: Vec<Attachment>,
    },
    Cancel {
        message_id: String,
    },
    /// Send me what I lack of what is running. Without `messageId`: of the whole conversation.
    Resume {
        #[serde(default = "default_conversation")]
        #[ts(as = "Option<String>", optional)]
        conversation_id: String,
        #[serde(default)]
        #[ts(optional)]
        message_id: Option<String>,
        /// UTF-16 units of the reply that the client holds.
        #[serde(default)]
        #[ts(optional, type = "number")]
        offset: Option<u64>,
    },
    GetStatus,
    Ping,
}

fn default_conversation() -> String {
    "default".into()
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Attachment {
    /// As `POST /uploads` gave it.
    pub key: String,
}

/// A file that came with a message, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct AttachedFile {
    pub key: String,
    pub name: String,
}

impl From<Attached> for AttachedFile {
    fn from(attached: Attached) -> Self {
        Self { name: attached.name().to_string(), key: attached.into() }
    }
}

/// What a client is told. At most 32,768 bytes each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[ts(export, optional_fields)]
pub enum ServerFrame {
    /// The message is durably in the inbox.
    Accepted {
        message_id: String,
        conversation_id: String,
        /// Messages of the conversation before it; 0 = next.
        position: u32,
        /// This id was accepted before; nothing new was queued.
        duplicate: bool,
    },
    Status {
        #[ts(type = "\"Idle\" | \"Starting\" | \"Running\" | \"Stopping\"")]
        status: TaskStatus,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(
            type = "\"provisioning\" | \"restoring\" | \"startingGateway\" | \"connecting\" | \"ready\" | \"retrying\" | \"stopping\""
        )]
        phase: Option<Phase>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        eta_seconds: Option<u32>,
        /// A sentence for the person who waits.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        detail: Option<String>,
        /// Present when this is about one message rather than the task.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message_id: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conversation_id: Option<String>,
        /// Of a message that waits for its turn: how many are answered before it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        queued_behind: Option<u32>,
    },
    StreamChunk {
        conversation_id: String,
        message_id: String,
        /// UTF-16 units of the reply before `content`.
        #[ts(type = "number")]
        offset: u64,
        content: String,
    },
    /// Replaces what the client holds of this reply; the rest follows as `stream_chunk`.
    StreamSnapshot {
        conversation_id: String,
        message_id: String,
        #[ts(type = "number")]
        offset: u64,
        content: String,
    },
    Tool {
        conversation_id: String,
        message_id: String,
        tool_call_id: String,
        name: String,
        state: ToolState,
        summary: String,
    },
    StreamEnd {
        conversation_id: String,
        message_id: String,
        /// UTF-16 units of the whole reply. If the client holds another length, it reads the
        /// reply over REST.
        #[ts(type = "number")]
        length: u64,
        outcome: StreamOutcome,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        usage: Option<TokenUsage>,
    },
    /// A whole message from another device, another channel, or the system.
    Message {
        message_id: String,
        conversation_id: String,
        role: crate::rest::MessageRole,
        content: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[ts(as = "Option<Vec<AttachedFile>>", optional)]
        attachments: Vec<AttachedFile>,
        channel: String,
        /// Milliseconds since the epoch.
        #[ts(type = "number")]
        at: u64,
    },
    /// Something that is read over REST has changed, on this device or another: read it again.
    Changed {
        what: Changed,
    },
    Error {
        code: ErrorCode,
        message: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message_id: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conversation_id: Option<String>,
        /// Whether the same request may succeed when it is sent again.
        retryable: bool,
    },
    Pong,
}

/// What there is to read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum Changed {
    Conversations,
    Settings,
    Schedules,
    Skills,
    Snapshots,
    Link,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum ToolState {
    Start,
    End,
    Error,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum StreamOutcome {
    Complete,
    Cancelled,
    Truncated,
    Failed,
}

impl From<domain::Outcome> for StreamOutcome {
    fn from(outcome: domain::Outcome) -> Self {
        match outcome {
            domain::Outcome::Complete => Self::Complete,
            domain::Outcome::Cancelled => Self::Cancelled,
            domain::Outcome::Truncated => Self::Truncated,
            domain::Outcome::Failed => Self::Failed,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export, optional_fields)]
pub struct TokenUsage {
    #[ts(type = "number")]
    pub input_tokens: u64,
    #[ts(type = "number")]
    pub output_tokens: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cost_usd: Option<f64>,
}

impl From<domain::Usage> for TokenUsage {
    fn from(usage: domain::Usage) -> Self {
        Self {
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            cost_usd: usage.cost_usd,
        }
    }
}

/// What went wrong, for code; the `message` beside it is for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ErrorCode {
    /// Not JSON, or not a frame we know.
    BadRequest,
    UnknownAction,
    /// A text or frame over its limit.
    TooLarge,
    /// More messages wait than one user may queue.
    TooManyMessages,
    Unauthorized,
    NotFound,
    /// Ours to fix; sending it again may work.
    Unavailable,
    /// No machine could be had; it is tried again.
    NoCapacity,
    /// The run failed for good. The message is kept and may be sent again.
    RunFailed,
    /// One restore at a time.
    RestoreUnderWay,
    /// More requests than one user may send; the answer says when to come back.
    TooManyRequests,
    /// There is something here, but not for this method.
    MethodNotAllowed,
    /// The body is not `application/json`.
    UnsupportedMediaType,
    /// Messages of the conversation wait for an answer.
    MessagesOpen,
    /// No agent is up that could be stopped.
    NotRunning,
    /// There is another one of this id, or it is being changed by somebody else.
    Conflict,
    /// As many as one user may have.
    TooManySchedules,
    /// As many as one user may have.
    TooManySkills,
    /// Everything of the user is being deleted; he may begin anew when that is done.
    Deleting,
    /// The agent has cost as much this month as it may.
    SpendCapReached,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(json: &str, frame: &ClientFrame) {
        assert_eq!(&serde_json::from_str::<ClientFrame>(json).expect("a frame"), frame);
    }

    #[test]
    fn a_message_without_a_conversation_goes_to_the_default_one() {
        reads(
            r#"{"action":"sendMessage","messageId":"m1","message":"hi"}"#,
            &ClientFrame::SendMessage {
                message_id: "m1".into(),
                conversation_id: "default".into(),
                message: "hi".into(),
                attachments: vec![],
            },
        );
    }

    #[test]
    fn the_short_actions_need_no_fields() {
        reads(r#"{"action":"ping"}"#, &ClientFrame::Ping);
        reads(r#"{"action":"getStatus"}"#, &ClientFrame::GetStatus);
    }

    #[test]
    fn server_frames_keep_the_names_of_the_original_system() {
        let frames = [
            ServerFrame::Accepted {
                message_id: "m1".into(),
                conversation_id: "default".into(),
                position: 0,
                duplicate: false,
            },
            ServerFrame::Status {
                status: TaskStatus::Starting,
                phase: Some(Phase::StartingGateway),
                eta_seconds: Some(7),
                detail: None,
                message_id: None,
                conversation_id: None,
                queued_behind: None,
            },
            ServerFrame::StreamEnd {
                conversation_id: "default".into(),
                message_id: "m1".into(),
                length: 2,
                outcome: StreamOutcome::Complete,
                usage: None,
            },
            ServerFrame::Changed { what: Changed::Conversations },
            ServerFrame::Pong,
        ];
        let lines: Vec<String> =
            frames.iter().map(|f| serde_json::to_string(f).expect("serializes")).collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        {"type":"accepted","messageId":"m1","conversationId":"default","position":0,"duplicate":false}
        {"type":"status","status":"Starting","phase":"startingGateway","etaSeconds":7}
        {"type":"stream_end","conversationId":"default","messageId":"m1","length":2,"outcome":"complete"}
        {"type":"changed","what":"conversations"}
        {"type":"pong"}
        "#);
    }

    #[test]
    fn the_token_is_read_only_beside_our_subprotocol() {
        assert_eq!(bearer_of_subprotocols("openclaw.v1, bearer.abc"), Some("abc"));
        assert_eq!(bearer_of_subprotocols("bearer.abc"), None);
        assert_eq!(bearer_of_subprotocols("openclaw.v1"), None);
    }
}
