//! The bridge's side of Telegram. What people see while they wait is passing ([`views`]); what
//! they are told in the end comes from the record ([`deliver`]), also of what was asked elsewhere
//! in a conversation that a chat shows ([`mirror`]).

mod deliver;
mod delivery;
mod mirror;
mod pace;
mod said;
mod showing;
mod view;
mod views;

use std::sync::Arc;

use domain::{InboxMessage, MessageId, Phase, ReplyTo, UserId};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::warn;

pub use deliver::catch_up;
pub(crate) use deliver::owe;

use self::deliver::Deliveries;
use self::mirror::Mirror;
use self::pace::PacedBot;
use self::view::Shown;
use self::views::Views;
use crate::chain::chain;
use crate::ports::Ports;
use crate::transcript::Transcript;

pub struct Telegram {
    user: UserId,
    ports: Ports,
    /// `None`: there is no bot.
    views: Option<Views>,
    deliveries: Deliveries,
    mirror: Mirror,
}

impl Telegram {
    /// `over`: from then on nobody is shown anything.
    pub fn new(user: UserId, ports: Ports, tasks: TaskTracker, over: CancellationToken) -> Self {
        let views = ports.bot.clone().map(|bot| Views::new(bot, tasks, over));
        let (deliveries, mirror) = (Deliveries::default(), Mirror::default());
        Self { user, ports, views, deliveries, mirror }
    }

    /// Reads who waits. Whom it does not find is found when the inbox is drained.
    pub async fn look_around(&self) {
        let Some(views) = &self.views else {
            return;
        };
        match self.ports.inbox.open(&self.user, self.ports.clock.now()).await {
            Ok(rows) => views.waiting(&rows),
            Err(error) => warn!(error = %chain(&error), "cannot read who waits in Telegram"),
        }
    }

    /// All who wait.
    pub(crate) fn waiting(&self, rows: &[InboxMessage]) {
        self.with_views(|views| views.waiting(rows));
    }

    pub(crate) fn enter(&self, phase: Phase) {
        self.with_views(|views| views.set_stage(stage(phase)));
    }

    pub(crate) fn begins(&self, row: &InboxMessage, reply: &Arc<Transcript>) {
        self.with_views(|views| views.begins(row, reply));
    }

    pub(crate) fn text(&self, message: &MessageId) {
        self.with_views(|views| views.text(message));
    }

    /// What happens while there is no text yet.
    pub(crate) fn note(&self, message: &MessageId, note: &str) {
        self.with_views(|views| views.note(message, note));
    }

    pub(crate) fn ends(&self, message: &MessageId) -> Option<Arc<Shown>> {
        self.views.as_ref()?.ends(message)
    }

    /// Whether a chat is to be told how this ends.
    pub(crate) async fn owes(&self, row: &InboxMessage) -> bool {
        match row.reply_to {
            ReplyTo::Telegram { .. } => true,
            _ => self.views.is_some() && self.mirror.wants(&self.user, &self.ports, row).await,
        }
    }

    /// Somebody is here, and may have changed what a chat is shown.
    pub(crate) fn look_again(&self) {
        self.mirror.look_again();
    }

    fn bot(&self) -> Option<Arc<PacedBot>> {
        self.views.as_ref().map(|views| views.bot().clone())
    }

    fn with_views(&self, act: impl FnOnce(&Views)) {
        if let Some(views) = &self.views {
            act(views);
        }
    }
}

/// What is read by whoever's turn has not come. Nothing: that the agent thinks.
fn stage(phase: Phase) -> &'static str {
    match phase {
        Phase::Provisioning => "Waking your agent…",
        Phase::Restoring => "Waking your agent… it remembers what it knew.",
        Phase::StartingGateway => "Waking your agent… its program starts.",
        Phase::Connecting => "Waking your agent… nearly there.",
        Phase::Ready | Phase::Retrying => "",
        Phase::Stopping => "Your agent is moving to a new machine. Your message is saved.",
    }
}
