//! People who write in Telegram, and a bot whose calls are watched.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::{Channel, ReplyTo, TelegramChat};
use platform::{Bot, BotError, BotProfile, BotText, Clock, Inbox, NewMessage, OpenError, Upload};
use platform_sim::{Fate, Process, World};
use tokio::time::{Instant, sleep};

use super::{conversation, id, user};

pub(crate) const PRIVATE: TelegramChat = TelegramChat { id: 71, thread: None, is_group: false };
pub(crate) const GROUP: TelegramChat = TelegramChat { id: -10, thread: None, is_group: true };

pub(crate) async fn put_in(world: &World, message: &str, chat: TelegramChat) {
    world.clock().advance(Duration::from_millis(1));
    let at = world.clock().now();
    let message = NewMessage {
        id: id(message),
        conversation: conversation(&chat.conversation().to_string()),
        channel: Channel::Telegram,
        reply_to: ReplyTo::Telegram { chat, message: 7_000 },
        text: format!("text of {message}"),
        attachments: Vec::new(),
        album: None,
        received_at: at,
        due_at: at,
    };
    Inbox::put(world, &user(), &message).await.expect("no faults");
}

/// Kills a process right before or right after one of its messages goes out.
pub(crate) struct Killer {
    pub(crate) process: Process,
    /// Twice the message's number, and one more for after it.
    pub(crate) at: usize,
    pub(crate) passed: AtomicUsize,
}

impl Killer {
    fn pass(&self) {
        if self.passed.fetch_add(1, Ordering::SeqCst) == self.at {
            self.process.becomes(Fate::Dead);
        }
    }
}

/// Notes when each call came back; each takes its time.
pub(crate) struct WatchedBot {
    inner: Arc<dyn Bot>,
    delay: Duration,
    killer: Option<Killer>,
    calls: Mutex<Vec<(Instant, &'static str, i64)>>,
}

impl WatchedBot {
    pub(crate) fn new(inner: Arc<dyn Bot>, delay: Duration) -> Arc<Self> {
        Arc::new(Self { inner, delay, killer: None, calls: Mutex::default() })
    }

    pub(crate) fn killed(inner: Arc<dyn Bot>, killer: Killer) -> Arc<Self> {
        let (delay, killer) = (Duration::ZERO, Some(killer));
        Arc::new(Self { inner, delay, killer, calls: Mutex::default() })
    }

    /// When this was asked in the chat and answered.
    pub(crate) fn times(&self, operation: &str, chat: TelegramChat) -> Vec<Instant> {
        let calls = self.calls.lock().expect("no panics");
        let here = calls.iter().filter(|(_, name, id)| *name == operation && *id == chat.id);
        here.map(|(at, _, _)| *at).collect()
    }

    async fn watched<T>(
        &self,
        operation: &'static str,
        chat: TelegramChat,
        call: impl Future<Output = Result<T, BotError>>,
    ) -> Result<T, BotError> {
        let at = Instant::now();
        sleep(self.delay).await;
        let outcome = call.await;
        self.calls.lock().expect("no panics").push((at, operation, chat.id));
        outcome
    }
}

#[async_trait]
impl Bot for WatchedBot {
    async fn me(&self) -> Result<BotProfile, BotError> {
        self.inner.me().await
    }

    async fn send(
        &self,
        chat: TelegramChat,
        text: BotText<'_>,
        answers: Option<i64>,
    ) -> Result<i64, BotError> {
        let sent = async {
            if let Some(killer) = &self.killer {
                killer.pass();
            }
            let sent = self.inner.send(chat, text, answers).await;
            if let Some(killer) = &self.killer {
                killer.pass();
            }
            sent
        };
        self.watched("send", chat, sent).await
    }

    async fn edit(
        &self,
        chat: TelegramChat,
        message: i64,
        text: BotText<'_>,
    ) -> Result<(), BotError> {
        self.watched("edit", chat, self.inner.edit(chat, message, text)).await
    }

    async fn draft(&self, chat: TelegramChat, draft: i64, text: &str) -> Result<(), BotError> {
        self.watched("draft", chat, self.inner.draft(chat, draft, text)).await
    }

    async fn typing(&self, chat: TelegramChat) -> Result<(), BotError> {
        self.watched("typing", chat, self.inner.typing(chat)).await
    }

    async fn open_file(&self, file_id: &str) -> Result<Upload, OpenError> {
        self.inner.open_file(file_id).await
    }
}
