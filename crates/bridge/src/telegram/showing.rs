//! One view, shown until nobody waits there: the latest state whenever it is time, however many
//! there were meanwhile.

use std::sync::Arc;
use std::time::Duration;

use domain::limits::{TELEGRAM_DRAFT_EVERY, TELEGRAM_TYPING_EVERY};
use platform::{BotError, BotText};
use tokio::sync::MutexGuard;
use tokio::time::{Instant, sleep_until};
use tracing::debug;

use super::pace::{Call, PacedBot};
use super::view::{Shown, Version, View};
use crate::backoff::Backoff;
use crate::chain::chain;

enum Act {
    Typing,
    Draft(Arc<Shown>),
    Text(Arc<Shown>),
}

impl Act {
    fn call(&self) -> Call {
        match self {
            Act::Typing => Call::Sign,
            Act::Draft(_) | Act::Text(_) => Call::Glimpse,
        }
    }
}

enum Next {
    Act(Act, Option<Instant>),
    /// When something changes.
    Nothing,
    /// Nobody waits here any more.
    Over,
}

pub(crate) struct Showing {
    view: Arc<View>,
    bot: Arc<PacedBot>,
    backoff: Backoff,
    not_before: Option<Instant>,
    typed_at: Option<Instant>,
    last: Option<Last>,
    /// It shows none here.
    no_drafts: bool,
    /// The bot may not write here.
    forbidden: bool,
}

struct Last {
    draft: i64,
    version: Version,
    text: String,
    at: Instant,
}

impl Showing {
    pub(crate) fn new(view: Arc<View>, bot: Arc<PacedBot>) -> Self {
        let (first, max) = (Duration::from_secs(1), Duration::from_secs(30));
        let backoff = Backoff::new(view.chat.id, first, max);
        Self {
            view,
            bot,
            backoff,
            not_before: None,
            typed_at: None,
            last: None,
            no_drafts: false,
            forbidden: false,
        }
    }

    /// `retire`: whether the view is gone, since nobody waits there.
    pub(crate) async fn run(mut self, stage: impl Fn() -> &'static str, retire: impl Fn() -> bool) {
        let view = self.view.clone();
        loop {
            let calling = view.call().await;
            match self.next(stage()) {
                Next::Over if retire() => return,
                Next::Over => {}
                Next::Nothing => {
                    drop(calling);
                    view.until_changed().await;
                }
                Next::Act(act, at) => match at.filter(|at| *at > Instant::now()) {
                    None => self.act(act, stage(), calling).await,
                    Some(at) => {
                        drop(calling);
                        tokio::select! {
                            biased;
                            () = view.until_changed() => {}
                            () = sleep_until(at) => {}
                        }
                    }
                },
            }
        }
    }

    fn next(&self, stage: &'static str) -> Next {
        let Some(head) = self.view.head() else {
            return Next::Over;
        };
        if self.forbidden {
            return Next::Nothing;
        }
        if !self.view.chat.is_group && !self.no_drafts {
            let again = self.last_of(&head, stage).map(|last| last.at + TELEGRAM_DRAFT_EVERY);
            return Next::Act(Act::Draft(head), self.ready_at(Call::Glimpse).max(again));
        }
        let again = self.typed_at.map(|at| at + TELEGRAM_TYPING_EVERY);
        let typing_at = self.ready_at(Call::Sign).max(again);
        if self.has_news(&head, stage) {
            let text_at = self.ready_at(Call::Glimpse);
            if text_at < typing_at {
                return Next::Act(Act::Text(head), text_at);
            }
        }
        Next::Act(Act::Typing, typing_at)
    }

    fn ready_at(&self, call: Call) -> Option<Instant> {
        self.bot.ready_at(self.view.chat, call).max(self.not_before)
    }

    /// What was last shown, if that is still how it is.
    fn last_of(&self, head: &Shown, stage: &'static str) -> Option<&Last> {
        let last = self.last.as_ref().filter(|last| last.draft == head.draft)?;
        (last.version == head.version(stage)).then_some(last)
    }

    /// In a group: text that is not shown yet.
    fn has_news(&self, head: &Shown, stage: &'static str) -> bool {
        let wanted = self.view.chat.is_group && !head.is_muted();
        let written = head.version(stage).place.is_some_and(|place| place.byte > 0);
        wanted && written && self.last_of(head, stage).is_none()
    }

    async fn act(&mut self, act: Act, stage: &'static str, _calling: MutexGuard<'_, ()>) {
        let showing = match &act {
            Act::Typing => None,
            Act::Draft(shown) => Some((shown, shown.version(stage), shown.words(stage))),
            Act::Text(shown) => Some((shown, shown.version(stage), shown.text())),
        };
        if let (Act::Text(shown), Some((_, version, text))) = (&act, &showing) {
            let before = self.last.as_ref().filter(|last| last.draft == shown.draft);
            if text.trim().is_empty() || before.is_some_and(|last| last.text == *text) {
                self.last = Some(Last::of(shown, version.clone(), text.clone()));
                return;
            }
        }
        if !self.bot.take(self.view.chat, act.call()) {
            return;
        }
        let chat = self.view.chat;
        let outcome = match (&act, &showing) {
            (Act::Draft(shown), Some((_, _, text))) => {
                self.bot.draft(chat, shown.draft, text).await
            }
            (Act::Text(shown), Some((_, _, text))) => self.stream(shown, text).await,
            _ => self.bot.typing(chat).await,
        };
        match outcome {
            Ok(()) => {
                self.backoff.reset();
                self.not_before = None;
                match showing {
                    None => self.typed_at = Some(Instant::now()),
                    Some((shown, version, text)) => {
                        self.last = Some(Last::of(shown, version, text));
                    }
                }
            }
            Err(error) => self.failed(&act, &error),
        }
    }

    async fn stream(&self, shown: &Shown, text: &str) -> Result<(), BotError> {
        match shown.streamed() {
            Some(message) => self.bot.edit(self.view.chat, message, BotText::Plain(text)).await,
            None => {
                let (chat, text) = (self.view.chat, BotText::Plain(text));
                let message = self.bot.send(chat, text, Some(shown.answers)).await?;
                shown.set_streamed(message);
                Ok(())
            }
        }
    }

    fn failed(&mut self, act: &Act, error: &BotError) {
        debug!(error = %chain(error), "cannot show a chat what happens");
        match (error, act) {
            // When to come back the pace knows, and where.
            (BotError::RetryAfter(_) | BotError::Moved(_), _) => {}
            (BotError::Forbidden(_), _) => self.forbidden = true,
            (BotError::Refused(_), Act::Draft(_)) => self.no_drafts = true,
            (BotError::Refused(_), Act::Text(shown)) => shown.mute(),
            (BotError::Refused(_), Act::Typing) | (BotError::Unavailable(_), _) => {
                self.not_before = Some(Instant::now() + self.backoff.next_delay());
            }
        }
    }
}

impl Last {
    fn of(shown: &Shown, version: Version, text: String) -> Self {
        Self { draft: shown.draft, version, text, at: Instant::now() }
    }
}
