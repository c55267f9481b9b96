//! How many messages wait, and whose were given up, of everybody.

use std::collections::BTreeMap;

use domain::{InboxState, Timestamp, UserId};
use platform::{Result, Unavailable};

use crate::inbox_repair::InboxRepair;
use crate::keys;
use crate::row::{Malformed, Row, number, word};
use crate::writes::names_in;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InboxCount {
    pub pending: u64,
    pub leased: u64,
    /// Whose messages were given up, and how many.
    pub dead: BTreeMap<UserId, usize>,
    /// Of the open ones.
    pub oldest: Option<Timestamp>,
}

impl InboxRepair {
    /// Reads the whole table: for an operator who asks for it, and for nothing else (I8).
    pub async fn count_everybodys(&self, now: Timestamp) -> Result<InboxCount> {
        const FILTER: &str = "#ttl > :now AND #state <> :done";
        const FIELDS: &str = "#PK, #state, #receivedAt";
        let scan = self
            .db
            .scan()
            .table_name(&self.tables.pending_messages)
            .filter_expression(FILTER)
            .projection_expression(FIELDS)
            .set_expression_attribute_names(Some(names_in(&[FILTER, FIELDS])))
            .expression_attribute_values(":now", number(now.epoch_seconds()))
            .expression_attribute_values(":done", word(&InboxState::Done));
        let mut rows = scan.into_paginator().items().send();
        let mut count = InboxCount::default();
        while let Some(row) = rows.next().await {
            let row = row.map_err(|error| Unavailable::new("inbox_repair.count", error))?;
            let counted = count.add(Row(&row));
            counted.map_err(|error| error.during("inbox_repair.count"))?;
        }
        Ok(count)
    }
}

impl InboxCount {
    fn add(&mut self, row: Row<'_>) -> std::result::Result<(), Malformed> {
        let state: InboxState = row.word("state")?;
        match state {
            InboxState::Pending => self.pending += 1,
            InboxState::Leased => self.leased += 1,
            InboxState::Dead => *self.dead.entry(row.id("PK", keys::user_of)?).or_default() += 1,
            InboxState::Done => {}
        }
        if state.is_open() {
            let at = Timestamp(row.number("receivedAt")?);
            self.oldest = Some(self.oldest.map_or(at, |oldest| oldest.min(at)));
        }
        Ok(())
    }
}
