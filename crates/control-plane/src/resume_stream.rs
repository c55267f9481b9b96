//! A client is back and asks for what it lacks. What is running the bridge sends; what has
//! ended is answered from the inbox row.

use std::sync::Arc;

use domain::{ConnectionId, ConversationId, InboxMessage, InboxState, MessageId, UserId};
use platform::{Clock, Inbox, Unavailable};
use protocol::{ErrorCode, Nudge, ServerFrame, StreamOutcome};

use crate::EnsureTask;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resume {
    pub connection: ConnectionId,
    pub conversation: ConversationId,
    pub message: Option<MessageId>,
    pub offset: Option<u64>,
}

#[derive(Clone)]
pub struct ResumeStream {
    pub inbox: Arc<dyn Inbox>,
    pub ensure: EnsureTask,
    pub clock: Arc<dyn Clock>,
}

impl ResumeStream {
    /// What the control plane itself has to say; `None` when the bridge answers, or nothing runs.
    pub async fn run(
        &self,
        user: &UserId,
        resume: &Resume,
    ) -> Result<Option<ServerFrame>, Unavailable> {
        if let Some(id) = &resume.message {
            let row = self.inbox.get(user, id, self.clock.now()).await?;
            return match row {
                Some(row) if row.state.is_open() => self.forward(user, resume).await,
                Some(row) => Ok(Some(ended(&row))),
                None => Ok(Some(unknown(resume, id))),
            };
        }
        let open = self.inbox.outline(user, self.clock.now()).await?;
        let waits =
            |row: &InboxMessage| row.state.is_open() && row.conversation == resume.conversation;
        if open.iter().any(waits) {
            return self.forward(user, resume).await;
        }
        // Nothing runs; but a bridge that is up should know who listens to what comes next.
        self.ensure.nudge_if_running(user, &nudge(resume)).await?;
        Ok(None)
    }

    /// Somebody waits for an answer, so a task must be there: ensuring it also mends a launch
    /// that was lost.
    async fn forward(
        &self,
        user: &UserId,
        resume: &Resume,
    ) -> Result<Option<ServerFrame>, Unavailable> {
        let ensured = self.ensure.run(user, &nudge(resume)).await?;
        Ok(crate::read_status::waiting(&ensured))
    }
}

fn nudge(resume: &Resume) -> Nudge {
    Nudge::Resume {
        connection_id: resume.connection.to_string(),
        conversation_id: resume.conversation.to_string(),
        message_id: resume.message.as_ref().map(ToString::to_string),
        offset: resume.offset,
    }
}

fn ended(row: &InboxMessage) -> ServerFrame {
    if row.state == InboxState::Dead {
        return ServerFrame::Error {
            code: ErrorCode::RunFailed,
            message: "This message could not be answered. It is kept; you can send it again."
                .into(),
            message_id: Some(row.id.to_string()),
            conversation_id: Some(row.conversation.to_string()),
            retryable: false,
        };
    }
    ServerFrame::StreamEnd {
        conversation_id: row.conversation.to_string(),
        message_id: row.id.to_string(),
        length: row.reply_length.unwrap_or_default(),
        // How it ended stands in the reply's row; a client that lacks text reads it there.
        outcome: StreamOutcome::Complete,
        usage: None,
    }
}

fn unknown(resume: &Resume, id: &MessageId) -> ServerFrame {
    ServerFrame::Error {
        code: ErrorCode::NotFound,
        message: "This message is not known here (any more). Reload the conversation.".into(),
        message_id: Some(id.to_string()),
        conversation_id: Some(resume.conversation.to_string()),
        retryable: false,
    }
}
