//! A user chooses within what the operator offers. It counts from the agent's next wake.

use std::sync::Arc;

use domain::{Choices, InvalidSetting, Offered, Setting, SettingKey, TimeZone, UserId};
use platform::{Settings, Unavailable};
use serde_json::Value;

#[derive(Clone)]
pub struct ChooseSettings {
    pub settings: Arc<dyn Settings>,
    pub offered: Offered,
}

#[derive(Debug, thiserror::Error)]
pub enum ChooseError {
    #[error(transparent)]
    Invalid(#[from] InvalidSetting),
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl ChooseSettings {
    pub async fn all(&self, user: &UserId) -> Result<Choices, Unavailable> {
        self.settings.all(user).await
    }

    pub async fn get(
        &self,
        user: &UserId,
        key: SettingKey,
    ) -> Result<Option<Setting>, Unavailable> {
        self.settings.get(user, key).await
    }

    pub async fn put(
        &self,
        user: &UserId,
        key: SettingKey,
        value: &Value,
    ) -> Result<Setting, ChooseError> {
        let setting = Setting::parse(key, value)?;
        self.offered.check(&setting)?;
        self.settings.put(user, &setting).await?;
        Ok(setting)
    }

    pub async fn remove(&self, user: &UserId, key: SettingKey) -> Result<(), Unavailable> {
        self.settings.remove(user, key).await
    }

    /// The user's, or the operator's until he has told it.
    pub async fn time_zone(&self, user: &UserId) -> Result<TimeZone, Unavailable> {
        let own = self.settings.time_zone(user).await?;
        Ok(own.unwrap_or_else(|| self.offered.time_zone.clone()))
    }
}
