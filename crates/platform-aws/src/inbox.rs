//! The durable inbox in PendingMessages, and the transaction that ends a message.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use domain::{Generation, InboxMessage, InboxState, MessageId, Timestamp, UserId};
use platform::{
    AmendOutcome, Amendment, Completion, Inbox, NewMessage, PutOutcome, Result, Unavailable,
    WriteError,
};
use tokio::time::Instant;

use crate::aws::Aws;
use crate::config::{ConfigError, Lookup, Retention};
use crate::inbox_rows::{self, OUTLINE};
use crate::keys;
use crate::pages::all_rows;
use crate::row::{Item, Malformed, Row, item, number, text, word};
use crate::tables;
use crate::task_rows;
use crate::texts::Texts;
use crate::writes::{
    Cancelled, Change, Patience, Refusal, fence, names_in, put, put_if, transact, transact_once,
};

/// The tables that a message's life touches.
#[derive(Clone, Debug)]
pub struct InboxTables {
    pub pending_messages: String,
    pub conversations: String,
    pub task_state: String,
}

impl InboxTables {
    pub(crate) fn from_lookup(lookup: Lookup<'_>) -> std::result::Result<Self, ConfigError> {
        Ok(Self {
            pending_messages: tables::pending_messages(lookup)?,
            conversations: tables::conversations(lookup)?,
            task_state: tables::task_state(lookup)?,
        })
    }
}

pub struct DynamoInbox {
    db: Client,
    tables: InboxTables,
    texts: Texts,
    keep_conversations: Duration,
}

impl DynamoInbox {
    pub fn new(db: Client, tables: InboxTables, texts: Texts, retention: Retention) -> Self {
        Self { db, tables, texts, keep_conversations: retention.conversations }
    }

    pub fn from_lookup(aws: &Aws, lookup: Lookup<'_>) -> std::result::Result<Self, ConfigError> {
        let tables = InboxTables::from_lookup(lookup)?;
        let texts = Texts::from_lookup(aws, lookup)?;
        Ok(Self::new(aws.dynamodb(), tables, texts, Retention::from_lookup(lookup)?))
    }

    async fn find(
        &self,
        operation: &'static str,
        user: &UserId,
        id: &MessageId,
    ) -> Result<Option<Item>> {
        let request = self.db.get_item().table_name(&self.tables.pending_messages);
        let request = request.set_key(Some(inbox_rows::key(user, id))).consistent_read(true);
        let found = request.send().await.map_err(|error| Unavailable::new(operation, error))?;
        Ok(found.item)
    }

    async fn rows(
        &self,
        operation: &'static str,
        query: QueryFluentBuilder,
    ) -> Result<Vec<InboxMessage>> {
        let rows = all_rows(query, operation).await?;
        let read = rows.iter().map(|row| inbox_rows::read(Row(row)));
        let mut messages: Vec<InboxMessage> =
            read.collect::<std::result::Result<_, _>>().map_err(|error| error.during(operation))?;
        messages.sort_by(|a, b| a.order().cmp(&b.order()));
        Ok(messages)
    }

    fn query(
        &self,
        user: &UserId,
        now: Timestamp,
        filter: &str,
        projection: &str,
    ) -> QueryFluentBuilder {
        const CONDITION: &str = "#PK = :user";
        let names = names_in(&[CONDITION, filter, projection]);
        self.db
            .query()
            .table_name(&self.tables.pending_messages)
            .consistent_read(true)
            .key_condition_expression(CONDITION)
            .filter_expression(filter)
            .set_projection_expression((!projection.is_empty()).then(|| projection.to_owned()))
            .set_expression_attribute_names(Some(names))
            .expression_attribute_values(":user", text(keys::user(user)))
            .expression_attribute_values(":now", number(now.epoch_seconds()))
    }

    /// In this order: the stamp on the user's row, the message.
    fn accepting(
        &self,
        user: &UserId,
        message: &NewMessage,
        stamp: Timestamp,
    ) -> Vec<TransactWriteItem> {
        let table = &self.tables.task_state;
        let stamped = task_rows::accept(table, user, stamp, message.due_at).in_transaction();
        let row = inbox_rows::pending(user, message, stamp);
        let now = item([(":now", number(message.received_at.epoch_seconds()))]);
        // An expired row that DynamoDB has not deleted yet is no row.
        let condition = "attribute_not_exists(#PK) OR #ttl <= :now";
        vec![stamped, put_if(&self.tables.pending_messages, row, condition, now)]
    }

    /// A change of one row under the fence.
    async fn change(
        &self,
        operation: &'static str,
        user: &UserId,
        generation: Generation,
        change: Change<'_>,
    ) -> std::result::Result<(), WriteError> {
        let fence = fence(&self.tables.task_state, user, generation);
        transact(&self.db, operation, fence, [change.in_transaction()]).await
    }
}

#[async_trait]
impl Inbox for DynamoInbox {
    async fn put(&self, user: &UserId, message: &NewMessage) -> Result<PutOutcome> {
        const OPERATION: &str = "inbox.put";
        let (started, mut patience) = (Instant::now(), Patience::default());
        let mut stamp = message.received_at;
        let mut younger = None;
        loop {
            let items = self.accepting(user, message, stamp);
            match transact_once(&self.db, OPERATION, items).await {
                Ok(()) => return Ok(PutOutcome::Accepted(stamp)),
                Err(Cancelled::Conditions(rows)) => match conflict(&rows) {
                    Ok(Conflict::Known(state)) => return Ok(PutOutcome::Duplicate(state)),
                    Ok(Conflict::Deleting) => return Ok(PutOutcome::Deleting),
                    Ok(Conflict::Younger(_)) if !patience.is_left() => {
                        return Err(Unavailable::new(OPERATION, "too many messages at once"));
                    }
                    Ok(Conflict::Younger(last)) => younger = Some(last),
                    Err(error) => return Err(error.during(OPERATION)),
                },
                Err(Cancelled::Busy(_)) if patience.is_left() => patience.pause().await,
                Err(Cancelled::Busy(error) | Cancelled::Unavailable(error)) => return Err(error),
            }
            if let Some(last) = younger {
                // While we waited others were accepted, and our clock has gone on as well.
                let now = message.received_at + started.elapsed();
                stamp = now.max(last + Duration::from_millis(1));
            }
        }
    }

    async fn get(
        &self,
        user: &UserId,
        id: &MessageId,
        now: Timestamp,
    ) -> Result<Option<InboxMessage>> {
        const OPERATION: &str = "inbox.get";
        let Some(row) = self.find(OPERATION, user, id).await? else {
            return Ok(None);
        };
        let message = inbox_rows::read(Row(&row)).map_err(|error| error.during(OPERATION))?;
        let ttl = Row(&row).number("ttl").map_err(|error| error.during(OPERATION))?;
        Ok((ttl > now.epoch_seconds()).then_some(message))
    }

    async fn outline(&self, user: &UserId, now: Timestamp) -> Result<Vec<InboxMessage>> {
        self.rows("inbox.outline", self.query(user, now, "#ttl > :now", OUTLINE)).await
    }

    async fn open(&self, user: &UserId, now: Timestamp) -> Result<Vec<InboxMessage>> {
        let filter = "#ttl > :now AND #state IN (:pending, :leased)";
        let query = self
            .query(user, now, filter, "")
            .expression_attribute_values(":pending", word(&InboxState::Pending))
            .expression_attribute_values(":leased", word(&InboxState::Leased));
        self.rows("inbox.open", query).await
    }

    async fn lease(
        &self,
        user: &UserId,
        id: &MessageId,
        generation: Generation,
    ) -> std::result::Result<InboxMessage, WriteError> {
        const OPERATION: &str = "inbox.lease";
        let lease = Change {
            table: &self.tables.pending_messages,
            key: inbox_rows::key(user, id),
            update: "SET #state = :leased, #leaseGeneration = :lease, \
                     #attempts = #attempts + :one"
                .into(),
            // Its own lease too: the answer to the first try may have been lost.
            condition: "#state = :pending OR (#state = :leased AND #leaseGeneration <= :lease)",
            values: item([
                (":leased", word(&InboxState::Leased)),
                (":pending", word(&InboxState::Pending)),
                (":lease", number(generation.0)),
                (":one", number(1)),
            ]),
        };
        self.change(OPERATION, user, generation, lease).await?;
        // Transactions return no rows. Nobody else changes what we hold, but for `cancel`.
        let row = self.find(OPERATION, user, id).await?.ok_or(WriteError::Conflict)?;
        Ok(inbox_rows::read(Row(&row)).map_err(|error| error.during(OPERATION))?)
    }

    async fn give_back(
        &self,
        user: &UserId,
        id: &MessageId,
        generation: Generation,
        partial: Option<&str>,
    ) -> std::result::Result<(), WriteError> {
        let give_back = inbox_rows::give_back(
            &self.tables.pending_messages,
            inbox_rows::key(user, id),
            generation,
            partial,
        );
        self.change("inbox.give_back", user, generation, give_back).await
    }

    async fn complete(
        &self,
        user: &UserId,
        completion: &Completion<'_>,
    ) -> std::result::Result<(), WriteError> {
        let InboxTables { pending_messages, conversations, task_state } = &self.tables;
        let ttl = (completion.reply.at + self.keep_conversations).epoch_seconds();
        let name = format!("{}-{}", completion.message.id, completion.generation);
        // A crash, or a fence, after this leaves an object that nobody reads; the bucket's
        // lifecycle removes it.
        let stored = self.texts.store(user, &name, &completion.reply.text).await?;
        let fence = fence(task_state, user, completion.generation);
        let rows = [
            inbox_rows::end(pending_messages, user, completion).in_transaction(),
            put(conversations, inbox_rows::user_row(user, completion, ttl)),
            put(conversations, inbox_rows::reply_row(user, completion, stored, ttl)),
            inbox_rows::activity(conversations, user, completion, ttl).in_transaction(),
        ];
        transact(&self.db, "inbox.complete", fence, rows).await
    }

    async fn request_cancel(&self, user: &UserId, id: &MessageId) -> Result<bool> {
        let cancel = Change {
            table: &self.tables.pending_messages,
            key: inbox_rows::key(user, id),
            update: "SET #cancelRequested = :true".into(),
            condition: "#state IN (:pending, :leased)",
            values: item([
                (":true", AttributeValue::Bool(true)),
                (":pending", word(&InboxState::Pending)),
                (":leased", word(&InboxState::Leased)),
            ]),
        };
        match cancel.apply(&self.db, "inbox.request_cancel").await {
            Ok(()) => Ok(true),
            Err(Refusal::Condition(_)) => Ok(false),
            Err(Refusal::Unavailable(error)) => Err(error),
        }
    }

    async fn amend(
        &self,
        user: &UserId,
        id: &MessageId,
        amendment: &Amendment,
    ) -> Result<AmendOutcome> {
        const OPERATION: &str = "inbox.amend";
        loop {
            let Some(row) = self.find(OPERATION, user, id).await? else {
                return Ok(AmendOutcome::TooLate);
            };
            let before = inbox_rows::read(Row(&row)).map_err(|error| error.during(OPERATION))?;
            if before.parts.contains(&amendment.part) {
                return Ok(AmendOutcome::Duplicate);
            }
            if before.state != InboxState::Pending || before.attempts > 0 {
                return Ok(AmendOutcome::TooLate);
            }
            let table = &self.tables.pending_messages;
            let amend = inbox_rows::amend(table, user, &before, amendment);
            match amend.apply(&self.db, OPERATION).await {
                Ok(()) => return Ok(AmendOutcome::Amended),
                // It was leased, or another part came: the next look tells.
                Err(Refusal::Condition(_)) => {}
                Err(Refusal::Unavailable(error)) => return Err(error),
            }
        }
    }

    async fn owed(&self, user: &UserId, now: Timestamp) -> Result<Vec<InboxMessage>> {
        let filter = "#ttl > :now AND attribute_exists(#owed)";
        self.rows("inbox.owed", self.query(user, now, filter, "")).await
    }

    async fn note_sent(
        &self,
        user: &UserId,
        id: &MessageId,
        generation: Generation,
        sent: u32,
    ) -> std::result::Result<(), WriteError> {
        let key = inbox_rows::key(user, id);
        let note = inbox_rows::note_sent(&self.tables.pending_messages, key, sent);
        self.change("inbox.note_sent", user, generation, note).await
    }

    async fn delivered(
        &self,
        user: &UserId,
        id: &MessageId,
        generation: Generation,
    ) -> std::result::Result<(), WriteError> {
        let key = inbox_rows::key(user, id);
        let delivered = inbox_rows::delivered(&self.tables.pending_messages, key);
        self.change("inbox.delivered", user, generation, delivered).await
    }

    async fn forget(&self, user: &UserId, id: &MessageId) -> Result<()> {
        let forget = Change {
            table: &self.tables.pending_messages,
            key: inbox_rows::key(user, id),
            update: "REMOVE #text, #attachments".into(),
            condition: "#state = :dead",
            values: item([(":dead", word(&InboxState::Dead))]),
        };
        match forget.apply(&self.db, "inbox.forget").await {
            Ok(()) | Err(Refusal::Condition(_)) => Ok(()),
            Err(Refusal::Unavailable(error)) => Err(error),
        }
    }
}

/// Why a message is not accepted with its stamp.
enum Conflict {
    Known(InboxState),
    Deleting,
    /// Another message was accepted with this stamp.
    Younger(Timestamp),
}

/// Of the rows of [`DynamoInbox::accepting`]. What is known is known, whatever its stamp.
fn conflict(refused: &[Option<Item>]) -> std::result::Result<Conflict, Malformed> {
    match refused {
        [_, Some(message)] => Row(message).word("state").map(Conflict::Known),
        [Some(user), _] if user.contains_key("deletingSince") => Ok(Conflict::Deleting),
        [Some(user), _] => Row(user).number("lastAcceptedAt").map(Timestamp).map(Conflict::Younger),
        _ => Err(Malformed("lastAcceptedAt")),
    }
}
