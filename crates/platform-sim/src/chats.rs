//! What is remembered of Telegram's chats, and the updates that could not be processed.

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::limits::{PARKED_UPDATE_TTL, TELEGRAM_GREETING_EVERY, TOMBSTONE_TTL};
use domain::{ConversationId, TelegramChat, TelegramUser, Timestamp, UserId};
use platform::{Chats, ParkedUpdate, ParkedUpdates, Result, UpdateId};

use crate::state::Expiring;
use crate::world::World;

#[derive(Default)]
pub(crate) struct ChatRows {
    chosen: BTreeMap<(UserId, i64, Option<i64>), ConversationId>,
    moved_from: BTreeMap<i64, i64>,
    greeted: BTreeMap<TelegramUser, Timestamp>,
    answered: BTreeMap<UpdateId, Expiring<()>>,
    parked: BTreeMap<(i64, String), Expiring<ParkedUpdate>>,
}

impl ChatRows {
    /// As rows under the user's own key.
    pub(crate) fn names_of(&self, user: &UserId) -> Vec<String> {
        let of_user = self.chosen.keys().filter(|(owner, ..)| owner == user);
        of_user
            .map(|(_, chat, thread)| format!("CHAT#{chat}#{}", thread.unwrap_or_default()))
            .collect()
    }

    pub(crate) fn forget(&mut self, user: &UserId) {
        self.chosen.retain(|(owner, ..), _| owner != user);
    }
}

fn place(user: &UserId, chat: &TelegramChat) -> (UserId, i64, Option<i64>) {
    (user.clone(), chat.id, chat.thread)
}

#[async_trait]
impl Chats for World {
    async fn conversation(
        &self,
        user: &UserId,
        chat: &TelegramChat,
    ) -> Result<Option<ConversationId>> {
        let place = place(user, chat);
        self.call("chats.conversation", |state| Ok(state.chats.chosen.get(&place).cloned())).await
    }

    async fn choose(
        &self,
        user: &UserId,
        chat: &TelegramChat,
        conversation: &ConversationId,
    ) -> Result<()> {
        self.call("chats.choose", |state| {
            state.chats.chosen.insert(place(user, chat), conversation.clone());
            Ok(())
        })
        .await
    }

    async fn note_move(&self, from: i64, to: i64) -> Result<()> {
        self.call("chats.note_move", |state| {
            state.chats.moved_from.insert(to, from);
            Ok(())
        })
        .await
    }

    async fn moved_from(&self, to: i64) -> Result<Option<i64>> {
        self.call("chats.moved_from", |state| Ok(state.chats.moved_from.get(&to).copied())).await
    }

    async fn may_greet(&self, person: TelegramUser, now: Timestamp) -> Result<bool> {
        self.call("chats.may_greet", |state| {
            let greeted = &mut state.chats.greeted;
            let lately = |at: &Timestamp| *at + TELEGRAM_GREETING_EVERY > now;
            if greeted.get(&person).is_some_and(lately) {
                return Ok(false);
            }
            greeted.insert(person, now);
            Ok(true)
        })
        .await
    }

    async fn first_to_answer(&self, update: UpdateId, now: Timestamp) -> Result<bool> {
        self.call("chats.first_to_answer", |state| {
            let answered = &mut state.chats.answered;
            if answered.get(&update).is_some_and(|row| row.is_live(now)) {
                return Ok(false);
            }
            answered.insert(update, Expiring { value: (), expires: now + TOMBSTONE_TTL });
            Ok(true)
        })
        .await
    }
}

#[async_trait]
impl ParkedUpdates for World {
    async fn park(&self, update: &ParkedUpdate) -> Result<()> {
        self.call("parked_updates.park", |state| {
            let row = Expiring { value: update.clone(), expires: update.at + PARKED_UPDATE_TTL };
            state.chats.parked.insert((update.bot, update.id.clone()), row);
            Ok(())
        })
        .await
    }

    async fn parked(&self, bot: i64, now: Timestamp) -> Result<Vec<ParkedUpdate>> {
        self.call("parked_updates.parked", |state| {
            let rows = state.chats.parked.iter().filter(|((of, _), _)| *of == bot);
            Ok(rows.filter_map(|(_, row)| row.live(now)).cloned().collect())
        })
        .await
    }
}
