//! What an agent did and used.

use domain::Spending;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Of one span of time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageTotals {
    /// Messages that were answered, by where they came from.
    pub messages: MessageCounts,
    /// The answers, by how they ended.
    pub replies: ReplyCounts,
    pub input_tokens: u64,
    pub output_tokens: u64,
    /// Wake-ups of the agent.
    pub wakes: u64,
    pub awake_seconds: AwakeSeconds,
    /// What the provider charged for the model, in US dollars.
    pub model_usd: f64,
    /// Answers of whose price the provider said nothing: they are not in `modelUsd`.
    pub unpriced_replies: u64,
    /// Of the machine, by the price table that is named beside; not there where the size of the
    /// machine is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub estimated_usd: Option<EstimatedUsd>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageCounts {
    pub web: u64,
    pub telegram: u64,
    pub schedule: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplyCounts {
    pub complete: u64,
    pub cancelled: u64,
    pub truncated: u64,
    pub failed: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AwakeSeconds {
    pub spot: u64,
    pub on_demand: u64,
}

/// In US dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EstimatedUsd {
    pub machine: f64,
    /// Its public IPv4 address, which a deployment without one does not pay.
    pub address: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageDay {
    /// In UTC: `2026-11-21`.
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    pub day: String,
    pub totals: UsageTotals,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageMonth {
    /// `2026-11`.
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}$")]
    pub month: String,
    pub totals: UsageTotals,
}

/// What the estimates are made with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsagePrices {
    /// The day on which the list was read.
    pub as_of: String,
    /// Whose list it is. Of a region that we have no list of, Virginia's is used.
    pub region: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageReport {
    pub from: String,
    pub to: String,
    /// Oldest first; a day on which there was nothing is not there.
    pub days: Vec<UsageDay>,
    /// Today, whatever was asked for.
    pub today: UsageTotals,
    /// Of the days that were asked for, oldest first.
    pub months: Vec<UsageMonth>,
    pub prices: UsagePrices,
    /// How much may be spent this month, and how much was. Not there: as much as you like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cap: Option<UsageCap>,
}

/// Of the month that is not over, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageCap {
    /// The lesser of yours and the operator's.
    pub usd_per_month: f64,
    /// What the provider charged for the model, and the estimates for machine and address.
    pub spent_usd: f64,
    /// Nothing more is taken that costs.
    pub reached: bool,
    /// When the month ends, in milliseconds since the epoch.
    pub resets_at: u64,
}

impl From<Spending> for UsageCap {
    fn from(spending: Spending) -> Self {
        Self {
            usd_per_month: spending.cap.usd(),
            spent_usd: spending.spent_usd(),
            reached: spending.is_reached(),
            resets_at: spending.resets_at.millis(),
        }
    }
}
