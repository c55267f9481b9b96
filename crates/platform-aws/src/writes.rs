//! Conditional writes: one row alone, or several in one transaction behind the fence (I3).

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    CancellationReason, ConditionCheck, Put, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};
use domain::{Generation, UserId};
use platform::{Unavailable, WriteError};
use tokio::time::Instant;

use crate::keys;
use crate::row::{Item, item, number, text};

/// How long a write is tried again that meets others on the same row. Fifty messages of one
/// user that come at once are through well within it.
const PATIENCE: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(320);

/// The writer is the user's current generation, and it has not been released: what a released
/// bridge left behind in a socket must not bring the row back to life.
pub(crate) const IS_CURRENT: &str = "#generation = :generation AND \
                                     (attribute_not_exists(#released) OR #released < :generation)";

/// A row that is not as the writer needs it fences him.
impl From<Refusal> for WriteError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Condition(_) => WriteError::Fenced,
            Refusal::Unavailable(error) => error.into(),
        }
    }
}

/// An update under a condition. In expressions, `#name` stands for the attribute `name`, so
/// that DynamoDB's reserved words never matter; `:value` is looked up in `values`.
pub(crate) struct Change<'a> {
    pub(crate) table: &'a str,
    pub(crate) key: Item,
    pub(crate) update: Cow<'a, str>,
    pub(crate) condition: &'a str,
    pub(crate) values: Item,
}

/// Why one row's write did not happen.
pub(crate) enum Refusal {
    /// The condition did not hold of this row (empty: there is none).
    Condition(Item),
    Unavailable(Unavailable),
}

impl Change<'_> {
    pub(crate) async fn apply(self, db: &Client, operation: &'static str) -> Result<(), Refusal> {
        let request = db
            .update_item()
            .table_name(self.table)
            .set_key(Some(self.key))
            .set_expression_attribute_names(Some(names_in(&[&self.update, self.condition])))
            .update_expression(self.update)
            .condition_expression(self.condition)
            .set_expression_attribute_values(values(self.values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let mut patience = Patience::default();
        loop {
            match request.clone().send().await {
                Ok(_) => return Ok(()),
                Err(error) if meets_transaction(&error) && patience.is_left() => {
                    patience.pause().await;
                }
                Err(error) => return Err(refusal(operation, error)),
            }
        }
    }

    pub(crate) fn in_transaction(self) -> TransactWriteItem {
        let update = Update::builder()
            .table_name(self.table)
            .set_key(Some(self.key))
            .set_expression_attribute_names(Some(names_in(&[&self.update, self.condition])))
            .update_expression(self.update)
            .condition_expression(self.condition)
            .set_expression_attribute_values(values(self.values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build();
        TransactWriteItem::builder().update(update.expect("key and expression are set")).build()
    }
}

fn refusal(operation: &'static str, error: SdkError<UpdateItemError>) -> Refusal {
    match error {
        SdkError::ServiceError(context)
            if context.err().is_conditional_check_failed_exception() =>
        {
            let UpdateItemError::ConditionalCheckFailedException(failed) = context.into_err()
            else {
                unreachable!("checked above");
            };
            Refusal::Condition(failed.item.unwrap_or_default())
        }
        error => Refusal::Unavailable(Unavailable::new(operation, error)),
    }
}

pub(crate) fn put(table: &str, row: Item) -> TransactWriteItem {
    let put = Put::builder().table_name(table).set_item(Some(row)).build();
    TransactWriteItem::builder().put(put.expect("table and item are set")).build()
}

/// Unless the row that is there does not satisfy `condition`.
pub(crate) fn put_if(table: &str, row: Item, condition: &str, values: Item) -> TransactWriteItem {
    let put = Put::builder()
        .table_name(table)
        .set_item(Some(row))
        .condition_expression(condition)
        .set_expression_attribute_names(Some(names_in(&[condition])))
        .set_expression_attribute_values(self::values(values))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    let put = put.build().expect("table and item are set");
    TransactWriteItem::builder().put(put).build()
}

/// The check that makes a transaction fail unless `generation` is the user's current one.
pub(crate) fn fence(table: &str, user: &UserId, generation: Generation) -> TransactWriteItem {
    let check = ConditionCheck::builder()
        .table_name(table)
        .set_key(Some(item([("PK", text(keys::user(user)))])))
        .condition_expression(IS_CURRENT)
        .set_expression_attribute_names(Some(names_in(&[IS_CURRENT])))
        .expression_attribute_values(":generation", number(generation.0))
        .build();
    TransactWriteItem::builder()
        .condition_check(check.expect("table, key and condition are set"))
        .build()
}

/// Why a transaction did not happen.
pub(crate) enum Cancelled {
    /// For each of its writes in order: `None`, or the row of which its condition did not hold
    /// (empty: there is none).
    Conditions(Vec<Option<Item>>),
    /// Another transaction holds one of the rows for a moment, or a row is throttled: the same
    /// transaction may succeed a moment later.
    Busy(Unavailable),
    Unavailable(Unavailable),
}

/// All of `rest` or nothing. If `fence`'s condition does not hold the writer is `Fenced`; if
/// only another's does not, it is a `Conflict`.
pub(crate) async fn transact(
    db: &Client,
    operation: &'static str,
    fence: TransactWriteItem,
    rest: impl IntoIterator<Item = TransactWriteItem>,
) -> Result<(), WriteError> {
    let items: Vec<_> = std::iter::once(fence).chain(rest).collect();
    match try_transact(db, operation, items).await {
        Ok(()) => Ok(()),
        Err(Cancelled::Conditions(rows)) if rows.first().is_some_and(Option::is_some) => {
            Err(WriteError::Fenced)
        }
        Err(Cancelled::Conditions(_)) => Err(WriteError::Conflict),
        Err(Cancelled::Busy(error) | Cancelled::Unavailable(error)) => Err(error.into()),
    }
}

/// All of `items` or nothing.
pub(crate) async fn try_transact(
    db: &Client,
    operation: &'static str,
    items: Vec<TransactWriteItem>,
) -> Result<(), Cancelled> {
    let mut patience = Patience::default();
    loop {
        match transact_once(db, operation, items.clone()).await {
            Err(Cancelled::Busy(_)) if patience.is_left() => patience.pause().await,
            outcome => return outcome,
        }
    }
}

/// The same, without trying again what other transactions stand in the way of.
pub(crate) async fn transact_once(
    db: &Client,
    operation: &'static str,
    items: Vec<TransactWriteItem>,
) -> Result<(), Cancelled> {
    // The SDK gives each request an idempotency token that its own retries repeat: a commit
    // whose answer was lost is not refused the second time.
    let done = db.transact_write_items().set_transact_items(Some(items)).send().await;
    done.map(drop).map_err(|error| cancelled(operation, error))
}

fn cancelled(operation: &'static str, error: SdkError<TransactWriteItemsError>) -> Cancelled {
    let failed = |reason: &CancellationReason| {
        is(reason, CONDITION_FAILED).then(|| reason.item().cloned().unwrap_or_default())
    };
    let rows: Vec<_> = reasons(&error).iter().map(failed).collect();
    if rows.iter().any(Option::is_some) {
        return Cancelled::Conditions(rows);
    }
    let busy = reasons(&error).iter().any(is_passing);
    let error = Unavailable::new(operation, error);
    if busy { Cancelled::Busy(error) } else { Cancelled::Unavailable(error) }
}

fn reasons(error: &SdkError<TransactWriteItemsError>) -> &[CancellationReason] {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            cancelled.cancellation_reasons()
        }
        _ => &[],
    }
}

const CONDITION_FAILED: &str = "ConditionalCheckFailed";

fn is(reason: &CancellationReason, code: &str) -> bool {
    reason.code() == Some(code)
}

fn is_passing(reason: &CancellationReason) -> bool {
    const PASSING: [&str; 3] =
        ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];
    PASSING.iter().any(|code| is(reason, code))
}

/// A write of one row meets a transaction.
fn meets_transaction<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    error.code() == Some("TransactionConflictException")
}

/// What is left of the time in which a writer puts up with others. The SDK tries again what
/// was not answered and what is throttled; this is for what it does not.
pub(crate) struct Patience {
    until: Instant,
    pauses: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self { until: Instant::now() + PATIENCE, pauses: 0 }
    }
}

impl Patience {
    pub(crate) fn is_left(&self) -> bool {
        Instant::now() < self.until
    }

    /// Longer each time, and different from writer to writer.
    pub(crate) async fn pause(&mut self) {
        let longest = (FIRST_PAUSE * 2u32.pow(self.pauses.min(8))).min(LONGEST_PAUSE);
        self.pauses += 1;
        tokio::time::sleep(rand::random_range(longest / 2..=longest)).await;
    }
}

/// `#name` in any of the expressions, each for the attribute `name`.
pub(crate) fn names_in(expressions: &[&str]) -> HashMap<String, String> {
    let parts = expressions.iter().flat_map(|expression| expression.split('#').skip(1));
    parts
        .map(|part| part.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default())
        .map(|name| (format!("#{name}"), name.to_owned()))
        .collect()
}

/// DynamoDB refuses an empty map.
fn values(values: Item) -> Option<Item> {
    (!values.is_empty()).then_some(values)
}
