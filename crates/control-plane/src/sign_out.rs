//! A user signs out everywhere: nobody renews a token of his any more, and no device that is
//! connected stays so.
//!
//! An access token that was given out is a signature, and good until it expires: with it a device
//! may connect once more.

use std::sync::Arc;

use domain::UserId;
use platform::{Accounts, Clock, Connections, Push, Unavailable};
use tracing::{info, warn};

#[derive(Clone)]
pub struct SignOut {
    /// `None`: who may sign in is somebody else's business.
    pub accounts: Option<Arc<dyn Accounts>>,
    pub connections: Arc<dyn Connections>,
    pub push: Arc<dyn Push>,
    pub clock: Arc<dyn Clock>,
}

impl SignOut {
    /// Tokens first: whoever loses his connection asks for a new one at once.
    pub async fn run(&self, user: &UserId) -> Result<(), Unavailable> {
        if let Some(accounts) = &self.accounts {
            accounts.sign_out(user).await?;
        }
        for connection in self.connections.clients_of(user, self.clock.now()).await? {
            // Without its row a socket says and hears nothing, so closing it is only polite.
            if let Err(error) = self.push.close(&connection).await {
                warn!(user.id = %user, connection.id = %connection, %error, "could not close");
            }
            self.connections.remove(&connection).await?;
        }
        info!(user.id = %user, "a user signed out everywhere");
        Ok(())
    }
}
