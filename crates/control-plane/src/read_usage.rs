//! What an agent did and used, and what its machines may have cost.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::limits::USAGE_DAYS_MAX;
use domain::{Day, SpendRules, UsageCounts, UserId, prices};
use futures_util::future::try_join;
use platform::{Clock, Unavailable, UsageRecords};
use protocol::{
    AwakeSeconds, EstimatedUsd, MessageCounts, ReplyCounts, UsageCap, UsageDay, UsageMonth,
    UsagePrices, UsageReport, UsageTotals,
};

use crate::CheckSpending;

/// Days that are shown if nobody says otherwise.
const DEFAULT_DAYS: u32 = 30;

#[derive(Debug, thiserror::Error)]
pub enum UsageError {
    #[error("`from` is after `to`")]
    Backwards,
    #[error("{0} days are asked for; at most {USAGE_DAYS_MAX} are answered")]
    TooMany(u64),
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

#[derive(Clone)]
pub struct ReadUsage {
    pub usage: Arc<dyn UsageRecords>,
    pub clock: Arc<dyn Clock>,
    /// It has the price list, too.
    pub spending: CheckSpending,
}

impl ReadUsage {
    /// Without `to` until today, without `from` thirty days.
    pub async fn run(
        &self,
        user: &UserId,
        from: Option<Day>,
        to: Option<Day>,
    ) -> Result<UsageReport, UsageError> {
        let now = self.clock.now();
        let today = Day::of(now);
        let to = to.unwrap_or(today);
        let from = from.unwrap_or_else(|| to.days_before(DEFAULT_DAYS - 1));
        match from.days_to(to) {
            0 => return Err(UsageError::Backwards),
            days if days > USAGE_DAYS_MAX => return Err(UsageError::TooMany(days)),
            _ => {}
        }
        let (days, cap) =
            try_join(self.usage.read(user, from, to, now), self.spending.look(user)).await?;
        let of_today = match (from..=to).contains(&today) {
            true => days.iter().find(|(day, _)| *day == today).map(|(_, counts)| *counts),
            false => {
                self.usage.read(user, today, today, now).await?.pop().map(|(_, counts)| counts)
            }
        };
        let mut months: BTreeMap<String, UsageCounts> = BTreeMap::new();
        for (day, counts) in &days {
            months.entry(day.month()).or_default().add(counts);
        }
        let day = |(day, counts): (Day, UsageCounts)| UsageDay {
            day: day.to_string(),
            totals: self.totals(&counts),
        };
        let month = |(month, counts)| UsageMonth { month, totals: self.totals(&counts) };
        Ok(UsageReport {
            from: from.to_string(),
            to: to.to_string(),
            days: days.into_iter().map(day).collect(),
            today: self.totals(&of_today.unwrap_or_default()),
            months: months.into_iter().map(month).collect(),
            prices: UsagePrices {
                as_of: prices::AS_OF.into(),
                region: self.rules().prices.region.into(),
            },
            cap: cap.map(UsageCap::from),
        })
    }

    fn rules(&self) -> &SpendRules {
        &self.spending.rules
    }

    fn totals(&self, counts: &UsageCounts) -> UsageTotals {
        let SpendRules { prices, size, .. } = self.rules();
        let estimated_usd = size.map(|size| {
            let estimate = prices.estimate(counts, size);
            EstimatedUsd { machine: rounded(estimate.machine), address: rounded(estimate.address) }
        });
        UsageTotals {
            messages: MessageCounts {
                web: counts.web_messages,
                telegram: counts.telegram_messages,
                schedule: counts.scheduled_messages,
            },
            replies: ReplyCounts {
                complete: counts.complete,
                cancelled: counts.cancelled,
                truncated: counts.truncated,
                failed: counts.failed,
            },
            input_tokens: counts.input_tokens,
            output_tokens: counts.output_tokens,
            wakes: counts.wakes,
            awake_seconds: AwakeSeconds {
                spot: counts.awake_spot_ms / 1_000,
                on_demand: counts.awake_on_demand_ms / 1_000,
            },
            model_usd: counts.model_nano_usd as f64 / 1e9,
            unpriced_replies: counts.unpriced_replies,
            estimated_usd,
        }
    }
}

/// Of an estimate, a millionth of a dollar is more than enough.
fn rounded(usd: f64) -> f64 {
    (usd * 1e6).round() / 1e6
}
