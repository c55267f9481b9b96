//! All that Telegram knows: people, chats and their messages, files, and the updates that the
//! bot has not taken yet. It is kept in one file, so that chats are still there tomorrow.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{chat::Chat, faults::Faults, rates::Rates, webhook::Webhook};

/// What is not taken for so long is dropped.
const UPDATE_LIFE_MS: i64 = 24 * 3600 * 1000;
/// After so long without any, the next update has a random id.
const NUMBERS_FORGOTTEN_MS: i64 = 7 * 24 * 3600 * 1000;
/// That can be delivered once more.
const DELIVERED_KEPT: usize = 200;

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct State {
    pub(super) bot: Bot,
    pub(super) people: BTreeMap<i64, Person>,
    pub(super) chats: BTreeMap<i64, Chat>,
    pub(super) files: BTreeMap<String, File>,
    pub(super) commands: Vec<Value>,
    pub(super) webhook: Webhook,
    /// By chat: the next of a chat waits for the one before it.
    pub(super) queues: BTreeMap<i64, VecDeque<Update>>,
    pub(super) delivered: VecDeque<Update>,
    pub(super) dropped: VecDeque<i64>,
    next_update: i64,
    last_update_ms: i64,
    #[serde(skip)]
    pub(super) rates: Rates,
    #[serde(skip)]
    pub(super) faults: Faults,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Bot {
    pub(super) id: i64,
    pub(super) token: String,
    /// What the webhook's caller proves itself with.
    pub(super) secret: String,
}

/// As the Bot API writes a user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Person {
    pub(super) id: i64,
    pub(super) first_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) username: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) language_code: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct File {
    /// Below `/file/bot<token>/`.
    pub(super) path: String,
    pub(super) name: String,
    pub(super) mime: String,
    pub(super) size: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Update {
    pub(super) id: i64,
    pub(super) expires_ms: i64,
    pub(super) body: Value,
    /// Tries that failed.
    #[serde(default)]
    pub(super) failures: u32,
}

impl Default for Bot {
    fn default() -> Self {
        let id = 7_000_000_000 + i64::from(rand::random::<u32>() % 900_000_000);
        let random = || data_encoding::BASE64URL_NOPAD.encode(&rand::random::<[u8; 26]>());
        Self { id, token: format!("{id}:{}", random()), secret: random() }
    }
}

impl Bot {
    pub(super) const USERNAME: &str = "openclaw_local_bot";
    pub(super) const NAME: &str = "OpenClaw";

    pub(super) fn describe(&self) -> Value {
        json!({
            "id": self.id, "is_bot": true, "first_name": Self::NAME, "username": Self::USERNAME,
        })
    }
}

impl Person {
    pub(super) fn describe(&self) -> Value {
        let mut user = json!(self);
        user["is_bot"] = json!(false);
        user
    }

    pub(super) fn name(&self) -> String {
        match &self.last_name {
            Some(last) => format!("{} {last}", self.first_name),
            None => self.first_name.clone(),
        }
    }
}

impl State {
    /// Queues an update for the bot, unless it does not want that kind.
    pub(super) fn tell(
        &mut self,
        now_ms: i64,
        queue: i64,
        kind: &str,
        payload: Value,
    ) -> Option<i64> {
        if !self.webhook.allows(kind) {
            return None;
        }
        Some(self.queue(now_ms, queue, Map::from_iter([(kind.to_owned(), payload)])))
    }

    /// Queues this update whatever it is. It is numbered unless it says its number itself.
    pub(super) fn queue(&mut self, now_ms: i64, queue: i64, fields: Map<String, Value>) -> i64 {
        let own = fields.get("update_id").and_then(Value::as_i64);
        let id = own.unwrap_or_else(|| self.number(now_ms));
        let mut body = json!({"update_id": id});
        for (name, value) in fields {
            body[name] = value;
        }
        let expires_ms = now_ms + UPDATE_LIFE_MS;
        let update = Update { id, expires_ms, body, failures: 0 };
        self.queues.entry(queue).or_default().push_back(update);
        id
    }

    fn number(&mut self, now_ms: i64) -> i64 {
        if now_ms - self.last_update_ms > NUMBERS_FORGOTTEN_MS {
            self.next_update = i64::from(rand::random::<u32>() / 8) + 100_000_000;
        }
        self.last_update_ms = now_ms;
        self.next_update += 1;
        self.next_update
    }

    /// Takes the first update of a queue away, because it was delivered or is too old.
    pub(super) fn settle(&mut self, queue: i64, update: i64, delivered: bool) {
        let Some(waiting) = self.queues.get_mut(&queue) else { return };
        if waiting.front().is_none_or(|first| first.id != update) {
            return;
        }
        let first = waiting.pop_front().expect("looked at above");
        if waiting.is_empty() {
            self.queues.remove(&queue);
        }
        if delivered {
            self.delivered.push_back(first);
            let surplus = self.delivered.len().saturating_sub(DELIVERED_KEPT);
            self.delivered.drain(..surplus);
        } else {
            self.dropped.push_back(update);
            let surplus = self.dropped.len().saturating_sub(DELIVERED_KEPT);
            self.dropped.drain(..surplus);
        }
    }

    /// Everything that waits, the oldest first, as `getUpdates` gives it.
    pub(super) fn waiting(&self) -> Vec<&Update> {
        let mut waiting: Vec<&Update> = self.queues.values().flatten().collect();
        waiting.sort_by_key(|update| update.id);
        waiting
    }

    /// Takes away what a `getUpdates` has confirmed, and what is too old.
    pub(super) fn forget_updates(&mut self, is_over: impl Fn(&Update) -> bool) {
        for queue in self.queues.values_mut() {
            queue.retain(|update| !is_over(update));
        }
        self.queues.retain(|_, queue| !queue.is_empty());
    }

    pub(super) fn person(&self, id: i64) -> Option<Value> {
        if id == self.bot.id {
            return Some(self.bot.describe());
        }
        self.people.get(&id).map(Person::describe)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn updates_are_numbered_in_sequence_until_a_week_has_passed() {
        let mut state = State::default();
        let mut tell = |now| state.tell(now, 1, "message", json!({})).expect("wanted");
        let now = NUMBERS_FORGOTTEN_MS * 100;
        let first = tell(now);
        assert_eq!(tell(now + NUMBERS_FORGOTTEN_MS), first + 1);
        let later = tell(now + 2 * NUMBERS_FORGOTTEN_MS + 1);
        assert_ne!(later, first + 2, "one chance in half a billion");
    }

    #[test]
    fn what_was_stored_is_read_again() {
        let mut state = State::default();
        state.tell(1, -5, "message", json!({"x": 1}));
        let again: State =
            serde_json::from_value(json!(state)).expect("a state is read as it was written");
        assert_eq!(json!(again), json!(state));
        assert_eq!(again.waiting().len(), 1);
    }
}
