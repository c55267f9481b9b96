//! The five tables: what is in them, who writes it, and under which condition. Infrastructure
//! code, the local stack and the tests create them from the same definitions.
//!
//! # TaskState: `PK = USER#<userId>`
//!
//! One row per user who ever sent a message. No TTL.
//!
//! | attribute | written by | condition |
//! | --- | --- | --- |
//! | `lastAcceptedAt` | whoever accepts a message, with the message (I1) | rises: the order of all messages (I5) |
//! | `status`, `generation`, `phase`, `launchedAt`, `launchTokenSha256` | whoever claims a launch | status and generation as read (I2) |
//! | `taskArn`, `capacity` | the launcher | its generation is current |
//! | `status`, `phase`, `lastActivityAt`, `recentWakes`, `wakes`, `activity` | the bridge | its generation is current and not released (I3) |
//! | `bridgeConnection` | ws-connect | the bridge's generation is current; cleared when that connection is removed |
//! | `released` | the bridge, the watchdog | only rises |
//! | `failedLaunches` | whoever gives a launch up; removed by the bridge that runs | its generation is current |
//! | `eventVersion` | the watchdog, for an ECS event | its generation is current; rises |
//! | `baseGeneration`, `baseBegins` | a bridge that begins | its generation is current, and has saved nothing yet (I3) |
//! | `baseSnapshot`, `baseSnapshotGeneration`, `baseSnapshotAt` | the same; a bridge that has saved, which sets `baseGeneration` as well | its generation is in `unreleased`, no younger one has begun, and the base is older (I3) |
//! | `restoreId`, `restoreSnapshot`, `restoreInto`, `restoreAt` | whoever asks for a restore | the last one is done |
//! | `restoreOutcome` | the bridge | its generation is current, and the request is open |
//! | `dueShard` 0 to 15, `dueAt` | whoever changes what must be looked at next | a message never moves it; removed only from an idle row to which nothing came since the inbox was found empty |
//!
//! `baseBegins`: for each of the last 16 generations of the line its number, and the generation and
//! time of the snapshot it began with.
//!
//! `activity`: the day, then for each of 24 hours the days of the last 14 on which the user was
//! active in it, as bits. `recentWakes`: the last ten, in milliseconds. `wakes`: the last twenty, three
//! numbers each: when, in how many milliseconds, and on what (`domain::WakeHistory`).
//!
//! Index `due-index` (`dueShard`, `dueAt`), keys only, sparse: the watchdog reads what is due
//! without a scan. The shard is a hash of the user, so that no index partition is hot.
//!
//! ## `PK = POOL#<spareId>`
//!
//! One row per spare task: `status` Starting, Ready or Claimed, `launchTokenSha256`, `taskArn`,
//! `connection`, `launchedAt`, `expiresAt`; of a claimed one `claimedBy`, `claimedGeneration`, and `claimNonce`, by which
//! a claimer whose answer was lost knows his own. Claimed from Ready in one transaction with the
//! user's row; never Ready again. In shard 16 of `due-index`, all of it: the pool is small.
//!
//! ## `PK = DELETION#<userId>`
//!
//! One row per user who leaves: `id`, `generation`, `beganAt`, `quietAt`, `taskArn`, `deleted` (how much of
//! what was deleted, as JSON), `doneAt` once everything is gone. Put in one transaction with the user's
//! row, which then has nothing but `deletingSince` and the number of his last generation, released;
//! while it has `deletingSince` nothing is accepted, launched or asked for. Removed a day after it was
//! done, with the user's row, unless he has begun anew. In shard 17 of `due-index`.
//!
//! ## `PK = DEPLOYMENT`
//!
//! `recentWakes`: the last 20 to 40 wake-ups of everybody, in milliseconds.
//!
//! ## `PK = RELEASE`
//!
//! Which version of the task is launched: `current`, `previous`, `withdrawn` and `candidate`, each an ARN of a task
//! definition; of a candidate `share` in percent, `ready` and `failed`. Put anew with each change by the operator's tool, a bridge that came
//! up as a candidate, and the watchdog, if `revision` is the one before.
//!
//! # PendingMessages: `PK = USER#<userId>`, `SK = MSG#<messageId>`
//!
//! The inbox. Put by Lambdas if there is no such row, or only an expired one, in a transaction
//! with the user's `lastAcceptedAt`, which is the row's `receivedAt`; leased, given back and
//! ended by the bridge in a transaction with its fence; `cancelRequested` set by Lambdas while
//! the row is open. `partial`: what an interrupted run had written. `attachments`: the keys of the
//! message's files, as JSON; the conversation's row has them too. `album` of what comes in parts, `parts` the ids of
//! what was added before anybody leased it, as JSON. `owed` of an ended row: how many pieces of its reply a channel
//! has been sent; removed when it has all. `ttl`: 7 days, and 48 hours
//! for a tombstone.
//!
//! # Conversations: `PK = USER#<userId>`
//!
//! `SK = CONV#<conversationId>#MSG#<receivedAt, 13 digits>#<messageId>` is the user's message,
//! the same key with `#reply` the answer, `CONV#<conversationId>#META` title and last activity.
//! All three are written by the transaction that ends a message (I4). A text beyond 256 KiB
//! lies in the bucket and the row has its `textKey`.
//!
//! Index `meta-index` (`PK`, `lastActivityAt`), local and sparse: only META rows have
//! `lastActivityAt`, so that listing conversations by activity reads no message. `ttl`: 7 days after the reply, or as configured.
//!
//! Index `time-index` (`PK`, `receivedAt`), local, keys only, and sparse the other way: only
//! messages have `receivedAt`, so that a search reads all conversations from the newest row on.
//!
//! `channels` of META: where something was said, a set of words that only grows. `readUntil`: what was said until then its
//! user has read; set by the api, and only rises. Both go with a deletion.
//!
//! META is also put by the api when a user begins a conversation, if there is none, and its title
//! changed. `deletedUntil` marks a deletion: what was accepted until then is hidden at once, its
//! rows and texts are deleted after that, and the mark last. It is set with `lastActivityAt` as
//! read, and takes it away; what is said later sets it anew.
//!
//! # Connections: `PK = CONN#<connectionId>`
//!
//! `kind` client, bridge or spare; `userId` of the first two, `generation` of a bridge, `spareId`
//! of a spare; `connectedAt`. Put by ws-connect, deleted by ws-disconnect and by whoever finds
//! the connection gone. `ttl`: 3 hours. Index `userId-index` (`userId`).
//!
//! # Settings: `PK = USER#<userId>`, `SK = SETTING#<key>`
//!
//! `value`, as JSON. The keys and what each may be: `domain::Setting`. `ttl` where a row expires.
//!
//! ## `SK = USAGE#<yyyy-mm-dd>`
//!
//! One row per day in UTC: what was counted of messages, replies, tokens and time awake, each a number that
//! only grows. Added to by the bridge in a transaction with its fence; `generation` and `batch` name the
//! last batch that was added, so that none is added twice. `ttl`: 400 days.
//!
//! ## `SK = SCHEDULE#<scheduleId>`
//!
//! What a user asks for at times to come: `prompt`, `conversationId`, `recurrence` (JSON), `timeZone`,
//! `missed` catchUp or skip, `enabled`, `createdAt`, `revision`, `armed`, `lastRunAt`. Put by the API if
//! there is none of the id, replaced if the revision is the one before. `armed`: the alarm at EventBridge
//! Scheduler is as this revision wants it; set on the condition that the revision still holds. `lastRunAt`
//! is the time that the last run was for and only rises; by `scheduled-message`. No `ttl`.
//!
//! ## `SK = SNAPSHOT#<at, 13 digits>#<snapshotId>`
//!
//! One row per snapshot that is kept: `snapshotId`, `generation`, `at`, `reason`, `files`, `bytes`,
//! `addedBytes`. Put by a bridge in the transaction that makes it the base; deleted by the bridge
//! that lets go of it. No `ttl`: whoever was away for a year finds what he had.
//!
//! ## `SK = SKILL#<name>`
//!
//! One row per skill that the user has put: `description`, `sha256`, `files`, `bytes`, `at`. Its
//! archive is the object `skills/<userId>/<name>/<sha256>-<at>.zip`, put before the row; what the
//! row named before is deleted after it. Written by the api alone.
//!
//! ## `SK = ERRAND#<id>`
//!
//! What the api asks of a bridge that runs: `ask` by the api; `takenBy` (a generation) and `answer`
//! by the bridge, in transactions with its fence. `ttl`: 2 minutes.
//!
//! ## `SK = LINK#telegram`, `LINK#code`
//!
//! The user's Telegram account: `person` (its number), `name`, `chat`, `since`; and the one code that would link one:
//! `code`, `expiresAt`. A code that is not in its user's row is worthless, so issuing another is one write.
//! `LINK#telegram` is put with `TELEGRAM#<person>`/`LINK#user`, if there is neither, in the transaction that deletes the code from
//! both of its places; both are deleted together. `ttl` of a code is its end.
//!
//! ## `SK = CHAT#<chat>` or `CHAT#<chat>#<topic>`
//!
//! `conversationId`: the conversation that the user leads in this chat, since he asked for another than the chat's own.
//!
//! ## `PK = LINKCODE#<code>`, `SK = LINK#owner`
//!
//! `userId`, `expiresAt`. Put if there is none or it has expired. `ttl` after it.
//!
//! ## `PK = TELEGRAM#<person or chat>`
//!
//! | `SK` | attributes | |
//! | --- | --- | --- |
//! | `LINK#user` | `userId`, and the `code` by which he came | so that a redemption whose answer was lost is known again |
//! | `LINK#tries` | `tries`: ids and times of the last hour, as JSON | replaced if they are as read. `ttl`: an hour |
//! | `GREETED` | `greetedAt` | set if it is a day old. `ttl` after it |
//! | `MOVED` | `from`: the group that this one was | |
//!
//! ## `PK = UPDATE#<bot>`
//!
//! `ANSWERED#<update>`: somebody has begun to answer it; put if there is none. `ttl`: 48 hours.
//! `PARKED#<update>`: it can never be processed: `reason`, `body` (8 KB of it), `at`. `ttl`: 14 days.

use platform::DUE_SHARDS;
use serde_json::{Value, json};

use crate::config::{ConfigError, Lookup, required};

/// DynamoDB's TTL attribute: epoch seconds. Deletion lags by days, so every read filters.
pub const TTL: &str = "ttl";
pub const DUE_INDEX: &str = "due-index";
pub const META_INDEX: &str = "meta-index";
pub const TIME_INDEX: &str = "time-index";
pub const USER_INDEX: &str = "userId-index";

/// The shard of [`DUE_INDEX`] that has the pool, beside the users' 0 to 15.
pub(crate) const SPARES_SHARD: u64 = DUE_SHARDS;
/// And the one that has the users who leave.
pub(crate) const DELETIONS_SHARD: u64 = DUE_SHARDS + 1;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tables {
    pub task_state: String,
    pub pending_messages: String,
    pub conversations: String,
    pub connections: String,
    pub settings: String,
}

impl Tables {
    pub fn from_lookup(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            task_state: task_state(lookup)?,
            pending_messages: pending_messages(lookup)?,
            conversations: conversations(lookup)?,
            connections: connections(lookup)?,
            settings: settings(lookup)?,
        })
    }

    /// `<prefix>TaskState` and so on.
    pub fn prefixed(prefix: &str) -> Self {
        Self {
            task_state: format!("{prefix}TaskState"),
            pending_messages: format!("{prefix}PendingMessages"),
            conversations: format!("{prefix}Conversations"),
            connections: format!("{prefix}Connections"),
            settings: format!("{prefix}Settings"),
        }
    }
}

pub(crate) fn task_state(lookup: Lookup<'_>) -> Result<String, ConfigError> {
    required(lookup, "TABLE_TASK_STATE")
}

pub(crate) fn pending_messages(lookup: Lookup<'_>) -> Result<String, ConfigError> {
    required(lookup, "TABLE_PENDING_MESSAGES")
}

pub(crate) fn conversations(lookup: Lookup<'_>) -> Result<String, ConfigError> {
    required(lookup, "TABLE_CONVERSATIONS")
}

pub(crate) fn connections(lookup: Lookup<'_>) -> Result<String, ConfigError> {
    required(lookup, "TABLE_CONNECTIONS")
}

pub(crate) fn settings(lookup: Lookup<'_>) -> Result<String, ConfigError> {
    required(lookup, "TABLE_SETTINGS")
}

/// CreateTable requests, as DynamoDB's JSON protocol takes them.
pub fn create_table_json(tables: &Tables) -> Vec<Value> {
    vec![
        task_state_table(&tables.task_state),
        table(&tables.pending_messages, &["PK", "SK"], json!({})),
        conversations_table(&tables.conversations),
        connections_table(&tables.connections),
        table(&tables.settings, &["PK", "SK"], json!({})),
    ]
}

/// UpdateTimeToLive requests for the tables whose rows expire.
pub fn time_to_live_json(tables: &Tables) -> Vec<Value> {
    [&tables.pending_messages, &tables.conversations, &tables.connections, &tables.settings]
        .map(|name| {
            json!({
                "TableName": name,
                "TimeToLiveSpecification": { "Enabled": true, "AttributeName": TTL },
            })
        })
        .into()
}

fn task_state_table(name: &str) -> Value {
    let index = json!({
        "IndexName": DUE_INDEX,
        "KeySchema": key_schema(&["dueShard", "dueAt"]),
        "Projection": { "ProjectionType": "KEYS_ONLY" },
    });
    let attributes = json!([
        { "AttributeName": "PK", "AttributeType": "S" },
        { "AttributeName": "dueShard", "AttributeType": "N" },
        { "AttributeName": "dueAt", "AttributeType": "N" },
    ]);
    table(
        name,
        &["PK"],
        json!({ "GlobalSecondaryIndexes": [index], "AttributeDefinitions": attributes }),
    )
}

fn conversations_table(name: &str) -> Value {
    let by_activity = json!({
        "IndexName": META_INDEX,
        "KeySchema": key_schema(&["PK", "lastActivityAt"]),
        "Projection": { "ProjectionType": "ALL" },
    });
    let by_time = json!({
        "IndexName": TIME_INDEX,
        "KeySchema": key_schema(&["PK", "receivedAt"]),
        "Projection": { "ProjectionType": "KEYS_ONLY" },
    });
    let attributes = json!([
        { "AttributeName": "PK", "AttributeType": "S" },
        { "AttributeName": "SK", "AttributeType": "S" },
        { "AttributeName": "lastActivityAt", "AttributeType": "N" },
        { "AttributeName": "receivedAt", "AttributeType": "N" },
    ]);
    let indexes = [by_activity, by_time];
    table(
        name,
        &["PK", "SK"],
        json!({ "LocalSecondaryIndexes": indexes, "AttributeDefinitions": attributes }),
    )
}

fn connections_table(name: &str) -> Value {
    let index = json!({
        "IndexName": USER_INDEX,
        "KeySchema": key_schema(&["userId"]),
        "Projection": { "ProjectionType": "ALL" },
    });
    let attributes = json!([
        { "AttributeName": "PK", "AttributeType": "S" },
        { "AttributeName": "userId", "AttributeType": "S" },
    ]);
    table(
        name,
        &["PK"],
        json!({ "GlobalSecondaryIndexes": [index], "AttributeDefinitions": attributes }),
    )
}

/// On demand, with string keys unless `more` says otherwise.
fn table(name: &str, keys: &[&str], more: Value) -> Value {
    let attributes: Vec<Value> =
        keys.iter().map(|key| json!({ "AttributeName": key, "AttributeType": "S" })).collect();
    let mut request = json!({
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": key_schema(keys),
        "AttributeDefinitions": attributes,
    });
    if let (Some(request), Value::Object(more)) = (request.as_object_mut(), more) {
        request.extend(more);
    }
    request
}

fn key_schema(keys: &[&str]) -> Value {
    let kinds = ["HASH", "RANGE"];
    keys.iter()
        .zip(kinds)
        .map(|(name, kind)| json!({ "AttributeName": name, "KeyType": kind }))
        .collect()
}
