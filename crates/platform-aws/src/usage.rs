//! What agents did and used, one row for each user and day.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use domain::limits::USAGE_TTL;
use domain::{Day, Generation, Timestamp, UsageCounts, UserId};
use platform::{Result, UsageBatch, UsageRecords, WriteError};

use crate::aws::Aws;
use crate::config::{ConfigError, Lookup};
use crate::keys;
use crate::pages::all_rows;
use crate::row::{Item, Malformed, Row, item, number, text};
use crate::tables;
use crate::writes::{Change, fence, names_in, transact};

pub struct DynamoUsage {
    db: Client,
    settings: String,
    task_state: String,
}

impl DynamoUsage {
    pub fn new(db: Client, settings: impl Into<String>, task_state: impl Into<String>) -> Self {
        Self { db, settings: settings.into(), task_state: task_state.into() }
    }

    pub fn from_lookup(aws: &Aws, lookup: Lookup<'_>) -> std::result::Result<Self, ConfigError> {
        Ok(Self::new(aws.dynamodb(), tables::settings(lookup)?, tables::task_state(lookup)?))
    }
}

#[async_trait]
impl UsageRecords for DynamoUsage {
    async fn add(
        &self,
        user: &UserId,
        generation: Generation,
        batch: &UsageBatch,
    ) -> std::result::Result<(), WriteError> {
        let change = add(&self.settings, user, generation, batch).in_transaction();
        let fence = fence(&self.task_state, user, generation);
        match transact(&self.db, "usage.add", fence, [change]).await {
            // It was added before, and nobody heard of it.
            Err(WriteError::Conflict) => Ok(()),
            outcome => outcome,
        }
    }

    async fn read(
        &self,
        user: &UserId,
        from: Day,
        to: Day,
        now: Timestamp,
    ) -> Result<Vec<(Day, UsageCounts)>> {
        const OPERATION: &str = "usage.read";
        const CONDITION: &str = "#PK = :user AND #SK BETWEEN :from AND :to";
        const FILTER: &str = "#ttl > :now";
        if to < from {
            return Ok(Vec::new());
        }
        let query = self
            .db
            .query()
            .table_name(&self.settings)
            .consistent_read(true)
            .key_condition_expression(CONDITION)
            .filter_expression(FILTER)
            .set_expression_attribute_names(Some(names_in(&[CONDITION, FILTER])))
            .expression_attribute_values(":user", text(keys::user(user)))
            .expression_attribute_values(":from", text(keys::usage(from)))
            .expression_attribute_values(":to", text(keys::usage(to)))
            .expression_attribute_values(":now", number(now.epoch_seconds()));
        let rows = all_rows(query, OPERATION).await?;
        let days = rows.iter().map(|row| read(Row(row)));
        days.collect::<std::result::Result<_, _>>().map_err(|error| error.during(OPERATION))
    }
}

fn add<'a>(
    table: &'a str,
    user: &UserId,
    generation: Generation,
    batch: &UsageBatch,
) -> Change<'a> {
    let counts = batch.counts.numbers().into_iter().filter(|(_, count)| *count > 0);
    let mut values = item([
        (":generation", number(generation.0)),
        (":batch", number(batch.number)),
        (":ttl", number((batch.day.next().start() + USAGE_TTL).epoch_seconds())),
    ]);
    let mut sums = Vec::new();
    for (name, count) in counts {
        sums.push(format!("#{name} :{name}"));
        values.insert(format!(":{name}"), number(count));
    }
    let add = if sums.is_empty() { String::new() } else { format!(" ADD {}", sums.join(", ")) };
    Change {
        table,
        key: key(user, batch.day),
        update: format!("SET #generation = :generation, #batch = :batch, #ttl = :ttl{add}").into(),
        // An older generation has been fenced out before it gets here.
        condition: "attribute_not_exists(#batch) OR #generation < :generation OR #batch < :batch",
        values,
    }
}

fn key(user: &UserId, day: Day) -> Item {
    item([("PK", text(keys::user(user))), ("SK", text(keys::usage(day)))])
}

/// What an older version did not count is none.
fn read(row: Row<'_>) -> std::result::Result<(Day, UsageCounts), Malformed> {
    let day = row.id("SK", keys::usage_of)?;
    for (name, _) in UsageCounts::default().numbers() {
        row.number_if_any(name)?;
    }
    let value = |name| row.number_if_any(name).ok().flatten().unwrap_or_default();
    Ok((day, UsageCounts::from_numbers(value)))
}
