//! The task's row in TaskState, and the one row of everybody's wake-ups.

use std::collections::HashSet;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use domain::{
    ActivityHistory, Capacity, Generation, Phase, TaskArn, TaskState, TaskStatus, Timestamp,
    UserId, task,
};
use platform::{Claim, ClaimError, Due, Result, Tasks, Unavailable, Unreadable, WriteError};

use crate::aws::Aws;
use crate::config::{ConfigError, Lookup};
use crate::keys;
use crate::pages::{all_rows, rows_of};
use crate::row::{Item, Row, item, number, text, word};
use crate::tables::{self, DUE_INDEX};
use crate::task_rows::{
    self, SET_DUE, due_at, generations, is_current, is_ours, key, millis, read, with_wake,
};
use crate::writes::{Change, IS_CURRENT, Refusal, names_in};

/// What an idle row does not have. Without the token's hash no bridge can register any more.
const FORGET_TASK: &str = "REMOVE #taskArn, #capacity, #phase, #bridgeConnection, \
                           #launchTokenSha256, #launchedAt, #eventVersion";

/// Of everybody: the median is of so many, and the list is cut when it is twice as long.
const WAKES_OF_ALL: usize = 20;

/// Whoever waits for this generation need wait no longer.
const SAY_RELEASED: &str = "DELETE #unreleased :own";

/// See [`ending`].
const END: &str = "SET #status = :idle, #released = :generation, #dueShard = :shard, #dueAt = :due";

/// See [`one_more`].
const ONE_MORE_FAILED: &str = "#failedLaunches = if_not_exists(#failedLaunches, :zero) + :one";

pub struct DynamoTasks {
    db: Client,
    table: String,
}

impl DynamoTasks {
    pub fn new(db: Client, task_state: impl Into<String>) -> Self {
        Self { db, table: task_state.into() }
    }

    pub fn from_lookup(aws: &Aws, lookup: Lookup<'_>) -> std::result::Result<Self, ConfigError> {
        Ok(Self::new(aws.dynamodb(), tables::task_state(lookup)?))
    }

    async fn find(&self, operation: &'static str, key: Item) -> Result<Option<Item>> {
        let request = self.db.get_item().table_name(&self.table).set_key(Some(key));
        let found = request.consistent_read(true).send().await;
        Ok(found.map_err(|error| Unavailable::new(operation, error))?.item)
    }

    async fn change(
        &self,
        operation: &'static str,
        user: &UserId,
        update: &str,
        condition: &str,
        values: Item,
    ) -> std::result::Result<(), Refusal> {
        let (key, update) = (key(user), update.into());
        let change = Change { table: &self.table, key, update, condition, values };
        change.apply(&self.db, operation).await
    }

    async fn change_if_current(
        &self,
        operation: &'static str,
        user: &UserId,
        generation: Generation,
        update: &str,
        mut values: Item,
    ) -> std::result::Result<(), WriteError> {
        values.insert(":generation".into(), number(generation.0));
        self.change(operation, user, update, IS_CURRENT, values).await.map_err(WriteError::from)
    }

    /// The list grows with every wake-up, in one step that needs no answer; who sees it twice
    /// as long as it is of use cuts it, unless another has.
    async fn cut_wakes(&self, operation: &'static str, length: usize) -> Result<()> {
        let oldest: Vec<String> =
            (0..length - WAKES_OF_ALL).map(|n| format!("#recentWakes[{n}]")).collect();
        let cut = Change {
            table: &self.table,
            key: deployment(),
            update: format!("REMOVE {}", oldest.join(", ")).into(),
            condition: "size(#recentWakes) = :length",
            values: item([(":length", number(length as u64))]),
        };
        happened(cut.apply(&self.db, operation).await).map(drop)
    }
}

#[async_trait]
impl Tasks for DynamoTasks {
    async fn get(&self, user: &UserId) -> Result<TaskState> {
        const OPERATION: &str = "tasks.get";
        match self.find(OPERATION, key(user)).await? {
            Some(row) => read(user, Row(&row)).map_err(|error| error.during(OPERATION)),
            None => Ok(TaskState::idle(user.clone())),
        }
    }

    async fn claim_launch(
        &self,
        user: &UserId,
        claim: &Claim,
    ) -> std::result::Result<Generation, ClaimError> {
        let next = claim.seen_generation.next();
        let change = task_rows::claim(&self.table, user, claim, Phase::Provisioning, None);
        match change.apply(&self.db, "tasks.claim_launch").await {
            Ok(()) => Ok(next),
            Err(Refusal::Condition(row)) if is_ours(Row(&row), claim) => Ok(next),
            Err(Refusal::Condition(_)) => Err(ClaimError::LostRace),
            Err(Refusal::Unavailable(error)) => Err(error.into()),
        }
    }

    async fn record_launched(
        &self,
        user: &UserId,
        generation: Generation,
        arn: &TaskArn,
        capacity: Capacity,
    ) -> std::result::Result<(), WriteError> {
        let update = "SET #taskArn = :arn, #capacity = :capacity";
        let values = item([(":arn", text(&arn.0)), (":capacity", word(&capacity))]);
        self.change_if_current("tasks.record_launched", user, generation, update, values).await
    }

    async fn launch_failed(
        &self,
        user: &UserId,
        generation: Generation,
        due: Timestamp,
    ) -> std::result::Result<(), WriteError> {
        let update = format!("{END}, {ONE_MORE_FAILED} {FORGET_TASK} {SAY_RELEASED}");
        let condition = format!("{IS_CURRENT} AND #phase = :provisioning");
        let mut values = ending(user, generation, due);
        values.extend(one_more());
        values.insert(":own".into(), generations([generation]));
        values.insert(":provisioning".into(), word(&Phase::Provisioning));
        let failed = self.change("tasks.launch_failed", user, &update, &condition, values).await;
        failed.map_err(WriteError::from)
    }

    async fn set_phase(
        &self,
        user: &UserId,
        generation: Generation,
        phase: Phase,
    ) -> std::result::Result<(), WriteError> {
        let values = item([(":phase", word(&phase))]);
        let update = "SET #phase = :phase";
        self.change_if_current("tasks.set_phase", user, generation, update, values).await
    }

    async fn set_running(
        &self,
        user: &UserId,
        generation: Generation,
        woke_in: Duration,
        now: Timestamp,
    ) -> std::result::Result<(), WriteError> {
        // Read and written in two steps: only the current generation adds wake-ups.
        let mut seen = self.get(user).await?;
        let mut wakes = std::mem::take(&mut seen.wakes);
        wakes.note(&seen, woke_in);
        let recent = with_wake(seen.recent_wakes_ms, woke_in);
        let list = |numbers: Vec<u64>| AttributeValue::L(numbers.into_iter().map(number).collect());
        let update = "SET #status = :running, #phase = :ready, #recentWakes = :recent, \
                      #wakes = :wakes, #lastActivityAt = :now REMOVE #failedLaunches";
        let values = item([
            (":running", word(&TaskStatus::Running)),
            (":ready", word(&Phase::Ready)),
            (":recent", list(recent)),
            (":wakes", list(wakes.to_numbers())),
            (":now", number(now.millis())),
        ]);
        self.change_if_current("tasks.set_running", user, generation, update, values).await
    }

    async fn touch(
        &self,
        user: &UserId,
        generation: Generation,
        now: Timestamp,
        activity: &ActivityHistory,
    ) -> std::result::Result<(), WriteError> {
        let mut values = item([(":now", number(now.millis()))]);
        let mut update = "SET #lastActivityAt = :now";
        if *activity != ActivityHistory::default() {
            update = "SET #lastActivityAt = :now, #activity = :activity";
            let numbers = activity.to_numbers().into_iter().map(number).collect();
            values.insert(":activity".into(), AttributeValue::L(numbers));
        }
        self.change_if_current("tasks.touch", user, generation, update, values).await
    }

    async fn set_stopping(
        &self,
        user: &UserId,
        generation: Generation,
        due: Timestamp,
    ) -> std::result::Result<(), WriteError> {
        let update = format!("SET #status = :stopping, #phase = :phase, {SET_DUE}");
        let mut values = due_at(user, due);
        values.extend(item([
            (":stopping", word(&TaskStatus::Stopping)),
            (":phase", word(&Phase::Stopping)),
        ]));
        self.change_if_current("tasks.set_stopping", user, generation, &update, values).await
    }

    async fn release(&self, user: &UserId, generation: Generation, due: Timestamp) -> Result<bool> {
        const OPERATION: &str = "tasks.release";
        let update = format!("{END} {FORGET_TASK} {SAY_RELEASED}");
        let own = (":own".to_owned(), generations([generation]));
        let mut values = ending(user, generation, due);
        values.extend([own.clone()]);
        let before = match self.change(OPERATION, user, &update, IS_CURRENT, values).await {
            Ok(()) => return Ok(true),
            Err(Refusal::Unavailable(error)) => return Err(error),
            Err(Refusal::Condition(row)) => row,
        };
        let values = || {
            let mut values = item([(":generation", number(generation.0))]);
            values.extend([own.clone()]);
            values
        };
        let condition = "#released < :generation AND #generation > :generation";
        let update = format!("SET #released = :generation {SAY_RELEASED}");
        if happened(self.change(OPERATION, user, &update, condition, values()).await)? {
            return Ok(false);
        }
        // Released before, or abandoned, or a younger one has been. Whoever is current by now: the
        // next launch may be claimed between these steps, and waits for this word.
        let condition = "contains(#unreleased, :generation)";
        happened(self.change(OPERATION, user, SAY_RELEASED, condition, values()).await)?;
        Ok(is_of(Row(&before), generation) && generation != Generation(0))
    }

    async fn abandon(
        &self,
        user: &UserId,
        generation: Generation,
        due: Timestamp,
        failed_launch: bool,
    ) -> std::result::Result<(), WriteError> {
        let mut values = ending(user, generation, due);
        let update = if failed_launch {
            values.extend(one_more());
            format!("{END}, {ONE_MORE_FAILED} {FORGET_TASK}")
        } else {
            format!("{END} {FORGET_TASK}")
        };
        let abandoned = self.change("tasks.abandon", user, &update, IS_CURRENT, values).await;
        abandoned.map_err(WriteError::from)
    }

    async fn settle(&self, seen: &TaskState) -> Result<bool> {
        if seen.status != TaskStatus::Idle {
            return Ok(false);
        }
        let mut values =
            item([(":idle", word(&TaskStatus::Idle)), (":generation", number(seen.generation.0))]);
        let nothing_came = match seen.last_accepted_at {
            Some(last) => {
                values.insert(":last".into(), number(last.millis()));
                "#lastAcceptedAt = :last"
            }
            None => "attribute_not_exists(#lastAcceptedAt)",
        };
        let condition = format!(
            "#status = :idle AND #generation = :generation AND {nothing_came} AND \
             (attribute_not_exists(#restoreId) OR attribute_exists(#restoreOutcome))"
        );
        let update = "REMOVE #dueShard, #dueAt";
        happened(self.change("tasks.settle", &seen.user, update, &condition, values).await)
    }

    async fn look_again(&self, seen: &TaskState, due: Timestamp) -> Result<bool> {
        let condition = "#status = :status AND #generation = :generation AND \
                         attribute_exists(#dueAt)";
        let mut values = due_at(&seen.user, due);
        values.extend(item([
            (":status", word(&seen.status)),
            (":generation", number(seen.generation.0)),
        ]));
        let update = format!("SET {SET_DUE}");
        happened(self.change("tasks.look_again", &seen.user, &update, condition, values).await)
    }

    async fn note_warning(
        &self,
        user: &UserId,
        generation: Generation,
        event_version: u64,
        due: Timestamp,
    ) -> std::result::Result<(), WriteError> {
        let condition = format!(
            "{IS_CURRENT} AND (attribute_not_exists(#eventVersion) OR #eventVersion < :version)"
        );
        let mut values = due_at(user, due);
        values.extend(item([
            (":generation", number(generation.0)),
            (":version", number(event_version)),
        ]));
        let update = format!("SET #eventVersion = :version, {SET_DUE}");
        match self.change("tasks.note_warning", user, &update, &condition, values).await {
            Ok(()) => Ok(()),
            Err(Refusal::Condition(row)) if is_current(Row(&row), generation) => {
                Err(WriteError::Conflict)
            }
            Err(refusal) => Err(refusal.into()),
        }
    }

    async fn due(&self, shard: u64, now: Timestamp) -> Result<Due> {
        const CONDITION: &str = "#dueShard = :shard AND #dueAt <= :now";
        let query = self
            .db
            .query()
            .table_name(&self.table)
            .index_name(DUE_INDEX)
            .key_condition_expression(CONDITION)
            .set_expression_attribute_names(Some(names_in(&[CONDITION])))
            .expression_attribute_values(":shard", number(shard))
            .expression_attribute_values(":now", number(now.millis()));
        let mut due = Due::default();
        for row in all_rows(query, "tasks.due").await? {
            match Row(&row).id("PK", keys::user_of) {
                Ok(user) => due.users.push(user),
                Err(_) => due.unreadable.push(key_of(&row)),
            }
        }
        Ok(due)
    }

    async fn get_many(
        &self,
        users: &[UserId],
    ) -> Result<Vec<std::result::Result<TaskState, Unreadable>>> {
        let users: HashSet<&UserId> = users.iter().collect();
        let keys = users.into_iter().map(key).collect();
        let rows = rows_of(&self.db, &self.table, keys, "tasks.get_many").await?;
        Ok(rows.iter().map(read_keyed).collect())
    }

    async fn typical_wake(&self) -> Result<Option<Duration>> {
        const OPERATION: &str = "tasks.typical_wake";
        let Some(row) = self.find(OPERATION, deployment()).await? else {
            return Ok(None);
        };
        let wakes = Row(&row).numbers("recentWakes").map_err(|error| error.during(OPERATION))?;
        Ok(task::median(&wakes[wakes.len().saturating_sub(WAKES_OF_ALL)..]))
    }

    async fn note_wake(&self, woke_in: Duration) -> Result<()> {
        const OPERATION: &str = "tasks.note_wake";
        const UPDATE: &str = "SET #recentWakes = \
                              list_append(if_not_exists(#recentWakes, :none), :wake)";
        let wake = number(millis(woke_in));
        let request = self
            .db
            .update_item()
            .table_name(&self.table)
            .set_key(Some(deployment()))
            .update_expression(UPDATE)
            .set_expression_attribute_names(Some(names_in(&[UPDATE])))
            .expression_attribute_values(":none", AttributeValue::L(Vec::new()))
            .expression_attribute_values(":wake", AttributeValue::L(vec![wake]))
            .return_values(ReturnValue::UpdatedNew);
        let noted = request.send().await.map_err(|error| Unavailable::new(OPERATION, error))?;
        let row = noted.attributes.unwrap_or_default();
        let wakes = Row(&row).numbers("recentWakes").map_err(|error| error.during(OPERATION))?;
        if wakes.len() >= 2 * WAKES_OF_ALL {
            self.cut_wakes(OPERATION, wakes.len()).await?;
        }
        Ok(())
    }
}

fn deployment() -> Item {
    item([("PK", text(keys::DEPLOYMENT))])
}

fn ending(user: &UserId, generation: Generation, due: Timestamp) -> Item {
    let mut values = due_at(user, due);
    values.insert(":idle".into(), word(&TaskStatus::Idle));
    values.insert(":generation".into(), number(generation.0));
    values
}

fn one_more() -> Item {
    item([(":zero", number(0)), (":one", number(1))])
}

fn is_of(row: Row<'_>, generation: Generation) -> bool {
    row.number("generation").ok() == Some(generation.0)
}

/// For people: what the row is stored under, whatever it is.
fn key_of(row: &Item) -> String {
    Row(row).text("PK").unwrap_or("without a key").to_owned()
}

fn read_keyed(row: &Item) -> std::result::Result<TaskState, Unreadable> {
    let state = Row(row).id("PK", keys::user_of).and_then(|user| read(&user, Row(row)));
    state.map_err(|why| Unreadable { key: key_of(row), why: why.to_string() })
}

fn happened(outcome: std::result::Result<(), Refusal>) -> Result<bool> {
    match outcome {
        Ok(()) => Ok(true),
        Err(Refusal::Condition(_)) => Ok(false),
        Err(Refusal::Unavailable(error)) => Err(error),
    }
}
