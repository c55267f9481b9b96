//! The durable inbox (I1) and the write that ends a message (I4).

use async_trait::async_trait;
use domain::{
    Channel, ConversationId, Generation, InboxMessage, InboxState, MessageId, Reply, ReplyTo,
    Timestamp, UploadKey, UserId,
};

use crate::{Result, WriteError};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    pub id: MessageId,
    pub conversation: ConversationId,
    pub channel: Channel,
    pub reply_to: ReplyTo,
    pub text: String,
    pub attachments: Vec<UploadKey>,
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
}

/// How a message ends: its reply goes into the conversation and its row becomes `state`.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion<'a> {
    pub message: &'a InboxMessage,
    pub reply: &'a Reply,
    /// `Done` (with the text dropped: a tombstone), or `Dead` (with the text kept).
    pub state: InboxState,
    pub generation: Generation,
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
}
