//! What was said.

use std::cmp::Reverse;

use async_trait::async_trait;
use data_encoding::BASE64URL_NOPAD;
use domain::limits::CONVERSATION_TTL;
use domain::{Conversation, ConversationId, MessageId, StoredMessage, Timestamp, Title, UserId};
use platform::{
    ConversationPage, Conversations, Deletion, HistoryPage, ReadMark, RecentPage, Result,
};

use crate::history::{place_from, recent_from, recent_to};
use crate::state::{Expiring, Place};
use crate::world::World;

#[async_trait]
impl Conversations for World {
    async fn list(
        &self,
        user: &UserId,
        before: Option<&str>,
        limit: usize,
        now: Timestamp,
    ) -> Result<ConversationPage> {
        let before = before.and_then(activity_from);
        self.call("conversations.list", |state| {
            let of_user = state.talks.iter().filter(|((owner, _), _)| owner == user);
            let metas = of_user.filter_map(|(_, talk)| talk.meta.as_ref()?.live(now));
            let place = |meta: &Conversation| (meta.last_activity_at, meta.id.clone());
            let earlier = |meta: &&Conversation| before.as_ref().is_none_or(|b| place(meta) < *b);
            let mut listed: Vec<Conversation> = metas.filter(earlier).cloned().collect();
            listed.sort_by_key(|meta| Reverse(place(meta)));
            let has_more = listed.len() > limit;
            listed.truncate(limit);
            let before = listed.last().filter(|_| has_more).map(activity_to);
            Ok(ConversationPage { conversations: listed, before })
        })
        .await
    }

    async fn get(
        &self,
        user: &UserId,
        id: &ConversationId,
        now: Timestamp,
    ) -> Result<Option<Conversation>> {
        self.call("conversations.get", |state| {
            let talk = state.talks.get(&(user.clone(), id.clone()));
            Ok(talk.and_then(|talk| talk.meta.as_ref()?.live(now)).cloned())
        })
        .await
    }

    async fn begin(
        &self,
        user: &UserId,
        conversation: &Conversation,
    ) -> Result<Option<Conversation>> {
        self.call("conversations.begin", |state| {
            let now = conversation.last_activity_at;
            let talk = state.talks.entry((user.clone(), conversation.id.clone())).or_default();
            if let Some(known) = talk.meta.as_ref().and_then(|meta| meta.live(now)) {
                return Ok(Some(known.clone()));
            }
            let expires = now + CONVERSATION_TTL;
            talk.meta = Some(Expiring { value: conversation.clone(), expires });
            Ok(None)
        })
        .await
    }

    async fn rename(
        &self,
        user: &UserId,
        id: &ConversationId,
        title: &Title,
        now: Timestamp,
    ) -> Result<bool> {
        self.call("conversations.rename", |state| {
            let talk = state.talks.get_mut(&(user.clone(), id.clone()));
            let meta = talk.and_then(|talk| talk.meta.as_mut()).filter(|meta| meta.is_live(now));
            Ok(meta.map(|meta| meta.value.title = title.to_string()).is_some())
        })
        .await
    }

    async fn mark_read(
        &self,
        user: &UserId,
        id: &ConversationId,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<ReadMark> {
        self.call("conversations.mark_read", |state| {
            let talk = state.talks.get_mut(&(user.clone(), id.clone()));
            let meta = talk.and_then(|talk| talk.meta.as_mut()).filter(|meta| meta.is_live(now));
            let Some(meta) = meta else {
                return Ok(ReadMark::Nowhere);
            };
            if meta.value.read_until.is_some_and(|read| read >= until) {
                return Ok(ReadMark::Stands);
            }
            meta.value.read_until = Some(until);
            Ok(ReadMark::Moved)
        })
        .await
    }

    async fn hide(&self, user: &UserId, seen: &Conversation, until: Timestamp) -> Result<bool> {
        self.call("conversations.hide", |state| {
            let Some(talk) = state.talks.get_mut(&(user.clone(), seen.id.clone())) else {
                return Ok(false);
            };
            let is_as_seen = |meta: &Expiring<Conversation>| {
                meta.value.last_activity_at == seen.last_activity_at
            };
            if !talk.meta.as_ref().is_some_and(is_as_seen) {
                return Ok(false);
            }
            talk.meta = None;
            talk.deleted_until = Some(until);
            Ok(true)
        })
        .await
    }

    async fn delete_hidden(
        &self,
        user: &UserId,
        id: &ConversationId,
        most: usize,
    ) -> Result<Deletion> {
        self.call("conversations.delete", |state| {
            let key = (user.clone(), id.clone());
            let Some(talk) = state.talks.get_mut(&key) else {
                return Ok(Deletion::None);
            };
            let Some(until) = talk.deleted_until else {
                return Ok(Deletion::None);
            };
            let hidden: Vec<Place> =
                talk.pairs.keys().filter(|(at, _)| *at <= until).cloned().collect();
            for place in hidden.iter().take(most.div_ceil(2)) {
                talk.pairs.remove(place);
            }
            if hidden.len() * 2 >= most {
                return Ok(Deletion::Begun);
            }
            talk.deleted_until = None;
            if talk.meta.is_none() && talk.pairs.is_empty() {
                state.talks.remove(&key);
            }
            Ok(Deletion::Done)
        })
        .await
    }

    async fn history(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        before: Option<&str>,
        limit: usize,
        now: Timestamp,
    ) -> Result<HistoryPage> {
        let before = before.and_then(|place| place_from(conversation, place));
        self.call("conversations.history", |state| {
            Ok(state.page(user, conversation, before, limit, now))
        })
        .await
    }

    async fn later(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        after: &str,
        limit: usize,
        now: Timestamp,
    ) -> Result<HistoryPage> {
        let after = place_from(conversation, after);
        self.call("conversations.history", |state| {
            Ok(state.page_after(user, conversation, after, limit, now))
        })
        .await
    }

    async fn around(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        place: &str,
        limit: usize,
        now: Timestamp,
    ) -> Result<HistoryPage> {
        let found = recent_from(place).filter(|(_, of, ..)| of == conversation);
        self.call("conversations.history", |state| {
            let page = found.and_then(|(at, _, id, _)| {
                state.page_around(user, conversation, &(at, id), limit, now)
            });
            Ok(page.unwrap_or_else(|| state.page(user, conversation, None, limit, now)))
        })
        .await
    }

    fn place_of(&self, conversation: &ConversationId, at: Timestamp, id: &MessageId) -> String {
        recent_to(&(at, conversation.clone(), id.clone(), 0))
    }

    async fn recent(
        &self,
        user: &UserId,
        before: Option<&str>,
        limit: usize,
        now: Timestamp,
    ) -> Result<RecentPage> {
        let before = before.and_then(recent_from);
        self.call("conversations.recent", |state| Ok(state.recent(user, before, limit, now))).await
    }

    async fn reply(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        id: &MessageId,
        received_at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<StoredMessage>> {
        self.call("conversations.reply", |state| {
            let talk = state.talks.get(&(user.clone(), conversation.clone()));
            let place = (received_at, id.clone());
            let pair = talk.and_then(|talk| Some((talk, talk.pairs.get(&place)?)));
            let there = pair.filter(|(talk, pair)| talk.shows(&place, pair, now));
            Ok(there.map(|(_, pair)| pair.value[1].clone()))
        })
        .await
    }
}

fn activity_to(conversation: &Conversation) -> String {
    let Conversation { id, last_activity_at, .. } = conversation;
    BASE64URL_NOPAD.encode(format!("{}#{id}", last_activity_at.millis()).as_bytes())
}

fn activity_from(text: &str) -> Option<(Timestamp, ConversationId)> {
    let text = String::from_utf8(BASE64URL_NOPAD.decode(text.as_bytes()).ok()?).ok()?;
    let (at, id) = text.split_once('#')?;
    Some((Timestamp(at.parse().ok()?), ConversationId::new(id).ok()?))
}

impl World {
    /// Every recorded reply of the user.
    pub fn recorded(&self, user: &UserId) -> Vec<StoredMessage> {
        let state = self.lock();
        let talks = state.talks.iter().filter(|((owner, _), _)| owner == user);
        let pairs = talks.flat_map(|(_, talk)| talk.pairs.values());
        pairs.map(|pair| pair.value[1].clone()).collect()
    }
}
