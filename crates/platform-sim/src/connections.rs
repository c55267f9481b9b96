//! Who is connected.

use async_trait::async_trait;
use domain::limits::CONNECTION_TTL;
use domain::{ConnectionId, Timestamp, UserId};
use platform::{Connection, ConnectionKind, Connections, Result, WriteError};

use crate::state::{Expiring, State};
use crate::world::World;

#[async_trait]
impl Connections for World {
    async fn register(&self, connection: &Connection) -> Result<()> {
        self.call("connections.register", |state| {
            state.keep(connection);
            Ok(())
        })
        .await
    }

    async fn register_bridge(
        &self,
        connection: &Connection,
    ) -> std::result::Result<(), WriteError> {
        let ConnectionKind::Bridge(generation) = connection.kind else {
            return Err(WriteError::Conflict);
        };
        self.call("connections.register_bridge", |state| {
            let task = state.current(&connection.user, generation)?;
            task.bridge_connection = Some(connection.id.clone());
            state.keep(connection);
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
            // Only if no newer connection has taken its place.
            if let Some(task) = state.tasks.get_mut(&row.value.user)
                && task.bridge_connection.as_ref() == Some(id)
            {
                task.bridge_connection = None;
            }
            Ok(())
        })
        .await
    }

    async fn clients_of(&self, user: &UserId, now: Timestamp) -> Result<Vec<ConnectionId>> {
        self.call("connections.clients_of", |state| {
            let live = state.connections.values().filter_map(|row| row.live(now));
            let clients = live.filter(|c| c.user == *user && c.kind == ConnectionKind::Client);
            Ok(clients.map(|connection| connection.id.clone()).collect())
        })
        .await
    }
}

impl State {
    fn keep(&mut self, connection: &Connection) {
        let expires = connection.connected_at + CONNECTION_TTL;
        let row = Expiring { value: connection.clone(), expires };
        self.connections.insert(connection.id.clone(), row);
    }
}
