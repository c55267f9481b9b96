//! The chats that somebody waits in, one view each.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use domain::{InboxMessage, MessageId, ReplyTo, TelegramChat};
use platform::Bot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::pace::PacedBot;
use super::showing::Showing;
use super::view::{Key, Shown, View};
use crate::transcript::Transcript;

#[derive(Clone)]
pub(crate) struct Views {
    shared: Arc<Shared>,
}

struct Shared {
    bot: Arc<PacedBot>,
    all: Mutex<All>,
    stage: Mutex<&'static str>,
    tasks: TaskTracker,
    /// Nobody is shown anything any more.
    over: CancellationToken,
}

#[derive(Default)]
struct All {
    views: BTreeMap<TelegramChat, Arc<View>>,
    places: BTreeMap<MessageId, (TelegramChat, Key)>,
}

impl Views {
    pub(crate) fn new(bot: Arc<dyn Bot>, tasks: TaskTracker, over: CancellationToken) -> Self {
        let (all, stage) = (Mutex::default(), Mutex::default());
        let shared = Shared { bot: Arc::new(PacedBot::new(bot)), all, stage, tasks, over };
        Self { shared: Arc::new(shared) }
    }

    pub(crate) fn bot(&self) -> &Arc<PacedBot> {
        &self.shared.bot
    }

    /// What everybody reads whose turn has not come.
    pub(crate) fn set_stage(&self, stage: &'static str) {
        *self.shared.stage.lock().expect("no holder panics") = stage;
        self.shared.all().views.values().for_each(|view| view.changed());
    }

    /// These wait, and no others but those whose reply is being written.
    pub(crate) fn waiting(&self, rows: &[InboxMessage]) {
        let mut all = self.shared.all();
        let gone: Vec<MessageId> = all
            .places
            .iter()
            .filter_map(|(id, place)| {
                let is_begun = all.find(place).is_some_and(|(_, shown)| shown.is_begun());
                let waits = rows.iter().any(|row| row.id == *id && is_wanted(row));
                (!is_begun && !waits).then(|| id.clone())
            })
            .collect();
        for id in gone {
            all.remove(&id);
        }
        for row in rows.iter().filter(|row| is_wanted(row)) {
            self.shown(&mut all, row);
        }
    }

    pub(crate) fn begins(&self, row: &InboxMessage, reply: &Arc<Transcript>) {
        let mut all = self.shared.all();
        if let Some((view, shown)) = self.shown(&mut all, row) {
            shown.begin(reply);
            view.changed();
        }
    }

    /// There is more text.
    pub(crate) fn text(&self, message: &MessageId) {
        self.change(message, |_| {});
    }

    pub(crate) fn note(&self, message: &MessageId, note: &str) {
        self.change(message, |shown| shown.note(note));
    }

    /// It is shown no longer. What was shown of it, if anything.
    pub(crate) fn ends(&self, message: &MessageId) -> Option<Arc<Shown>> {
        self.shared.all().remove(message)
    }

    fn change(&self, message: &MessageId, change: impl FnOnce(&Shown)) {
        let all = self.shared.all();
        if let Some((view, shown)) = all.places.get(message).and_then(|place| all.find(place)) {
            change(&shown);
            view.changed();
        }
    }

    fn shown(&self, all: &mut All, row: &InboxMessage) -> Option<(Arc<View>, Arc<Shown>)> {
        let ReplyTo::Telegram { chat, message } = &row.reply_to else {
            return None;
        };
        let view = all.views.entry(*chat).or_insert_with(|| self.open(*chat)).clone();
        let key = (row.received_at, row.id.clone());
        let shown = view
            .waiting()
            .entry(key.clone())
            .or_insert_with(|| {
                view.changed();
                Arc::new(Shown::new(&view, &row.id, *message))
            })
            .clone();
        all.places.insert(row.id.clone(), (*chat, key));
        Some((view, shown))
    }

    fn open(&self, chat: TelegramChat) -> Arc<View> {
        let view = Arc::new(View::new(chat));
        let (shared, own) = (self.shared.clone(), view.clone());
        let showing = Showing::new(view.clone(), shared.bot.clone());
        let over = shared.over.clone();
        let shown = async move {
            let stage = || *shared.stage.lock().expect("no holder panics");
            showing.run(stage, || shared.all().retire(&own)).await;
        };
        self.shared.tasks.spawn(over.run_until_cancelled_owned(shown));
        view
    }
}

fn is_wanted(row: &InboxMessage) -> bool {
    !row.cancel_requested
}

impl Shared {
    fn all(&self) -> std::sync::MutexGuard<'_, All> {
        self.all.lock().expect("no holder panics")
    }
}

impl All {
    fn find(&self, (chat, key): &(TelegramChat, Key)) -> Option<(Arc<View>, Arc<Shown>)> {
        let view = self.views.get(chat)?;
        let shown = view.waiting().get(key).cloned()?;
        Some((view.clone(), shown))
    }

    fn remove(&mut self, message: &MessageId) -> Option<Arc<Shown>> {
        let (chat, key) = self.places.remove(message)?;
        let view = self.views.get(&chat)?;
        let shown = view.waiting().remove(&key);
        view.changed();
        shown
    }

    /// Whether nobody waits there.
    fn retire(&mut self, view: &View) -> bool {
        let is_over = view.waiting().is_empty();
        if is_over {
            self.views.remove(&view.chat);
        }
        is_over
    }
}
