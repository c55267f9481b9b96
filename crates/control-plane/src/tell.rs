//! Frames from the control plane to people's connections. Best effort: what is told here is
//! also in the tables, and a client that missed it reads it there.

use std::sync::Arc;

use domain::{ConnectionId, UserId};
use futures_util::future::join_all;
use platform::{Clock, Connections, Push, PushError};
use protocol::{Changed, ServerFrame};
use tracing::{debug, warn};

#[derive(Clone)]
pub struct Tell {
    pub connections: Arc<dyn Connections>,
    pub push: Arc<dyn Push>,
    pub clock: Arc<dyn Clock>,
}

impl Tell {
    pub async fn one(&self, connection: &ConnectionId, frame: &ServerFrame) {
        let text = serde_json::to_string(frame).expect("a frame serializes");
        match self.push.push(connection, &text).await {
            Ok(()) => {}
            Err(PushError::Gone) => self.forget(connection).await,
            Err(error) => warn!(connection.id = %connection, %error, "could not push a frame"),
        }
    }

    /// Everybody of the user but `except`, side by side.
    pub async fn others(&self, user: &UserId, except: Option<&ConnectionId>, frame: &ServerFrame) {
        let connections = match self.connections.clients_of(user, self.clock.now()).await {
            Ok(connections) => connections,
            Err(error) => {
                warn!(user.id = %user, %error, "could not list connections");
                return;
            }
        };
        let told = connections.iter().filter(|id| Some(*id) != except);
        join_all(told.map(|id| self.one(id, frame))).await;
    }

    pub async fn all(&self, user: &UserId, frame: &ServerFrame) {
        self.others(user, None, frame).await;
    }

    /// To be read again, on every device.
    pub async fn changed(&self, user: &UserId, what: Changed) {
        self.all(user, &ServerFrame::Changed { what }).await;
    }

    async fn forget(&self, connection: &ConnectionId) {
        debug!(connection.id = %connection, "connection is gone");
        if let Err(error) = self.connections.found_gone(connection, self.clock.now()).await {
            warn!(connection.id = %connection, %error, "could not remove a gone connection");
        }
    }
}
