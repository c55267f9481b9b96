//! Who may sign in.

use async_trait::async_trait;
use domain::UserId;
use platform::{Accounts, Result};

use crate::world::World;

impl World {
    pub fn sign_up(&self, user: &UserId) {
        self.lock().accounts.insert(user.clone());
    }

    /// How often he was signed out everywhere.
    pub fn sign_outs(&self, user: &UserId) -> u32 {
        self.lock().sign_outs.get(user).copied().unwrap_or_default()
    }
}

#[async_trait]
impl Accounts for World {
    async fn sign_out(&self, user: &UserId) -> Result<bool> {
        self.call("accounts.sign_out", |state| {
            let is_known = state.accounts.contains(user);
            if is_known {
                *state.sign_outs.entry(user.clone()).or_default() += 1;
            }
            Ok(is_known)
        })
        .await
    }

    async fn remove(&self, user: &UserId) -> Result<bool> {
        self.call("accounts.remove", |state| Ok(state.accounts.remove(user))).await
    }
}
