//! The rows of links, written and read.

use aws_sdk_dynamodb::types::{Delete, TransactWriteItem};
use domain::{LinkCode, TelegramLink, TelegramUser, Timestamp, UserId};

use crate::keys;
use crate::row::{Item, Malformed, Row, item, text};
use crate::writes::names_in;

pub(crate) const IS_NEW: &str = "attribute_not_exists(#PK)";

pub(crate) const ACCOUNT: &str = "LINK#telegram";
pub(crate) const CODE: &str = "LINK#code";
const OWNER: &str = "LINK#user";
pub(crate) const TRIES: &str = "LINK#tries";
pub(crate) const CODES: &str = "LINKCODE#";
pub(crate) const OWNER_OF_CODE: &str = "LINK#owner";

pub(crate) fn delete_if(
    table: &str,
    key: Item,
    condition: &str,
    values: Item,
) -> TransactWriteItem {
    let delete = Delete::builder()
        .table_name(table)
        .set_key(Some(key))
        .condition_expression(condition)
        .set_expression_attribute_names(Some(names_in(&[condition])))
        .set_expression_attribute_values((!values.is_empty()).then_some(values));
    let delete = delete.build().expect("table and key are set");
    TransactWriteItem::builder().delete(delete).build()
}

/// As it was seen, or nothing happens.
pub(crate) fn delete_as_seen(
    table: &str,
    key: Item,
    name: &str,
    seen: Option<&str>,
) -> TransactWriteItem {
    match seen {
        Some(value) => {
            let condition = format!("#{name} = :seen");
            delete_if(table, key, &condition, item([(":seen", text(value))]))
        }
        None => delete_if(table, key, IS_NEW, Item::new()),
    }
}

pub(crate) fn row_key(partition: String, sort: &str) -> Item {
    item([("PK", text(partition)), ("SK", text(sort))])
}

pub(crate) fn code_key(code: &LinkCode) -> Item {
    row_key(format!("{CODES}{code}"), OWNER_OF_CODE)
}

pub(crate) fn owner_key(person: TelegramUser) -> Item {
    row_key(keys::telegram(person.0), OWNER)
}

/// Rows are judged by their own times; this only clears them away.
pub(crate) fn ttl(after: Timestamp) -> u64 {
    after.epoch_seconds() + 1
}

/// With the code that made it so.
pub(crate) fn read_owner(row: Row<'_>) -> Result<(UserId, &str), Malformed> {
    Ok((row.word("userId")?, row.text("code")?))
}

pub(crate) fn read_code(row: Row<'_>) -> Result<(UserId, Timestamp), Malformed> {
    Ok((row.word("userId")?, Timestamp(row.number("expiresAt")?)))
}

pub(crate) fn read_account(row: Row<'_>) -> Result<TelegramLink, Malformed> {
    Ok(TelegramLink {
        person: TelegramUser(signed(row, "person")?),
        name: row.text("name")?.to_owned(),
        chat: signed(row, "chat")?,
        since: Timestamp(row.number("since")?),
    })
}

fn signed(row: Row<'_>, name: &'static str) -> Result<i64, Malformed> {
    row.text(name)?.parse().map_err(|_| Malformed(name))
}
