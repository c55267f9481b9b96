//! What was said. Written only by [`crate::Inbox::complete`]; read here.

use async_trait::async_trait;
use domain::{Conversation, ConversationId, MessageId, StoredMessage, Timestamp, UserId};

use crate::Result;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct HistoryPage {
    /// Oldest first; the user's row and its reply stand together.
    pub messages: Vec<StoredMessage>,
    /// Opaque: the place before this page, if there is more.
    pub before: Option<String>,
}

#[async_trait]
pub trait Conversations: Send + Sync {
    /// Newest activity first.
    async fn list(&self, user: &UserId, now: Timestamp) -> Result<Vec<Conversation>>;

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

    async fn reply(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        id: &MessageId,
        received_at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<StoredMessage>>;
}
