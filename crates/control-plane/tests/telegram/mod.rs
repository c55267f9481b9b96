//! Updates as Telegram writes them, and what comes of them.
#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeSet;
use std::sync::Arc;

use control_plane::{CancelMessage, ReadStatus, ReceiveError, ReceiveUpdate, Received};
use domain::{InboxMessage, LinkCode, TelegramChat, TelegramUser, UserId};
use platform::{Clock, IssueOutcome, RedeemOutcome, Redemption};
use serde_json::{Value, json};

use crate::world::{Cases, cases};

/// Linked to `ana`.
pub(crate) const ANA: i64 = 501;
/// On the operator's list.
pub(crate) const BEN: i64 = 502;
/// Nobody knows him.
pub(crate) const EVE: i64 = 503;
pub(crate) const GROUP: i64 = -1_001_234;

pub(crate) struct Chatting {
    pub(crate) cases: Cases,
    pub(crate) receive: ReceiveUpdate,
}

pub(crate) fn private(person: i64) -> TelegramChat {
    TelegramChat { id: person, thread: None, is_group: false }
}

pub(crate) fn group() -> TelegramChat {
    TelegramChat { id: GROUP, thread: None, is_group: true }
}

/// Ana is linked.
pub(crate) async fn chatting() -> Chatting {
    let chatting = unlinked().await;
    chatting.link(ANA).await;
    chatting
}

pub(crate) async fn unlinked() -> Chatting {
    let cases = cases();
    let (world, clock) = (&cases.world, Arc::new(cases.world.clock().clone()));
    let ensure = cases.ensure();
    let receive = ReceiveUpdate {
        links: world.links(),
        chats: world.chats(),
        inbox: world.inbox(),
        conversations: world.conversations(),
        accept: cases.accept(),
        cancel: CancelMessage { inbox: world.inbox(), ensure: ensure.clone() },
        status: ReadStatus { tasks: world.tasks(), inbox: world.inbox(), clock: clock.clone() },
        ensure,
        tell: cases.tell(),
        bot: Arc::new(world.clone()),
        clock,
        allowed: BTreeSet::from([TelegramUser(BEN)]),
    };
    Chatting { cases, receive }
}

impl Chatting {
    /// What the webhook does with an update.
    pub(crate) async fn get(&self, update: Value) -> Received {
        let received = self.tried(update).await.expect("done");
        self.receive.follow(&received).await;
        received
    }

    pub(crate) async fn tried(&self, update: Value) -> Result<Received, ReceiveError> {
        let update = serde_json::from_value(update).expect("an update");
        self.receive.run(&update).await
    }

    pub(crate) async fn link(&self, person: i64) {
        let (links, now) = (self.cases.world.links(), self.cases.world.clock().now());
        let code = LinkCode::from_random(person.unsigned_abs());
        let until = now + domain::limits::LINK_CODE_TTL;
        let issued = links.issue(&self.cases.user, &code, until, now).await.expect("writes");
        assert_eq!(issued, IssueOutcome::Issued);
        let name = "Ana".to_owned();
        let said = Redemption { code, person: TelegramUser(person), name, chat: person, now };
        let linked = links.redeem(&said).await.expect("writes");
        assert_eq!(linked, RedeemOutcome::Linked(self.cases.user.clone()));
    }

    /// Of the linked user.
    pub(crate) fn inbox(&self) -> Vec<InboxMessage> {
        self.cases.world.inbox_of(&self.cases.user)
    }

    pub(crate) fn inbox_of_ben(&self) -> Vec<InboxMessage> {
        self.cases.world.inbox_of(&UserId::new(format!("telegram:{BEN}")).expect("valid"))
    }

    pub(crate) fn texts(&self) -> Vec<String> {
        self.inbox().into_iter().map(|row| row.text).collect()
    }

    pub(crate) fn said(&self, chat: TelegramChat) -> Vec<String> {
        self.cases.world.bot_said(chat)
    }
}

pub(crate) fn person(id: i64) -> Value {
    json!({ "id": id, "is_bot": false, "first_name": "P", "language_code": "en" })
}

pub(crate) fn bot() -> Value {
    json!({ "id": 4217, "is_bot": true, "first_name": "Claw", "username": "claw_bot" })
}

/// In a private chat, with `more` over it.
pub(crate) fn message(update: i64, from: i64, more: Value) -> Value {
    let mut message = json!({
        "message_id": update, "date": 1_790_000_000, "from": person(from),
        "chat": { "id": from, "type": "private", "first_name": "P" },
    });
    over(&mut message, more);
    json!({ "update_id": update, "message": message })
}

pub(crate) fn text(update: i64, from: i64, text: &str) -> Value {
    message(update, from, json!({ "text": text, "entities": command_in(text) }))
}

pub(crate) fn in_group(update: i64, from: i64, more: Value) -> Value {
    let chat = json!({ "id": GROUP, "type": "supergroup", "title": "Friends" });
    let mut update = message(update, from, json!({ "chat": chat }));
    over(&mut update["message"], more);
    update
}

pub(crate) fn edited(update: i64, mut of: Value, more: Value) -> Value {
    let mut message = of["message"].take();
    message["edit_date"] = json!(1_790_000_100);
    over(&mut message, more);
    json!({ "update_id": update, "edited_message": message })
}

/// As Telegram marks a command that a text begins with.
pub(crate) fn command_in(text: &str) -> Value {
    match text.split_whitespace().next() {
        Some(word) if word.starts_with('/') => {
            json!([{ "type": "bot_command", "offset": 0, "length": word.len() }])
        }
        _ => json!([]),
    }
}

/// Of `@name` in a text, as Telegram marks it.
pub(crate) fn mention_in(text: &str, name: &str) -> Value {
    let at = text.find(name).expect("is in it");
    let offset = domain::text::utf16_len(&text[..at]);
    json!([{ "type": "mention", "offset": offset, "length": name.len() }])
}

fn over(message: &mut Value, more: Value) {
    let Value::Object(fields) = more else { panic!("fields") };
    message.as_object_mut().expect("an object").extend(fields);
}
