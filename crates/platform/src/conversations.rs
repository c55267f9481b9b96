//! What was said. Messages are written only by [`crate::Inbox::complete`]; a conversation is also
//! begun, named and deleted by its user.

use async_trait::async_trait;
use domain::{Conversation, ConversationId, MessageId, StoredMessage, Timestamp, Title, UserId};

use crate::Result;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct HistoryPage {
    /// Oldest first; the user's row and its reply stand together.
    pub messages: Vec<StoredMessage>,
    /// Opaque: the place before this page, if there is more.
    pub before: Option<String>,
    /// Opaque: the place after this page, whether there is more or not yet.
    pub after: Option<String>,
    /// Whether there is more after it.
    pub goes_on: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConversationPage {
    /// Newest activity first.
    pub conversations: Vec<Conversation>,
    /// Opaque: the place to go on from, if there is more.
    pub before: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecentPage {
    /// Newest first, of all conversations.
    pub rows: Vec<RecentRow>,
    /// Opaque: the place to go on from, if there is more.
    pub before: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct RecentRow {
    pub message: StoredMessage,
    /// Opaque: the place to go on from after this one.
    pub place: String,
}

/// What becomes of the word that a conversation was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadMark {
    Moved,
    /// It was read as far before.
    Stands,
    /// There is no such conversation.
    Nowhere,
}

/// How far the deletion of a conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// Nothing of it is hidden.
    None,
    /// There is more to delete.
    Begun,
    Done,
}

#[async_trait]
pub trait Conversations: Send + Sync {
    /// At most `limit` conversations before `before` (a place that an earlier page gave; one that
    /// means nothing reads as none).
    async fn list(
        &self,
        user: &UserId,
        before: Option<&str>,
        limit: usize,
        now: Timestamp,
    ) -> Result<ConversationPage>;

    /// Strongly consistent.
    async fn get(
        &self,
        user: &UserId,
        id: &ConversationId,
        now: Timestamp,
    ) -> Result<Option<Conversation>>;

    /// Makes an empty one. `Some`: it is there already, as it was.
    async fn begin(
        &self,
        user: &UserId,
        conversation: &Conversation,
    ) -> Result<Option<Conversation>>;

    /// `false`: there is none.
    async fn rename(
        &self,
        user: &UserId,
        id: &ConversationId,
        title: &Title,
        now: Timestamp,
    ) -> Result<bool>;

    /// Everything until `until` was read. The mark never moves backwards.
    async fn mark_read(
        &self,
        user: &UserId,
        id: &ConversationId,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<ReadMark>;

    /// Nothing that was accepted until `until` is there any more, and the conversation is not,
    /// until something new is said in it. `false`: it is not as `seen`, and nothing was changed.
    async fn hide(&self, user: &UserId, seen: &Conversation, until: Timestamp) -> Result<bool>;

    /// Deletes up to about `most` rows of what is hidden, and what they have elsewhere.
    async fn delete_hidden(
        &self,
        user: &UserId,
        id: &ConversationId,
        most: usize,
    ) -> Result<Deletion>;

    /// The last `limit` rows before `before` (a place that an earlier page gave; one that does
    /// not belong to this conversation reads as the end).
    async fn history(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        before: Option<&str>,
        limit: usize,
        now: Timestamp,
    ) -> Result<HistoryPage>;

    /// The first `limit` rows after `after`, a place that an earlier page gave. From one that does
    /// not belong to this conversation, from its beginning.
    async fn later(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        after: &str,
        limit: usize,
        now: Timestamp,
    ) -> Result<HistoryPage>;

    /// So many rows around a message, its own among them: whole pairs, about half before its own and half after it.
    /// `place` is one that [`recent`](Self::recent) or [`place_of`](Self::place_of) gave. From one
    /// that does not belong to this conversation, its end.
    async fn around(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        place: &str,
        limit: usize,
        now: Timestamp,
    ) -> Result<HistoryPage>;

    /// Opaque: where a message that was accepted then is, or will be when it has an answer.
    fn place_of(&self, conversation: &ConversationId, at: Timestamp, id: &MessageId) -> String;

    /// The last rows of all conversations before `before`: at most `limit`, and fewer when their
    /// texts are long. A page may be empty and not the last.
    async fn recent(
        &self,
        user: &UserId,
        before: Option<&str>,
        limit: usize,
        now: Timestamp,
    ) -> Result<RecentPage>;

    async fn reply(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        id: &MessageId,
        received_at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<StoredMessage>>;
}
