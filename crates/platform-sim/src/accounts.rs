//! Who may sign in.

use async_trait::async_trait;
use domain::UserId;
use platform::{Accounts, Result};

use crate::world::World;

impl World {
    pub fn sign_up(&self, user: &UserId) {
        self.lock().accounts.insert(user.clone());
    }
}

#[async_trait]
impl Accounts for World {
    async fn remove(&self, user: &UserId) -> Result<bool> {
        self.call("accounts.remove", |state| Ok(state.accounts.remove(user))).await
    }
}
