//! How much an agent may cost its user in a month, and how much it has.
//!
//! A month is UTC's, as days are. What is spent is what the provider charged for the model, and
//! what machine and address may have cost by the price list.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::limits::SPEND_CAP_MAX_USD;
use crate::{Day, MachineSize, Prices, Timestamp, UsageCounts};

/// US dollars a month, in whole cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SpendCap {
    cents: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a number of US dollars from 0 to {SPEND_CAP_MAX_USD} with two decimals at most")]
pub struct InvalidSpendCap;

/// As it is chosen and kept.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    usd_per_month: f64,
}

impl SpendCap {
    pub fn new(usd: f64) -> Result<Self, InvalidSpendCap> {
        let cents = (usd * 100.0).round();
        // Of such a number two decimals are told from three.
        let is_cents = (usd * 100.0 - cents).abs() < 1e-6;
        if !(0.0..=f64::from(SPEND_CAP_MAX_USD)).contains(&usd) || !is_cents {
            return Err(InvalidSpendCap);
        }
        Ok(Self { cents: cents as u32 })
    }

    pub fn parse(value: &Value) -> Result<Self, InvalidSpendCap> {
        let written = Written::deserialize(value).map_err(|_| InvalidSpendCap)?;
        Self::new(written.usd_per_month)
    }

    pub fn usd(self) -> f64 {
        f64::from(self.cents) / 100.0
    }

    pub fn to_json(self) -> Value {
        match self.cents % 100 {
            0 => json!({ "usdPerMonth": self.cents / 100 }),
            _ => json!({ "usdPerMonth": self.usd() }),
        }
    }

    fn nano_usd(self) -> u64 {
        u64::from(self.cents) * 10_000_000
    }
}

impl fmt::Display for SpendCap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${}.{:02}", self.cents / 100, self.cents % 100)
    }
}

/// What a deployment knows of money.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpendRules {
    /// Nobody may spend more. `None`: whatever he likes.
    pub operators: Option<SpendCap>,
    pub prices: Prices,
    /// `None`: unknown, and machines count as nothing.
    pub size: Option<MachineSize>,
}

impl SpendRules {
    /// Whatever anybody likes, on machines whose size nobody knows.
    pub fn none() -> Self {
        Self { operators: None, prices: Prices::of_region("us-east-1"), size: None }
    }

    /// What holds of somebody who has chosen this: the operator may have changed his mind since.
    pub fn cap(&self, chosen: Option<SpendCap>) -> Option<SpendCap> {
        match (chosen, self.operators) {
            (Some(chosen), Some(most)) => Some(chosen.min(most)),
            (one, other) => one.or(other),
        }
    }

    /// In billionths of a US dollar.
    pub fn nano_usd(&self, counts: &UsageCounts) -> u64 {
        let machines = self.size.map_or(0.0, |size| {
            let estimate = self.prices.estimate(counts, size);
            estimate.machine + estimate.address
        });
        counts.model_nano_usd.saturating_add((machines * 1e9).round() as u64)
    }

    pub fn spending(&self, cap: SpendCap, spent_nano_usd: u64, today: Day) -> Spending {
        let is_operators = self.operators == Some(cap);
        Spending { cap, spent_nano_usd, resets_at: today.month_after().start(), is_operators }
    }
}

/// Of one month that is not over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spending {
    pub cap: SpendCap,
    pub spent_nano_usd: u64,
    /// When the month ends.
    pub resets_at: Timestamp,
    /// Its user cannot raise it.
    is_operators: bool,
}

impl Spending {
    /// A cap of nothing is reached from the start.
    pub fn is_reached(&self) -> bool {
        self.spent_nano_usd >= self.cap.nano_usd()
    }

    pub fn spent_usd(&self) -> f64 {
        self.spent_nano_usd as f64 / 1e9
    }
}

/// Of one that is reached: what happened, and what to do.
impl fmt::Display for Spending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this month's spend cap of {} is reached", self.cap)?;
        match self.is_operators {
            true => f.write_str(
                ", and the operator allows no more; wait until the month ends, at midnight UTC",
            ),
            false => f.write_str(
                "; raise the cap on the Usage page, or wait until the month ends, at midnight UTC",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cap(usd: f64) -> SpendCap {
        SpendCap::new(usd).expect("valid")
    }

    fn rules(operators: Option<f64>) -> SpendRules {
        SpendRules {
            operators: operators.map(cap),
            prices: Prices::of_region("us-east-1"),
            size: Some(MachineSize { cpu_units: 512, memory_mib: 2_048 }),
        }
    }

    #[test]
    fn a_cap_is_dollars_and_whole_cents() {
        for (usd, shown) in
            [(0.0, "$0.00"), (0.07, "$0.07"), (12.5, "$12.50"), (10_000.0, "$10000.00")]
        {
            let cap = cap(usd);
            assert_eq!((cap.to_string().as_str(), cap.usd()), (shown, usd));
            assert_eq!(SpendCap::parse(&cap.to_json()), Ok(cap));
        }
        for cents in 0..=100_000 {
            let usd = f64::from(cents) / 100.0;
            assert_eq!(cap(usd).cents, cents, "{usd}");
        }
        for wrong in [-0.01, 10_000.01, 0.001, 5.005, f64::NAN, f64::INFINITY] {
            assert_eq!(SpendCap::new(wrong), Err(InvalidSpendCap), "{wrong}");
        }
        for wrong in [
            json!(5),
            json!({}),
            json!({ "usdPerMonth": "5" }),
            json!({ "usdPerMonth": 5, "x": 1 }),
        ] {
            assert_eq!(SpendCap::parse(&wrong), Err(InvalidSpendCap), "{wrong}");
        }
    }

    #[test]
    fn a_user_may_spend_less_than_the_operator_lets_him_and_never_more() {
        assert_eq!(rules(None).cap(None), None);
        assert_eq!(rules(Some(5.0)).cap(None), Some(cap(5.0)));
        assert_eq!(rules(None).cap(Some(cap(9.0))), Some(cap(9.0)));
        assert_eq!(rules(Some(5.0)).cap(Some(cap(9.0))), Some(cap(5.0)));
        assert_eq!(rules(Some(5.0)).cap(Some(cap(2.0))), Some(cap(2.0)));
    }

    #[test]
    fn model_machine_and_address_count_together() {
        let counts = UsageCounts {
            model_nano_usd: 250_000_000,
            awake_spot_ms: 3_600_000,
            ..UsageCounts::default()
        };
        // An hour of half a vCPU and two gigabytes on Spot, and an address.
        assert_eq!(rules(None).nano_usd(&counts), 250_000_000 + 7_421_825 + 5_000_000);
        let unknown = SpendRules { size: None, ..rules(None) };
        assert_eq!(unknown.nano_usd(&counts), 250_000_000);
    }

    #[test]
    fn it_is_reached_at_the_cap_and_past_it_and_not_before() {
        let today = Day::parse("2026-12-31").expect("a day");
        let spent = |nano| rules(Some(5.0)).spending(cap(5.0), nano, today);
        let reached = |nano| spent(nano).is_reached();
        assert_eq!([4_999_999_999, 5_000_000_000, 5_000_000_001].map(reached), [false, true, true]);
        assert!(rules(None).spending(cap(0.0), 0, today).is_reached());
        let january = Day::parse("2027-01-01").expect("a day").start();
        assert_eq!(spent(0).resets_at, january);
    }

    #[test]
    fn who_cannot_raise_it_is_not_told_to() {
        let today = Day::parse("2026-12-01").expect("a day");
        let told =
            |mine: f64| rules(Some(5.0)).spending(cap(mine), 9_000_000_000, today).to_string();
        assert!(
            told(2.0).contains("$2.00") && told(2.0).contains("raise the cap"),
            "{}",
            told(2.0)
        );
        assert!(told(5.0).contains("operator") && !told(5.0).contains("raise"), "{}", told(5.0));
    }
}
