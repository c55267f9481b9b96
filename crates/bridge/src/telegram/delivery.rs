//! One reply on its way, piece by piece.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use domain::limits::TELEGRAM_REPLY_WITHIN;
use domain::{InboxMessage, ReplyTo, StoredMessage, TelegramChat};
use platform::{BotError, BotText, Metric, WriteError};
use telegram::text::{html, plain};
use tokio::time::Instant;
use tracing::{info, warn};

use super::deliver::Owed;
use super::pace::PacedBot;
use super::said::pieces;
use super::view::Shown;
use crate::bridge::Bridge;
use crate::chain::chain;

/// Since the last fenced write. Whoever waited for longer asks whether he is still the one.
const FENCE_HOLDS: Duration = Duration::from_secs(5);

/// Where a reply goes.
pub(crate) struct Place {
    pub(crate) chat: TelegramChat,
    /// In a group: whom it answers.
    pub(crate) answers: Option<i64>,
    /// What it is said about, for who has not said it there.
    pub(crate) about: Option<String>,
}

enum Stop {
    /// It is another's, or done.
    Leave,
    /// It will never be delivered.
    Hopeless(String),
}

#[derive(Clone, Copy)]
enum Form {
    Rich,
    Html,
    Plain,
}

pub(crate) async fn deliver(bridge: &Bridge, owed: Owed) {
    let Owed { row, shown, fenced_at, _busy } = owed;
    let sent = row.owed.unwrap_or_default();
    let mut delivery = Delivery { bridge, row: &row, sent, fenced_at, streamed: None };
    match delivery.send_all(shown).await {
        Ok(0) => {}
        Ok(sent) => info!(message.id = %row.id, pieces = sent, "delivered a reply"),
        Err(Stop::Leave) => return,
        Err(Stop::Hopeless(reason)) => {
            warn!(message.id = %row.id, reason, "a reply is not delivered");
            bridge.ports.metrics.count(Metric::UndeliveredReplies, 1);
        }
    }
    let _ = delivery.settle().await;
}

struct Delivery<'a> {
    bridge: &'a Bridge,
    row: &'a InboxMessage,
    sent: u32,
    fenced_at: Option<Instant>,
    /// The message that shows the text already, and becomes the first piece.
    streamed: Option<i64>,
}

impl Delivery<'_> {
    /// How many were sent.
    async fn send_all(&mut self, shown: Option<Arc<Shown>>) -> Result<usize, Stop> {
        let Some(bot) = self.bridge.telegram.bot() else {
            return Err(Stop::Hopeless("Telegram is off".into()));
        };
        let Some(place) = self.place().await else {
            return Ok(0);
        };
        let reply = self.reply().await?;
        let pieces = pieces(&reply, place.about.as_deref());
        if let Some(shown) = shown {
            self.streamed = shown.settled().await;
        }
        let first = self.sent as usize;
        for (index, piece) in pieces.iter().enumerate().skip(first) {
            self.send(&bot, &place, piece, &reply).await?;
            self.sent += 1;
            // A crash before the note sends this piece again.
            if index + 1 < pieces.len() {
                self.note().await?;
            }
        }
        Ok(pieces.len().saturating_sub(first))
    }

    /// `None`: nobody is shown it.
    async fn place(&self) -> Option<Place> {
        match &self.row.reply_to {
            ReplyTo::Telegram { chat, message } => {
                let answers = chat.is_group.then_some(*message);
                Some(Place { chat: *chat, answers, about: None })
            }
            _ => self.bridge.telegram.mirror.place(self.bridge, self.row).await,
        }
    }

    async fn reply(&self) -> Result<StoredMessage, Stop> {
        let (row, user) = (self.row, &self.bridge.user);
        let mut backoff = self.bridge.backoff(row.id.as_str(), (200, 10_000));
        loop {
            let now = self.bridge.ports.clock.now();
            let conversations = &self.bridge.ports.conversations;
            let found =
                conversations.reply(user, &row.conversation, &row.id, row.received_at, now).await;
            match found {
                Ok(Some(reply)) => return Ok(reply),
                // The user has deleted the conversation.
                Ok(None) => return Err(Stop::Hopeless("it is no longer on record".into())),
                Err(error) if backoff.failures() == 0 => {
                    warn!(error = %chain(&error), "cannot read a reply to deliver yet");
                }
                Err(_) => {}
            }
            backoff.wait().await;
        }
    }

    async fn send(
        &mut self,
        bot: &PacedBot,
        place: &Place,
        piece: &str,
        reply: &StoredMessage,
    ) -> Result<(), Stop> {
        let mut form = Form::Rich;
        let mut backoff = self.bridge.backoff(self.row.id.as_str(), (500, 60_000));
        loop {
            bot.turn(place.chat).await;
            if self.bridge.ports.clock.now().since(reply.at) > TELEGRAM_REPLY_WITHIN {
                return Err(Stop::Hopeless("it is too old".into()));
            }
            self.ask_if_ours().await?;
            match self.try_once(bot, place, piece, form).await {
                Ok(()) => {
                    self.streamed = None;
                    return Ok(());
                }
                // The pace knows when to come back, and where.
                Err(BotError::RetryAfter(_) | BotError::Moved(_)) => {}
                Err(BotError::Refused(why)) => form = self.other_form(form, why)?,
                Err(BotError::Forbidden(why)) => return Err(Stop::Hopeless(why)),
                // It may have been sent: the one case in which it is sent twice without a crash.
                Err(BotError::Unavailable(error)) => {
                    if backoff.failures() == 0 {
                        warn!(error = %chain(&error), "cannot deliver a reply yet");
                    }
                    backoff.wait().await;
                }
            }
        }
    }

    async fn try_once(
        &self,
        bot: &PacedBot,
        place: &Place,
        piece: &str,
        form: Form,
    ) -> Result<(), BotError> {
        let written = match form {
            Form::Rich => Cow::Borrowed(piece),
            Form::Html => Cow::Owned(html(piece)),
            Form::Plain => Cow::Owned(plain(piece)),
        };
        let text = match form {
            Form::Rich => BotText::Rich(&written),
            Form::Html => BotText::Html(&written),
            Form::Plain => BotText::Plain(&written),
        };
        match self.streamed {
            Some(message) => bot.edit(place.chat, message, text).await,
            None => {
                let answers = place.answers.filter(|_| self.sent == 0);
                bot.send(place.chat, text, answers).await.map(drop)
            }
        }
    }

    fn other_form(&mut self, refused: Form, why: String) -> Result<Form, Stop> {
        match refused {
            Form::Rich => Ok(Form::Html),
            Form::Html => Ok(Form::Plain),
            // Somebody has removed the message that it was to become.
            Form::Plain if self.streamed.take().is_some() => Ok(Form::Rich),
            Form::Plain => Err(Stop::Hopeless(why)),
        }
    }

    async fn ask_if_ours(&mut self) -> Result<(), Stop> {
        if self.fenced_at.is_some_and(|at| at.elapsed() < FENCE_HOLDS) {
            return Ok(());
        }
        self.note().await
    }

    async fn note(&mut self) -> Result<(), Stop> {
        let Self { bridge: Bridge { ports, user, generation, .. }, row, sent, .. } = *self;
        self.write(|| ports.inbox.note_sent(user, &row.id, *generation, sent)).await
    }

    async fn settle(&mut self) -> Result<(), Stop> {
        let Self { bridge: Bridge { ports, user, generation, .. }, row, .. } = *self;
        self.write(|| ports.inbox.delivered(user, &row.id, *generation)).await
    }

    async fn write<F: Future<Output = Result<(), WriteError>>>(
        &mut self,
        write: impl Fn() -> F,
    ) -> Result<(), Stop> {
        let mut backoff = self.bridge.backoff(self.row.id.as_str(), (200, 10_000));
        loop {
            match write().await {
                Ok(()) => {
                    self.fenced_at = Some(Instant::now());
                    return Ok(());
                }
                Err(WriteError::Fenced) => {
                    self.bridge.halt.fence();
                    return Err(Stop::Leave);
                }
                // Nothing is owed: an earlier try has worked.
                Err(WriteError::Conflict) => return Err(Stop::Leave),
                Err(WriteError::Unavailable(error)) if backoff.failures() == 0 => {
                    warn!(error = %chain(&error), "cannot note what was delivered yet");
                }
                Err(WriteError::Unavailable(_)) => {}
            }
            backoff.wait().await;
        }
    }
}
