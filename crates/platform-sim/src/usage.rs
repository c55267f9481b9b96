//! What agents did and used.

use async_trait::async_trait;
use domain::limits::USAGE_TTL;
use domain::{Day, Generation, Timestamp, UsageCounts, UserId};
use platform::{Result, UsageBatch, UsageRecords, WriteError};

use crate::state::Expiring;
use crate::world::World;

/// A day's counts, and the last batch in them.
#[derive(Clone, Debug)]
pub(crate) struct DayRow {
    pub(crate) counts: UsageCounts,
    last: (Generation, u64),
}

impl World {
    /// Everything that was counted of the user, of all days.
    pub fn usage_of(&self, user: &UserId) -> UsageCounts {
        let mut sum = UsageCounts::default();
        for ((owner, _), row) in &self.lock().usage {
            if owner == user {
                sum.add(&row.value.counts);
            }
        }
        sum
    }
}

#[async_trait]
impl UsageRecords for World {
    async fn add(
        &self,
        user: &UserId,
        generation: Generation,
        batch: &UsageBatch,
    ) -> std::result::Result<(), WriteError> {
        self.call("usage.add", |state| {
            state.current(user, generation)?;
            let expires = batch.day.next().start() + USAGE_TTL;
            let this = (generation, batch.number);
            let row = state.usage.entry((user.clone(), batch.day)).or_insert_with(|| Expiring {
                value: DayRow { counts: UsageCounts::default(), last: (Generation(0), 0) },
                expires,
            });
            if row.value.last < this {
                row.value.counts.add(&batch.counts);
                row.value.last = this;
            }
            Ok(())
        })
        .await
    }

    async fn read(
        &self,
        user: &UserId,
        from: Day,
        to: Day,
        now: Timestamp,
    ) -> Result<Vec<(Day, UsageCounts)>> {
        self.call("usage.read", |state| {
            let rows = state.usage.iter();
            let asked =
                rows.filter(|((owner, day), _)| owner == user && *day >= from && *day <= to);
            let live = asked.filter_map(|((_, day), row)| Some((*day, row.live(now)?.counts)));
            Ok(live.collect())
        })
        .await
    }
}
