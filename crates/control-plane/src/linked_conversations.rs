//! What a person said before he linked his Telegram account. He was another user then,
//! `telegram:<his number>`, and what was his stays there: he finds it again when he unlinks.
//! While the link lasts the page shows it beside the user's own, and changes none of it.
//!
//! A conversation `c` of then is called `tg-linked-<number>-<c>` here. Who writes into it goes on in
//! a conversation of his own by that name, which shows what was before it first; the agent is
//! told only what is his own.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{Conversation, ConversationId, MessageId, StoredMessage, Timestamp, Title, UserId};
use futures_util::future::try_join_all;
use platform::{
    ConversationPage, Conversations, Deletion, HistoryPage, Links, ReadMark, RecentPage, Result,
};

use crate::receive_update::unlinked;

mod before;

use before::{Before, PREFIX, THERE, begun, there, there_from};

/// For reading. What changes conversations has the user's own.
pub struct LinkedConversations {
    pub own: Arc<dyn Conversations>,
    pub links: Arc<dyn Links>,
}

impl LinkedConversations {
    async fn before(&self, user: &UserId) -> Result<Option<Before>> {
        let link = self.links.of(user).await?;
        Ok(link.map(|link| Before { person: link.person, user: unlinked(link.person) }))
    }

    /// Who he was, and what he called this conversation. `None`: it is no other than his own.
    async fn of(
        &self,
        user: &UserId,
        id: &ConversationId,
    ) -> Result<Option<(Before, ConversationId)>> {
        if !id.as_str().starts_with(PREFIX) {
            return Ok(None);
        }
        let before = self.before(user).await?;
        Ok(before.and_then(|before| before.own_name(id).map(|name| (before, name))))
    }

    /// A page of what was before, without what the user has gone on with.
    async fn listed(
        &self,
        user: &UserId,
        before: &Before,
        place: Option<&str>,
        limit: usize,
        now: Timestamp,
    ) -> Result<ConversationPage> {
        let page = self.own.list(&before.user, place, limit, now).await?;
        let listed = page.conversations.into_iter().filter_map(|it| before.conversation(it));
        let listed: Vec<Conversation> = listed.collect();
        let gone_on = listed.iter().map(|it| self.own.get(user, &it.id, now));
        let gone_on = try_join_all(gone_on).await?;
        let kept = listed.into_iter().zip(gone_on).filter(|(_, own)| own.is_none());
        let conversations = kept.map(|(listed, _)| listed).collect();
        Ok(ConversationPage { conversations, before: there(page.before) })
    }
}

#[async_trait]
impl Conversations for LinkedConversations {
    /// The user's own, then what was before.
    async fn list(
        &self,
        user: &UserId,
        before: Option<&str>,
        limit: usize,
        now: Timestamp,
    ) -> Result<ConversationPage> {
        let mut page = match there_from(before) {
            Some(_) => ConversationPage::default(),
            None => self.own.list(user, before, limit, now).await?,
        };
        let room = limit.saturating_sub(page.conversations.len());
        if page.before.is_some() {
            return Ok(page);
        }
        let Some(then) = self.before(user).await? else { return Ok(page) };
        let place = there_from(before).and_then(begun);
        if room == 0 {
            page.before = Some(THERE.into());
            return Ok(page);
        }
        let rest = self.listed(user, &then, place, room, now).await?;
        page.conversations.extend(rest.conversations);
        page.before = rest.before;
        Ok(page)
    }

    async fn get(
        &self,
        user: &UserId,
        id: &ConversationId,
        now: Timestamp,
    ) -> Result<Option<Conversation>> {
        if let Some(own) = self.own.get(user, id, now).await? {
            return Ok(Some(own));
        }
        let Some((then, name)) = self.of(user, id).await? else { return Ok(None) };
        let found = self.own.get(&then.user, &name, now).await?;
        Ok(found.and_then(|found| then.conversation(found)))
    }

    async fn begin(
        &self,
        user: &UserId,
        conversation: &Conversation,
    ) -> Result<Option<Conversation>> {
        self.own.begin(user, conversation).await
    }

    async fn rename(
        &self,
        user: &UserId,
        id: &ConversationId,
        title: &Title,
        now: Timestamp,
    ) -> Result<bool> {
        self.own.rename(user, id, title, now).await
    }

    /// Of the user's own alone.
    async fn mark_read(
        &self,
        user: &UserId,
        id: &ConversationId,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<ReadMark> {
        self.own.mark_read(user, id, until, now).await
    }

    async fn hide(&self, user: &UserId, seen: &Conversation, until: Timestamp) -> Result<bool> {
        self.own.hide(user, seen, until).await
    }

    async fn delete_hidden(
        &self,
        user: &UserId,
        id: &ConversationId,
        most: usize,
    ) -> Result<Deletion> {
        self.own.delete_hidden(user, id, most).await
    }

    /// Before the user's own comes what was before.
    async fn history(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        before: Option<&str>,
        limit: usize,
        now: Timestamp,
    ) -> Result<HistoryPage> {
        let Some((then, name)) = self.of(user, conversation).await? else {
            return self.own.history(user, conversation, before, limit, now).await;
        };
        if let Some(place) = there_from(before) {
            let page = self.own.history(&then.user, &name, begun(place), limit, now).await?;
            return Ok(then.page(page));
        }
        let mut page = self.own.history(user, conversation, before, limit, now).await?;
        if page.messages.is_empty() && page.before.is_none() {
            let page = self.own.history(&then.user, &name, None, limit, now).await?;
            return Ok(then.page(page));
        }
        page.before = page.before.or_else(|| Some(THERE.into()));
        Ok(page)
    }

    async fn later(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        after: &str,
        limit: usize,
        now: Timestamp,
    ) -> Result<HistoryPage> {
        let found = match there_from(Some(after)) {
            Some(place) => self.of(user, conversation).await?.map(|found| (found, place)),
            None => None,
        };
        let Some(((then, name), place)) = found else {
            return self.own.later(user, conversation, after, limit, now).await;
        };
        let page = self.own.later(&then.user, &name, place, limit, now).await?;
        let mut page = then.page(page);
        if page.goes_on {
            return Ok(page);
        }
        // At the end of what was before the user's own begins.
        if page.messages.is_empty() {
            let own = self.own.later(user, conversation, "", limit, now).await?;
            if !own.messages.is_empty() {
                return Ok(own);
            }
            page.after = page.after.or_else(|| Some(after.to_owned()));
            return Ok(page);
        }
        let own = self.own.later(user, conversation, "", 1, now).await?;
        page.goes_on = !own.messages.is_empty();
        Ok(page)
    }

    async fn around(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        place: &str,
        limit: usize,
        now: Timestamp,
    ) -> Result<HistoryPage> {
        let Some((then, name)) = self.of(user, conversation).await? else {
            return self.own.around(user, conversation, place, limit, now).await;
        };
        let Some(place) = there_from(Some(place)) else {
            let mut page = self.own.around(user, conversation, place, limit, now).await?;
            if page.messages.is_empty() && page.before.is_none() {
                return self.history(user, conversation, None, limit, now).await;
            }
            page.before = page.before.or_else(|| Some(THERE.into()));
            return Ok(page);
        };
        let page = self.own.around(&then.user, &name, place, limit, now).await?;
        let mut page = then.page(page);
        if !page.goes_on {
            // At the end of what was before the user's own begins.
            let own = self.own.later(user, conversation, "", 1, now).await?;
            page.goes_on = !own.messages.is_empty();
        }
        Ok(page)
    }

    fn place_of(&self, conversation: &ConversationId, at: Timestamp, id: &MessageId) -> String {
        self.own.place_of(conversation, at, id)
    }

    /// The user's own, then what was before.
    async fn recent(
        &self,
        user: &UserId,
        before: Option<&str>,
        limit: usize,
        now: Timestamp,
    ) -> Result<RecentPage> {
        let Some(place) = there_from(before) else {
            let mut page = self.own.recent(user, before, limit, now).await?;
            if page.before.is_none() && self.before(user).await?.is_some() {
                page.before = Some(THERE.into());
            }
            return Ok(page);
        };
        // He unlinked in between.
        let Some(then) = self.before(user).await? else { return Ok(RecentPage::default()) };
        let mut page = self.own.recent(&then.user, begun(place), limit, now).await?;
        page.before = there(page.before);
        page.rows.retain_mut(|row| match then.named(&row.message.conversation) {
            Some(name) => {
                row.message.conversation = name;
                row.place = format!("{THERE}{}", row.place);
                true
            }
            None => false,
        });
        Ok(page)
    }

    async fn reply(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        id: &MessageId,
        received_at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<StoredMessage>> {
        self.own.reply(user, conversation, id, received_at, now).await
    }
}
