//! What a Lambda pushes to a bridge over its WebSocket connection. A lost nudge costs time,
//! never a message: the inbox is the truth.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "nudge", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Nudge {
    /// There is something new in the inbox.
    Inbox { message_id: String },
    /// The user wants this message's run stopped; the inbox row says so too.
    Cancel { message_id: String },
    /// The user wants what the agent knows to be saved now.
    Snapshot,
    /// The user wants an older memory; the task's row says which.
    Restore { request_id: String },
    /// The user's skills have changed; their list says how.
    Skills,
    /// The API asks something; the errand's row says what.
    Errand { id: String },
    /// The user wants the agent to save and sleep.
    Stop,
    /// To a spare: somebody has claimed it. Its row says who.
    Claimed,
    /// This connection wants what it lacks of what is running.
    Resume {
        connection_id: String,
        conversation_id: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message_id: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        offset: Option<u64>,
    },
}
