//! The durable inbox (I1) and the write that ends a message (I4).

use async_trait::async_trait;
use domain::{
    Attachment, Channel, ConversationId, Generation, InboxMessage, InboxState, MessageId, Reply,
    ReplyTo, Timestamp, UserId,
};

use crate::{Result, WriteError};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    pub id: MessageId,
    pub conversation: ConversationId,
    pub channel: Channel,
    pub reply_to: ReplyTo,
    pub text: String,
    pub attachments: Vec<Attachment>,
    /// What the parts of an album share.
    pub album: Option<String>,
    /// The accepting clock's time: the row's, unless a younger one was accepted before.
    pub received_at: Timestamp,
    /// When somebody looks after the user, should whoever accepts this do no more.
    pub due_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PutOutcome {
    /// With the message's place in the order of all that was ever accepted of the user (I5).
    Accepted(Timestamp),
    /// This id was accepted before; the row is as it was.
    Duplicate(InboxState),
    /// The user leaves, and nothing is accepted of him until all of him is gone.
    Deleting,
}

/// How a message ends: its reply goes into the conversation and its row becomes `state`.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion<'a> {
    pub message: &'a InboxMessage,
    pub reply: &'a Reply,
    /// `Done` (with the text dropped: a tombstone), or `Dead` (with the text kept).
    pub state: InboxState,
    pub generation: Generation,
    /// A channel is owed the reply, until [`Inbox::delivered`].
    pub owed: bool,
}

/// A change to a message that nobody has begun to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amendment {
    /// The sender's id of the change: it is made once.
    pub part: MessageId,
    /// In place of the text, if any.
    pub text: Option<String>,
    /// Beside those it has.
    pub attachments: Vec<Attachment>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmendOutcome {
    Amended,
    /// This change was made before.
    Duplicate,
    /// The message is being answered, was answered, or is not there.
    TooLate,
}

#[async_trait]
pub trait Inbox: Send + Sync {
    /// Durable when it returns (I1). In the same step the message is stamped later than every one
    /// that was accepted before it, and the user becomes due, unless he is.
    async fn put(&self, user: &UserId, message: &NewMessage) -> Result<PutOutcome>;

    async fn get(
        &self,
        user: &UserId,
        id: &MessageId,
        now: Timestamp,
    ) -> Result<Option<InboxMessage>>;

    /// Every row of the user that has not expired, tombstones included, strongly consistent,
    /// oldest first by [`InboxMessage::order`]. Without texts: for counting and ordering.
    async fn outline(&self, user: &UserId, now: Timestamp) -> Result<Vec<InboxMessage>>;

    /// The open rows with their texts, strongly consistent, oldest first.
    async fn open(&self, user: &UserId, now: Timestamp) -> Result<Vec<InboxMessage>>;

    /// Takes an open row for `generation` and counts the attempt. A row leased by an older
    /// generation may be taken over; one that is not open is a `Conflict`. `Fenced` unless the
    /// user's current generation is `generation`.
    async fn lease(
        &self,
        user: &UserId,
        id: &MessageId,
        generation: Generation,
    ) -> std::result::Result<InboxMessage, WriteError>;

    /// Gives a lease of `generation` back: Pending again, `attempts` kept, and what was written
    /// of the reply, if anything.
    async fn give_back(
        &self,
        user: &UserId,
        id: &MessageId,
        generation: Generation,
        partial: Option<&str>,
    ) -> std::result::Result<(), WriteError>;

    /// One transaction (I4): the user's row and the reply's row into the conversation, its
    /// title and last activity, and the inbox row's end. Conditional on the row being leased by
    /// `generation` and on `generation` being current.
    async fn complete(
        &self,
        user: &UserId,
        completion: &Completion<'_>,
    ) -> std::result::Result<(), WriteError>;

    /// Marks an open message as no longer wanted. `false`: it is not open.
    async fn request_cancel(&self, user: &UserId, id: &MessageId) -> Result<bool>;

    /// Changes a message that was never leased.
    async fn amend(
        &self,
        user: &UserId,
        id: &MessageId,
        amendment: &Amendment,
    ) -> Result<AmendOutcome>;

    /// Ended rows whose reply is owed to a channel, strongly consistent, oldest first.
    async fn owed(&self, user: &UserId, now: Timestamp) -> Result<Vec<InboxMessage>>;

    /// So many pieces of the reply have been sent. `Conflict`: nothing is owed.
    async fn note_sent(
        &self,
        user: &UserId,
        id: &MessageId,
        generation: Generation,
        sent: u32,
    ) -> std::result::Result<(), WriteError>;

    /// All of it was sent, or will never be: nothing is owed any more.
    async fn delivered(
        &self,
        user: &UserId,
        id: &MessageId,
        generation: Generation,
    ) -> std::result::Result<(), WriteError>;

    /// Drops the text of a dead message, and what came with it. One that is not dead is as it was.
    async fn forget(&self, user: &UserId, id: &MessageId) -> Result<()>;
}
