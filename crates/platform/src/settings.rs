//! What a user has chosen.

use async_trait::async_trait;
use domain::{TimeZone, UserId};

use crate::Result;

#[async_trait]
pub trait Settings: Send + Sync {
    /// `None`: never set.
    async fn time_zone(&self, user: &UserId) -> Result<Option<TimeZone>>;

    async fn set_time_zone(&self, user: &UserId, zone: &TimeZone) -> Result<()>;
}
