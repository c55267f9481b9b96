//! Everything of one user: the rows under his key in every table, and the objects under his
//! folder of every kind.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, WriteRequest};
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use domain::{Place, Timestamp, UserId};
use platform::{
    Belongings, FilePage, OpenError, Record, RecordPage, Removed, Result, StoredFile, Unavailable,
    Upload,
};
use serde_json::{Map, Number, Value};

use crate::aws::Aws;
use crate::config::{Bucket, ConfigError, Lookup};
use crate::keys;
use crate::pages::delete_rows;
use crate::row::{Item, Row, item, number, text};
use crate::tables::{Tables, USER_INDEX};
use crate::uploads::open_object;
use crate::writes::names_in;

/// Rows that are deleted between two looks at the clock.
const ROWS_AT_ONCE: i32 = 500;

pub struct AwsBelongings {
    db: Client,
    s3: aws_sdk_s3::Client,
    tables: Tables,
    bucket: String,
}

impl AwsBelongings {
    pub fn new(db: Client, s3: aws_sdk_s3::Client, tables: Tables, bucket: &Bucket) -> Self {
        Self { db, s3, tables, bucket: bucket.name.clone() }
    }

    pub fn from_lookup(aws: &Aws, lookup: Lookup<'_>) -> std::result::Result<Self, ConfigError> {
        let (tables, bucket) = (Tables::from_lookup(lookup)?, Bucket::from_lookup(lookup)?);
        Ok(Self::new(aws.dynamodb(), aws.s3(), tables, &bucket))
    }

    /// `None`: objects lie there.
    fn table(&self, place: Place) -> Option<Table<'_>> {
        let by_user = |name| Some(Table { name, by_index: false });
        match place {
            Place::Inbox => by_user(&self.tables.pending_messages),
            Place::Conversations => by_user(&self.tables.conversations),
            Place::Settings => by_user(&self.tables.settings),
            Place::Connections => Some(Table { name: &self.tables.connections, by_index: true }),
            _ => None,
        }
    }

    async fn page(
        &self,
        operation: &'static str,
        (table, user): (&Table<'_>, &UserId),
        read: Read<'_>,
    ) -> Result<(Vec<Item>, Option<Item>)> {
        let (condition, key) = table.condition(user);
        let projection = if read.keys_only { table.key_names() } else { "" };
        let filter = if read.live_at.is_some() { IS_LIVE } else { "" };
        let mut query = self
            .db
            .query()
            .table_name(table.name)
            .set_index_name(table.by_index.then(|| USER_INDEX.to_owned()))
            // An index has no consistent reads.
            .consistent_read(!table.by_index)
            .key_condition_expression(condition)
            .set_projection_expression((!projection.is_empty()).then(|| projection.to_owned()))
            .set_filter_expression((!filter.is_empty()).then(|| filter.to_owned()))
            .set_expression_attribute_names(Some(names_in(&[condition, projection, filter])))
            .expression_attribute_values(":user", key)
            .set_limit(read.keys_only.then_some(ROWS_AT_ONCE))
            .set_exclusive_start_key(read.after.map(|after| table.place(user, after)));
        if let Some(now) = read.live_at {
            query = query.expression_attribute_values(":now", number(now.epoch_seconds()));
        }
        let page = query.send().await.map_err(|error| Unavailable::new(operation, error))?;
        Ok((page.items.unwrap_or_default(), page.last_evaluated_key))
    }

    async fn remove_rows(&self, table: &Table<'_>, user: &UserId) -> Result<Removed> {
        const OPERATION: &str = "belongings.remove";
        let read = Read { keys_only: true, ..Read::default() };
        let (rows, next) = self.page(OPERATION, (table, user), read).await?;
        let deletes: Vec<WriteRequest> = rows.into_iter().map(|row| delete(table, row)).collect();
        let count = deletes.len() as u64;
        delete_rows(&self.db, table.name, deletes, OPERATION).await?;
        Ok(Removed { count, more: next.is_some() })
    }

    /// Of a bucket with versions, too: what is only hidden by a delete marker is there still.
    async fn remove_objects(&self, prefix: &str, is_key: bool) -> Result<Removed> {
        const OPERATION: &str = "belongings.remove";
        let unavailable =
            |error: Box<dyn std::error::Error + Send + Sync>| Unavailable::new(OPERATION, error);
        let request = self.s3.list_object_versions().bucket(&self.bucket).prefix(prefix);
        let page = request.send().await.map_err(|error| unavailable(error.into()))?;
        let more = page.is_truncated() == Some(true);
        let versions = page.versions().iter().map(|v| (v.key(), v.version_id()));
        let markers = page.delete_markers().iter().map(|m| (m.key(), m.version_id()));
        let mine = |key: Option<&str>| key.is_some_and(|key| !is_key || key == prefix);
        let count = versions.clone().filter(|(key, _)| mine(*key)).count() as u64;
        let all = versions.chain(markers).filter(|(key, _)| mine(*key));
        let all = all.map(|(key, version)| {
            let version = version.map(str::to_owned);
            ObjectIdentifier::builder().set_key(key.map(str::to_owned)).set_version_id(version)
        });
        let all = all.map(|one| one.build()).collect::<std::result::Result<Vec<_>, _>>();
        let all = all.map_err(|error| unavailable(error.into()))?;
        if all.is_empty() {
            return Ok(Removed { count: 0, more: false });
        }
        let delete = Delete::builder().set_objects(Some(all)).quiet(true).build();
        let delete = delete.map_err(|error| unavailable(error.into()))?;
        let request = self.s3.delete_objects().bucket(&self.bucket).delete(delete);
        let done = request.send().await.map_err(|error| unavailable(error.into()))?;
        match done.errors().first() {
            Some(error) => {
                let code = error.code().unwrap_or("no code");
                let why = format!("{} objects stay: {code}", done.errors().len());
                Err(unavailable(why.into()))
            }
            None => Ok(Removed { count, more }),
        }
    }
}

const IS_LIVE: &str = "attribute_not_exists(#ttl) OR #ttl > :now";

#[derive(Default)]
struct Read<'a> {
    keys_only: bool,
    live_at: Option<Timestamp>,
    after: Option<&'a str>,
}

struct Table<'a> {
    name: &'a str,
    /// Its rows have keys of their own, and the user is an attribute.
    by_index: bool,
}

impl Table<'_> {
    fn condition(&self, user: &UserId) -> (&'static str, AttributeValue) {
        match self.by_index {
            true => ("#userId = :user", text(user.as_str())),
            false => ("#PK = :user", text(keys::user(user))),
        }
    }

    fn key_names(&self) -> &'static str {
        if self.by_index { "#PK" } else { "#PK, #SK" }
    }

    fn name_of(&self, row: &Item) -> Option<String> {
        let name = Row(row).text(if self.by_index { "PK" } else { "SK" }).ok();
        name.map(str::to_owned)
    }

    fn place(&self, user: &UserId, name: &str) -> Item {
        match self.by_index {
            true => item([("PK", text(name)), ("userId", text(user.as_str()))]),
            false => item([("PK", text(keys::user(user))), ("SK", text(name))]),
        }
    }
}

#[async_trait]
impl Belongings for AwsBelongings {
    async fn records(
        &self,
        user: &UserId,
        place: Place,
        after: Option<&str>,
        now: Timestamp,
    ) -> Result<RecordPage> {
        const OPERATION: &str = "belongings.records";
        let table = self.table(place).ok_or_else(|| nothing_there(OPERATION))?;
        let read = Read { live_at: Some(now), after, ..Read::default() };
        let (rows, next) = self.page(OPERATION, (&table, user), read).await?;
        let malformed = || Unavailable::new(OPERATION, "a row has no name");
        let records = rows.into_iter().map(|row| {
            let name = table.name_of(&row).ok_or_else(malformed)?;
            Ok(Record { name, fields: fields(row) })
        });
        let next = next.map(|key| table.name_of(&key).ok_or_else(malformed)).transpose()?;
        Ok(RecordPage { records: records.collect::<Result<_>>()?, next })
    }

    async fn files(&self, user: &UserId, place: Place, after: Option<&str>) -> Result<FilePage> {
        const OPERATION: &str = "belongings.files";
        let prefix = place.prefix(user).ok_or_else(|| nothing_there(OPERATION))?;
        let request = self.s3.list_objects_v2().bucket(&self.bucket).prefix(&prefix);
        let request = request.set_start_after(after.map(|after| format!("{prefix}{after}")));
        let page = request.send().await.map_err(|error| Unavailable::new(OPERATION, error))?;
        let mut files = Vec::with_capacity(page.contents().len());
        for object in page.contents() {
            let key = object.key().and_then(|key| key.strip_prefix(&prefix));
            let size = object.size().and_then(|size| u64::try_from(size).ok());
            let (Some(name), Some(size)) = (key, size) else {
                return Err(Unavailable::new(OPERATION, "an object has no name or no size"));
            };
            files.push(StoredFile { name: name.to_owned(), size });
        }
        let more = page.is_truncated() == Some(true);
        let next = files.last().filter(|_| more).map(|file| file.name.clone());
        Ok(FilePage { files, next })
    }

    async fn open(
        &self,
        user: &UserId,
        place: Place,
        name: &str,
    ) -> std::result::Result<Upload, OpenError> {
        const OPERATION: &str = "belongings.open";
        let prefix = place.prefix(user).ok_or_else(|| nothing_there(OPERATION))?;
        open_object(&self.s3, &self.bucket, format!("{prefix}{name}"), OPERATION).await
    }

    async fn remove_some(&self, user: &UserId, place: Place) -> Result<Removed> {
        if let Some(table) = self.table(place) {
            return self.remove_rows(&table, user).await;
        }
        let prefix = place.prefix(user).ok_or_else(|| nothing_there("belongings.remove"))?;
        self.remove_objects(&prefix, place == Place::SnapshotKeys).await
    }
}

fn nothing_there(operation: &'static str) -> Unavailable {
    Unavailable::new(operation, "nothing of this kind lies there")
}

fn delete(table: &Table<'_>, mut row: Item) -> WriteRequest {
    row.retain(|name, _| name == "PK" || (name == "SK" && !table.by_index));
    let request = DeleteRequest::builder().set_key(Some(row)).build();
    WriteRequest::builder().delete_request(request.expect("the key is set")).build()
}

fn fields(row: Item) -> Map<String, Value> {
    let own = row.into_iter().filter(|(name, _)| !["PK", "SK", "ttl"].contains(&name.as_str()));
    own.map(|(name, value)| (name, as_json(value))).collect()
}

fn as_json(value: AttributeValue) -> Value {
    let numeral = |text: String| {
        let whole = text.parse::<u64>().map(Number::from).ok();
        let number = whole.or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64));
        number.map_or(Value::String(text), Value::Number)
    };
    match value {
        AttributeValue::S(text) => Value::String(text),
        AttributeValue::N(text) => numeral(text),
        AttributeValue::Bool(flag) => Value::Bool(flag),
        AttributeValue::L(list) => list.into_iter().map(as_json).collect(),
        AttributeValue::M(map) => {
            Value::Object(map.into_iter().map(|(name, value)| (name, as_json(value))).collect())
        }
        AttributeValue::Ss(texts) => texts.into_iter().map(Value::String).collect(),
        AttributeValue::Ns(texts) => texts.into_iter().map(numeral).collect(),
        AttributeValue::B(bytes) => Value::String(data_encoding::BASE64.encode(bytes.as_ref())),
        // Null, and what DynamoDB may have one day.
        _ => Value::Null,
    }
}
