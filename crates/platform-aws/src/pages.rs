//! A query's answer comes in pages of 1 MB; whoever stops at the first loses rows.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use platform::{Result, Unavailable};

use crate::row::Item;

pub(crate) async fn all_rows(
    query: QueryFluentBuilder,
    operation: &'static str,
) -> Result<Vec<Item>> {
    let rows = query.into_paginator().items().send();
    let rows = rows.collect::<std::result::Result<Vec<Item>, _>>().await;
    rows.map_err(|error| Unavailable::new(operation, error))
}
