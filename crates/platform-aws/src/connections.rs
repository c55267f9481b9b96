//! Connections, and the one of them that a user's nudges go to.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use domain::limits::CONNECTION_TTL;
use domain::{ConnectionId, Generation, Timestamp, UserId};
use platform::{Connection, Connections, Peer, Result, Unavailable, WriteError};

use crate::aws::Aws;
use crate::config::{ConfigError, Lookup};
use crate::pages::all_rows;
use crate::row::{Item, Malformed, Row, item, number, text};
use crate::tables::{self, USER_INDEX};
use crate::writes::{Change, IS_CURRENT, Refusal, names_in, put, transact};
use crate::{keys, spares, task_rows};

const CLIENT: &str = "client";
const BRIDGE: &str = "bridge";
const SPARE: &str = "spare";

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

    /// The row that points at the connection, as it does when this is written. `None`: a
    /// client's, to which no row points.
    fn pointer(&self, connection: &Connection) -> Option<Change<'_>> {
        let table = &self.task_state;
        match &connection.peer {
            Peer::Client(_) => None,
            Peer::Bridge(user, generation) => Some(Change {
                table,
                key: task_rows::key(user),
                update: "SET #bridgeConnection = :connection".into(),
                condition: IS_CURRENT,
                values: item([
                    (":connection", text(connection.id.as_str())),
                    (":generation", number(generation.0)),
                ]),
            }),
            Peer::Spare(id) => Some(spares::listen(table, id, &connection.id)),
        }
    }

    /// Nudges go nowhere rather than to a connection that is no more; but a newer connection
    /// that has taken its place stays.
    async fn forget(&self, operation: &'static str, connection: &Connection) -> Result<()> {
        let (key, update, condition) = match &connection.peer {
            Peer::Client(_) => return Ok(()),
            Peer::Bridge(user, _) => (
                task_rows::key(user),
                "REMOVE #bridgeConnection",
                "#bridgeConnection = :connection",
            ),
            Peer::Spare(id) => (spares::key(id), "REMOVE #connection", "#connection = :connection"),
        };
        let values = item([(":connection", text(connection.id.as_str()))]);
        let update = update.into();
        let change = Change { table: &self.task_state, key, update, condition, values };
        match change.apply(&self.db, operation).await {
            Ok(()) | Err(Refusal::Condition(_)) => Ok(()),
            Err(Refusal::Unavailable(error)) => Err(error),
        }
    }
}

#[async_trait]
impl Connections for DynamoConnections {
    async fn register(&self, connection: &Connection) -> std::result::Result<(), WriteError> {
        const OPERATION: &str = "connections.register";
        let row = write(connection);
        if let Some(pointer) = self.pointer(connection) {
            let row = put(&self.table, row);
            return transact(&self.db, OPERATION, pointer.in_transaction(), [row]).await;
        }
        let request = self.db.put_item().table_name(&self.table).set_item(Some(row));
        let done = request.send().await;
        done.map(drop).map_err(|error| Unavailable::new(OPERATION, error).into())
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
        self.forget(OPERATION, &connection).await?;
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
        ("connectedAt", number(connection.connected_at.millis())),
        ("ttl", number((connection.connected_at + CONNECTION_TTL).epoch_seconds())),
    ]);
    row.extend(match &connection.peer {
        Peer::Client(user) => item([("kind", text(CLIENT)), ("userId", text(user.as_str()))]),
        Peer::Bridge(user, generation) => item([
            ("kind", text(BRIDGE)),
            ("userId", text(user.as_str())),
            ("generation", number(generation.0)),
        ]),
        Peer::Spare(id) => item([("kind", text(SPARE)), ("spareId", text(id.as_str()))]),
    });
    row
}

/// The connection, and when its row expires.
fn read(id: &ConnectionId, row: Row<'_>) -> std::result::Result<(Connection, u64), Malformed> {
    let peer = match row.text("kind")? {
        CLIENT => Peer::Client(row.word("userId")?),
        BRIDGE => Peer::Bridge(row.word("userId")?, Generation(row.number("generation")?)),
        SPARE => Peer::Spare(row.word("spareId")?),
        _ => return Err(Malformed("kind")),
    };
    let connected_at = Timestamp(row.number("connectedAt")?);
    Ok((Connection { id: id.clone(), peer, connected_at }, row.number("ttl")?))
}
