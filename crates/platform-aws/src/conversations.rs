//! Reading conversations: titles by activity, and history a page at a time from either end. What
//! their user does with them is in `conversation_life`.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use data_encoding::BASE64URL_NOPAD;
use domain::{Conversation, ConversationId, MessageId, StoredMessage, Timestamp, Title, UserId};
use platform::{
    ConversationPage, Conversations, Deletion, HistoryPage, ReadMark, RecentPage, Result,
    Unavailable,
};

use crate::aws::Aws;
use crate::config::{ConfigError, Lookup, Retention};
use crate::keys;
use crate::row::{Item, Malformed, Row, item, number, text};
use crate::tables::{self, META_INDEX};
use crate::texts::{Stored, Texts};
use crate::writes::names_in;

pub struct DynamoConversations {
    pub(crate) db: Client,
    pub(crate) table: String,
    pub(crate) texts: Texts,
    pub(crate) kept: Retention,
}

/// Rows of one conversation in their order, from one end.
pub(crate) struct Span<'a> {
    pub(crate) user: &'a UserId,
    /// Of the keys that are there: what was deleted is not.
    pub(crate) first: String,
    pub(crate) last: String,
    pub(crate) start: Option<Item>,
    pub(crate) newest_first: bool,
    pub(crate) wanted: usize,
    pub(crate) now: Timestamp,
}

impl DynamoConversations {
    pub fn new(
        db: Client,
        conversations: impl Into<String>,
        texts: Texts,
        kept: Retention,
    ) -> Self {
        Self { db, table: conversations.into(), texts, kept }
    }

    pub fn from_lookup(aws: &Aws, lookup: Lookup<'_>) -> std::result::Result<Self, ConfigError> {
        let texts = Texts::from_lookup(aws, lookup)?;
        let kept = Retention::from_lookup(lookup)?;
        Ok(Self::new(aws.dynamodb(), tables::conversations(lookup)?, texts, kept))
    }

    /// Up to `wanted` live rows of messages.
    pub(crate) async fn rows(&self, span: Span<'_>) -> Result<Vec<Item>> {
        const CONDITION: &str = "#PK = :user AND #SK BETWEEN :first AND :last";
        const FILTER: &str = "#ttl > :now";
        let (mut rows, mut start) = (Vec::new(), span.start);
        loop {
            let page = self
                .db
                .query()
                .table_name(&self.table)
                .key_condition_expression(CONDITION)
                .filter_expression(FILTER)
                .set_expression_attribute_names(Some(names_in(&[CONDITION, FILTER])))
                .expression_attribute_values(":user", text(keys::user(span.user)))
                .expression_attribute_values(":first", text(&span.first))
                .expression_attribute_values(":last", text(&span.last))
                .expression_attribute_values(":now", number(span.now.epoch_seconds()))
                .scan_index_forward(!span.newest_first)
                .consistent_read(true)
                .limit(i32::try_from(span.wanted).unwrap_or(i32::MAX))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| Unavailable::new("conversations.history", error))?;
            rows.extend(page.items.unwrap_or_default());
            // A page is cut by size and before the filter, so a short one is not the last.
            if page.last_evaluated_key.is_none() || rows.len() >= span.wanted {
                rows.truncate(span.wanted);
                return Ok(rows);
            }
            start = page.last_evaluated_key;
        }
    }

    /// From the newest row on backwards, or from `from` on in its direction.
    async fn page(
        &self,
        (user, conversation): (&UserId, &ConversationId),
        from: Option<String>,
        newest_first: bool,
        limit: usize,
        now: Timestamp,
    ) -> Result<HistoryPage> {
        let limit = whole_pairs(limit);
        let span = Span {
            user,
            first: self.first_key(user, conversation).await?,
            last: format!("{}~", keys::messages_of(conversation)),
            start: from.clone().map(|place| key(user, place)),
            newest_first,
            // One more than asked for says whether there is more.
            wanted: limit + 1,
            now,
        };
        let mut rows = self.rows(span).await?;
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        if newest_first {
            rows.reverse();
        }
        let page = self.read_page(&rows).await?;
        let starts_here = if newest_first { !has_more } else { from.is_none() };
        let resumed = from.is_some();
        Ok(HistoryPage {
            before: page.before.filter(|_| !starts_here),
            after: page.after.or_else(|| from.as_deref().map(place_to)),
            goes_on: if newest_first { resumed } else { has_more },
            ..page
        })
    }

    /// With the places of its first and its last row, whether there is more or not.
    pub(crate) async fn read_page(&self, rows: &[Item]) -> Result<HistoryPage> {
        let mut messages = Vec::with_capacity(rows.len());
        for row in rows {
            messages.push(self.message("conversations.history", row).await?);
        }
        let place = |row: Option<&Item>| row.and_then(|row| Row(row).text("SK").ok()).map(place_to);
        let (before, after) = (place(rows.first()), place(rows.last()));
        Ok(HistoryPage { messages, before, after, goes_on: false })
    }

    /// Before every message of the conversation that is not deleted.
    pub(crate) async fn first_key(
        &self,
        user: &UserId,
        conversation: &ConversationId,
    ) -> Result<String> {
        let hidden = self.hidden_until(user, conversation).await?;
        Ok(match hidden {
            Some(until) => keys::messages_after(conversation, until),
            None => keys::messages_of(conversation),
        })
    }

    /// Of a conversation that was deleted: up to when.
    async fn hidden_until(
        &self,
        user: &UserId,
        conversation: &ConversationId,
    ) -> Result<Option<Timestamp>> {
        const OPERATION: &str = "conversations.hidden";
        let Some(row) = self.meta(OPERATION, user, conversation).await? else {
            return Ok(None);
        };
        hidden_until(Row(&row)).map_err(|error| error.during(OPERATION))
    }

    pub(crate) async fn meta(
        &self,
        operation: &'static str,
        user: &UserId,
        conversation: &ConversationId,
    ) -> Result<Option<Item>> {
        let key = key(user, keys::meta(conversation));
        let request = self.db.get_item().table_name(&self.table).set_key(Some(key));
        let found = request.consistent_read(true).send().await;
        Ok(found.map_err(|error| Unavailable::new(operation, error))?.item)
    }

    pub(crate) async fn message(
        &self,
        operation: &'static str,
        row: &Item,
    ) -> Result<StoredMessage> {
        let row = Row(row);
        let stored = Stored::read(row).map_err(|error| error.during(operation))?;
        let text = self.texts.load(stored).await?;
        read(row, text).map_err(|error| error.during(operation))
    }
}

#[async_trait]
impl Conversations for DynamoConversations {
    async fn list(
        &self,
        user: &UserId,
        before: Option<&str>,
        limit: usize,
        now: Timestamp,
    ) -> Result<ConversationPage> {
        const OPERATION: &str = "conversations.list";
        const CONDITION: &str = "#PK = :user";
        const FILTER: &str = "#ttl > :now";
        let mut start = before.and_then(|place| activity_from(user, place));
        let mut rows = Vec::new();
        loop {
            let page = self
                .db
                .query()
                .table_name(&self.table)
                .index_name(META_INDEX)
                .consistent_read(true)
                .scan_index_forward(false)
                .key_condition_expression(CONDITION)
                .filter_expression(FILTER)
                .set_expression_attribute_names(Some(names_in(&[CONDITION, FILTER])))
                .expression_attribute_values(":user", text(keys::user(user)))
                .expression_attribute_values(":now", number(now.epoch_seconds()))
                .limit(i32::try_from(limit + 1).unwrap_or(i32::MAX))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| Unavailable::new(OPERATION, error))?;
            rows.extend(page.items.unwrap_or_default());
            start = page.last_evaluated_key;
            if start.is_none() || rows.len() > limit {
                break;
            }
        }
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let listed = rows.iter().map(|row| summary(Row(row)));
        let listed: std::result::Result<Vec<Conversation>, _> = listed.collect();
        let conversations = listed.map_err(|error| error.during(OPERATION))?;
        let before = conversations.last().filter(|_| has_more).map(activity_to);
        Ok(ConversationPage { conversations, before })
    }

    async fn get(
        &self,
        user: &UserId,
        id: &ConversationId,
        now: Timestamp,
    ) -> Result<Option<Conversation>> {
        const OPERATION: &str = "conversations.get";
        let row = self.meta(OPERATION, user, id).await?;
        let Some(row) = row.filter(|row| row.contains_key("lastActivityAt")) else {
            return Ok(None);
        };
        let row = Row(&row);
        let ttl = row.number("ttl").map_err(|error| error.during(OPERATION))?;
        let read = summary(row).map_err(|error| error.during(OPERATION))?;
        Ok((ttl > now.epoch_seconds()).then_some(read))
    }

    async fn begin(
        &self,
        user: &UserId,
        conversation: &Conversation,
    ) -> Result<Option<Conversation>> {
        self.begin_one(user, conversation).await
    }

    async fn rename(
        &self,
        user: &UserId,
        id: &ConversationId,
        title: &Title,
        now: Timestamp,
    ) -> Result<bool> {
        self.rename_one(user, id, title, now).await
    }

    async fn mark_read(
        &self,
        user: &UserId,
        id: &ConversationId,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<ReadMark> {
        self.mark_one(user, id, until, now).await
    }

    async fn hide(&self, user: &UserId, seen: &Conversation, until: Timestamp) -> Result<bool> {
        self.hide_one(user, seen, until).await
    }

    async fn delete_hidden(
        &self,
        user: &UserId,
        id: &ConversationId,
        most: usize,
    ) -> Result<Deletion> {
        self.delete_some(user, id, most).await
    }

    async fn history(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        before: Option<&str>,
        limit: usize,
        now: Timestamp,
    ) -> Result<HistoryPage> {
        let prefix = keys::messages_of(conversation);
        let before = before.and_then(|place| place_from(place, &prefix));
        self.page((user, conversation), before, true, limit, now).await
    }

    async fn later(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        after: &str,
        limit: usize,
        now: Timestamp,
    ) -> Result<HistoryPage> {
        let after = place_from(after, &keys::messages_of(conversation));
        self.page((user, conversation), after, false, limit, now).await
    }

    async fn around(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        place: &str,
        limit: usize,
        now: Timestamp,
    ) -> Result<HistoryPage> {
        match self.page_around((user, conversation), place, limit, now).await? {
            Some(page) => Ok(page),
            None => self.page((user, conversation), None, true, limit, now).await,
        }
    }

    fn place_of(&self, conversation: &ConversationId, at: Timestamp, id: &MessageId) -> String {
        place_to(&keys::message(conversation, at, id))
    }

    async fn recent(
        &self,
        user: &UserId,
        before: Option<&str>,
        limit: usize,
        now: Timestamp,
    ) -> Result<RecentPage> {
        self.recent_rows(user, before, limit, now).await
    }

    async fn reply(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        id: &MessageId,
        received_at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<StoredMessage>> {
        const OPERATION: &str = "conversations.reply";
        let key = key(user, keys::reply(conversation, received_at, id));
        let request = self.db.get_item().table_name(&self.table).set_key(Some(key));
        let found = request.consistent_read(true).send().await;
        let Some(row) = found.map_err(|error| Unavailable::new(OPERATION, error))?.item else {
            return Ok(None);
        };
        let ttl = Row(&row).number("ttl").map_err(|error| error.during(OPERATION))?;
        let hidden = self.hidden_until(user, conversation).await?;
        if ttl <= now.epoch_seconds() || hidden.is_some_and(|until| received_at <= until) {
            return Ok(None);
        }
        self.message(OPERATION, &row).await.map(Some)
    }
}

pub(crate) fn key(user: &UserId, place: String) -> Item {
    item([("PK", text(keys::user(user))), ("SK", text(place))])
}

/// Rows are written in pairs, so an even page never parts a message from its reply.
fn whole_pairs(limit: usize) -> usize {
    (limit & !1).max(2)
}

pub(crate) fn place_to(key: &str) -> String {
    BASE64URL_NOPAD.encode(key.as_bytes())
}

/// `None` for a place that is not of the conversation whose keys start with `prefix`.
pub(crate) fn place_from(place: &str, prefix: &str) -> Option<String> {
    let key = String::from_utf8(BASE64URL_NOPAD.decode(place.as_bytes()).ok()?).ok()?;
    key.starts_with(prefix).then_some(key)
}

fn activity_to(conversation: &Conversation) -> String {
    let Conversation { id, last_activity_at, .. } = conversation;
    BASE64URL_NOPAD.encode(format!("{}#{id}", last_activity_at.millis()).as_bytes())
}

/// A key of [`META_INDEX`].
fn activity_from(user: &UserId, place: &str) -> Option<Item> {
    let place = String::from_utf8(BASE64URL_NOPAD.decode(place.as_bytes()).ok()?).ok()?;
    let (at, id) = place.split_once('#')?;
    let mut start = key(user, keys::meta(&ConversationId::new(id).ok()?));
    start.insert("lastActivityAt".into(), number(at.parse().ok()?));
    Some(start)
}

pub(crate) fn hidden_until(row: Row<'_>) -> std::result::Result<Option<Timestamp>, Malformed> {
    Ok(row.number_if_any("deletedUntil")?.map(Timestamp))
}

pub(crate) fn summary(row: Row<'_>) -> std::result::Result<Conversation, Malformed> {
    Ok(Conversation {
        id: row.word("conversationId")?,
        title: row.text("title")?.to_owned(),
        last_activity_at: Timestamp(row.number("lastActivityAt")?),
        channels: row.words("channels")?.into_iter().collect(),
        read_until: row.number_if_any("readUntil")?.map(Timestamp),
    })
}

fn read(row: Row<'_>, text: String) -> std::result::Result<StoredMessage, Malformed> {
    Ok(StoredMessage {
        id: row.word("messageId")?,
        conversation: row.word("conversationId")?,
        role: row.word("role")?,
        text,
        attachments: row.json_if_any("attachments")?.unwrap_or_default(),
        at: Timestamp(row.number("at")?),
        received_at: Timestamp(row.number("receivedAt")?),
        channel: row.word("channel")?,
        outcome: row.word_if_any("outcome")?,
        error: row.text_if_any("error")?.map(str::to_owned),
        usage: row.json_if_any("usage")?,
    })
}
