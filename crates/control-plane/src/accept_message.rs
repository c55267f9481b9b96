//! A message arrives. The heart of the control plane.
//!
//! Puts first, reads second: the message is durable before we decide who reads it, so a task
//! that stops in between cannot lose it (I1). A bridge that stops does it the other way round
//! (sets Stopping, then reads the inbox), so one of the two always sees the other. And the put
//! itself makes the user due: if we die right after it, the watchdog does the rest.

use std::sync::Arc;
use std::time::Duration;

use domain::limits::{ATTACHMENTS_MAX, MESSAGE_TEXT_MAX_BYTES, OPEN_MESSAGES_MAX};
use domain::{
    Attachment, Channel, ConversationId, InboxMessage, InvalidUploadKey, MessageId, ReplyTo,
    Spending, Timestamp, UploadKey, UserId,
};
use futures_util::future::join;
use platform::{Clock, Inbox, NewMessage, PutOutcome, Unavailable};

use crate::CheckSpending;

/// The uploads that a page names. Whose they are is checked when the message is accepted.
pub fn uploads(
    keys: impl IntoIterator<Item = String>,
) -> Result<Vec<Attachment>, InvalidUploadKey> {
    keys.into_iter().map(|key| UploadKey::parse(&key).map(Attachment::Upload)).collect()
}

/// One message as its sender gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    pub id: MessageId,
    pub conversation: ConversationId,
    pub channel: Channel,
    pub reply_to: ReplyTo,
    pub text: String,
    pub attachments: Vec<Attachment>,
    /// What the parts of an album share.
    pub album: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Open messages of the same conversation before this one; 0 = next.
    pub position: u32,
    pub received_at: Timestamp,
    /// The id was known: nothing was queued.
    pub duplicate: bool,
    /// Whether somebody must answer it still.
    pub open: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    #[error("the message is empty")]
    Empty,
    #[error("the message has {0} bytes; at most {MESSAGE_TEXT_MAX_BYTES} are taken")]
    TooLarge(usize),
    #[error("the message has {0} attachments; at most {ATTACHMENTS_MAX} are taken")]
    TooManyAttachments(usize),
    #[error(transparent)]
    NoUpload(#[from] InvalidUploadKey),
    #[error("{OPEN_MESSAGES_MAX} messages are waiting already")]
    TooMany,
    #[error("{0}")]
    SpendCapReached(Spending),
    #[error("everything of yours is being deleted; you may begin anew in a few minutes")]
    Deleting,
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

#[derive(Clone)]
pub struct AcceptMessage {
    pub inbox: Arc<dyn Inbox>,
    pub clock: Arc<dyn Clock>,
    pub spending: CheckSpending,
    /// When the watchdog looks after a message, should we die right after accepting it.
    pub follow_up: Duration,
}

impl AcceptMessage {
    /// Durable when it returns. The caller acknowledges, then ensures the task.
    pub async fn run(&self, user: &UserId, incoming: Incoming) -> Result<Accepted, AcceptError> {
        check(user, &incoming)?;
        let now = self.clock.now();
        let (known, spent) = join(self.inbox.outline(user, now), self.spending.reached(user)).await;
        let known = known?;
        if let Some(row) = known.iter().find(|row| row.id == incoming.id) {
            return Ok(duplicate_of(row, &known));
        }
        if known.iter().filter(|row| row.state.is_open()).count() >= OPEN_MESSAGES_MAX {
            return Err(AcceptError::TooMany);
        }
        // After what is known: that was taken, whatever it has cost since.
        if let Some(spending) = spent {
            return Err(AcceptError::SpendCapReached(spending));
        }
        let message = new_message(incoming, now, now + self.follow_up);
        let position = |at| ahead_of(&known, &message.conversation, at, &message.id);
        Ok(match self.inbox.put(user, &message).await? {
            PutOutcome::Accepted(received_at) => Accepted {
                position: position(received_at),
                received_at,
                duplicate: false,
                open: true,
            },
            // The same message came twice at once, and the other one was first.
            PutOutcome::Duplicate(state) => Accepted {
                position: position(now),
                received_at: now,
                duplicate: true,
                open: state.is_open(),
            },
            PutOutcome::Deleting => return Err(AcceptError::Deleting),
        })
    }
}

fn check(user: &UserId, incoming: &Incoming) -> Result<(), AcceptError> {
    let Incoming { text, attachments, .. } = incoming;
    match (text.len(), attachments.len()) {
        (_, 0) if text.trim().is_empty() => Err(AcceptError::Empty),
        (bytes, _) if bytes > MESSAGE_TEXT_MAX_BYTES => Err(AcceptError::TooLarge(bytes)),
        (_, files) if files > ATTACHMENTS_MAX => Err(AcceptError::TooManyAttachments(files)),
        _ => {
            let foreign =
                |file: &&Attachment| matches!(file, Attachment::Upload(key) if key.user != *user);
            match attachments.iter().find(foreign) {
                Some(_) => Err(InvalidUploadKey.into()),
                None => Ok(()),
            }
        }
    }
}

fn new_message(incoming: Incoming, received_at: Timestamp, due_at: Timestamp) -> NewMessage {
    NewMessage {
        id: incoming.id,
        conversation: incoming.conversation,
        channel: incoming.channel,
        reply_to: incoming.reply_to,
        text: incoming.text,
        attachments: incoming.attachments,
        album: incoming.album,
        received_at,
        due_at,
    }
}

fn ahead_of(
    known: &[InboxMessage],
    conversation: &ConversationId,
    at: Timestamp,
    id: &MessageId,
) -> u32 {
    let ahead = known.iter().filter(|row| {
        row.state.is_open() && &row.conversation == conversation && row.order() < (at, id)
    });
    u32::try_from(ahead.count()).expect("bounded by OPEN_MESSAGES_MAX")
}

fn duplicate_of(row: &InboxMessage, known: &[InboxMessage]) -> Accepted {
    Accepted {
        position: ahead_of(known, &row.conversation, row.received_at, &row.id),
        received_at: row.received_at,
        duplicate: true,
        open: row.state.is_open(),
    }
}
