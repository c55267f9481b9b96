//! Reading conversations: titles by activity, and history a page at a time from its end.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use data_encoding::BASE64URL_NOPAD;
use domain::{Conversation, ConversationId, MessageId, StoredMessage, Timestamp, UserId};
use platform::{Conversations, HistoryPage, Result, Unavailable};

use crate::aws::Aws;
use crate::config::{ConfigError, Lookup};
use crate::keys;
use crate::pages::all_rows;
use crate::row::{Item, Malformed, Row, item, number, text};
use crate::tables::{self, META_INDEX};
use crate::texts::{Stored, Texts};
use crate::writes::names_in;

pub struct DynamoConversations {
    db: Client,
    table: String,
    texts: Texts,
}

impl DynamoConversations {
    pub fn new(db: Client, conversations: impl Into<String>, texts: Texts) -> Self {
        Self { db, table: conversations.into(), texts }
    }

    pub fn from_lookup(aws: &Aws, lookup: Lookup<'_>) -> std::result::Result<Self, ConfigError> {
        let texts = Texts::from_lookup(aws, lookup)?;
        Ok(Self::new(aws.dynamodb(), tables::conversations(lookup)?, texts))
    }

    /// Up to `wanted` live rows of messages before `start`, newest first.
    async fn rows_before(
        &self,
        user: &UserId,
        prefix: &str,
        mut start: Option<Item>,
        wanted: usize,
        now: Timestamp,
    ) -> Result<Vec<Item>> {
        const CONDITION: &str = "#PK = :user AND begins_with(#SK, :prefix)";
        const FILTER: &str = "#ttl > :now";
        let mut rows = Vec::new();
        loop {
            let page = self
                .db
                .query()
                .table_name(&self.table)
                .key_condition_expression(CONDITION)
                .filter_expression(FILTER)
                .set_expression_attribute_names(Some(names_in(&[CONDITION, FILTER])))
                .expression_attribute_values(":user", text(keys::user(user)))
                .expression_attribute_values(":prefix", text(prefix))
                .expression_attribute_values(":now", number(now.epoch_seconds()))
                .scan_index_forward(false)
                .consistent_read(true)
                .limit(i32::try_from(wanted).unwrap_or(i32::MAX))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| Unavailable::new("conversations.history", error))?;
            rows.extend(page.items.unwrap_or_default());
            // A page is cut by size and before the filter, so a short one is not the last.
            if page.last_evaluated_key.is_none() || rows.len() >= wanted {
                rows.truncate(wanted);
                return Ok(rows);
            }
            start = page.last_evaluated_key;
        }
    }

    async fn message(&self, operation: &'static str, row: &Item) -> Result<StoredMessage> {
        let row = Row(row);
        let stored = Stored::read(row).map_err(|error| error.during(operation))?;
        let text = self.texts.load(stored).await?;
        read(row, text).map_err(|error| error.during(operation))
    }
}

#[async_trait]
impl Conversations for DynamoConversations {
    async fn list(&self, user: &UserId, now: Timestamp) -> Result<Vec<Conversation>> {
        const OPERATION: &str = "conversations.list";
        const CONDITION: &str = "#PK = :user";
        const FILTER: &str = "#ttl > :now";
        let query = self
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
            .expression_attribute_values(":now", number(now.epoch_seconds()));
        let rows = all_rows(query, OPERATION).await?;
        let listed = rows.iter().map(|row| summary(Row(row)));
        listed.collect::<std::result::Result<_, _>>().map_err(|error| error.during(OPERATION))
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
        let start = before.map(|place| key(user, place));
        let limit = whole_pairs(limit);
        // One more than asked for says whether there is more.
        let mut rows = self.rows_before(user, &prefix, start, limit + 1, now).await?;
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let mut messages = Vec::with_capacity(rows.len());
        for row in rows.iter().rev() {
            messages.push(self.message("conversations.history", row).await?);
        }
        let oldest = rows.last().and_then(|row| Row(row).text("SK").ok());
        Ok(HistoryPage { messages, before: oldest.filter(|_| has_more).map(place_to) })
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
        if ttl <= now.epoch_seconds() {
            return Ok(None);
        }
        self.message(OPERATION, &row).await.map(Some)
    }
}

fn key(user: &UserId, place: String) -> Item {
    item([("PK", text(keys::user(user))), ("SK", text(place))])
}

/// Rows are written in pairs, so an even page never parts a message from its reply.
fn whole_pairs(limit: usize) -> usize {
    (limit & !1).max(2)
}

fn place_to(key: &str) -> String {
    BASE64URL_NOPAD.encode(key.as_bytes())
}

/// `None` for a place that is not of the conversation whose keys start with `prefix`.
fn place_from(place: &str, prefix: &str) -> Option<String> {
    let key = String::from_utf8(BASE64URL_NOPAD.decode(place.as_bytes()).ok()?).ok()?;
    key.starts_with(prefix).then_some(key)
}

fn summary(row: Row<'_>) -> std::result::Result<Conversation, Malformed> {
    Ok(Conversation {
        id: row.word("conversationId")?,
        title: row.text("title")?.to_owned(),
        last_activity_at: Timestamp(row.number("lastActivityAt")?),
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
