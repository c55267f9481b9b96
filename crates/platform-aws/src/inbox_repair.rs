//! What an operator may do to somebody's inbox: have a dead message tried again, or drop one.
//! Only the operator's tool calls this.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem};
use domain::limits::{INBOX_TTL, TOMBSTONE_TTL};
use domain::{
    Generation, InboxMessage, InboxState, MessageId, Outcome, Reply, TaskStatus, Timestamp, UserId,
};
use platform::{Completion, Result, Unavailable};

use crate::aws::Aws;
use crate::config::{ConfigError, Lookup, Retention};
use crate::inbox::InboxTables;
use crate::inbox_rows;
use crate::row::{Item, Row, item, number, word};
use crate::task_rows;
use crate::texts::Texts;
use crate::writes::{Cancelled, Change, Patience, names_in, put, transact_once, try_transact};

/// What a user reads in the place of the answer.
pub const DROPPED: &str = "The operator removed this message before it was answered.";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retried {
    /// It waits as if it had come just now, in its old place of the order.
    Waits,
    /// Only a dead message that still has its text can be tried again.
    NotDead,
    /// The gateway that is up would not run it: it takes a key it knows for done.
    AgentIsUp,
    /// Nothing is accepted of a user who leaves.
    Leaving,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// A message that waited: its conversation says what became of it.
    Waiting,
    /// A dead one, whose conversation has said so before.
    Dead,
    /// It was answered, or there is none.
    NotThere,
    /// A bridge that may live answers it.
    InHand(Generation),
    /// Nothing is written of a user who leaves.
    Leaving,
}

pub struct InboxRepair {
    pub(crate) db: Client,
    pub(crate) tables: InboxTables,
    texts: Texts,
    keep_conversations: Duration,
}

impl InboxRepair {
    pub fn from_lookup(aws: &Aws, lookup: Lookup<'_>) -> std::result::Result<Self, ConfigError> {
        let tables = InboxTables::from_lookup(lookup)?;
        let texts = Texts::from_lookup(aws, lookup)?;
        let keep_conversations = Retention::from_lookup(lookup)?.conversations;
        Ok(Self { db: aws.dynamodb(), tables, texts, keep_conversations })
    }

    /// A dead message waits again, and its user is due at `due_at`: whoever sweeps then launches.
    pub async fn retry(
        &self,
        user: &UserId,
        id: &MessageId,
        now: Timestamp,
        due_at: Timestamp,
    ) -> Result<Retried> {
        const OPERATION: &str = "inbox_repair.retry";
        let (mut stamp, mut patience) = (now, Patience::default());
        loop {
            let rows = vec![
                self.wake(user, stamp, due_at).in_transaction(),
                self.revive(user, id, now).in_transaction(),
            ];
            let refused = match transact_once(&self.db, OPERATION, rows).await {
                Ok(()) => return Ok(Retried::Waits),
                Err(Cancelled::Conditions(refused)) => refused,
                Err(Cancelled::Busy(_)) if patience.is_left() => {
                    patience.pause().await;
                    continue;
                }
                Err(Cancelled::Busy(error) | Cancelled::Unavailable(error)) => return Err(error),
            };
            match refused.as_slice() {
                [_, Some(_)] => return Ok(Retried::NotDead),
                [Some(row), _] if row.contains_key("deletingSince") => return Ok(Retried::Leaving),
                [Some(row), _] if !is_idle(row) => return Ok(Retried::AgentIsUp),
                // Accepted by a clock that is ahead of ours.
                [Some(row), _] if patience.is_left() => {
                    let last = Row(row).number("lastAcceptedAt");
                    let last = last.map_err(|error| error.during(OPERATION))?;
                    stamp = Timestamp(last) + Duration::from_millis(1);
                }
                _ => return Err(Unavailable::new(OPERATION, "messages come all the time")),
            }
        }
    }

    /// As when a message is accepted, so that a sweep that found the inbox empty does not take the
    /// mark away; and earlier than by a mark that is there.
    fn wake(&self, user: &UserId, stamp: Timestamp, due_at: Timestamp) -> Change<'_> {
        let accepted = task_rows::accept(&self.tables.task_state, user, stamp, due_at);
        Change {
            update: "SET #lastAcceptedAt = :at, #dueAt = :due, #dueShard = :shard, \
                     #status = if_not_exists(#status, :idle), \
                     #generation = if_not_exists(#generation, :zero), \
                     #released = if_not_exists(#released, :zero)"
                .into(),
            condition: "attribute_not_exists(#deletingSince) AND #status = :idle AND \
                        (attribute_not_exists(#lastAcceptedAt) OR #lastAcceptedAt < :at)",
            ..accepted
        }
    }

    /// No gateway of now has seen it, so its tries are counted anew.
    fn revive(&self, user: &UserId, id: &MessageId, now: Timestamp) -> Change<'_> {
        Change {
            table: &self.tables.pending_messages,
            key: inbox_rows::key(user, id),
            update: "SET #state = :pending, #attempts = :none, #ttl = :ttl \
                     REMOVE #cancelRequested, #owed, #leaseGeneration"
                .into(),
            condition: "#state = :dead AND #ttl > :now AND \
                        (attribute_exists(#text) OR attribute_exists(#attachments))",
            values: item([
                (":pending", word(&InboxState::Pending)),
                (":dead", word(&InboxState::Dead)),
                (":none", number(0)),
                (":now", number(now.epoch_seconds())),
                (":ttl", number((now + INBOX_TTL).epoch_seconds())),
            ]),
        }
    }

    /// Nobody will answer it. `seen`: with its text. `released`: no generation up to it writes
    /// any more.
    pub async fn drop_message(
        &self,
        user: &UserId,
        seen: &InboxMessage,
        released: Generation,
        now: Timestamp,
    ) -> Result<Dropped> {
        const OPERATION: &str = "inbox_repair.drop";
        let holder = seen.lease_generation.filter(|_| seen.state == InboxState::Leased);
        let rows = match (seen.state, holder) {
            (InboxState::Done, _) => return Ok(Dropped::NotThere),
            (InboxState::Dead, _) => vec![self.bury(user, seen, now).in_transaction()],
            (_, Some(holder)) if holder > released => return Ok(Dropped::InHand(holder)),
            _ => self.end(user, seen, now).await?,
        };
        match try_transact(&self.db, OPERATION, rows).await {
            Ok(()) if seen.state == InboxState::Dead => Ok(Dropped::Dead),
            Ok(()) => Ok(Dropped::Waiting),
            Err(Cancelled::Conditions(rows)) => Ok(refused(&rows)),
            Err(Cancelled::Busy(error) | Cancelled::Unavailable(error)) => Err(error),
        }
    }

    /// A tombstone, on the condition that the row is as it was seen.
    fn bury(&self, user: &UserId, seen: &InboxMessage, now: Timestamp) -> Change<'_> {
        let mut values = item([
            (":seen", word(&seen.state)),
            (":done", word(&InboxState::Done)),
            (":length", number(0)),
            (":ttl", number((now + TOMBSTONE_TTL).epoch_seconds())),
        ]);
        let condition = match seen.lease_generation {
            Some(holder) => {
                values.insert(":holder".into(), number(holder.0));
                "#state = :seen AND #leaseGeneration = :holder"
            }
            None => "#state = :seen AND attribute_not_exists(#leaseGeneration)",
        };
        Change {
            table: &self.tables.pending_messages,
            key: inbox_rows::key(user, &seen.id),
            update: "SET #state = :done, #ttl = :ttl, #replyLength = :length \
                     REMOVE #text, #attachments, #partial, #leaseGeneration, #owed"
                .into(),
            condition,
            values,
        }
    }

    /// With the pair that its conversation keeps, as when a bridge ends a message (I4).
    async fn end(
        &self,
        user: &UserId,
        message: &InboxMessage,
        now: Timestamp,
    ) -> Result<Vec<TransactWriteItem>> {
        let reply = Reply {
            text: message.partial.clone().unwrap_or_default(),
            outcome: Outcome::Failed,
            error: Some(DROPPED.into()),
            usage: None,
            at: now,
        };
        let (state, generation) = (InboxState::Done, Generation(0));
        let ended = Completion { message, reply: &reply, state, generation, owed: false };
        let ttl = (now + self.keep_conversations).epoch_seconds();
        let name = format!("{}-dropped", message.id);
        let stored = self.texts.store(user, &name, &reply.text).await?;
        let conversations = &self.tables.conversations;
        Ok(vec![
            self.bury(user, message, now).in_transaction(),
            self.stays(user),
            put(conversations, inbox_rows::user_row(user, &ended, ttl)),
            put(conversations, inbox_rows::reply_row(user, &ended, stored, ttl)),
            inbox_rows::activity(conversations, user, &ended, ttl).in_transaction(),
        ])
    }

    /// Of a user who leaves nothing is written.
    fn stays(&self, user: &UserId) -> TransactWriteItem {
        const CONDITION: &str = "attribute_not_exists(#deletingSince)";
        let check = ConditionCheck::builder()
            .table_name(&self.tables.task_state)
            .set_key(Some(task_rows::key(user)))
            .condition_expression(CONDITION)
            .set_expression_attribute_names(Some(names_in(&[CONDITION])));
        let check = check.build().expect("table, key and condition are set");
        TransactWriteItem::builder().condition_check(check).build()
    }
}

fn is_idle(row: &Item) -> bool {
    matches!(Row(row).word_if_any("status"), Ok(None | Some(TaskStatus::Idle)))
}

/// The message first, then its user's row.
fn refused(rows: &[Option<Item>]) -> Dropped {
    let Some(Some(message)) = rows.first() else { return Dropped::Leaving };
    match Row(message).number_if_any("leaseGeneration") {
        Ok(Some(holder)) => Dropped::InHand(Generation(holder)),
        _ => Dropped::NotThere,
    }
}
