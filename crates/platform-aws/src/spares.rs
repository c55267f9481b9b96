//! The pool: rows of TaskState beside the users'.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use domain::{ConnectionId, Generation, Phase, Spare, SpareId, SpareStatus, TaskArn};
use domain::{Timestamp, UserId};
use platform::{Claim, ClaimSpareError, Result, Spares, Unavailable, WriteError};

use crate::aws::Aws;
use crate::config::{ConfigError, Lookup};
use crate::pages::{all_rows, rows_of};
use crate::policy::spares_kept;
use crate::row::{Item, Malformed, Row, item, number, text};
use crate::tables::{self, DUE_INDEX, SPARES_SHARD};
use crate::writes::{Cancelled, Change, Refusal, names_in, try_transact};
use crate::{keys, task_rows};

const STARTING: &str = "Starting";
const READY: &str = "Ready";
const CLAIMED: &str = "Claimed";

/// There, and nobody's.
const IS_UNCLAIMED: &str = "#status IN (:starting, :ready)";

pub struct DynamoSpares {
    db: Client,
    table: String,
}

impl DynamoSpares {
    pub fn new(db: Client, task_state: impl Into<String>) -> Self {
        Self { db, table: task_state.into() }
    }

    pub fn from_lookup(aws: &Aws, lookup: Lookup<'_>) -> std::result::Result<Self, ConfigError> {
        Ok(Self::new(aws.dynamodb(), tables::task_state(lookup)?))
    }

    /// `None`: the operator keeps no spares, and nobody need look for one.
    pub fn if_kept(
        aws: &Aws,
        lookup: Lookup<'_>,
    ) -> std::result::Result<Option<Arc<dyn Spares>>, ConfigError> {
        let spares = Self::from_lookup(aws, lookup)?;
        Ok((spares_kept(lookup)? > 0).then(|| Arc::new(spares) as Arc<dyn Spares>))
    }

    async fn change(
        &self,
        operation: &'static str,
        id: &SpareId,
        update: &str,
        condition: &str,
        values: Item,
    ) -> std::result::Result<(), Refusal> {
        let (key, update) = (key(id), update.into());
        let change = Change { table: &self.table, key, update, condition, values };
        change.apply(&self.db, operation).await
    }
}

#[async_trait]
impl Spares for DynamoSpares {
    async fn add(&self, spare: &Spare) -> Result<()> {
        const OPERATION: &str = "spares.add";
        let update = "SET #status = :starting, #launchTokenSha256 = :token, \
                      #launchedAt = :launched, #expiresAt = :expires, #dueShard = :shard, \
                      #dueAt = :expires";
        let values = item([
            (":starting", text(STARTING)),
            (":token", text(&spare.launch_token_sha256)),
            (":launched", number(spare.launched_at.millis())),
            (":expires", number(spare.expires_at.millis())),
            (":shard", number(SPARES_SHARD)),
        ]);
        let condition = "attribute_not_exists(#PK)";
        match self.change(OPERATION, &spare.id, update, condition, values).await {
            Ok(()) => Ok(()),
            // Our own, written although the answer was lost.
            Err(Refusal::Condition(row)) if has_token(Row(&row), &spare.launch_token_sha256) => {
                Ok(())
            }
            Err(Refusal::Condition(_)) => {
                Err(Unavailable::new(OPERATION, format!("there is a spare {}", spare.id)))
            }
            Err(Refusal::Unavailable(error)) => Err(error),
        }
    }

    async fn record_launched(
        &self,
        id: &SpareId,
        arn: &TaskArn,
    ) -> std::result::Result<(), WriteError> {
        let values = item([(":arn", text(&arn.0))]);
        let (update, condition) = ("SET #taskArn = :arn", "attribute_exists(#PK)");
        let done = self.change("spares.record_launched", id, update, condition, values).await;
        done.map_err(WriteError::from)
    }

    async fn set_ready(&self, id: &SpareId) -> std::result::Result<(), WriteError> {
        let update = "SET #status = :ready";
        let done = self.change("spares.set_ready", id, update, IS_UNCLAIMED, unclaimed()).await;
        done.map_err(WriteError::from)
    }

    async fn get(&self, id: &SpareId) -> Result<Option<Spare>> {
        const OPERATION: &str = "spares.get";
        let request = self.db.get_item().table_name(&self.table).set_key(Some(key(id)));
        let found = request.consistent_read(true).send().await;
        let row = found.map_err(|error| Unavailable::new(OPERATION, error))?.item;
        let spare = row.map(|row| read(Row(&row))).transpose();
        spare.map_err(|error| error.during(OPERATION))
    }

    async fn all(&self) -> Result<Vec<Spare>> {
        const OPERATION: &str = "spares.all";
        const CONDITION: &str = "#dueShard = :shard";
        let query = self
            .db
            .query()
            .table_name(&self.table)
            .index_name(DUE_INDEX)
            .key_condition_expression(CONDITION)
            .set_expression_attribute_names(Some(names_in(&[CONDITION])))
            .expression_attribute_values(":shard", number(SPARES_SHARD));
        let found = all_rows(query, OPERATION).await?;
        let keys = found.iter().map(|row| Row(row).id("PK", keys::spare_of).map(|id| key(&id)));
        let keys: std::result::Result<Vec<Item>, Malformed> = keys.collect();
        let keys = keys.map_err(|error| error.during(OPERATION))?;
        // The index lags behind, and has only keys.
        let rows = rows_of(&self.db, &self.table, keys, OPERATION).await?;
        let spares = rows.iter().map(|row| read(Row(row)));
        spares.collect::<std::result::Result<_, _>>().map_err(|error| error.during(OPERATION))
    }

    async fn claim(
        &self,
        spare: &Spare,
        user: &UserId,
        claim: &Claim,
    ) -> std::result::Result<Generation, ClaimSpareError> {
        let next = claim.seen_generation.next();
        let arn = spare.task_arn.as_ref();
        // Two messages of one user may claim the same spare with the same token: this tells
        // their claims apart.
        let nonce = format!("{:032x}", rand::random::<u128>());
        let items = vec![
            take(&self.table, &spare.id, user, next, &nonce).in_transaction(),
            task_rows::claim(&self.table, user, claim, Phase::Restoring, arn).in_transaction(),
        ];
        match try_transact(&self.db, "spares.claim", items).await {
            Ok(()) => Ok(next),
            Err(Cancelled::Conditions(rows)) => why(&rows, &nonce).map_or(Ok(next), Err),
            Err(Cancelled::Busy(error) | Cancelled::Unavailable(error)) => Err(error.into()),
        }
    }

    async fn retire(&self, id: &SpareId) -> Result<bool> {
        let request = self
            .db
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key(id)))
            .condition_expression(IS_UNCLAIMED)
            .set_expression_attribute_names(Some(names_in(&[IS_UNCLAIMED])))
            .set_expression_attribute_values(Some(unclaimed()));
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) if is_refused(&error) => Ok(false),
            Err(error) => Err(Unavailable::new("spares.retire", error)),
        }
    }

    async fn remove(&self, id: &SpareId) -> Result<()> {
        let request = self.db.delete_item().table_name(&self.table).set_key(Some(key(id)));
        let done = request.send().await;
        done.map(drop).map_err(|error| Unavailable::new("spares.remove", error))
    }
}

pub(crate) fn key(id: &SpareId) -> Item {
    item([("PK", text(keys::spare(id)))])
}

/// `connection` becomes the one that the claim is told on, if there is still one to come.
pub(crate) fn listen<'a>(table: &'a str, id: &SpareId, connection: &ConnectionId) -> Change<'a> {
    let mut values = unclaimed();
    values.insert(":connection".into(), text(connection.as_str()));
    let update = "SET #connection = :connection".into();
    Change { table, key: key(id), update, condition: IS_UNCLAIMED, values }
}

fn take<'a>(
    table: &'a str,
    id: &SpareId,
    user: &UserId,
    generation: Generation,
    nonce: &str,
) -> Change<'a> {
    Change {
        table,
        key: key(id),
        update: "SET #status = :claimed, #claimedBy = :user, #claimedGeneration = :generation, \
                 #claimNonce = :nonce"
            .into(),
        condition: "#status = :ready",
        values: item([
            (":claimed", text(CLAIMED)),
            (":ready", text(READY)),
            (":user", text(user.as_str())),
            (":generation", number(generation.0)),
            (":nonce", text(nonce)),
        ]),
    }
}

/// `None`: our own claim, committed although its answer was lost.
fn why(refused: &[Option<Item>], nonce: &str) -> Option<ClaimSpareError> {
    match refused {
        [Some(spare), _] if Row(spare).text("claimNonce").ok() == Some(nonce) => None,
        [_, Some(_)] => Some(ClaimSpareError::LostRace),
        _ => Some(ClaimSpareError::Taken),
    }
}

fn unclaimed() -> Item {
    item([(":starting", text(STARTING)), (":ready", text(READY))])
}

fn has_token(row: Row<'_>, sha256: &str) -> bool {
    row.text("launchTokenSha256").ok() == Some(sha256)
}

fn is_refused(error: &SdkError<DeleteItemError>) -> bool {
    error.as_service_error().is_some_and(DeleteItemError::is_conditional_check_failed_exception)
}

fn read(row: Row<'_>) -> std::result::Result<Spare, Malformed> {
    Ok(Spare {
        id: row.id("PK", keys::spare_of)?,
        status: status(row)?,
        launch_token_sha256: row.text("launchTokenSha256")?.to_owned(),
        task_arn: row.text_if_any("taskArn")?.map(|arn| TaskArn(arn.to_owned())),
        connection: row.word_if_any("connection")?,
        launched_at: Timestamp(row.number("launchedAt")?),
        expires_at: Timestamp(row.number("expiresAt")?),
    })
}

fn status(row: Row<'_>) -> std::result::Result<SpareStatus, Malformed> {
    match row.text("status")? {
        STARTING => Ok(SpareStatus::Starting),
        READY => Ok(SpareStatus::Ready),
        CLAIMED => {
            let generation = Generation(row.number("claimedGeneration")?);
            Ok(SpareStatus::Claimed(row.word("claimedBy")?, generation))
        }
        _ => Err(Malformed("status")),
    }
}
