//! The bot, called no oftener than Telegram bears: so often in a chat, so often in all, and in a
//! chat that asked for a pause not at all.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::TelegramChat;
use domain::limits::{TELEGRAM_CALL_EVERY, TELEGRAM_CHAT_EVERY, TELEGRAM_GROUP_EVERY};
use platform::{Bot, BotError, BotText};
use tokio::time::{Instant, sleep_until};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// A piece of a reply.
    Message,
    /// Text that is being written. It lets messages go first.
    Glimpse,
    /// "typing…". Telegram does not count it as a message.
    Sign,
}

pub(crate) struct PacedBot {
    bot: Arc<dyn Bot>,
    pace: Mutex<Pace>,
}

impl PacedBot {
    pub(crate) fn new(bot: Arc<dyn Bot>) -> Self {
        Self { bot, pace: Mutex::default() }
    }

    /// `None`: at once.
    pub(crate) fn ready_at(&self, chat: TelegramChat, call: Call) -> Option<Instant> {
        let pace = self.pace();
        pace.ready_at(pace.place(chat), call)
    }

    /// `false`: it is not time for it.
    pub(crate) fn take(&self, chat: TelegramChat, call: Call) -> bool {
        let mut pace = self.pace();
        let chat = pace.place(chat);
        pace.take(chat, call, Instant::now())
    }

    /// Waits until a message may be sent.
    pub(crate) async fn turn(&self, chat: TelegramChat) {
        let _waiting = Waiting::of(self, chat);
        while !self.take(chat, Call::Message) {
            let at = self.ready_at(chat, Call::Message).unwrap_or_else(Instant::now);
            sleep_until(at).await;
        }
    }

    // What follows is for whoever took the time for it.

    pub(crate) async fn send(
        &self,
        chat: TelegramChat,
        text: BotText<'_>,
        answers: Option<i64>,
    ) -> Result<i64, BotError> {
        let chat = self.pace().place(chat);
        self.heard(chat, self.bot.send(chat, text, answers).await)
    }

    pub(crate) async fn edit(
        &self,
        chat: TelegramChat,
        message: i64,
        text: BotText<'_>,
    ) -> Result<(), BotError> {
        let chat = self.pace().place(chat);
        self.heard(chat, self.bot.edit(chat, message, text).await)
    }

    pub(crate) async fn draft(
        &self,
        chat: TelegramChat,
        draft: i64,
        text: &str,
    ) -> Result<(), BotError> {
        let chat = self.pace().place(chat);
        self.heard(chat, self.bot.draft(chat, draft, text).await)
    }

    pub(crate) async fn typing(&self, chat: TelegramChat) -> Result<(), BotError> {
        let chat = self.pace().place(chat);
        self.heard(chat, self.bot.typing(chat).await)
    }

    fn heard<T>(&self, chat: TelegramChat, outcome: Result<T, BotError>) -> Result<T, BotError> {
        match &outcome {
            Err(BotError::RetryAfter(span)) => {
                self.pace().chat(chat).paused_until = Some(Instant::now() + *span);
            }
            Err(BotError::Moved(to)) => self.pace().chat(chat).moved_to = Some(*to),
            _ => {}
        }
        outcome
    }

    fn pace(&self) -> std::sync::MutexGuard<'_, Pace> {
        self.pace.lock().expect("no holder panics")
    }
}

/// A message waits for its turn as long as this lives.
struct Waiting<'a>(&'a PacedBot, TelegramChat);

impl<'a> Waiting<'a> {
    fn of(bot: &'a PacedBot, chat: TelegramChat) -> Self {
        let chat = bot.pace().place(chat);
        bot.pace().chat(chat).messages_waiting += 1;
        Self(bot, chat)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.pace().chat(self.1).messages_waiting -= 1;
    }
}

#[derive(Default)]
struct Pace {
    chats: BTreeMap<i64, Chat>,
    next_at: Option<Instant>,
}

#[derive(Default)]
struct Chat {
    next_at: Option<Instant>,
    paused_until: Option<Instant>,
    messages_waiting: u32,
    moved_to: Option<i64>,
}

fn every(chat: TelegramChat) -> Duration {
    if chat.is_group { TELEGRAM_GROUP_EVERY } else { TELEGRAM_CHAT_EVERY }
}

impl Pace {
    fn chat(&mut self, chat: TelegramChat) -> &mut Chat {
        self.chats.entry(chat.id).or_default()
    }

    /// Where the chat is now.
    fn place(&self, chat: TelegramChat) -> TelegramChat {
        let moved_to = self.chats.get(&chat.id).and_then(|own| own.moved_to);
        TelegramChat { id: moved_to.unwrap_or(chat.id), ..chat }
    }

    fn ready_at(&self, chat: TelegramChat, call: Call) -> Option<Instant> {
        let Some(own) = self.chats.get(&chat.id) else {
            return self.next_at;
        };
        let spoken = match call {
            Call::Message => own.next_at,
            Call::Glimpse if own.messages_waiting > 0 => own.next_at.map(|at| at + every(chat)),
            Call::Glimpse => own.next_at,
            Call::Sign => None,
        };
        self.next_at.max(own.paused_until).max(spoken)
    }

    fn take(&mut self, chat: TelegramChat, call: Call, now: Instant) -> bool {
        if self.ready_at(chat, call).is_some_and(|at| at > now) {
            return false;
        }
        self.next_at = Some(now + TELEGRAM_CALL_EVERY);
        if call != Call::Sign {
            self.chat(chat).next_at = Some(now + every(chat));
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRIVATE: TelegramChat = TelegramChat { id: 1, thread: None, is_group: false };
    const GROUP: TelegramChat = TelegramChat { id: -2, thread: Some(7), is_group: true };

    fn taken(pace: &mut Pace, chat: TelegramChat, call: Call, at: Instant) -> Vec<bool> {
        let just_before = Duration::from_nanos(1);
        let every = every(chat);
        [at, at + every - just_before, at + every].map(|at| pace.take(chat, call, at)).into()
    }

    #[test]
    fn a_chat_is_written_to_once_a_second_and_a_group_once_in_three() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        assert_eq!(taken(&mut pace, PRIVATE, Call::Message, now), [true, false, true]);
        let (mut pace, now) = (Pace::default(), Instant::now());
        assert_eq!(taken(&mut pace, GROUP, Call::Glimpse, now), [true, false, true]);
    }

    #[test]
    fn all_chats_together_get_25_calls_a_second() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        let mut taken = 0;
        for millis in 0..1_000 {
            let chat = TelegramChat { id: millis + 10, ..PRIVATE };
            let at = now + Duration::from_millis(millis.unsigned_abs());
            taken += u32::from(pace.take(chat, Call::Sign, at));
        }
        assert_eq!(taken, 25);
    }

    #[test]
    fn a_sign_is_no_message() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        assert!(pace.take(GROUP, Call::Message, now));
        assert!(pace.take(GROUP, Call::Sign, now + TELEGRAM_CALL_EVERY));
        assert!(pace.take(GROUP, Call::Message, now + TELEGRAM_GROUP_EVERY));
    }

    #[test]
    fn a_pause_holds_for_everything_in_its_chat_and_for_no_other() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        pace.chat(GROUP).paused_until = Some(now + Duration::from_secs(60));
        for call in [Call::Message, Call::Glimpse, Call::Sign] {
            assert!(!pace.take(GROUP, call, now + Duration::from_secs(59)));
        }
        assert!(pace.take(PRIVATE, Call::Message, now));
        assert!(pace.take(GROUP, Call::Message, now + Duration::from_secs(60)));
    }

    #[test]
    fn a_message_that_waits_goes_before_text_that_is_being_written() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        assert!(pace.take(PRIVATE, Call::Glimpse, now));
        pace.chat(PRIVATE).messages_waiting = 1;
        let next = now + TELEGRAM_CHAT_EVERY;
        assert!(!pace.take(PRIVATE, Call::Glimpse, next));
        assert!(pace.take(PRIVATE, Call::Message, next));
    }
}
