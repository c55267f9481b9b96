//! Who is connected.

use async_trait::async_trait;
use domain::limits::CONNECTION_TTL;
use domain::{ConnectionId, Timestamp, UserId};
use platform::{Connection, Connections, Peer, Result, WriteError};

use crate::state::Expiring;
use crate::world::World;

#[async_trait]
impl Connections for World {
    async fn register(&self, connection: &Connection) -> std::result::Result<(), WriteError> {
        self.call("connections.register", |state| {
            let pointer = match &connection.peer {
                Peer::Client(_) => None,
                Peer::Bridge(user, generation) => {
                    Some(&mut state.current(user, *generation)?.bridge_connection)
                }
                Peer::Spare(id) => Some(&mut state.unclaimed(id)?.connection),
            };
            if let Some(pointer) = pointer {
                *pointer = Some(connection.id.clone());
            }
            let expires = connection.connected_at + CONNECTION_TTL;
            let row = Expiring { value: connection.clone(), expires };
            state.connections.insert(connection.id.clone(), row);
            Ok(())
        })
        .await
    }

    async fn get(&self, id: &ConnectionId, now: Timestamp) -> Result<Option<Connection>> {
        self.call("connections.get", |state| {
            Ok(state.connections.get(id).and_then(|row| row.live(now)).cloned())
        })
        .await
    }

    async fn remove(&self, id: &ConnectionId) -> Result<()> {
        self.call("connections.remove", |state| {
            let Some(row) = state.connections.remove(id) else {
                return Ok(());
            };
            let pointer = match &row.value.peer {
                Peer::Client(_) => None,
                Peer::Bridge(user, _) => {
                    state.tasks.get_mut(user).map(|task| &mut task.bridge_connection)
                }
                Peer::Spare(id) => state.spares.get_mut(id).map(|spare| &mut spare.connection),
            };
            // Only if no newer connection has taken its place.
            if let Some(pointer) = pointer.filter(|pointer| pointer.as_ref() == Some(id)) {
                *pointer = None;
            }
            Ok(())
        })
        .await
    }

    async fn clients_of(&self, user: &UserId, now: Timestamp) -> Result<Vec<ConnectionId>> {
        self.call("connections.clients_of", |state| {
            let live = state.connections.values().filter_map(|row| row.live(now));
            let clients = live.filter(|c| matches!(&c.peer, Peer::Client(owner) if owner == user));
            Ok(clients.map(|connection| connection.id.clone()).collect())
        })
        .await
    }
}
