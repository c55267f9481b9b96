//! The bot that people talk to in Telegram. It answers where it was spoken to.

use std::time::Duration;

use async_trait::async_trait;
use domain::TelegramChat;

use crate::{OpenError, Unavailable, Upload};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BotProfile {
    pub id: i64,
    /// Without the `@`.
    pub username: String,
}

/// One message's worth of text, at most [`domain::limits::TELEGRAM_TEXT_MAX_UNITS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BotText<'a> {
    /// Markdown as the model writes it: tables, headings, code.
    Rich(&'a str),
    /// Telegram's few tags.
    Html(&'a str),
    Plain(&'a str),
}

#[derive(Debug, thiserror::Error)]
pub enum BotError {
    /// Nothing was sent; nothing may be for so long.
    #[error("Telegram takes nothing for {0:?}")]
    RetryAfter(Duration),
    /// Telegram understood, and will not: this text, or this message, in this form.
    #[error("Telegram refused: {0}")]
    Refused(String),
    /// The person has blocked the bot, or the bot was removed from the chat.
    #[error("the bot may not write here: {0}")]
    Forbidden(String),
    /// The group has become a supergroup, with this id.
    #[error("the chat has moved to {0}")]
    Moved(i64),
    /// It may have been sent.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

#[async_trait]
pub trait Bot: Send + Sync {
    /// Who the bot is; asked once.
    async fn me(&self) -> Result<BotProfile, BotError>;

    /// The new message's id there. `answers`: the message that it is shown as an answer to, if
    /// that is still there.
    async fn send(
        &self,
        chat: TelegramChat,
        text: BotText<'_>,
        answers: Option<i64>,
    ) -> Result<i64, BotError>;

    /// Text that is already there is no error.
    async fn edit(
        &self,
        chat: TelegramChat,
        message: i64,
        text: BotText<'_>,
    ) -> Result<(), BotError>;

    /// Shows text that is being written, in a private chat, for 30 s or until it is sent. Empty:
    /// "Thinking…". The person can stop it. The same `draft` (not 0) moves on.
    async fn draft(&self, chat: TelegramChat, draft: i64, text: &str) -> Result<(), BotError>;

    /// "typing…", for 5 s.
    async fn typing(&self, chat: TelegramChat) -> Result<(), BotError>;

    /// A file that somebody sent, up to [`domain::limits::TELEGRAM_FILE_MAX_BYTES`].
    async fn open_file(&self, file_id: &str) -> Result<Upload, OpenError>;
}
