//! Which version is launched: one row of TaskState, put anew with each change.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use domain::{Candidate, Release, Share, TaskDefinition};
use platform::{Releases, Result, Unavailable};

use crate::aws::Aws;
use crate::config::{ConfigError, Lookup};
use crate::keys;
use crate::row::{Item, Malformed, Row, item, number, text};
use crate::tables;
use crate::writes::names_in;

pub struct DynamoReleases {
    db: Client,
    table: String,
}

impl DynamoReleases {
    pub fn new(db: Client, task_state: impl Into<String>) -> Self {
        Self { db, table: task_state.into() }
    }

    pub fn from_lookup(aws: &Aws, lookup: Lookup<'_>) -> std::result::Result<Self, ConfigError> {
        Ok(Self::new(aws.dynamodb(), tables::task_state(lookup)?))
    }
}

#[async_trait]
impl Releases for DynamoReleases {
    async fn get(&self) -> Result<Release> {
        const OPERATION: &str = "releases.get";
        let request = self.db.get_item().table_name(&self.table).set_key(Some(key()));
        let found = request.consistent_read(true).send().await;
        let found = found.map_err(|error| Unavailable::new(OPERATION, error))?;
        let read = |row: Item| read(Row(&row)).map_err(|error| error.during(OPERATION));
        found.item.map_or_else(|| Ok(Release::default()), read)
    }

    async fn replace(&self, next: &Release) -> Result<bool> {
        // Only the first revision may begin the row.
        let condition = match next.revision {
            1 => "attribute_not_exists(#PK) OR #revision = :before",
            _ => "#revision = :before",
        };
        let request = self.db.put_item().table_name(&self.table).set_item(Some(write(next)));
        let put = request
            .condition_expression(condition)
            .set_expression_attribute_names(Some(names_in(&[condition])))
            .expression_attribute_values(":before", number(next.revision.saturating_sub(1)))
            .send()
            .await;
        match put {
            Ok(_) => Ok(true),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Ok(false)
            }
            Err(error) => Err(Unavailable::new("releases.replace", error)),
        }
    }
}

fn key() -> Item {
    item([("PK", text(keys::RELEASE))])
}

fn write(release: &Release) -> Item {
    let mut row = key();
    row.insert("revision".into(), number(release.revision));
    let definitions = [
        ("current", &release.current),
        ("previous", &release.previous),
        ("withdrawn", &release.withdrawn),
    ];
    for (name, definition) in definitions {
        row.extend(definition.as_ref().map(|one| (name.to_owned(), text(&one.0))));
    }
    if let Some(candidate) = &release.candidate {
        row.extend(item([
            ("candidate", text(&candidate.definition.0)),
            ("share", number(candidate.share.percent().into())),
            ("ready", number(candidate.ready.into())),
            ("failed", number(candidate.failed.into())),
        ]));
    }
    row
}

fn read(row: Row<'_>) -> std::result::Result<Release, Malformed> {
    let definition = |name| Ok(row.text_if_any(name)?.map(|arn| TaskDefinition(arn.to_owned())));
    let count = |name| u32::try_from(row.number(name)?).map_err(|_| Malformed(name));
    let candidate = match definition("candidate")? {
        Some(definition) => Some(Candidate {
            definition,
            share: Share::new(row.number("share")?).ok_or(Malformed("share"))?,
            ready: count("ready")?,
            failed: count("failed")?,
        }),
        None => None,
    };
    Ok(Release {
        revision: row.number("revision")?,
        current: definition("current")?,
        previous: definition("previous")?,
        candidate,
        withdrawn: definition("withdrawn")?,
    })
}
