//! The last rows of all conversations, for whoever looks for words in them.

use std::collections::{HashMap, HashSet};

use domain::{Timestamp, UserId};
use platform::{RecentPage, RecentRow, Result, Unavailable};

use crate::conversations::{DynamoConversations, hidden_until, key, place_from, place_to};
use crate::keys;
use crate::pages::rows_of;
use crate::row::{Item, Malformed, Row, number, text};
use crate::tables::TIME_INDEX;
use crate::writes::names_in;

const OPERATION: &str = "conversations.recent";

/// Texts of one page, in bytes: what is beyond comes with the next one.
const TEXTS_MAX: usize = 4 * 1_048_576;

impl DynamoConversations {
    pub(crate) async fn recent_rows(
        &self,
        user: &UserId,
        before: Option<&str>,
        limit: usize,
        now: Timestamp,
    ) -> Result<RecentPage> {
        let start = before.and_then(|place| place_from(place, "CONV#"));
        let (places, has_more) = self.places(user, start, limit).await?;
        let rows = self.rows_at(user, &places).await?;
        let hidden = self.hidden_in(user, &places).await?;
        let mut page = RecentPage::default();
        let mut bytes = 0;
        for place in &places {
            if bytes > TEXTS_MAX {
                return Ok(page);
            }
            page.before = Some(place_to(place));
            let Some(row) = rows.get(place) else { continue };
            if is_there(Row(row), &hidden, now).map_err(|error| error.during(OPERATION))? {
                let message = self.message(OPERATION, row).await?;
                bytes += message.text.len();
                page.rows.push(RecentRow { message, place: place_to(place) });
            }
        }
        page.before = page.before.filter(|_| has_more);
        Ok(page)
    }

    /// Keys of rows, newest first, and whether there are more.
    async fn places(
        &self,
        user: &UserId,
        start: Option<String>,
        limit: usize,
    ) -> Result<(Vec<String>, bool)> {
        const CONDITION: &str = "#PK = :user";
        let start = start.and_then(|place| {
            let at = keys::time_of_message(&place)?;
            let mut start = key(user, place);
            start.insert("receivedAt".into(), number(at.millis()));
            Some(start)
        });
        let page = self
            .db
            .query()
            .table_name(&self.table)
            .index_name(TIME_INDEX)
            .consistent_read(true)
            .scan_index_forward(false)
            .key_condition_expression(CONDITION)
            .set_expression_attribute_names(Some(names_in(&[CONDITION])))
            .expression_attribute_values(":user", text(keys::user(user)))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|error| Unavailable::new(OPERATION, error))?;
        let rows = page.items.unwrap_or_default();
        let places = rows.iter().map(|row| Row(row).text("SK").map(str::to_owned));
        let places: std::result::Result<_, _> = places.collect();
        let places = places.map_err(|error: Malformed| error.during(OPERATION))?;
        Ok((places, page.last_evaluated_key.is_some()))
    }

    async fn rows_at(&self, user: &UserId, places: &[String]) -> Result<HashMap<String, Item>> {
        let wanted = places.iter().map(|place| key(user, place.clone())).collect();
        let rows = rows_of(&self.db, &self.table, wanted, OPERATION).await?;
        let placed = |row: Item| Row(&row).text("SK").map(str::to_owned).map(|place| (place, row));
        let placed: std::result::Result<_, _> = rows.into_iter().map(placed).collect();
        placed.map_err(|error: Malformed| error.during(OPERATION))
    }

    /// Up to when which conversations were deleted, by the keys of their rows.
    async fn hidden_in(
        &self,
        user: &UserId,
        places: &[String],
    ) -> Result<HashMap<String, Timestamp>> {
        let metas: HashSet<String> = places.iter().filter_map(|p| keys::meta_of(p)).collect();
        let wanted = metas.into_iter().map(|meta| key(user, meta)).collect();
        let rows = rows_of(&self.db, &self.table, wanted, OPERATION).await?;
        let mut hidden = HashMap::new();
        for row in &rows {
            let read = || Ok((Row(row).text("SK")?, hidden_until(Row(row))?));
            let (meta, until) = read().map_err(|error: Malformed| error.during(OPERATION))?;
            hidden.extend(until.map(|until| (meta.to_owned(), until)));
        }
        Ok(hidden)
    }
}

fn is_there(
    row: Row<'_>,
    hidden: &HashMap<String, Timestamp>,
    now: Timestamp,
) -> std::result::Result<bool, Malformed> {
    let (place, received_at) = (row.text("SK")?, Timestamp(row.number("receivedAt")?));
    let deleted = keys::meta_of(place).and_then(|meta| hidden.get(&meta).copied());
    let is_deleted = deleted.is_some_and(|until| received_at <= until);
    Ok(!is_deleted && row.number("ttl")? > now.epoch_seconds())
}
