//! What users have chosen.

use async_trait::async_trait;
use domain::{TimeZone, UserId};
use platform::{Result, Settings};

use crate::world::World;

#[async_trait]
impl Settings for World {
    async fn time_zone(&self, user: &UserId) -> Result<Option<TimeZone>> {
        self.call("settings.time_zone", |state| Ok(state.time_zones.get(user).cloned())).await
    }

    async fn set_time_zone(&self, user: &UserId, zone: &TimeZone) -> Result<()> {
        self.call("settings.set_time_zone", |state| {
            state.time_zones.insert(user.clone(), zone.clone());
            Ok(())
        })
        .await
    }
}
