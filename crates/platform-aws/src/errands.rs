//! Errands: a row each beside the user's settings, gone after minutes.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use domain::errand::{Answer, Ask};
use domain::{Errand, ErrandState, Generation, Timestamp, UploadId, UserId};
use platform::{Errands, Result, Unavailable, WriteError};

use crate::aws::Aws;
use crate::config::{ConfigError, Lookup};
use crate::keys;
use crate::row::{Item, Malformed, Row, item, json, number, text};
use crate::tables::{self, TTL};
use crate::writes::{Change, fence, transact};

pub struct DynamoErrands {
    db: Client,
    task_state: String,
    settings: String,
}

impl DynamoErrands {
    pub fn new(db: Client, task_state: impl Into<String>, settings: impl Into<String>) -> Self {
        Self { db, task_state: task_state.into(), settings: settings.into() }
    }

    pub fn from_lookup(aws: &Aws, lookup: Lookup<'_>) -> std::result::Result<Self, ConfigError> {
        let (task_state, settings) = (tables::task_state(lookup)?, tables::settings(lookup)?);
        Ok(Self::new(aws.dynamodb(), task_state, settings))
    }

    async fn row(
        &self,
        operation: &'static str,
        user: &UserId,
        id: &UploadId,
    ) -> Result<Option<Item>> {
        let request = self.db.get_item().table_name(&self.settings).set_key(Some(key(user, id)));
        let found = request.consistent_read(true).send().await;
        Ok(found.map_err(|error| Unavailable::new(operation, error))?.item)
    }

    /// Behind the fence, on a row that nobody has answered.
    async fn change(
        &self,
        operation: &'static str,
        (user, id): (&UserId, &UploadId),
        generation: Generation,
        (update, values): (&'static str, Item),
    ) -> std::result::Result<(), WriteError> {
        let change = Change {
            table: &self.settings,
            key: key(user, id),
            update: update.into(),
            condition: "attribute_exists(#ask) AND attribute_not_exists(#answer)",
            values,
        };
        let fence = fence(&self.task_state, user, generation);
        transact(&self.db, operation, fence, [change.in_transaction()]).await
    }
}

#[async_trait]
impl Errands for DynamoErrands {
    async fn ask(&self, user: &UserId, errand: &Errand) -> Result<()> {
        let mut row = key(user, &errand.id);
        let ttl = number(errand.expires_at.epoch_seconds());
        row.extend(item([("ask", json(&errand.ask)), (TTL, ttl)]));
        let request = self.db.put_item().table_name(&self.settings).set_item(Some(row));
        let done = request.send().await;
        done.map(drop).map_err(|error| Unavailable::new("errands.ask", error))
    }

    async fn take(
        &self,
        user: &UserId,
        id: &UploadId,
        generation: Generation,
        now: Timestamp,
    ) -> std::result::Result<Ask, WriteError> {
        const OPERATION: &str = "errands.take";
        let row = self.row(OPERATION, user, id).await?.unwrap_or_default();
        let ask = ask_in(Row(&row), now).map_err(|error| error.during(OPERATION))?;
        let values = item([(":generation", number(generation.0))]);
        let taken = ("SET #takenBy = :generation", values);
        // Whoever is fenced learns it whatever became of the errand.
        self.change(OPERATION, (user, id), generation, taken).await?;
        ask.ok_or(WriteError::Conflict)
    }

    async fn answer(
        &self,
        user: &UserId,
        id: &UploadId,
        generation: Generation,
        answer: &Answer,
    ) -> std::result::Result<(), WriteError> {
        let values = item([(":answer", json(answer))]);
        let answered = ("SET #answer = :answer", values);
        self.change("errands.answer", (user, id), generation, answered).await
    }

    async fn read(
        &self,
        user: &UserId,
        id: &UploadId,
        now: Timestamp,
    ) -> Result<Option<ErrandState>> {
        const OPERATION: &str = "errands.read";
        let Some(row) = self.row(OPERATION, user, id).await? else { return Ok(None) };
        state_in(Row(&row), now).map_err(|error| error.during(OPERATION))
    }
}

fn key(user: &UserId, id: &UploadId) -> Item {
    item([("PK", text(keys::user(user))), ("SK", text(keys::errand(id)))])
}

/// `None`: nobody asks, or nobody waits any more.
fn ask_in(row: Row<'_>, now: Timestamp) -> std::result::Result<Option<Ask>, Malformed> {
    let is_live = row.number_if_any(TTL)?.is_some_and(|ttl| ttl > now.epoch_seconds());
    Ok(row.json_if_any("ask")?.filter(|_| is_live))
}

fn state_in(row: Row<'_>, now: Timestamp) -> std::result::Result<Option<ErrandState>, Malformed> {
    if ask_in(row, now)?.is_none() {
        return Ok(None);
    }
    let taken = row.number_if_any("takenBy")?;
    Ok(Some(match (row.json_if_any("answer")?, taken) {
        (Some(answer), _) => ErrandState::Answered(answer),
        (None, Some(_)) => ErrandState::Taken,
        (None, None) => ErrandState::Asked,
    }))
}
