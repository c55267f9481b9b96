//! Users who leave: the mark on the user's row, and a row of its own for what became of it.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use domain::{Deletion, Generation, TaskArn, TaskStatus, Timestamp, UserId};
use platform::{Deletions, NewDeletion, Result, Unavailable};

use crate::aws::Aws;
use crate::config::{ConfigError, Lookup};
use crate::keys;
use crate::pages::all_rows;
use crate::row::{Item, Malformed, Row, item, json, number, text, word};
use crate::tables::{self, DELETIONS_SHARD, DUE_INDEX};
use crate::task_rows;
use crate::writes::{Cancelled, Change, Patience, Refusal, names_in, put_if, try_transact};

const IS_OPEN: &str = "#id = :id AND attribute_not_exists(#doneAt)";

pub struct DynamoDeletions {
    db: Client,
    table: String,
}

impl DynamoDeletions {
    pub fn new(db: Client, task_state: impl Into<String>) -> Self {
        Self { db, table: task_state.into() }
    }

    pub fn from_lookup(aws: &Aws, lookup: Lookup<'_>) -> std::result::Result<Self, ConfigError> {
        Ok(Self::new(aws.dynamodb(), tables::task_state(lookup)?))
    }

    async fn row(&self, operation: &'static str, key: Item) -> Result<Option<Item>> {
        let request = self.db.get_item().table_name(&self.table).set_key(Some(key));
        let found = request.consistent_read(true).send().await;
        Ok(found.map_err(|error| Unavailable::new(operation, error))?.item)
    }

    /// `false`: a row is not as the condition has it.
    async fn delete(
        &self,
        operation: &'static str,
        key: Item,
        condition: &str,
        values: Item,
    ) -> Result<bool> {
        let request = self
            .db
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key))
            .condition_expression(condition)
            .set_expression_attribute_names(Some(names_in(&[condition])))
            .set_expression_attribute_values(Some(values));
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) if is_refused(&error) => Ok(false),
            Err(error) => Err(Unavailable::new(operation, error)),
        }
    }
}

#[async_trait]
impl Deletions for DynamoDeletions {
    async fn begin(&self, user: &UserId, new: &NewDeletion) -> Result<Deletion> {
        const OPERATION: &str = "deletions.begin";
        let mut patience = Patience::default();
        loop {
            if let Some(known) = self.get(user).await?.filter(|known| !known.is_done()) {
                return Ok(known);
            }
            let seen = self.row(OPERATION, task_rows::key(user)).await?.unwrap_or_default();
            let deletion = deletion(user, new, Row(&seen));
            let deletion = deletion.map_err(|error| error.during(OPERATION))?;
            let rows = vec![
                // Put, not updated: whatever else the row said goes with it.
                put_if(&self.table, marked(&deletion), MAY_BE_MARKED, seen_as(&deletion)),
                put_if(&self.table, write(&deletion, new.due_at), MAY_BEGIN, zero()),
            ];
            match try_transact(&self.db, OPERATION, rows).await {
                Ok(()) => return Ok(deletion),
                // Somebody else began, or the row has changed: the next look tells.
                Err(Cancelled::Conditions(_)) if patience.is_left() => patience.pause().await,
                Err(Cancelled::Conditions(_)) => {
                    let why = "the row changes with every look at it";
                    return Err(Unavailable::new(OPERATION, why));
                }
                Err(Cancelled::Busy(error) | Cancelled::Unavailable(error)) => return Err(error),
            }
        }
    }

    async fn get(&self, user: &UserId) -> Result<Option<Deletion>> {
        const OPERATION: &str = "deletions.get";
        let found = self.row(OPERATION, key(user)).await?;
        let deletion = found.map(|row| read(user, Row(&row))).transpose();
        deletion.map_err(|error| error.during(OPERATION))
    }

    async fn note(&self, deletion: &Deletion, due_at: Timestamp) -> Result<()> {
        let mut values = due(due_at);
        values.extend(item([
            (":id", text(&deletion.id)),
            (":deleted", json(&deletion.deleted)),
            (":also", json(&deletion.also)),
        ]));
        let change = Change {
            table: &self.table,
            key: key(&deletion.user),
            update: "SET #deleted = :deleted, #also = :also, #dueShard = :shard, #dueAt = :due"
                .into(),
            condition: IS_OPEN,
            values,
        };
        match change.apply(&self.db, "deletions.note").await {
            // Happy path: another one has finished it.
            Ok(()) | Err(Refusal::Condition(_)) => Ok(()),
            Err(Refusal::Unavailable(error)) => Err(error),
        }
    }

    async fn finish(&self, deletion: &Deletion, now: Timestamp, due_at: Timestamp) -> Result<()> {
        const OPERATION: &str = "deletions.finish";
        let open = Change {
            table: &self.table,
            key: task_rows::key(&deletion.user),
            update: "REMOVE #deletingSince".into(),
            condition: "#deletingSince = :since",
            values: item([(":since", number(deletion.began_at.millis()))]),
        };
        let mut values = due(due_at);
        values.extend(item([
            (":id", text(&deletion.id)),
            (":deleted", json(&deletion.deleted)),
            (":now", number(now.millis())),
        ]));
        let done = Change {
            table: &self.table,
            key: key(&deletion.user),
            update: "SET #doneAt = :now, #deleted = :deleted, #dueShard = :shard, #dueAt = :due \
                     REMOVE #taskArn"
                .into(),
            condition: IS_OPEN,
            values,
        };
        let rows = vec![open.in_transaction(), done.in_transaction()];
        match try_transact(&self.db, OPERATION, rows).await {
            Ok(()) => Ok(()),
            Err(Cancelled::Conditions(_)) => {
                let is_open = |known: Deletion| known.id == deletion.id && !known.is_done();
                match self.get(&deletion.user).await?.is_some_and(is_open) {
                    true => Err(Unavailable::new(OPERATION, "the user's row has another mark")),
                    false => Ok(()),
                }
            }
            Err(Cancelled::Busy(error) | Cancelled::Unavailable(error)) => Err(error),
        }
    }

    async fn forget(&self, deletion: &Deletion) -> Result<()> {
        const OPERATION: &str = "deletions.forget";
        const NOT_BEGUN_ANEW: &str = "#generation = :generation AND \
            attribute_not_exists(#lastAcceptedAt) AND attribute_not_exists(#restoreId) AND \
            attribute_not_exists(#deletingSince)";
        let generation = item([(":generation", number(deletion.generation.0))]);
        let fence = task_rows::key(&deletion.user);
        self.delete(OPERATION, fence, NOT_BEGUN_ANEW, generation).await?;
        // The mark goes last: while it is there somebody comes again.
        let is_it = "#id = :id AND attribute_exists(#doneAt)";
        let id = item([(":id", text(&deletion.id))]);
        self.delete(OPERATION, key(&deletion.user), is_it, id).await.map(drop)
    }

    async fn due(&self, now: Timestamp) -> Result<Vec<UserId>> {
        const OPERATION: &str = "deletions.due";
        const CONDITION: &str = "#dueShard = :shard AND #dueAt <= :now";
        let query = self
            .db
            .query()
            .table_name(&self.table)
            .index_name(DUE_INDEX)
            .key_condition_expression(CONDITION)
            .set_expression_attribute_names(Some(names_in(&[CONDITION])))
            .expression_attribute_values(":shard", number(DELETIONS_SHARD))
            .expression_attribute_values(":now", number(now.millis()));
        let rows = all_rows(query, OPERATION).await?;
        let users = rows.iter().map(|row| Row(row).id("PK", keys::deletion_of));
        users.collect::<std::result::Result<_, _>>().map_err(|error| error.during(OPERATION))
    }
}

const MAY_BE_MARKED: &str = "attribute_not_exists(#deletingSince) AND \
                             (attribute_not_exists(#PK) OR #generation = :seen)";
const MAY_BEGIN: &str = "attribute_not_exists(#PK) OR #doneAt > :zero";

fn key(user: &UserId) -> Item {
    item([("PK", text(keys::deletion(user)))])
}

fn seen_as(deletion: &Deletion) -> Item {
    item([(":seen", number(deletion.generation.0))])
}

fn zero() -> Item {
    item([(":zero", number(0))])
}

fn due(at: Timestamp) -> Item {
    item([(":shard", number(DELETIONS_SHARD)), (":due", number(at.millis()))])
}

/// `seen`: the user's row, empty if there is none.
fn deletion(
    user: &UserId,
    new: &NewDeletion,
    seen: Row<'_>,
) -> std::result::Result<Deletion, Malformed> {
    let generation = Generation(seen.number_if_any("generation")?.unwrap_or_default());
    let status: Option<TaskStatus> = seen.word_if_any("status")?;
    let idle = status.is_none_or(|status| status == TaskStatus::Idle);
    let alone = idle && seen.number_set("unreleased")?.is_empty();
    let quiet_after = if alone { new.quiet_after } else { new.quiet_after_task };
    Ok(Deletion {
        user: user.clone(),
        id: new.id.clone(),
        generation,
        began_at: new.now,
        quiet_at: new.now + quiet_after,
        task_arn: seen.text_if_any("taskArn")?.map(|arn| TaskArn(arn.to_owned())),
        deleted: BTreeMap::new(),
        also: BTreeSet::new(),
        done_at: None,
    })
}

/// All that stays of the user's row. Nobody is the generation that it names: it is released.
fn marked(deletion: &Deletion) -> Item {
    item([
        ("PK", text(keys::user(&deletion.user))),
        ("status", word(&TaskStatus::Idle)),
        ("generation", number(deletion.generation.0)),
        ("released", number(deletion.generation.0)),
        ("deletingSince", number(deletion.began_at.millis())),
    ])
}

fn write(deletion: &Deletion, due_at: Timestamp) -> Item {
    let mut row = key(&deletion.user);
    row.extend(item([
        ("id", text(&deletion.id)),
        ("generation", number(deletion.generation.0)),
        ("beganAt", number(deletion.began_at.millis())),
        ("quietAt", number(deletion.quiet_at.millis())),
        ("deleted", json(&deletion.deleted)),
        ("dueShard", number(DELETIONS_SHARD)),
        ("dueAt", number(due_at.millis())),
    ]));
    row.extend(deletion.task_arn.as_ref().map(|arn| ("taskArn".into(), text(&arn.0))));
    row
}

fn read(user: &UserId, row: Row<'_>) -> std::result::Result<Deletion, Malformed> {
    Ok(Deletion {
        user: user.clone(),
        id: row.text("id")?.to_owned(),
        generation: Generation(row.number("generation")?),
        began_at: Timestamp(row.number("beganAt")?),
        quiet_at: Timestamp(row.number("quietAt")?),
        task_arn: row.text_if_any("taskArn")?.map(|arn| TaskArn(arn.to_owned())),
        deleted: row.json_if_any("deleted")?.unwrap_or_default(),
        also: row.json_if_any("also")?.unwrap_or_default(),
        done_at: row.number_if_any("doneAt")?.map(Timestamp),
    })
}

fn is_refused(error: &SdkError<DeleteItemError>) -> bool {
    error.as_service_error().is_some_and(DeleteItemError::is_conditional_check_failed_exception)
}
