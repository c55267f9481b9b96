//! Connections, and the one of them that a user's nudges go to.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::limits::CONNECTION_TTL;
use domain::{ConnectionId, Generation, Timestamp, UserId};
use platform::{Connection, ConnectionKind, Connections, Result, Unavailable, WriteError};

use crate::aws::Aws;
use crate::config::{ConfigError, Lookup};
use crate::pages::all_rows;
use crate::row::{Item, Malformed, Row, item, number, text};
use crate::tables::{self, USER_INDEX};
use crate::writes::{Change, IS_CURRENT, Refusal, names_in, put, transact};
use crate::{keys, task_rows};

const CLIENT: &str = "client";
const BRIDGE: &str = "bridge";

pub struct DynamoConnections {
    db: Client,
    table: String,
    task_state: String,
}

impl DynamoConnections {
    pub fn new(db: Client, connections: impl Into<String>, task_state: impl Into<String>) -> Self {
        Self { db, table: connections.into(), task_state: task_state.into() }
    }

    pub fn from_lookup(aws: &Aws, lookup: Lookup<'_>) -> std::result::Result<Self, ConfigError> {
        let task_state = tables::task_state(lookup)?;
        Ok(Self::new(aws.dynamodb(), tables::connections(lookup)?, task_state))
    }

    async fn find(&self, operation: &'static str, id: &ConnectionId) -> Result<Option<Item>> {
        let request = self.db.get_item().table_name(&self.table).set_key(Some(key(id)));
        let found = request.consistent_read(true).send().await;
        Ok(found.map_err(|error| Unavailable::new(operation, error))?.item)
    }

    /// Nudges go nowhere rather than to a connection that is no more; but a newer connection
    /// that has taken its place stays.
    async fn forget_bridge(&self, operation: &'static str, connection: &Connection) -> Result<()> {
        let change = Change {
            table: &self.task_state,
            key: task_rows::key(&connection.user),
            update: "REMOVE #bridgeConnection",
            condition: "#bridgeConnection = :connection",
            values: item([(":connection", text(connection.id.as_str()))]),
        };
        match change.apply(&self.db, operation).await {
            Ok(()) | Err(Refusal::Condition(_)) => Ok(()),
            Err(Refusal::Unavailable(error)) => Err(error),
        }
    }
}

#[async_trait]
impl Connections for DynamoConnections {
    async fn register(&self, connection: &Connection) -> Result<()> {
        let request = self.db.put_item().table_name(&self.table);
        let done = request.set_item(Some(write(connection))).send().await;
        done.map(drop).map_err(|error| Unavailable::new("connections.register", error))
    }

    async fn register_bridge(
        &self,
        connection: &Connection,
    ) -> std::result::Result<(), WriteError> {
        let ConnectionKind::Bridge(generation) = connection.kind else {
            return Err(WriteError::Conflict);
        };
        let become_the_bridge = Change {
            table: &self.task_state,
            key: task_rows::key(&connection.user),
            update: "SET #bridgeConnection = :connection",
            condition: IS_CURRENT,
            values: item([
                (":connection", text(connection.id.as_str())),
                (":generation", number(generation.0)),
            ]),
        };
        let row = put(&self.table, write(connection));
        let fence = become_the_bridge.in_transaction();
        transact(&self.db, "connections.register_bridge", fence, [row]).await
    }

    async fn get(&self, id: &ConnectionId, now: Timestamp) -> Result<Option<Connection>> {
        const OPERATION: &str = "connections.get";
        let Some(row) = self.find(OPERATION, id).await? else {
            return Ok(None);
        };
        match read(id, Row(&row)) {
            Ok((connection, ttl)) => Ok((ttl > now.epoch_seconds()).then_some(connection)),
            Err(error) => Err(error.during(OPERATION)),
        }
    }

    async fn remove(&self, id: &ConnectionId) -> Result<()> {
        const OPERATION: &str = "connections.remove";
        let Some(row) = self.find(OPERATION, id).await? else {
            return Ok(());
        };
        let (connection, _) = read(id, Row(&row)).map_err(|error| error.during(OPERATION))?;
        // First the pointer, then the row: after a crash in between, the row is still found
        // and removed again.
        if matches!(connection.kind, ConnectionKind::Bridge(_)) {
            self.forget_bridge(OPERATION, &connection).await?;
        }
        let request = self.db.delete_item().table_name(&self.table).set_key(Some(key(id)));
        request.send().await.map(drop).map_err(|error| Unavailable::new(OPERATION, error))
    }

    async fn clients_of(&self, user: &UserId, now: Timestamp) -> Result<Vec<ConnectionId>> {
        const OPERATION: &str = "connections.clients_of";
        const CONDITION: &str = "#userId = :user";
        const FILTER: &str = "#kind = :client AND #ttl > :now";
        let query = self
            .db
            .query()
            .table_name(&self.table)
            .index_name(USER_INDEX)
            .key_condition_expression(CONDITION)
            .filter_expression(FILTER)
            .set_expression_attribute_names(Some(names_in(&[CONDITION, FILTER])))
            .expression_attribute_values(":user", text(user.as_str()))
            .expression_attribute_values(":client", text(CLIENT))
            .expression_attribute_values(":now", number(now.epoch_seconds()));
        let rows = all_rows(query, OPERATION).await?;
        let ids = rows.iter().map(|row| Row(row).id("PK", id_of));
        ids.collect::<std::result::Result<_, _>>().map_err(|error| error.during(OPERATION))
    }
}

fn key(id: &ConnectionId) -> Item {
    item([("PK", text(keys::connection(id)))])
}

fn id_of(key: &str) -> Option<ConnectionId> {
    ConnectionId::new(key.strip_prefix("CONN#")?).ok()
}

fn write(connection: &Connection) -> Item {
    let mut row = item([
        ("PK", text(keys::connection(&connection.id))),
        ("userId", text(connection.user.as_str())),
        ("kind", kind(connection.kind)),
        ("connectedAt", number(connection.connected_at.millis())),
        ("ttl", number((connection.connected_at + CONNECTION_TTL).epoch_seconds())),
    ]);
    if let ConnectionKind::Bridge(generation) = connection.kind {
        row.insert("generation".into(), number(generation.0));
    }
    row
}

fn kind(kind: ConnectionKind) -> AttributeValue {
    text(match kind {
        ConnectionKind::Client => CLIENT,
        ConnectionKind::Bridge(_) => BRIDGE,
    })
}

/// The connection, and when its row expires.
fn read(id: &ConnectionId, row: Row<'_>) -> std::result::Result<(Connection, u64), Malformed> {
    let generation = row.number_if_any("generation")?.map(Generation);
    let connection = Connection {
        id: id.clone(),
        user: row.word("userId")?,
        kind: generation.map_or(ConnectionKind::Client, ConnectionKind::Bridge),
        connected_at: Timestamp(row.number("connectedAt")?),
    };
    Ok((connection, row.number("ttl")?))
}
