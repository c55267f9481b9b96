//! What users have chosen.

use async_trait::async_trait;
use domain::{Choices, Setting, SettingKey, UserId};
use platform::{Result, Settings};

use crate::state::State;
use crate::world::World;

#[async_trait]
impl Settings for World {
    async fn get(&self, user: &UserId, key: SettingKey) -> Result<Option<Setting>> {
        let found = |state: &mut State| state.chosen.get(&(user.clone(), key)).cloned();
        self.call("settings.get", |state| Ok(found(state))).await
    }

    async fn put(&self, user: &UserId, setting: &Setting) -> Result<()> {
        self.call("settings.put", |state| {
            state.chosen.insert((user.clone(), setting.key()), setting.clone());
            Ok(())
        })
        .await
    }

    async fn remove(&self, user: &UserId, key: SettingKey) -> Result<()> {
        self.call("settings.remove", |state| {
            state.chosen.remove(&(user.clone(), key));
            Ok(())
        })
        .await
    }

    async fn all(&self, user: &UserId) -> Result<Choices> {
        self.call("settings.all", |state| {
            let mut choices = Choices::default();
            let of_user = state.chosen.iter().filter(|((of, _), _)| of == user);
            of_user.for_each(|(_, setting)| choices.put(setting.clone()));
            Ok(choices)
        })
        .await
    }
}
