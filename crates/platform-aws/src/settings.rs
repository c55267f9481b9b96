//! What a user has chosen, one row for each setting.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use domain::{TimeZone, UserId};
use platform::{Result, Settings, Unavailable};

use crate::aws::Aws;
use crate::config::{ConfigError, Lookup};
use crate::keys;
use crate::row::{Item, Row, item, text};
use crate::tables;

const TIME_ZONE: &str = "timeZone";

pub struct DynamoSettings {
    db: Client,
    table: String,
}

impl DynamoSettings {
    pub fn new(db: Client, settings: impl Into<String>) -> Self {
        Self { db, table: settings.into() }
    }

    pub fn from_lookup(aws: &Aws, lookup: Lookup<'_>) -> std::result::Result<Self, ConfigError> {
        Ok(Self::new(aws.dynamodb(), tables::settings(lookup)?))
    }
}

#[async_trait]
impl Settings for DynamoSettings {
    async fn time_zone(&self, user: &UserId) -> Result<Option<TimeZone>> {
        const OPERATION: &str = "settings.time_zone";
        let request = self.db.get_item().table_name(&self.table).set_key(Some(key(user)));
        let found = request.consistent_read(true).send().await;
        let found = found.map_err(|error| Unavailable::new(OPERATION, error))?;
        let Some(row) = found.item else {
            return Ok(None);
        };
        let name = Row(&row).text("value").map_err(|error| error.during(OPERATION))?;
        TimeZone::new(name).map(Some).map_err(|error| Unavailable::new(OPERATION, error))
    }

    async fn set_time_zone(&self, user: &UserId, zone: &TimeZone) -> Result<()> {
        let mut row = key(user);
        row.insert("value".into(), text(zone.name()));
        let request = self.db.put_item().table_name(&self.table).set_item(Some(row));
        let done = request.send().await;
        done.map(drop).map_err(|error| Unavailable::new("settings.set_time_zone", error))
    }
}

fn key(user: &UserId) -> Item {
    item([("PK", text(keys::user(user))), ("SK", text(keys::setting(TIME_ZONE)))])
}
