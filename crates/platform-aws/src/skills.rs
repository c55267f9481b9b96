//! A user's skills: a row each beside his settings, and the archive in the data bucket, under
//! `skills/<userId>/<name>/`.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::ReturnValue;
use aws_sdk_s3::primitives::ByteStream;
use domain::{Skill, SkillName, Timestamp, UserId};
use platform::{OpenError, Result, Skills, Unavailable};

use crate::aws::Aws;
use crate::config::{Bucket, ConfigError, Lookup};
use crate::keys;
use crate::pages::all_rows;
use crate::row::{Item, Malformed, Row, item, number, text};
use crate::tables;
use crate::writes::names_in;

pub struct DynamoSkills {
    db: aws_sdk_dynamodb::Client,
    s3: aws_sdk_s3::Client,
    settings: String,
    bucket: String,
}

impl DynamoSkills {
    pub fn new(
        db: aws_sdk_dynamodb::Client,
        settings: impl Into<String>,
        s3: aws_sdk_s3::Client,
        bucket: &Bucket,
    ) -> Self {
        Self { db, s3, settings: settings.into(), bucket: bucket.name.clone() }
    }

    pub fn from_lookup(aws: &Aws, lookup: Lookup<'_>) -> std::result::Result<Self, ConfigError> {
        let (settings, bucket) = (tables::settings(lookup)?, Bucket::from_lookup(lookup)?);
        Ok(Self::new(aws.dynamodb(), settings, aws.s3(), &bucket))
    }

    /// What no row speaks of any more. Should this fail, `DELETE /me` finds it by its prefix.
    async fn drop_archive(
        &self,
        operation: &'static str,
        user: &UserId,
        skill: &Skill,
    ) -> Result<()> {
        let request = self.s3.delete_object().bucket(&self.bucket).key(object(user, skill));
        let done = request.send().await;
        done.map(drop).map_err(|error| Unavailable::new(operation, error))
    }
}

const OF_USER: &str = "#PK = :user AND begins_with(#SK, :prefix)";

#[async_trait]
impl Skills for DynamoSkills {
    async fn list(&self, user: &UserId) -> Result<Vec<Skill>> {
        const OPERATION: &str = "skills.list";
        let query = self
            .db
            .query()
            .table_name(&self.settings)
            .consistent_read(true)
            .key_condition_expression(OF_USER)
            .set_expression_attribute_names(Some(names_in(&[OF_USER])))
            .expression_attribute_values(":user", text(keys::user(user)))
            .expression_attribute_values(":prefix", text(keys::SKILLS));
        let rows = all_rows(query, OPERATION).await?;
        let skills = rows.iter().map(|row| read(Row(row)));
        let skills = skills.collect::<std::result::Result<_, Malformed>>();
        skills.map_err(|error| error.during(OPERATION))
    }

    async fn put(&self, user: &UserId, skill: &Skill, archive: Vec<u8>) -> Result<()> {
        const OPERATION: &str = "skills.put";
        let request = self.s3.put_object().bucket(&self.bucket).key(object(user, skill));
        let request = request.content_type("application/zip").body(ByteStream::from(archive));
        request.send().await.map_err(|error| Unavailable::new(OPERATION, error))?;
        let mut row = key(user, &skill.name);
        row.extend(item([
            ("description", text(&skill.description)),
            ("sha256", text(&skill.sha256)),
            ("files", number(skill.files)),
            ("bytes", number(skill.bytes)),
            ("at", number(skill.at.millis())),
        ]));
        let request = self.db.put_item().table_name(&self.settings).set_item(Some(row));
        let done = request.return_values(ReturnValue::AllOld).send().await;
        let done = done.map_err(|error| Unavailable::new(OPERATION, error))?;
        match before(OPERATION, done.attributes)? {
            Some(before) if object(user, &before) != object(user, skill) => {
                self.drop_archive(OPERATION, user, &before).await
            }
            _ => Ok(()),
        }
    }

    async fn remove(&self, user: &UserId, name: &SkillName) -> Result<bool> {
        const OPERATION: &str = "skills.remove";
        let request = self.db.delete_item().table_name(&self.settings);
        let request = request.set_key(Some(key(user, name))).return_values(ReturnValue::AllOld);
        let done = request.send().await.map_err(|error| Unavailable::new(OPERATION, error))?;
        let Some(before) = before(OPERATION, done.attributes)? else { return Ok(false) };
        self.drop_archive(OPERATION, user, &before).await.map(|()| true)
    }

    async fn open(&self, user: &UserId, skill: &Skill) -> std::result::Result<Vec<u8>, OpenError> {
        const OPERATION: &str = "skills.open";
        let request = self.s3.get_object().bucket(&self.bucket).key(object(user, skill));
        let object = match request.send().await {
            Ok(object) => object,
            Err(error) if error.as_service_error().is_some_and(|error| error.is_no_such_key()) => {
                return Err(OpenError::NotFound);
            }
            Err(error) => return Err(Unavailable::new(OPERATION, error).into()),
        };
        let body = object.body.collect().await;
        Ok(body.map_err(|error| Unavailable::new(OPERATION, error))?.to_vec())
    }
}

fn key(user: &UserId, name: &SkillName) -> Item {
    item([("PK", text(keys::user(user))), ("SK", text(keys::skill(name)))])
}

/// With the time: whoever sends an archive again that is just being replaced would find his own
/// dropped as the older one.
fn object(user: &UserId, Skill { name, sha256, at, .. }: &Skill) -> String {
    format!("skills/{user}/{name}/{sha256}-{}.zip", at.millis())
}

fn before(operation: &'static str, row: Option<Item>) -> Result<Option<Skill>> {
    let row = row.filter(|row| !row.is_empty());
    let before = row.map(|row| read(Row(&row))).transpose();
    before.map_err(|error| error.during(operation))
}

fn read(row: Row<'_>) -> std::result::Result<Skill, Malformed> {
    Ok(Skill {
        name: row.id("SK", keys::skill_of)?,
        description: row.text("description")?.to_owned(),
        sha256: row.text("sha256")?.to_owned(),
        files: row.number("files")?,
        bytes: row.number("bytes")?,
        at: Timestamp(row.number("at")?),
    })
}
