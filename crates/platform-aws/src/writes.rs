//! Conditional writes: one row alone, or several in one transaction behind the fence (I3).

use std::collections::HashMap;
use std::future::Future;
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

use crate::keys;
use crate::row::{Item, item, number, text};

/// Tries of a write that meets another transaction on the same row, the first included.
const TRIES: u32 = 6;
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// The writer is the user's current generation, and it has not been released: what a released
/// bridge left behind in a socket must not bring the row back to life.
pub(crate) const IS_CURRENT: &str = "#generation = :generation AND #released < :generation";

/// An update under a condition. In expressions, `#name` stands for the attribute `name`, so
/// that DynamoDB's reserved words never matter; `:value` is looked up in `values`.
pub(crate) struct Change<'a> {
    pub(crate) table: &'a str,
    pub(crate) key: Item,
    pub(crate) update: &'a str,
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
            .update_expression(self.update)
            .condition_expression(self.condition)
            .set_expression_attribute_names(Some(names_in(&[self.update, self.condition])))
            .set_expression_attribute_values(values(self.values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match retrying(|| request.clone().send(), meets_transaction).await {
            Ok(_) => Ok(()),
            Err(error) => Err(refusal(operation, error)),
        }
    }

    pub(crate) fn in_transaction(self) -> TransactWriteItem {
        let update = Update::builder()
            .table_name(self.table)
            .set_key(Some(self.key))
            .update_expression(self.update)
            .condition_expression(self.condition)
            .set_expression_attribute_names(Some(names_in(&[self.update, self.condition])))
            .set_expression_attribute_values(values(self.values))
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

/// All of `rest` or nothing. If `fence`'s condition does not hold the writer is `Fenced`; if
/// only another's does not, it is a `Conflict`.
pub(crate) async fn transact(
    db: &Client,
    operation: &'static str,
    fence: TransactWriteItem,
    rest: impl IntoIterator<Item = TransactWriteItem>,
) -> Result<(), WriteError> {
    let items: Vec<_> = std::iter::once(fence).chain(rest).collect();
    // The SDK gives each request an idempotency token that its own retries repeat: a commit
    // whose answer was lost is not refused the second time.
    let request = db.transact_write_items().set_transact_items(Some(items));
    match retrying(|| request.clone().send(), meets_other_transaction).await {
        Ok(_) => Ok(()),
        Err(error) => Err(write_error(operation, error)),
    }
}

fn write_error(operation: &'static str, error: SdkError<TransactWriteItemsError>) -> WriteError {
    let refused: Vec<bool> =
        reasons(&error).iter().map(|r| is(r, "ConditionalCheckFailed")).collect();
    match refused.iter().position(|refused| *refused) {
        Some(0) => WriteError::Fenced,
        Some(_) => WriteError::Conflict,
        None => Unavailable::new(operation, error).into(),
    }
}

fn reasons(error: &SdkError<TransactWriteItemsError>) -> &[CancellationReason] {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            cancelled.cancellation_reasons()
        }
        _ => &[],
    }
}

fn is(reason: &CancellationReason, code: &str) -> bool {
    reason.code() == Some(code)
}

/// Another transaction holds one of the rows for a moment, or a row is throttled, and no
/// condition has failed: the same transaction may succeed a moment later.
fn meets_other_transaction(error: &SdkError<TransactWriteItemsError>) -> bool {
    const PASSING: [&str; 3] =
        ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];
    let reasons = reasons(error);
    let passing = reasons.iter().any(|reason| PASSING.iter().any(|code| is(reason, code)));
    passing && !reasons.iter().any(|reason| is(reason, "ConditionalCheckFailed"))
}

/// The same for a write of one row.
pub(crate) fn meets_transaction<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    error.code() == Some("TransactionConflictException")
}

/// The SDK retries what did not answer and what is throttled; this retries what it does not.
pub(crate) async fn retrying<T, E, F>(
    mut attempt: impl FnMut() -> F,
    may_pass: impl Fn(&SdkError<E>) -> bool,
) -> Result<T, SdkError<E>>
where
    F: Future<Output = Result<T, SdkError<E>>>,
{
    for tried in 1..TRIES {
        match attempt().await {
            Err(error) if may_pass(&error) => tokio::time::sleep(pause_after(tried)).await,
            outcome => return outcome,
        }
    }
    attempt().await
}

/// Doubles, and differs from writer to writer.
fn pause_after(tried: u32) -> Duration {
    let longest = FIRST_PAUSE * 2u32.pow(tried);
    rand::random_range(longest / 2..=longest)
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
