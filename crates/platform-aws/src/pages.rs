//! What comes in pages, or in parts: whoever stops at the first loses rows.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{KeysAndAttributes, WriteRequest};
use platform::{Result, Unavailable};

use crate::row::Item;
use crate::writes::Patience;

/// BatchGetItem takes no more at once.
const BATCH_MAX: usize = 100;
/// BatchWriteItem takes no more at once.
const WRITES_MAX: usize = 25;

/// A query's answer comes in pages of 1 MB.
pub(crate) async fn all_rows(
    query: QueryFluentBuilder,
    operation: &'static str,
) -> Result<Vec<Item>> {
    let rows = query.into_paginator().items().send();
    let rows = rows.collect::<std::result::Result<Vec<Item>, _>>().await;
    rows.map_err(|error| Unavailable::new(operation, error))
}

/// The rows of these keys that are there, strongly consistent, in any order. No key twice:
/// DynamoDB refuses it.
pub(crate) async fn rows_of(
    db: &Client,
    table: &str,
    keys: Vec<Item>,
    operation: &'static str,
) -> Result<Vec<Item>> {
    let mut rows = Vec::with_capacity(keys.len());
    for keys in keys.chunks(BATCH_MAX) {
        rows.extend(batch(db, table, keys.to_vec(), operation).await?);
    }
    Ok(rows)
}

/// DynamoDB answers as much of a batch as it can now, and names the rest.
async fn batch(
    db: &Client,
    table: &str,
    mut keys: Vec<Item>,
    operation: &'static str,
) -> Result<Vec<Item>> {
    let (mut rows, mut patience) = (Vec::new(), Patience::default());
    loop {
        let asked = keys.len();
        let wanted = KeysAndAttributes::builder().consistent_read(true).set_keys(Some(keys));
        let wanted = wanted.build().expect("keys are set");
        let answer = db.batch_get_item().request_items(table, wanted).send().await;
        let answer = answer.map_err(|error| Unavailable::new(operation, error))?;
        rows.extend(answer.responses.and_then(|mut found| found.remove(table)).unwrap_or_default());
        let rest = answer.unprocessed_keys.and_then(|mut rest| rest.remove(table));
        keys = rest.map(|rest| rest.keys).unwrap_or_default();
        if keys.is_empty() {
            return Ok(rows);
        }
        if keys.len() < asked {
            patience = Patience::default();
        } else if !patience.is_left() {
            return Err(Unavailable::new(operation, "the database answers no part of a batch"));
        }
        patience.pause().await;
    }
}

/// Those that are not there do not matter.
pub(crate) async fn delete_rows(
    db: &Client,
    table: &str,
    deletes: Vec<WriteRequest>,
    operation: &'static str,
) -> Result<()> {
    for some in deletes.chunks(WRITES_MAX) {
        write_batch(db, table, some.to_vec(), operation).await?;
    }
    Ok(())
}

/// DynamoDB does as much of a batch as it can now, and names the rest.
async fn write_batch(
    db: &Client,
    table: &str,
    mut writes: Vec<WriteRequest>,
    operation: &'static str,
) -> Result<()> {
    let mut patience = Patience::default();
    loop {
        let asked = writes.len();
        let answer = db.batch_write_item().request_items(table, writes).send().await;
        let answer = answer.map_err(|error| Unavailable::new(operation, error))?;
        let rest = answer.unprocessed_items.and_then(|mut rest| rest.remove(table));
        writes = rest.unwrap_or_default();
        if writes.is_empty() {
            return Ok(());
        }
        if writes.len() < asked {
            patience = Patience::default();
        } else if !patience.is_left() {
            return Err(Unavailable::new(operation, "the database does no part of a batch"));
        }
        patience.pause().await;
    }
}
