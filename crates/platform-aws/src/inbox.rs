//! The durable inbox in PendingMessages, and the transaction that ends a message.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use domain::{Generation, InboxMessage, InboxState, MessageId, Timestamp, UserId};
use platform::{Completion, Inbox, NewMessage, PutOutcome, Result, Unavailable, WriteError};

use crate::aws::Aws;
use crate::config::{ConfigError, Lookup, Retention};
use crate::inbox_rows::{self, OUTLINE};
use crate::keys;
use crate::pages::all_rows;
use crate::row::{Item, Row, item, number, text, word};
use crate::tables;
use crate::texts::Texts;
use crate::writes::{Change, Refusal, fence, meets_transaction, names_in, put, retrying, transact};

/// The tables that a message's life touches.
#[derive(Clone, Debug)]
pub struct InboxTables {
    pub pending_messages: String,
    pub conversations: String,
    pub task_state: String,
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
        let tables = InboxTables {
            pending_messages: tables::pending_messages(lookup)?,
            conversations: tables::conversations(lookup)?,
            task_state: tables::task_state(lookup)?,
        };
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
        // An expired row that DynamoDB has not deleted yet is no row.
        const CONDITION: &str = "attribute_not_exists(#PK) OR #ttl <= :now";
        let request = self
            .db
            .put_item()
            .table_name(&self.tables.pending_messages)
            .set_item(Some(inbox_rows::pending(user, message)))
            .condition_expression(CONDITION)
            .set_expression_attribute_names(Some(names_in(&[CONDITION])))
            .expression_attribute_values(":now", number(message.received_at.epoch_seconds()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = retrying(|| request.clone().send(), meets_transaction).await else {
            return Ok(PutOutcome::Accepted);
        };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(found)) => {
                let row = found.item.clone().unwrap_or_default();
                let state = Row(&row).word("state").map_err(|error| error.during(OPERATION))?;
                Ok(PutOutcome::Duplicate(state))
            }
            _ => Err(Unavailable::new(OPERATION, error)),
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
                     #attempts = #attempts + :one",
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
    ) -> std::result::Result<(), WriteError> {
        let give_back = Change {
            table: &self.tables.pending_messages,
            key: inbox_rows::key(user, id),
            update: "SET #state = :pending REMOVE #leaseGeneration",
            condition: "#state = :leased AND #leaseGeneration = :lease",
            values: item([
                (":leased", word(&InboxState::Leased)),
                (":pending", word(&InboxState::Pending)),
                (":lease", number(generation.0)),
            ]),
        };
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
            update: "SET #cancelRequested = :true",
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
}
