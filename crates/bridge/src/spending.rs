//! Whether there is money left for another run: what is on record of this month, and what this
//! life of the bridge has counted and not written down yet.
//!
//! It is read before each run, so a cap that was raised meanwhile holds. What cannot be read
//! stands in nobody's way: what was known last is taken, with all that was counted since, and the
//! next run asks again.

use std::sync::Mutex;
use std::time::Duration;

use domain::{Day, Setting, SettingKey, SpendCap, Spending, UsageCounts};
use platform::Unavailable;
use tokio::time::timeout;
use tracing::warn;

use crate::bridge::Bridge;
use crate::chain::chain;

const READ_WITHIN: Duration = Duration::from_secs(5);

/// What the last answer said. `None`: nobody has answered yet.
#[derive(Default)]
pub(crate) struct KnownSpending(Mutex<Option<Known>>);

#[derive(Clone, Copy)]
struct Known {
    /// The month's first day.
    month: Day,
    chosen: Option<SpendCap>,
    spent_nano_usd: u64,
    /// Of what this life had counted in all by then.
    counted_nano_usd: u64,
}

/// `Some`: no run may begin.
pub(crate) async fn reached(bridge: &Bridge) -> Option<Spending> {
    let now = bridge.ports.clock.now();
    let (today, rules) = (Day::of(now), &bridge.policy.spending);
    let counted_nano_usd = rules.nano_usd(&bridge.meter.counted(now));
    match timeout(READ_WITHIN, read(bridge, today, counted_nano_usd)).await {
        Ok(Ok(known)) => *bridge.spending.lock() = Some(known),
        Ok(Err(error)) => warn!(error = %chain(&error), "cannot read what the user has spent"),
        Err(_) => warn!("reading what the user has spent takes too long"),
    }
    let known = (*bridge.spending.lock()).filter(|known| known.month == today.month_start())?;
    let since = counted_nano_usd.saturating_sub(known.counted_nano_usd);
    let spent = known.spent_nano_usd.saturating_add(since);
    let spending = rules.spending(rules.cap(known.chosen)?, spent, today);
    Some(spending).filter(Spending::is_reached)
}

async fn read(bridge: &Bridge, today: Day, counted_nano_usd: u64) -> Result<Known, Unavailable> {
    let (user, ports) = (&bridge.user, &bridge.ports);
    let (month, now) = (today.month_start(), ports.clock.now());
    let chosen = match ports.settings.get(user, SettingKey::SpendCap).await? {
        Some(Setting::SpendCap(cap)) => Some(cap),
        _ => None,
    };
    let mut counts = UsageCounts::default();
    if bridge.policy.spending.cap(chosen).is_some() {
        // Before the record is read: a batch that is written in between counts twice for this once,
        // and not at all the other way round.
        counts = bridge.meter.unwritten(month, now);
        for (_, of_day) in ports.usage.read(user, month, today, now).await? {
            counts.add(&of_day);
        }
    }
    let spent_nano_usd = bridge.policy.spending.nano_usd(&counts);
    Ok(Known { month, chosen, spent_nano_usd, counted_nano_usd })
}

impl KnownSpending {
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Known>> {
        self.0.lock().expect("no holder panics")
    }
}
