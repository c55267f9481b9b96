//! Telegram tells what happened in one of the bot's chats.
//!
//! [`ReceiveUpdate::run`] does what must be done before the update is acknowledged: a message is
//! in the inbox (I1), a command has had its effect. Telegram sends an update again until it is
//! acknowledged, so each step may happen twice and means the same; what is answered is claimed
//! after the effect and before the words, so that it is said once at most.
//! [`ReceiveUpdate::follow`] is the rest, as well as it can be done in the time there is.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::{ConversationId, MessageId, TelegramChat, TelegramUser, UserId};
use platform::{
    Bot, BotError, BotProfile, Chats, Clock, Conversations, Inbox, Links, Unavailable, UpdateId,
};
use telegram::{Message, Update, UpdateKind, User};
use tracing::{debug, info};

use crate::{AcceptMessage, CancelMessage, EnsureTask, ReadStatus, Tell};

mod commands;
mod content;
mod edits;
mod events;
mod follow;
mod heard;
mod say;
mod strangers;
pub mod words;

pub use follow::{Answer, Queued, Received};
use heard::{Heard, heard};

#[derive(Clone)]
pub struct ReceiveUpdate {
    pub links: Arc<dyn Links>,
    pub chats: Arc<dyn Chats>,
    pub inbox: Arc<dyn Inbox>,
    pub conversations: Arc<dyn Conversations>,
    pub accept: AcceptMessage,
    pub cancel: CancelMessage,
    pub status: ReadStatus,
    pub ensure: EnsureTask,
    pub tell: Tell,
    pub bot: Arc<dyn Bot>,
    pub clock: Arc<dyn Clock>,
    /// Who may talk without being linked, by the operator's word.
    pub allowed: BTreeSet<TelegramUser>,
}

#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// Nobody will ever be able to do anything with it.
    #[error("the update cannot be processed: {0}")]
    Unfit(String),
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Which update it is, and whose.
struct At {
    update: UpdateId,
    me: BotProfile,
}

impl At {
    fn message_id(&self) -> MessageId {
        let UpdateId { bot, update } = self.update;
        MessageId::new(format!("tg-{bot}-{update}")).expect("two numbers and dashes")
    }
}

/// One message, and who may be answered for it.
struct Spoken<'a> {
    at: &'a At,
    message: &'a Message,
    chat: TelegramChat,
    person: TelegramUser,
}

impl ReceiveUpdate {
    pub async fn run(&self, update: &Update) -> Result<Received, ReceiveError> {
        if let UpdateKind::Unreadable { kind, why } = &update.kind {
            return Err(ReceiveError::Unfit(format!("its {kind} is of an unknown shape: {why}")));
        }
        let me = self.bot.me().await.map_err(unreachable)?;
        let at = At { update: UpdateId { bot: me.id, update: update.id }, me };
        match &update.kind {
            UpdateKind::Message(message) => self.message(&at, message).await,
            UpdateKind::EditedMessage(message) => self.edited(&at, message).await,
            UpdateKind::StoppedMessageGeneration(stopped) => self.stopped(stopped).await,
            UpdateKind::MyChatMember(change) => self.membership(&at, change).await,
            UpdateKind::CallbackQuery(query) => self.pressed(&at, query).await,
            UpdateKind::Other(kind) if kind.is_empty() => {
                Err(ReceiveError::Unfit("there is nothing in it but its number".into()))
            }
            UpdateKind::Other(kind) => {
                info!(kind, "an update of a kind that we did not ask for");
                Ok(Received::default())
            }
            UpdateKind::Unreadable { .. } => unreachable!("refused above"),
        }
    }

    async fn message(&self, at: &At, message: &Message) -> Result<Received, ReceiveError> {
        let here = message.chat.id;
        if let Some(to) = message.migrate_to_chat_id {
            self.chats.note_move(here, to).await?;
            return Ok(Received::default());
        }
        if let Some(from) = message.migrate_from_chat_id {
            self.chats.note_move(from, here).await?;
            return Ok(Received::default());
        }
        let Some(spoken) = spoken(at, message) else { return Ok(Received::default()) };
        let Some(heard) = heard(message, &at.me) else { return Ok(Received::default()) };
        match self.user_of(spoken.person).await? {
            Some(user) => match heard {
                Heard::Command(command, rest) => self.command(&spoken, &user, command, &rest).await,
                Heard::Words(text) => self.said(&spoken, &user, &text).await,
            },
            // Who reads along in a group did not ask for our word on who may talk.
            None if spoken.chat.is_group => Ok(Received::default()),
            None => self.stranger(&spoken, heard).await,
        }
    }

    /// Nobody but linked users and those whom the operator allows.
    async fn user_of(&self, person: TelegramUser) -> Result<Option<UserId>, Unavailable> {
        let owner = self.links.owner_of(person).await?;
        let allowed = || self.allowed.contains(&person).then(|| unlinked(person));
        Ok(owner.or_else(allowed))
    }

    /// Where what is said in this chat goes.
    async fn conversation(
        &self,
        user: &UserId,
        chat: &TelegramChat,
    ) -> Result<ConversationId, Unavailable> {
        if let Some(chosen) = self.chats.conversation(user, chat).await? {
            return Ok(chosen);
        }
        if !chat.is_group {
            return Ok(chat.conversation());
        }
        // A group that moved goes on where it was.
        let Some(before) = self.chats.moved_from(chat.id).await? else {
            return Ok(chat.conversation());
        };
        let before = TelegramChat { id: before, ..*chat };
        let chosen = self.chats.conversation(user, &before).await?;
        Ok(chosen.unwrap_or_else(|| before.conversation()))
    }

    /// The words are for whoever is first to say them.
    async fn answer(&self, spoken: &Spoken<'_>, text: String) -> Result<Received, ReceiveError> {
        let to = Answer { chat: spoken.chat, answers: Some(spoken.message.message_id), text };
        self.once(spoken.at, to).await
    }

    async fn once(&self, at: &At, answer: Answer) -> Result<Received, ReceiveError> {
        let first = self.chats.first_to_answer(at.update, self.clock.now()).await?;
        if !first {
            debug!(update.id = at.update.update, "answered before");
        }
        Ok(Received { answers: Vec::from_iter(first.then_some(answer)), queued: None })
    }
}

/// The user that a person is who was allowed and not linked.
pub fn unlinked(person: TelegramUser) -> UserId {
    UserId::new(format!("telegram:{person}")).expect("a word and a number")
}

/// `None`: said by a bot, by a channel, or by an administrator who hides who he is. Nobody can be
/// answered for it, and nobody's agent asked.
fn spoken<'a>(at: &'a At, message: &'a Message) -> Option<Spoken<'a>> {
    let person = person_of(message.from.as_ref()?)?;
    if message.sender_chat.is_some() || !(message.chat.is_private() || message.chat.is_group()) {
        return None;
    }
    let chat = TelegramChat {
        id: message.chat.id,
        thread: message.topic(),
        is_group: message.chat.is_group(),
    };
    Some(Spoken { at, message, chat, person })
}

fn person_of(from: &User) -> Option<TelegramUser> {
    (!from.is_bot).then_some(TelegramUser(from.id))
}

/// Without knowing who we are we can name no message. Telegram asks again.
fn unreachable(error: BotError) -> Unavailable {
    match error {
        BotError::Unavailable(error) => error,
        error => Unavailable::new("bot.me", error),
    }
}
