//! An embedded DynamoDB in memory, with our tables.

use platform_aws::tables::{Tables, create_table_json, time_to_live_json};

use super::server::Server;

pub(crate) struct Database {
    pub(crate) tables: Tables,
    server: Server,
}

impl Database {
    pub(crate) fn start() -> Self {
        let tables = Tables::prefixed("test-");
        let database = dynoxide::Database::memory().expect("a database");
        for table in create_table_json(&tables) {
            let request = serde_json::from_value(table).expect("a CreateTable request");
            database.create_table(request).expect("creates");
        }
        for setting in time_to_live_json(&tables) {
            let request = serde_json::from_value(setting).expect("an UpdateTimeToLive request");
            database.update_time_to_live(request).expect("enables");
        }
        let server = Server::start(|listener| dynoxide::server::serve_on(listener, database));
        Self { tables, server }
    }

    pub(crate) fn url(&self) -> &str {
        &self.server.url
    }
}
