//! Schedules: one row each, beside the user's settings.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use domain::{
    ConversationId, Missed, Prompt, Recurrence, Schedule, ScheduleId, TimeZone, Timestamp, UserId,
};
use platform::{Result, Schedules, Unavailable};

use crate::aws::Aws;
use crate::config::{ConfigError, Lookup};
use crate::keys;
use crate::pages::all_rows;
use crate::row::{Item, Malformed, Row, item, json, number, text, word};
use crate::tables;
use crate::writes::{Change, Refusal, names_in};

const OF_USER: &str = "#PK = :user AND begins_with(#SK, :prefix)";

pub struct DynamoSchedules {
    db: Client,
    table: String,
}

impl DynamoSchedules {
    pub fn new(db: Client, settings: impl Into<String>) -> Self {
        Self { db, table: settings.into() }
    }

    pub fn from_lookup(aws: &Aws, lookup: Lookup<'_>) -> std::result::Result<Self, ConfigError> {
        Ok(Self::new(aws.dynamodb(), tables::settings(lookup)?))
    }

    /// `false`: the row is not as it was to be.
    async fn change(
        &self,
        operation: &'static str,
        (user, id): (&UserId, &ScheduleId),
        (update, condition): (&str, &str),
        values: Item,
    ) -> Result<bool> {
        let change = Change {
            table: &self.table,
            key: key(user, id),
            update: update.into(),
            condition,
            values,
        };
        match change.apply(&self.db, operation).await {
            Ok(()) => Ok(true),
            Err(Refusal::Condition(_)) => Ok(false),
            Err(Refusal::Unavailable(error)) => Err(error),
        }
    }
}

#[async_trait]
impl Schedules for DynamoSchedules {
    async fn put_new(&self, user: &UserId, schedule: &Schedule) -> Result<Option<Schedule>> {
        const OPERATION: &str = "schedules.put_new";
        let mut row = key(user, &schedule.id);
        row.extend(attributes(schedule));
        let put = self
            .db
            .put_item()
            .table_name(&self.table)
            .set_item(Some(row))
            .condition_expression("attribute_not_exists(PK)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let error = match put.send().await {
            Ok(_) => return Ok(None),
            Err(SdkError::ServiceError(context)) => context.into_err(),
            Err(error) => return Err(Unavailable::new(OPERATION, error)),
        };
        match error {
            aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(
                known,
            ) => {
                let row = known.item.unwrap_or_default();
                read(&row).map(Some).map_err(|error| error.during(OPERATION))
            }
            error => Err(Unavailable::new(OPERATION, error)),
        }
    }

    async fn get(&self, user: &UserId, id: &ScheduleId) -> Result<Option<Schedule>> {
        const OPERATION: &str = "schedules.get";
        let request = self.db.get_item().table_name(&self.table).set_key(Some(key(user, id)));
        let found = request.consistent_read(true).send().await;
        let found = found.map_err(|error| Unavailable::new(OPERATION, error))?;
        let read = |row: Item| read(&row).map_err(|error| error.during(OPERATION));
        found.item.map(read).transpose()
    }

    async fn list(&self, user: &UserId) -> Result<Vec<Schedule>> {
        const OPERATION: &str = "schedules.list";
        let query = self
            .db
            .query()
            .table_name(&self.table)
            .key_condition_expression(OF_USER)
            .set_expression_attribute_names(Some(names_in(&[OF_USER])))
            .expression_attribute_values(":user", text(keys::user(user)))
            .expression_attribute_values(":prefix", text(keys::SCHEDULES))
            .consistent_read(true);
        let rows = all_rows(query, OPERATION).await?;
        let schedules = rows.iter().map(read).collect::<std::result::Result<_, Malformed>>();
        schedules.map_err(|error| error.during(OPERATION))
    }

    async fn replace(&self, user: &UserId, schedule: &Schedule) -> Result<bool> {
        const IS_THE_ONE_BEFORE: &str = "#revision = :before";
        let Some(before) = schedule.revision.checked_sub(1) else { return Ok(false) };
        let written = attributes(schedule).into_iter().filter(|(name, _)| *name != "lastRunAt");
        let mut sets = Vec::new();
        let mut values = item([(":before", number(before.into()))]);
        for (name, value) in written {
            sets.push(format!("#{name} = :{name}"));
            values.insert(format!(":{name}"), value);
        }
        let update = format!("SET {}", sets.join(", "));
        let of = (user, &schedule.id);
        self.change("schedules.replace", of, (&update, IS_THE_ONE_BEFORE), values).await
    }

    async fn note_armed(&self, user: &UserId, id: &ScheduleId, revision: u32) -> Result<bool> {
        const HOW: (&str, &str) = ("SET #armed = :armed", "#revision = :revision");
        let values =
            item([(":armed", AttributeValue::Bool(true)), (":revision", number(revision.into()))]);
        self.change("schedules.note_armed", (user, id), HOW, values).await
    }

    async fn note_run(&self, user: &UserId, id: &ScheduleId, time: Timestamp) -> Result<bool> {
        const RISES: &str = "attribute_exists(#PK) AND \
                             (attribute_not_exists(#lastRunAt) OR #lastRunAt < :time)";
        let values = item([(":time", number(time.millis()))]);
        let how = ("SET #lastRunAt = :time", RISES);
        self.change("schedules.note_run", (user, id), how, values).await
    }

    async fn remove(&self, user: &UserId, id: &ScheduleId) -> Result<()> {
        let request = self.db.delete_item().table_name(&self.table).set_key(Some(key(user, id)));
        let done = request.send().await;
        done.map(drop).map_err(|error| Unavailable::new("schedules.remove", error))
    }
}

fn key(user: &UserId, id: &ScheduleId) -> Item {
    item([("PK", text(keys::user(user))), ("SK", text(keys::schedule(id)))])
}

fn attributes(schedule: &Schedule) -> Vec<(String, AttributeValue)> {
    let mut row = item([
        ("prompt", text(schedule.prompt.as_str())),
        ("conversationId", text(schedule.conversation.as_str())),
        ("recurrence", json(&schedule.recurrence)),
        ("timeZone", text(schedule.time_zone.name())),
        ("missed", word(&schedule.missed)),
        ("enabled", AttributeValue::Bool(schedule.enabled)),
        ("createdAt", number(schedule.created_at.millis())),
        ("revision", number(schedule.revision.into())),
        ("armed", AttributeValue::Bool(schedule.armed)),
    ]);
    if let Some(time) = schedule.last_run_at {
        row.insert("lastRunAt".into(), number(time.millis()));
    }
    row.into_iter().collect()
}

fn read(row: &Item) -> std::result::Result<Schedule, Malformed> {
    let row = Row(row);
    Ok(Schedule {
        id: row.id("SK", keys::schedule_of)?,
        prompt: row.id("prompt", |text| Prompt::new(text).ok())?,
        conversation: row.id("conversationId", |text| ConversationId::new(text).ok())?,
        recurrence: row
            .json_if_any("recurrence")?
            .and_then(|read: Recurrence| read.check().ok())
            .ok_or(Malformed("recurrence"))?,
        time_zone: row.id("timeZone", |name| TimeZone::new(name).ok())?,
        missed: row.word::<Missed>("missed")?,
        enabled: row.flag("enabled")?,
        created_at: Timestamp(row.number("createdAt")?),
        last_run_at: row.number_if_any("lastRunAt")?.map(Timestamp),
        revision: u32::try_from(row.number("revision")?).map_err(|_| Malformed("revision"))?,
        armed: row.flag("armed")?,
    })
}
