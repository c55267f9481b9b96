//! What a user has chosen, one row for each setting.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use domain::{Choices, Setting, SettingKey, UserId};
use platform::{Result, Settings, Unavailable};
use serde_json::Value;

use crate::aws::Aws;
use crate::config::{ConfigError, Lookup};
use crate::keys;
use crate::pages::all_rows;
use crate::row::{Item, Malformed, Row, item, text};
use crate::tables;
use crate::writes::names_in;

const OF_USER: &str = "#PK = :user AND begins_with(#SK, :prefix)";

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
    async fn get(&self, user: &UserId, key: SettingKey) -> Result<Option<Setting>> {
        const OPERATION: &str = "settings.get";
        let request = self.db.get_item().table_name(&self.table).set_key(Some(row_key(user, key)));
        let found = request.consistent_read(true).send().await;
        let found = found.map_err(|error| Unavailable::new(OPERATION, error))?;
        let read = |row: Item| read(key, &row).map_err(|error| error.during(OPERATION));
        found.item.map(read).transpose()
    }

    async fn put(&self, user: &UserId, setting: &Setting) -> Result<()> {
        let mut row = row_key(user, setting.key());
        row.insert("value".into(), text(setting.to_json().to_string()));
        let request = self.db.put_item().table_name(&self.table).set_item(Some(row));
        let done = request.send().await;
        done.map(drop).map_err(|error| Unavailable::new("settings.put", error))
    }

    async fn remove(&self, user: &UserId, key: SettingKey) -> Result<()> {
        let request = self.db.delete_item().table_name(&self.table);
        let done = request.set_key(Some(row_key(user, key))).send().await;
        done.map(drop).map_err(|error| Unavailable::new("settings.remove", error))
    }

    async fn all(&self, user: &UserId) -> Result<Choices> {
        const OPERATION: &str = "settings.all";
        let query = self
            .db
            .query()
            .table_name(&self.table)
            .key_condition_expression(OF_USER)
            .set_expression_attribute_names(Some(names_in(&[OF_USER])))
            .expression_attribute_values(":user", text(keys::user(user)))
            .expression_attribute_values(":prefix", text(keys::setting("")))
            .consistent_read(true);
        let mut choices = Choices::default();
        for row in all_rows(query, OPERATION).await? {
            // One that a newer version knows is left alone.
            if let Some(key) = key_of(&row) {
                choices.put(read(key, &row).map_err(|error| error.during(OPERATION))?);
            }
        }
        Ok(choices)
    }
}

fn row_key(user: &UserId, key: SettingKey) -> Item {
    item([("PK", text(keys::user(user))), ("SK", text(keys::setting(key.as_str())))])
}

fn key_of(row: &Item) -> Option<SettingKey> {
    keys::setting_of(Row(row).text("SK").ok()?)?.parse().ok()
}

fn read(key: SettingKey, row: &Item) -> std::result::Result<Setting, Malformed> {
    let stored = Row(row).text("value")?;
    // A time zone's name was once written bare.
    let value = serde_json::from_str(stored).unwrap_or_else(|_| Value::String(stored.into()));
    Setting::parse(key, &value).map_err(|_| Malformed("value"))
}
