//! The task's row in TaskState.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Capacity, Generation, Phase, TaskArn, TaskState, TaskStatus, Timestamp, UserId};
use platform::{Claim, ClaimError, Result, Tasks, Unavailable, WriteError};

use crate::aws::Aws;
use crate::config::{ConfigError, Lookup};
use crate::keys;
use crate::pages::all_rows;
use crate::row::{Item, Row, item, number, text, word};
use crate::tables::{self, DUE_INDEX, DUE_SHARDS};
use crate::task_rows::{due_shard, is_ours, key, read, with_wake};
use crate::writes::{Change, IS_CURRENT, Refusal, names_in};

/// What an idle row does not have. Without the token's hash no bridge can register any more.
const FORGET_TASK: &str = "REMOVE #taskArn, #capacity, #phase, #bridgeConnection, \
                           #launchTokenSha256, #launchedAt";

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

    async fn change(
        &self,
        operation: &'static str,
        user: &UserId,
        update: &str,
        condition: &str,
        values: Item,
    ) -> std::result::Result<(), Refusal> {
        let key = key(user);
        let change = Change { table: &self.table, key, update, condition, values };
        change.apply(&self.db, operation).await
    }

    async fn change_if_current<const N: usize>(
        &self,
        operation: &'static str,
        user: &UserId,
        generation: Generation,
        update: &str,
        values: [(&str, AttributeValue); N],
    ) -> std::result::Result<(), WriteError> {
        let mut values = item(values);
        values.insert(":generation".into(), number(generation.0));
        self.change(operation, user, update, IS_CURRENT, values).await.map_err(fenced)
    }

    async fn due_in(&self, shard: u64, now: Timestamp) -> Result<Vec<UserId>> {
        const OPERATION: &str = "tasks.due";
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
        let rows = all_rows(query, OPERATION).await?;
        let users = rows.iter().map(|row| Row(row).id("PK", keys::user_of));
        users.collect::<std::result::Result<_, _>>().map_err(|error| error.during(OPERATION))
    }
}

#[async_trait]
impl Tasks for DynamoTasks {
    async fn get(&self, user: &UserId) -> Result<TaskState> {
        const OPERATION: &str = "tasks.get";
        let found = self
            .db
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key(user)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| Unavailable::new(OPERATION, error))?;
        let Some(row) = found.item else {
            return Ok(TaskState::idle(user.clone()));
        };
        read(user, Row(&row)).map_err(|error| error.during(OPERATION))
    }

    async fn claim_launch(
        &self,
        user: &UserId,
        claim: &Claim,
    ) -> std::result::Result<Generation, ClaimError> {
        let next = claim.seen_generation.next();
        let update = "SET #status = :starting, #generation = :next, #phase = :provisioning, \
                      #launchedAt = :now, #launchTokenSha256 = :token, #dueShard = :shard, \
                      #dueAt = :due, #released = if_not_exists(#released, :zero) \
                      REMOVE #taskArn, #capacity, #bridgeConnection";
        let mut values = item([
            (":starting", word(&TaskStatus::Starting)),
            (":next", number(next.0)),
            (":provisioning", word(&Phase::Provisioning)),
            (":now", number(claim.now.millis())),
            (":token", text(&claim.launch_token_sha256)),
            (":shard", number(due_shard(user))),
            (":due", number(claim.due_at.millis())),
            (":zero", number(0)),
        ]);
        let condition = if is_absent(claim) {
            "attribute_not_exists(#PK)"
        } else {
            values.insert(":status".into(), word(&claim.seen_status));
            values.insert(":seen".into(), number(claim.seen_generation.0));
            "#status = :status AND #generation = :seen"
        };
        match self.change("tasks.claim_launch", user, update, condition, values).await {
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
        let values = [(":arn", text(&arn.0)), (":capacity", word(&capacity))];
        self.change_if_current("tasks.record_launched", user, generation, update, values).await
    }

    async fn launch_failed(
        &self,
        user: &UserId,
        generation: Generation,
        due_at: Timestamp,
    ) -> std::result::Result<(), WriteError> {
        let update = format!(
            "SET #status = :idle, #released = :generation, #dueShard = :shard, #dueAt = :due \
             {FORGET_TASK}"
        );
        let values = [
            (":idle", word(&TaskStatus::Idle)),
            (":shard", number(due_shard(user))),
            (":due", number(due_at.millis())),
        ];
        self.change_if_current("tasks.launch_failed", user, generation, &update, values).await
    }

    async fn set_phase(
        &self,
        user: &UserId,
        generation: Generation,
        phase: Phase,
    ) -> std::result::Result<(), WriteError> {
        let values = [(":phase", word(&phase))];
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
        let wakes = with_wake(self.get(user).await?.recent_wakes_ms, woke_in);
        let wakes = wakes.into_iter().map(number).collect();
        let update = "SET #status = :running, #phase = :ready, #recentWakes = :wakes, \
                      #lastActivityAt = :now";
        let values = [
            (":running", word(&TaskStatus::Running)),
            (":ready", word(&Phase::Ready)),
            (":wakes", AttributeValue::L(wakes)),
            (":now", number(now.millis())),
        ];
        self.change_if_current("tasks.set_running", user, generation, update, values).await
    }

    async fn touch(
        &self,
        user: &UserId,
        generation: Generation,
        now: Timestamp,
    ) -> std::result::Result<(), WriteError> {
        let values = [(":now", number(now.millis()))];
        let update = "SET #lastActivityAt = :now";
        self.change_if_current("tasks.touch", user, generation, update, values).await
    }

    async fn set_stopping(
        &self,
        user: &UserId,
        generation: Generation,
    ) -> std::result::Result<(), WriteError> {
        let update = "SET #status = :stopping, #phase = :phase";
        let values =
            [(":stopping", word(&TaskStatus::Stopping)), (":phase", word(&Phase::Stopping))];
        self.change_if_current("tasks.set_stopping", user, generation, update, values).await
    }

    async fn release(&self, user: &UserId, generation: Generation) -> Result<bool> {
        const OPERATION: &str = "tasks.release";
        let update = format!(
            "SET #status = :idle, #released = :generation {FORGET_TASK}, #dueShard, #dueAt"
        );
        let condition = "#generation = :generation";
        let values =
            item([(":idle", word(&TaskStatus::Idle)), (":generation", number(generation.0))]);
        if happened(self.change(OPERATION, user, &update, condition, values).await)? {
            return Ok(true);
        }
        let condition = "#released < :generation AND #generation > :generation";
        let values = item([(":generation", number(generation.0))]);
        let update = "SET #released = :generation";
        happened(self.change(OPERATION, user, update, condition, values).await)?;
        Ok(false)
    }

    async fn due(&self, now: Timestamp) -> Result<Vec<UserId>> {
        let mut users = Vec::new();
        for shard in 0..DUE_SHARDS {
            users.extend(self.due_in(shard, now).await?);
        }
        Ok(users)
    }
}

/// The claimer read no row: `TaskState::idle`, generation 0.
fn is_absent(claim: &Claim) -> bool {
    claim.seen_generation == Generation(0)
}

fn fenced(refusal: Refusal) -> WriteError {
    match refusal {
        Refusal::Condition(_) => WriteError::Fenced,
        Refusal::Unavailable(error) => error.into(),
    }
}

fn happened(outcome: std::result::Result<(), Refusal>) -> Result<bool> {
    match outcome {
        Ok(()) => Ok(true),
        Err(Refusal::Condition(_)) => Ok(false),
        Err(Refusal::Unavailable(error)) => Err(error),
    }
}
