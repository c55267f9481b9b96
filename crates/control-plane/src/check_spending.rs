//! Whether a user's agent may cost more this month.

use std::sync::Arc;

use domain::{Day, Setting, SettingKey, SpendRules, Spending, UsageCounts, UserId};
use platform::{Clock, Settings, Unavailable, UsageRecords};
use tracing::warn;

#[derive(Clone)]
pub struct CheckSpending {
    pub usage: Arc<dyn UsageRecords>,
    pub settings: Arc<dyn Settings>,
    pub clock: Arc<dyn Clock>,
    pub rules: SpendRules,
}

/// How often it is tried before nobody knows.
const TRIES: usize = 2;

impl CheckSpending {
    /// `None`: there is no cap.
    pub async fn look(&self, user: &UserId) -> Result<Option<Spending>, Unavailable> {
        let chosen = match self.settings.get(user, SettingKey::SpendCap).await? {
            Some(Setting::SpendCap(cap)) => Some(cap),
            _ => None,
        };
        // Most have none, and of those nothing is read.
        let Some(cap) = self.rules.cap(chosen) else { return Ok(None) };
        let now = self.clock.now();
        let today = Day::of(now);
        let mut month = UsageCounts::default();
        for (_, counts) in self.usage.read(user, today.month_start(), today, now).await? {
            month.add(&counts);
        }
        Ok(Some(self.rules.spending(cap, self.rules.nano_usd(&month), today)))
    }

    /// `Some`: it is reached. What cannot be read is no reason to refuse anybody: it is tried once
    /// more, and then the bridge asks again before it does anything that costs.
    pub async fn reached(&self, user: &UserId) -> Option<Spending> {
        for _ in 0..TRIES {
            match self.look(user).await {
                Ok(spending) => return spending.filter(Spending::is_reached),
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    warn!(user.id = %user, error, "could not read what a user has spent");
                }
            }
        }
        None
    }
}
