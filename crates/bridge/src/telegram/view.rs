//! What one chat sees while it waits for replies: that its agent wakes, what it does, and the
//! text so far. All of it is passing: what was said stands in the record, and comes from there.
//!
//! A private chat has a draft, which Telegram shows for 30 s and which a message takes the place
//! of. A group has "typing…" and a message of its own, which is edited and becomes the reply's
//! first piece.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use domain::limits::TELEGRAM_TEXT_MAX_UNITS;
use domain::{MessageId, TelegramChat, Timestamp};
use telegram::text::{plain, tail};
use tokio::sync::{Mutex as AsyncMutex, MutexGuard, Notify};

use crate::transcript::{Place, Transcript};

/// Place in the order of the inbox.
pub(crate) type Key = (Timestamp, MessageId);

pub(crate) struct View {
    pub(crate) chat: TelegramChat,
    waiting: Mutex<BTreeMap<Key, Arc<Shown>>>,
    changed: Notify,
    calling: Arc<AsyncMutex<()>>,
}

/// A message whose sender sees how it goes.
pub(crate) struct Shown {
    /// The sender's message there.
    pub(crate) answers: i64,
    pub(crate) draft: i64,
    state: Mutex<State>,
    /// Held during each call: nothing of a reply is shown after it was sent.
    calling: Arc<AsyncMutex<()>>,
}

#[derive(Default)]
struct State {
    reply: Option<Arc<Transcript>>,
    /// What happens while there is no text.
    note: Option<String>,
    /// In a group: the message that shows the text, once there is one.
    streamed: Option<i64>,
    /// Telegram does not take it.
    muted: bool,
}

impl Shown {
    pub(crate) fn new(view: &View, message: &MessageId, answers: i64) -> Self {
        let draft = domain::telegram::draft_id(message);
        let calling = view.calling.clone();
        Self { answers, draft, state: Mutex::default(), calling }
    }

    pub(crate) fn begin(&self, reply: &Arc<Transcript>) {
        self.state().reply = Some(reply.clone());
    }

    pub(crate) fn is_begun(&self) -> bool {
        self.state().reply.is_some()
    }

    pub(crate) fn note(&self, note: &str) {
        self.state().note = Some(note.to_owned());
    }

    /// The message that the text is in, when nothing more of it is on its way.
    pub(crate) async fn settled(&self) -> Option<i64> {
        let _calling = self.calling.lock().await;
        self.state().streamed
    }

    pub(crate) fn streamed(&self) -> Option<i64> {
        self.state().streamed
    }

    pub(crate) fn set_streamed(&self, message: i64) {
        self.state().streamed = Some(message);
    }

    pub(crate) fn is_muted(&self) -> bool {
        self.state().muted
    }

    /// Somebody has removed it, perhaps. The reply comes as a message of its own.
    pub(crate) fn mute(&self) {
        let mut state = self.state();
        (state.muted, state.streamed) = (true, None);
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no holder panics")
    }

    pub(crate) fn version(&self, stage: &'static str) -> Version {
        let state = self.state();
        let place = state.reply.as_ref().map(|reply| reply.end());
        Version { place, note: state.note.clone(), stage }
    }

    /// Blank: nothing was written yet.
    pub(crate) fn text(&self) -> String {
        let reply = self.state().reply.clone();
        let end = reply.map(|reply| reply.read(|now| tail(&now.text, TELEGRAM_TEXT_MAX_UNITS)));
        end.map(|end| plain(&end)).unwrap_or_default()
    }

    /// Empty: that the agent thinks.
    pub(crate) fn words(&self, stage: &'static str) -> String {
        let text = self.text();
        let state = self.state();
        match (&state.reply, &state.note) {
            (None, _) => stage.to_owned(),
            (Some(_), Some(note)) if text.trim().is_empty() => note.clone(),
            (Some(_), _) => text,
        }
    }
}

/// Tells whether there is something new without writing it out.
#[derive(Clone, PartialEq)]
pub(crate) struct Version {
    pub(crate) place: Option<Place>,
    note: Option<String>,
    stage: &'static str,
}

impl View {
    pub(crate) fn new(chat: TelegramChat) -> Self {
        let (changed, calling) = (Notify::new(), Arc::default());
        Self { chat, waiting: Mutex::default(), changed, calling }
    }

    pub(crate) fn changed(&self) {
        self.changed.notify_one();
    }

    pub(crate) async fn until_changed(&self) {
        self.changed.notified().await;
    }

    /// For one call.
    pub(crate) async fn call(&self) -> MutexGuard<'_, ()> {
        self.calling.lock().await
    }

    pub(crate) fn waiting(&self) -> std::sync::MutexGuard<'_, BTreeMap<Key, Arc<Shown>>> {
        self.waiting.lock().expect("no holder panics")
    }

    /// The one that is being answered, else the one that is next.
    pub(crate) fn head(&self) -> Option<Arc<Shown>> {
        let waiting = self.waiting();
        let begun = waiting.values().find(|shown| shown.is_begun());
        begun.or_else(|| waiting.values().next()).cloned()
    }
}
