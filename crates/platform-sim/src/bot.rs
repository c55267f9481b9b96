//! The bot's chats: what it said in each, and which of them take nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use async_trait::async_trait;
use domain::TelegramChat;
use domain::limits::TELEGRAM_TEXT_MAX_UNITS;
use domain::text::utf16_len;
use platform::{Bot, BotError, BotProfile, BotText, OpenError, Upload};

use crate::uploads::Body;
use crate::world::World;

/// One rich message, in UTF-16 units (Bot API, `InputRichMessage`).
const RICH_MAX_UNITS: u64 = 32_768;

/// What one chat, or one topic of it, shows.
#[derive(Clone, Debug, Default)]
pub struct BotChat {
    pub messages: Vec<BotMessage>,
    /// Every draft that was shown, in order, with its number.
    pub drafts: Vec<(i64, String)>,
    /// How often "typing…" was shown.
    pub typed: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BotMessage {
    pub id: i64,
    pub text: Said,
    pub answers: Option<i64>,
    /// What it said before it was edited, oldest first.
    pub before: Vec<Said>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    Rich(String),
    Html(String),
    Plain(String),
}

impl Said {
    pub fn text(&self) -> &str {
        let (Self::Rich(text) | Self::Html(text) | Self::Plain(text)) = self;
        text
    }
}

#[derive(Debug, Default)]
pub(crate) struct Telegram {
    chats: BTreeMap<(i64, Option<i64>), BotChat>,
    last_message: i64,
    forbidden: BTreeSet<i64>,
    moved: BTreeMap<i64, i64>,
    waits: BTreeMap<String, (u32, Duration)>,
    refuses_rich: bool,
    refuses_html: bool,
    files: BTreeMap<String, Vec<u8>>,
}

pub(crate) const BOT: i64 = 4217;

impl World {
    /// What the chat shows now.
    pub fn bot_chat(&self, chat: TelegramChat) -> BotChat {
        self.lock().telegram.chats.get(&place(chat)).cloned().unwrap_or_default()
    }

    /// The words of the bot's messages in the chat, in order.
    pub fn bot_said(&self, chat: TelegramChat) -> Vec<String> {
        let messages = self.bot_chat(chat).messages;
        messages.into_iter().map(|message| message.text.text().to_owned()).collect()
    }

    /// The next `times` calls of `operation` (`bot.send`, `bot.edit`, `bot.draft`, `bot.typing`)
    /// answer `RetryAfter`.
    pub fn make_bot_wait(&self, operation: &str, times: u32, wait: Duration) {
        self.lock().telegram.waits.insert(operation.to_owned(), (times, wait));
    }

    /// From now on no text of this form is understood.
    pub fn refuse_rich(&self) {
        self.lock().telegram.refuses_rich = true;
    }

    pub fn refuse_html(&self) {
        self.lock().telegram.refuses_html = true;
    }

    /// As a person does who wants no more of the bot.
    pub fn block_bot(&self, chat: i64) {
        self.lock().telegram.forbidden.insert(chat);
    }

    /// As when a group becomes a supergroup.
    pub fn move_chat(&self, from: i64, to: i64) {
        self.lock().telegram.moved.insert(from, to);
    }

    /// As whoever may do so removes one of the bot's messages.
    pub fn remove_bot_message(&self, chat: TelegramChat, message: i64) {
        let chats = &mut self.lock().telegram.chats;
        chats.entry(place(chat)).or_default().messages.retain(|it| it.id != message);
    }

    /// A file that somebody sent.
    pub fn put_telegram_file(&self, file_id: &str, bytes: &[u8]) {
        self.lock().telegram.files.insert(file_id.to_owned(), bytes.to_vec());
    }
}

#[async_trait]
impl Bot for World {
    async fn me(&self) -> Result<BotProfile, BotError> {
        self.call("bot.me", |_| Ok(BotProfile { id: BOT, username: "claw_bot".into() })).await
    }

    async fn send(
        &self,
        chat: TelegramChat,
        text: BotText<'_>,
        answers: Option<i64>,
    ) -> Result<i64, BotError> {
        self.call("bot.send", |state| state.telegram.send(chat, text, answers)).await
    }

    async fn edit(
        &self,
        chat: TelegramChat,
        message: i64,
        text: BotText<'_>,
    ) -> Result<(), BotError> {
        self.call("bot.edit", |state| state.telegram.edit(chat, message, text)).await
    }

    async fn draft(&self, chat: TelegramChat, draft: i64, text: &str) -> Result<(), BotError> {
        self.call("bot.draft", |state| state.telegram.draft(chat, draft, text)).await
    }

    async fn typing(&self, chat: TelegramChat) -> Result<(), BotError> {
        self.call("bot.typing", |state| {
            state.telegram.admits("bot.typing", chat)?.typed += 1;
            Ok(())
        })
        .await
    }

    async fn open_file(&self, file_id: &str) -> Result<Upload, OpenError> {
        let rest = self.call("bot.open_file", |state| {
            state.telegram.files.get(file_id).cloned().ok_or(OpenError::NotFound)
        });
        let rest = rest.await?;
        Ok(Upload { size: rest.len() as u64, body: Box::new(Body::new(self, rest)) })
    }
}

impl Telegram {
    /// The chat, if it takes anything.
    fn admits(&mut self, operation: &str, chat: TelegramChat) -> Result<&mut BotChat, BotError> {
        if let Some((times, wait)) = self.waits.get_mut(operation).filter(|(times, _)| *times > 0) {
            *times -= 1;
            return Err(BotError::RetryAfter(*wait));
        }
        if let Some(to) = self.moved.get(&chat.id) {
            return Err(BotError::Moved(*to));
        }
        if self.forbidden.contains(&chat.id) {
            return Err(BotError::Forbidden("bot was blocked by the user".into()));
        }
        Ok(self.chats.entry(place(chat)).or_default())
    }

    fn send(
        &mut self,
        chat: TelegramChat,
        text: BotText<'_>,
        answers: Option<i64>,
    ) -> Result<i64, BotError> {
        self.admits("bot.send", chat)?;
        let text = self.read(text)?;
        self.last_message += 1;
        let id = self.last_message;
        let messages = &mut self.chats.entry(place(chat)).or_default().messages;
        messages.push(BotMessage { id, text, answers, before: Vec::new() });
        Ok(id)
    }

    fn edit(
        &mut self,
        chat: TelegramChat,
        message: i64,
        text: BotText<'_>,
    ) -> Result<(), BotError> {
        self.admits("bot.edit", chat)?;
        let text = self.read(text)?;
        let messages = &mut self.chats.entry(place(chat)).or_default().messages;
        let message = messages.iter_mut().find(|it| it.id == message);
        let message = message.ok_or_else(|| refused("message to edit not found"))?;
        if message.text != text {
            message.before.push(std::mem::replace(&mut message.text, text));
        }
        Ok(())
    }

    fn draft(&mut self, chat: TelegramChat, draft: i64, text: &str) -> Result<(), BotError> {
        let is_too_long = utf16_len(text) > TELEGRAM_TEXT_MAX_UNITS as u64;
        let shown = self.admits("bot.draft", chat)?;
        if chat.is_group || draft == 0 || is_too_long {
            return Err(refused("no such draft"));
        }
        shown.drafts.push((draft, text.to_owned()));
        Ok(())
    }

    /// What Telegram makes of a text, if it takes it.
    fn read(&self, text: BotText<'_>) -> Result<Said, BotError> {
        let (said, limit, is_refused) = match text {
            BotText::Rich(text) => (Said::Rich(text.into()), RICH_MAX_UNITS, self.refuses_rich),
            BotText::Html(text) => (Said::Html(text.into()), RICH_MAX_UNITS, self.refuses_html),
            BotText::Plain(text) => {
                (Said::Plain(text.into()), TELEGRAM_TEXT_MAX_UNITS as u64, false)
            }
        };
        if is_refused {
            return Err(refused("can't parse entities"));
        }
        if said.text().trim().is_empty() {
            return Err(refused("message text is empty"));
        }
        if utf16_len(said.text()) > limit {
            return Err(refused("message is too long"));
        }
        Ok(said)
    }
}

fn refused(why: &str) -> BotError {
    BotError::Refused(format!("Bad Request: {why}"))
}

fn place(chat: TelegramChat) -> (i64, Option<i64>) {
    (chat.id, chat.thread)
}
