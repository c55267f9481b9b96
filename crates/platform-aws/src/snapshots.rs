//! Where a user's memory stands, in his task's row, and the list of his snapshots, one row each
//! beside his settings.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{DeleteRequest, WriteRequest};
use data_encoding::BASE64URL_NOPAD;
use domain::{
    Generation, RestoreOutcome, RestoreRequest, Snapshot, SnapshotBase, SnapshotId, SnapshotRef,
    TaskState, Timestamp, UserId,
};
use platform::{RequestError, Result, SnapshotPage, Snapshots, Unavailable, WriteError};

use crate::aws::Aws;
use crate::config::{ConfigError, Lookup};
use crate::keys;
use crate::pages::{all_rows, delete_rows};
use crate::row::{Item, Malformed, Row, item, json, number, text};
use crate::snapshot_rows::{self, STANDS_BEHIND};
use crate::tables;
use crate::task_rows;
use crate::writes::{
    Cancelled, Change, IS_CURRENT, Patience, Refusal, names_in, put, transact, try_transact,
};

pub struct DynamoSnapshots {
    db: Client,
    task_state: String,
    settings: String,
}

impl DynamoSnapshots {
    pub fn new(db: Client, task_state: impl Into<String>, settings: impl Into<String>) -> Self {
        Self { db, task_state: task_state.into(), settings: settings.into() }
    }

    pub fn from_lookup(aws: &Aws, lookup: Lookup<'_>) -> std::result::Result<Self, ConfigError> {
        let (task_state, settings) = (tables::task_state(lookup)?, tables::settings(lookup)?);
        Ok(Self::new(aws.dynamodb(), task_state, settings))
    }

    async fn row(&self, operation: &'static str, table: &str, key: Item) -> Result<Option<Item>> {
        let request = self.db.get_item().table_name(table).set_key(Some(key));
        let found = request.consistent_read(true).send().await;
        Ok(found.map_err(|error| Unavailable::new(operation, error))?.item)
    }

    async fn task(&self, operation: &'static str, user: &UserId) -> Result<TaskState> {
        match self.row(operation, &self.task_state, task_rows::key(user)).await? {
            Some(row) => read_task(operation, user, &row),
            None => Ok(TaskState::idle(user.clone())),
        }
    }

    /// Refused, because it was recorded before, or a later one of its generation was, or because
    /// the writer is fenced.
    async fn record_behind(
        &self,
        operation: &'static str,
        user: &UserId,
        snapshot: &Snapshot,
    ) -> std::result::Result<(), WriteError> {
        let key = snapshot_rows::key(user, &snapshot.into());
        if self.row(operation, &self.settings, key).await?.is_some() {
            return Ok(());
        }
        let fence = Change {
            table: &self.task_state,
            key: task_rows::key(user),
            update: "SET #baseGeneration = :generation".into(),
            condition: STANDS_BEHIND,
            values: item([(":generation", number(snapshot.generation.0))]),
        };
        let row = put(&self.settings, snapshot_rows::row(user, snapshot));
        transact(&self.db, operation, fence.in_transaction(), [row]).await
    }

    /// Up to `wanted`, newest first.
    async fn rows_before(
        &self,
        user: &UserId,
        mut start: Option<Item>,
        wanted: usize,
    ) -> Result<Vec<Item>> {
        let mut rows = Vec::new();
        loop {
            let page = self
                .db
                .query()
                .table_name(&self.settings)
                .key_condition_expression(OF_USER)
                .set_expression_attribute_names(Some(names_in(&[OF_USER])))
                .expression_attribute_values(":user", text(keys::user(user)))
                .expression_attribute_values(":prefix", text(keys::SNAPSHOTS))
                .scan_index_forward(false)
                .consistent_read(true)
                .limit(i32::try_from(wanted - rows.len()).unwrap_or(i32::MAX))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| Unavailable::new("snapshots.list", error))?;
            rows.extend(page.items.unwrap_or_default());
            if page.last_evaluated_key.is_none() || rows.len() >= wanted {
                return Ok(rows);
            }
            start = page.last_evaluated_key;
        }
    }
}

const OF_USER: &str = "#PK = :user AND begins_with(#SK, :prefix)";

#[async_trait]
impl Snapshots for DynamoSnapshots {
    async fn begin_from(
        &self,
        user: &UserId,
        generation: Generation,
        snapshot: Option<&SnapshotRef>,
        now: Timestamp,
    ) -> std::result::Result<(), WriteError> {
        const OPERATION: &str = "snapshots.begin_from";
        let mut seen = self.task(OPERATION, user).await?;
        let mut patience = Patience::default();
        loop {
            if !seen.is_current(generation) {
                return Err(WriteError::Fenced);
            }
            if seen.base.as_ref().is_some_and(|base| !base.lets_begin(generation)) {
                return Err(WriteError::Conflict);
            }
            let base = SnapshotBase::begun(seen.base.as_ref(), generation, snapshot);
            let is_restore = seen.restore.as_ref().is_some_and(|of| of.is_done_by(snapshot));
            let done = is_restore.then_some(RestoreOutcome::Done { at: now });
            let (update, condition, values) = snapshot_rows::begin(&seen, &base, done.as_ref());
            let change = Change {
                table: &self.task_state,
                key: task_rows::key(user),
                update: update.into(),
                condition: &condition,
                values,
            };
            match change.apply(&self.db, OPERATION).await {
                Ok(()) => return Ok(()),
                Err(Refusal::Unavailable(error)) => return Err(error.into()),
                Err(Refusal::Condition(row)) if row.is_empty() => return Err(WriteError::Fenced),
                Err(Refusal::Condition(row)) if patience.is_left() => {
                    seen = read_task(OPERATION, user, &row)?;
                    patience.pause().await;
                }
                Err(Refusal::Condition(_)) => {
                    let why = "the row changes with every look at it";
                    return Err(Unavailable::new(OPERATION, why).into());
                }
            }
        }
    }

    async fn record(
        &self,
        user: &UserId,
        snapshot: &Snapshot,
    ) -> std::result::Result<(), WriteError> {
        const OPERATION: &str = "snapshots.record";
        let base = snapshot_rows::save(&self.task_state, user, snapshot);
        let row = put(&self.settings, snapshot_rows::row(user, snapshot));
        match try_transact(&self.db, OPERATION, vec![base.in_transaction(), row]).await {
            Ok(()) => Ok(()),
            Err(Cancelled::Conditions(_)) => self.record_behind(OPERATION, user, snapshot).await,
            Err(Cancelled::Busy(error) | Cancelled::Unavailable(error)) => Err(error.into()),
        }
    }

    async fn list(
        &self,
        user: &UserId,
        before: Option<&str>,
        limit: usize,
    ) -> Result<SnapshotPage> {
        let start = before.and_then(place_from);
        let start = start.map(|place| item([("PK", text(keys::user(user))), ("SK", text(place))]));
        // One more than asked for says whether there is more.
        let mut rows = self.rows_before(user, start, limit + 1).await?;
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let oldest = rows.last().and_then(|row| Row(row).text("SK").ok());
        let before = oldest.filter(|_| has_more).map(|key| BASE64URL_NOPAD.encode(key.as_bytes()));
        let snapshots = rows.iter().map(|row| snapshot_rows::read(Row(row)));
        let snapshots = snapshots.collect::<std::result::Result<_, Malformed>>();
        let snapshots = snapshots.map_err(|error| error.during("snapshots.list"))?;
        Ok(SnapshotPage { snapshots, before })
    }

    async fn find(&self, user: &UserId, id: &SnapshotId) -> Result<Option<Snapshot>> {
        const OPERATION: &str = "snapshots.find";
        const FILTER: &str = "#snapshotId = :id";
        let query = self
            .db
            .query()
            .table_name(&self.settings)
            .consistent_read(true)
            .key_condition_expression(OF_USER)
            .filter_expression(FILTER)
            .set_expression_attribute_names(Some(names_in(&[OF_USER, FILTER])))
            .expression_attribute_values(":user", text(keys::user(user)))
            .expression_attribute_values(":prefix", text(keys::SNAPSHOTS))
            .expression_attribute_values(":id", text(id.as_str()));
        let rows = all_rows(query, OPERATION).await?;
        let found = rows.first().map(|row| snapshot_rows::read(Row(row))).transpose();
        found.map_err(|error| error.during(OPERATION))
    }

    async fn forget(&self, user: &UserId, gone: &[SnapshotRef]) -> Result<()> {
        let delete = |of: &SnapshotRef| {
            let request = DeleteRequest::builder().set_key(Some(snapshot_rows::key(user, of)));
            let request = request.build().expect("the key is set");
            WriteRequest::builder().delete_request(request).build()
        };
        let deletes = gone.iter().map(delete).collect();
        delete_rows(&self.db, &self.settings, deletes, "snapshots.forget").await
    }

    async fn request_restore(
        &self,
        user: &UserId,
        request: &RestoreRequest,
        due_at: Timestamp,
    ) -> std::result::Result<RestoreRequest, RequestError> {
        const OPERATION: &str = "snapshots.request_restore";
        let change = snapshot_rows::request(&self.task_state, user, request, due_at);
        match change.apply(&self.db, OPERATION).await {
            Ok(()) => Ok(request.clone()),
            Err(Refusal::Unavailable(error)) => Err(error.into()),
            Err(Refusal::Condition(row)) => match read_task(OPERATION, user, &row)?.restore {
                Some(known) if known.id == request.id => Ok(known),
                Some(known) => Err(RequestError::Busy(Box::new(known))),
                // What there was to be restored is going.
                None => Err(Unavailable::new(OPERATION, "the user is being deleted").into()),
            },
        }
    }

    async fn finish_restore(
        &self,
        user: &UserId,
        generation: Generation,
        request: &str,
        outcome: &RestoreOutcome,
    ) -> std::result::Result<(), WriteError> {
        let is_open = "#restoreId = :id AND attribute_not_exists(#restoreOutcome)";
        let change = Change {
            table: &self.task_state,
            key: task_rows::key(user),
            update: "SET #restoreOutcome = :outcome".into(),
            condition: &format!("{IS_CURRENT} AND {is_open}"),
            values: item([
                (":generation", number(generation.0)),
                (":id", text(request)),
                (":outcome", json(outcome)),
            ]),
        };
        match change.apply(&self.db, "snapshots.finish_restore").await {
            Ok(()) => Ok(()),
            Err(Refusal::Condition(row)) if task_rows::is_current(Row(&row), generation) => {
                Err(WriteError::Conflict)
            }
            Err(refusal) => Err(refusal.into()),
        }
    }
}

fn read_task(operation: &'static str, user: &UserId, row: &Item) -> Result<TaskState> {
    task_rows::read(user, Row(row)).map_err(|error| error.during(operation))
}

/// `None` for what is no place in the list.
fn place_from(place: &str) -> Option<String> {
    let key = String::from_utf8(BASE64URL_NOPAD.decode(place.as_bytes()).ok()?).ok()?;
    key.starts_with(keys::SNAPSHOTS).then_some(key)
}
