//! How an agent woke.

use domain::{Wake, WokeOn};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `GET /agent/wakes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WakesList {
    /// Newest first, the last 20 and the one that is under way.
    pub wakes: Vec<WakeSummary>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WakeSummary {
    /// When it was asked for, in milliseconds since the epoch.
    pub at: u64,
    /// How long it took until your agent answered; not there while it starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ready_after_seconds: Option<u32>,
    /// On what kind of machine; not there where nobody has said so (yet).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub capacity: Option<WakeCapacity>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum WakeCapacity {
    Spot,
    OnDemand,
    /// One that was up before it was asked for.
    Spare,
}

impl From<&Wake> for WakeSummary {
    fn from(wake: &Wake) -> Self {
        Self {
            at: wake.at.millis(),
            ready_after_seconds: Some(domain::time::seconds_up(wake.ready_after)),
            capacity: wake.on.map(WakeCapacity::from),
        }
    }
}

impl From<WokeOn> for WakeCapacity {
    fn from(on: WokeOn) -> Self {
        match on {
            WokeOn::Spot => Self::Spot,
            WokeOn::OnDemand => Self::OnDemand,
            WokeOn::Spare => Self::Spare,
        }
    }
}
