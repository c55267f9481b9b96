//! Who may sign in.

use async_trait::async_trait;
use domain::UserId;

use crate::Result;

#[async_trait]
pub trait Accounts: Send + Sync {
    /// No session of his is renewed any more. `false`: there was no such user.
    async fn sign_out(&self, user: &UserId) -> Result<bool>;

    /// Signs the user out everywhere and removes him. `false`: there was no such user.
    async fn remove(&self, user: &UserId) -> Result<bool>;
}
