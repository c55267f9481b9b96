//! What is remembered of Telegram's chats and of what came from them, beside the messages.

use async_trait::async_trait;
use domain::{ConversationId, TelegramChat, TelegramUser, Timestamp, UserId};

use crate::Result;

/// One update's name: the bot's id and the number of the update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UpdateId {
    pub bot: i64,
    pub update: i64,
}

#[async_trait]
pub trait Chats: Send + Sync {
    /// The conversation that the user leads in this chat. `None`: he never chose one.
    async fn conversation(
        &self,
        user: &UserId,
        chat: &TelegramChat,
    ) -> Result<Option<ConversationId>>;

    async fn choose(
        &self,
        user: &UserId,
        chat: &TelegramChat,
        conversation: &ConversationId,
    ) -> Result<()>;

    /// The group `from` goes on as `to`.
    async fn note_move(&self, from: i64, to: i64) -> Result<()>;

    async fn moved_from(&self, to: i64) -> Result<Option<i64>>;

    /// `true` at most once in [`domain::limits::TELEGRAM_GREETING_EVERY`].
    async fn may_greet(&self, person: TelegramUser, now: Timestamp) -> Result<bool>;

    /// `true` for whoever is first to answer this update, for as long as an update may come again.
    async fn first_to_answer(&self, update: UpdateId, now: Timestamp) -> Result<bool>;
}
