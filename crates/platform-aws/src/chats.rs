//! What is remembered of Telegram's chats, and the updates that could not be processed.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use domain::limits::{PARKED_UPDATE_TTL, TELEGRAM_GREETING_EVERY, TOMBSTONE_TTL};
use domain::{ConversationId, TelegramChat, TelegramUser, Timestamp, UserId};
use platform::{Chats, ParkedUpdate, ParkedUpdates, Result, Unavailable, UpdateId};

use crate::aws::Aws;
use crate::config::{ConfigError, Lookup};
use crate::keys;
use crate::pages::all_rows;
use crate::row::{Item, Malformed, Row, item, number, text};
use crate::tables;
use crate::writes::{Change, Refusal, names_in};

pub struct DynamoChats {
    db: Client,
    table: String,
}

impl DynamoChats {
    pub fn new(db: Client, settings: impl Into<String>) -> Self {
        Self { db, table: settings.into() }
    }

    pub fn from_lookup(aws: &Aws, lookup: Lookup<'_>) -> std::result::Result<Self, ConfigError> {
        Ok(Self::new(aws.dynamodb(), tables::settings(lookup)?))
    }

    async fn find(&self, operation: &'static str, key: Item) -> Result<Option<Item>> {
        let request = self.db.get_item().table_name(&self.table).set_key(Some(key));
        let found = request.consistent_read(true).send().await;
        Ok(found.map_err(|error| Unavailable::new(operation, error))?.item)
    }

    async fn put(&self, operation: &'static str, row: Item) -> Result<()> {
        let request = self.db.put_item().table_name(&self.table).set_item(Some(row));
        let done = request.send().await;
        done.map(drop).map_err(|error| Unavailable::new(operation, error))
    }

    /// Whether the row was as the condition needs it.
    async fn first(&self, operation: &'static str, change: Change<'_>) -> Result<bool> {
        match change.apply(&self.db, operation).await {
            Ok(()) => Ok(true),
            Err(Refusal::Condition(_)) => Ok(false),
            Err(Refusal::Unavailable(error)) => Err(error),
        }
    }
}

const MOVED: &str = "MOVED";
const PARKED: &str = "PARKED#";

#[async_trait]
impl Chats for DynamoChats {
    async fn conversation(
        &self,
        user: &UserId,
        chat: &TelegramChat,
    ) -> Result<Option<ConversationId>> {
        const OPERATION: &str = "chats.conversation";
        let row = self.find(OPERATION, place(user, chat)).await?;
        let chosen = row.as_ref().map(|row| Row(row).word("conversationId")).transpose();
        chosen.map_err(|error| error.during(OPERATION))
    }

    async fn choose(
        &self,
        user: &UserId,
        chat: &TelegramChat,
        conversation: &ConversationId,
    ) -> Result<()> {
        let mut row = place(user, chat);
        row.insert("conversationId".into(), text(conversation.as_str()));
        self.put("chats.choose", row).await
    }

    async fn note_move(&self, from: i64, to: i64) -> Result<()> {
        let mut row = row_key(keys::telegram(to), MOVED);
        row.insert("from".into(), text(from.to_string()));
        self.put("chats.note_move", row).await
    }

    async fn moved_from(&self, to: i64) -> Result<Option<i64>> {
        const OPERATION: &str = "chats.moved_from";
        let row = self.find(OPERATION, row_key(keys::telegram(to), MOVED)).await?;
        let from = row.as_ref().map(|row| Row(row).id("from", |text| text.parse().ok()));
        from.transpose().map_err(|error| error.during(OPERATION))
    }

    async fn may_greet(&self, person: TelegramUser, now: Timestamp) -> Result<bool> {
        let every = u64::try_from(TELEGRAM_GREETING_EVERY.as_millis()).unwrap_or(u64::MAX);
        let change = Change {
            table: &self.table,
            key: row_key(keys::telegram(person.0), "GREETED"),
            update: "SET #greetedAt = :now, #ttl = :ttl".into(),
            condition: "attribute_not_exists(#greetedAt) OR #greetedAt <= :before",
            values: item([
                (":now", number(now.millis())),
                (":before", number(now.millis().saturating_sub(every))),
                (":ttl", number((now + TELEGRAM_GREETING_EVERY).epoch_seconds() + 1)),
            ]),
        };
        self.first("chats.may_greet", change).await
    }

    async fn first_to_answer(&self, update: UpdateId, now: Timestamp) -> Result<bool> {
        let change = Change {
            table: &self.table,
            key: row_key(keys::updates_of(update.bot), &format!("ANSWERED#{}", update.update)),
            update: "SET #ttl = :ttl".into(),
            condition: "attribute_not_exists(#ttl) OR #ttl <= :now",
            values: item([
                (":ttl", number((now + TOMBSTONE_TTL).epoch_seconds())),
                (":now", number(now.epoch_seconds())),
            ]),
        };
        self.first("chats.first_to_answer", change).await
    }
}

#[async_trait]
impl ParkedUpdates for DynamoChats {
    async fn park(&self, update: &ParkedUpdate) -> Result<()> {
        let mut row = row_key(keys::updates_of(update.bot), &format!("{PARKED}{}", update.id));
        row.extend(item([
            ("reason", text(&update.reason)),
            ("body", text(&update.body)),
            ("at", number(update.at.millis())),
            ("ttl", number((update.at + PARKED_UPDATE_TTL).epoch_seconds())),
        ]));
        self.put("parked_updates.park", row).await
    }

    async fn parked(&self, bot: i64, now: Timestamp) -> Result<Vec<ParkedUpdate>> {
        const OPERATION: &str = "parked_updates.parked";
        const CONDITION: &str = "#PK = :bot AND begins_with(#SK, :parked)";
        const FILTER: &str = "#ttl > :now";
        let query = self
            .db
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression(CONDITION)
            .filter_expression(FILTER)
            .set_expression_attribute_names(Some(names_in(&[CONDITION, FILTER])))
            .expression_attribute_values(":bot", text(keys::updates_of(bot)))
            .expression_attribute_values(":parked", text(PARKED))
            .expression_attribute_values(":now", number(now.epoch_seconds()));
        let rows = all_rows(query, OPERATION).await?;
        let read = rows.iter().map(|row| read_parked(bot, Row(row)));
        read.collect::<std::result::Result<_, _>>().map_err(|error| error.during(OPERATION))
    }
}

fn row_key(partition: String, sort: &str) -> Item {
    item([("PK", text(partition)), ("SK", text(sort))])
}

fn place(user: &UserId, chat: &TelegramChat) -> Item {
    row_key(keys::user(user), &keys::chat(chat))
}

fn read_parked(bot: i64, row: Row<'_>) -> std::result::Result<ParkedUpdate, Malformed> {
    Ok(ParkedUpdate {
        bot,
        id: row.id("SK", |key| key.strip_prefix(PARKED).map(str::to_owned))?,
        reason: row.text("reason")?.to_owned(),
        body: row.text("body")?.to_owned(),
        at: Timestamp(row.number("at")?),
    })
}
