//! What a user has chosen.

use async_trait::async_trait;
use domain::{Choices, Setting, SettingKey, TimeZone, UserId};

use crate::Result;

#[async_trait]
pub trait Settings: Send + Sync {
    /// `None`: not chosen.
    async fn get(&self, user: &UserId, key: SettingKey) -> Result<Option<Setting>>;

    /// The last one counts.
    async fn put(&self, user: &UserId, setting: &Setting) -> Result<()>;

    /// As by default again. What was never chosen may be removed, too.
    async fn remove(&self, user: &UserId, key: SettingKey) -> Result<()>;

    async fn all(&self, user: &UserId) -> Result<Choices>;

    async fn time_zone(&self, user: &UserId) -> Result<Option<TimeZone>> {
        Ok(match self.get(user, SettingKey::TimeZone).await? {
            Some(Setting::TimeZone(zone)) => Some(zone),
            _ => None,
        })
    }

    async fn set_time_zone(&self, user: &UserId, zone: &TimeZone) -> Result<()> {
        self.put(user, &Setting::TimeZone(zone.clone())).await
    }
}
