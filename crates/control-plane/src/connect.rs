//! A socket opens or closes: a browser's, or a bridge's.

use std::sync::Arc;

use domain::{ConnectionId, LaunchToken, Owner, SpareStatus, UserId};
use platform::{Clock, Connection, Connections, Peer, Spares, Tasks, Unavailable, WriteError};

#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The launch token is not that of the user's current generation, nor of a spare; or the user
    /// leaves.
    #[error("nobody is expected who comes with this")]
    Refused,
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

#[derive(Clone)]
pub struct Connect {
    pub connections: Arc<dyn Connections>,
    pub tasks: Arc<dyn Tasks>,
    pub spares: Arc<dyn Spares>,
    pub clock: Arc<dyn Clock>,
}

impl Connect {
    /// Refused while everything of the user is being deleted: his connections are among it.
    pub async fn client(&self, user: UserId, id: ConnectionId) -> Result<(), ConnectError> {
        if self.tasks.get(&user).await?.deleting_since.is_some() {
            return Err(ConnectError::Refused);
        }
        match self.register(Peer::Client(user), id).await {
            Ok(()) => Ok(()),
            Err(WriteError::Unavailable(error)) => Err(error.into()),
            Err(refused) => unreachable!("a client is not fenced: {refused}"),
        }
    }

    /// The bridge of a user, or a spare that waits for one.
    pub async fn bridge(&self, token: &LaunchToken, id: ConnectionId) -> Result<(), ConnectError> {
        let peer = match &token.owner {
            Owner::User(user, generation) => {
                let state = self.tasks.get(user).await?;
                let expected = state.launch_token_sha256.as_deref().unwrap_or_default();
                if !state.is_current(*generation) || !token.matches(expected) {
                    return Err(ConnectError::Refused);
                }
                Peer::Bridge(user.clone(), *generation)
            }
            Owner::Spare(spare) => {
                let row = self.spares.get(spare).await?.ok_or(ConnectError::Refused)?;
                let claimed = matches!(row.status, SpareStatus::Claimed(..));
                if claimed || !token.matches(&row.launch_token_sha256) {
                    return Err(ConnectError::Refused);
                }
                Peer::Spare(spare.clone())
            }
        };
        match self.register(peer, id).await {
            Ok(()) => Ok(()),
            Err(WriteError::Fenced | WriteError::Conflict) => Err(ConnectError::Refused),
            Err(WriteError::Unavailable(error)) => Err(error.into()),
        }
    }

    async fn register(&self, peer: Peer, id: ConnectionId) -> Result<(), WriteError> {
        let connected_at = self.clock.now();
        self.connections.register(&Connection { id, peer, connected_at }).await
    }

    pub async fn gone(&self, id: &ConnectionId) -> Result<(), Unavailable> {
        self.connections.remove(id).await
    }
}
