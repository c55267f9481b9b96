//! A socket opens or closes: a browser's, or a bridge's.

use std::sync::Arc;

use domain::{ConnectionId, LaunchToken, UserId};
use platform::{Clock, Connection, ConnectionKind, Connections, Tasks, Unavailable, WriteError};

#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The launch token is not that of the user's current generation.
    #[error("launch token is not current")]
    Refused,
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

#[derive(Clone)]
pub struct Connect {
    pub connections: Arc<dyn Connections>,
    pub tasks: Arc<dyn Tasks>,
    pub clock: Arc<dyn Clock>,
}

impl Connect {
    pub async fn client(&self, user: UserId, id: ConnectionId) -> Result<(), Unavailable> {
        let kind = ConnectionKind::Client;
        let connected_at = self.clock.now();
        self.connections.register(&Connection { id, user, kind, connected_at }).await
    }

    pub async fn bridge(&self, token: &LaunchToken, id: ConnectionId) -> Result<(), ConnectError> {
        let state = self.tasks.get(&token.user).await?;
        let expected = state.launch_token_sha256.as_deref().unwrap_or_default();
        if state.generation != token.generation || !token.matches(expected) {
            return Err(ConnectError::Refused);
        }
        let connection = Connection {
            id,
            user: token.user.clone(),
            kind: ConnectionKind::Bridge(token.generation),
            connected_at: self.clock.now(),
        };
        match self.connections.register_bridge(&connection).await {
            Ok(()) => Ok(()),
            Err(WriteError::Fenced | WriteError::Conflict) => Err(ConnectError::Refused),
            Err(WriteError::Unavailable(error)) => Err(error.into()),
        }
    }

    pub async fn gone(&self, id: &ConnectionId) -> Result<(), Unavailable> {
        self.connections.remove(id).await
    }
}
