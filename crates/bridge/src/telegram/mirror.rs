//! What is said elsewhere in the conversation that the user's own chat shows is shown there, too:
//! one agent, one memory.
//!
//! Whether a reply is owed to the chat is decided before it is recorded, where it goes when it is
//! delivered. Who cannot find out owes it: that costs a look, and the other way round a reply.

use std::sync::Mutex;
use std::time::Duration;

use domain::{
    Channel, ConversationId, InboxMessage, Notifications, Role, Setting, SettingKey, TelegramChat,
    TelegramNotifications, UserId, text,
};
use platform::Unavailable;
use tokio::time::Instant;
use tracing::warn;

use super::delivery::Place;
use crate::bridge::Bridge;
use crate::chain::chain;
use crate::ports::Ports;

/// How long what was read holds, while nobody nudges.
const FRESH_FOR: Duration = Duration::from_secs(60);
/// Of a question that is quoted. Ours: enough to know which one it was.
const QUOTED_MAX_BYTES: usize = 1_000;
/// Where a question is looked for that a bridge before this one answered.
const LOOKED_BACK: usize = 100;

#[derive(Default)]
pub(crate) struct Mirror(Mutex<Option<Known>>);

#[derive(Clone)]
struct Known {
    /// Nobody's chat: there is none, or it is to be shown nothing.
    shown: Option<Linked>,
    read_at: Option<Instant>,
}

#[derive(Clone)]
struct Linked {
    chat: TelegramChat,
    conversation: ConversationId,
    wanted: TelegramNotifications,
}

impl Mirror {
    pub(crate) fn look_again(&self) {
        if let Some(known) = &mut *self.lock() {
            known.read_at = None;
        }
    }

    /// The chat, as far as is known.
    pub(crate) fn chat(&self) -> Option<i64> {
        self.lock().as_ref()?.shown.as_ref().map(|linked| linked.chat.id)
    }

    pub(crate) async fn wants(&self, user: &UserId, ports: &Ports, row: &InboxMessage) -> bool {
        match self.fresh(user, ports).await {
            Ok(linked) => linked.is_some_and(|linked| linked.wants(row)),
            Err(error) => {
                warn!(error = %chain(&error), "cannot read what a chat is to be shown");
                true
            }
        }
    }

    /// `None`: it is shown nowhere.
    pub(crate) async fn place(&self, bridge: &Bridge, row: &InboxMessage) -> Option<Place> {
        let mut backoff = bridge.backoff(row.id.as_str(), (200, 10_000));
        let linked = loop {
            match self.fresh(&bridge.user, &bridge.ports).await {
                Ok(linked) => break linked,
                Err(error) if backoff.failures() == 0 => {
                    warn!(error = %chain(&error), "cannot read where a reply goes yet");
                }
                Err(_) => {}
            }
            backoff.wait().await;
        };
        let linked = linked.filter(|linked| linked.wants(row))?;
        let about = about(row.channel, &question(bridge, row).await);
        Some(Place { chat: linked.chat, answers: None, about: Some(about) })
    }

    async fn fresh(&self, user: &UserId, ports: &Ports) -> Result<Option<Linked>, Unavailable> {
        if let Some(known) = &*self.lock()
            && known.read_at.is_some_and(|at| at.elapsed() < FRESH_FOR)
        {
            return Ok(known.shown.clone());
        }
        let shown = read(user, ports).await?;
        *self.lock() = Some(Known { shown: shown.clone(), read_at: Some(Instant::now()) });
        Ok(shown)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Known>> {
        self.0.lock().expect("no holder panics")
    }
}

async fn read(user: &UserId, ports: &Ports) -> Result<Option<Linked>, Unavailable> {
    let Some(id) = own_chat(user, ports).await? else {
        return Ok(None);
    };
    let wanted = match ports.settings.get(user, SettingKey::Notifications).await? {
        Some(Setting::Notifications(Notifications { telegram })) => telegram,
        _ => TelegramNotifications::default(),
    };
    if wanted == TelegramNotifications::None {
        return Ok(None);
    }
    let chat = TelegramChat { id, thread: None, is_group: false };
    let chosen = ports.chats.conversation(user, &chat).await?;
    let conversation = chosen.unwrap_or_else(|| chat.conversation());
    Ok(Some(Linked { chat, conversation, wanted }))
}

/// Where the bot and the user talk alone.
async fn own_chat(user: &UserId, ports: &Ports) -> Result<Option<i64>, Unavailable> {
    // Whoever is not linked and may talk to the bot all the same is called after his account.
    let unlinked = user.as_str().strip_prefix("telegram:").and_then(|id| id.parse().ok());
    match unlinked {
        Some(id) => Ok(Some(id)),
        None => Ok(ports.links.of(user).await?.map(|link| link.chat)),
    }
}

impl Linked {
    fn wants(&self, row: &InboxMessage) -> bool {
        let wanted = match row.channel {
            Channel::Web => self.wanted == TelegramNotifications::All,
            Channel::Schedule => true,
            Channel::Telegram => false,
        };
        wanted && row.conversation == self.conversation
    }
}

/// What was asked, when the row has forgotten it: the record has not. Only words for people, so
/// nothing depends on it.
async fn question(bridge: &Bridge, row: &InboxMessage) -> String {
    if !row.text.is_empty() {
        return row.text.clone();
    }
    let (conversations, now) = (&bridge.ports.conversations, bridge.ports.clock.now());
    let page = conversations.history(&bridge.user, &row.conversation, None, LOOKED_BACK, now).await;
    let rows = page.map(|page| page.messages).unwrap_or_default();
    let asked = rows.into_iter().find(|it| it.id == row.id && it.role == Role::User);
    asked.map(|asked| asked.text).unwrap_or_default()
}

fn about(channel: Channel, question: &str) -> String {
    let question = question.trim();
    let cut = text::byte_prefix(question, QUOTED_MAX_BYTES);
    let more = if cut.len() < question.len() { "…" } else { "" };
    let quoted: Vec<String> = cut.lines().map(|line| format!("> {line}")).collect();
    let who = match (channel, quoted.is_empty()) {
        (Channel::Schedule, false) => "Your schedule asked:",
        (Channel::Schedule, true) => "Your schedule asked something.",
        (_, false) => "You wrote on the page:",
        (_, true) => "You sent something on the page.",
    };
    if quoted.is_empty() { who.into() } else { format!("{who}\n\n{}{more}", quoted.join("\n")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_quoted_line_by_line_and_cut() {
        assert_eq!(about(Channel::Web, "a\nb\n"), "You wrote on the page:\n\n> a\n> b");
        assert_eq!(about(Channel::Schedule, "News?"), "Your schedule asked:\n\n> News?");
        assert_eq!(about(Channel::Web, ""), "You sent something on the page.");
        let long = about(Channel::Web, &"x".repeat(QUOTED_MAX_BYTES + 1));
        assert!(long.ends_with("x…") && long.len() == 26 + QUOTED_MAX_BYTES + 3, "{}", long.len());
    }
}
