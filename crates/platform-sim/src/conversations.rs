//! What was said.

use std::cmp::Reverse;

use async_trait::async_trait;
use data_encoding::BASE64URL_NOPAD;
use domain::{Conversation, ConversationId, MessageId, StoredMessage, Timestamp, UserId};
use platform::{Conversations, HistoryPage, Result};

use crate::state::{Place, State};
use crate::world::World;

#[async_trait]
impl Conversations for World {
    async fn list(&self, user: &UserId, now: Timestamp) -> Result<Vec<Conversation>> {
        self.call("conversations.list", |state| {
            let of_user = state.talks.iter().filter(|((owner, _), _)| owner == user);
            let metas = of_user.filter_map(|(_, talk)| talk.meta.as_ref()?.live(now));
            let mut metas: Vec<Conversation> = metas.cloned().collect();
            metas.sort_by_key(|meta| Reverse(meta.last_activity_at));
            Ok(metas)
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
            let pair = talk.and_then(|talk| talk.pairs.get(&(received_at, id.clone())));
            Ok(pair.and_then(|pair| pair.live(now)).map(|[_, reply]| reply.clone()))
        })
        .await
    }
}

impl State {
    fn page(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        before: Option<Place>,
        limit: usize,
        now: Timestamp,
    ) -> HistoryPage {
        let Some(talk) = self.talks.get(&(user.clone(), conversation.clone())) else {
            return HistoryPage::default();
        };
        let earlier = |place: &Place| before.as_ref().is_none_or(|before| place < before);
        let live = talk.pairs.iter().filter(|(place, pair)| earlier(place) && pair.is_live(now));
        let mut newest: Vec<_> = live.rev().collect();
        // A page has whole pairs, one at least.
        let pairs = (limit / 2).max(1);
        let has_more = newest.len() > pairs;
        newest.truncate(pairs);
        let oldest = newest.last().map(|(place, _)| place_to(conversation, place));
        let oldest_first = newest.iter().rev().flat_map(|(_, pair)| pair.value.clone());
        HistoryPage { messages: oldest_first.collect(), before: oldest.filter(|_| has_more) }
    }
}

fn place_to(conversation: &ConversationId, (at, id): &Place) -> String {
    BASE64URL_NOPAD.encode(format!("{conversation}#{}#{id}", at.millis()).as_bytes())
}

/// `None` for a place of another conversation.
fn place_from(conversation: &ConversationId, text: &str) -> Option<Place> {
    let text = String::from_utf8(BASE64URL_NOPAD.decode(text.as_bytes()).ok()?).ok()?;
    let (at, id) = text.strip_prefix(conversation.as_str())?.strip_prefix('#')?.split_once('#')?;
    Some((Timestamp(at.parse().ok()?), MessageId::new(id).ok()?))
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
