//! Rows as they lie in the table: written by an older version, by hand, or too many for one
//! answer.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Generation, Phase, SnapshotId, SnapshotRef, TaskStatus, Timestamp, UserId};
use platform::{DUE_SHARDS, Snapshots, Tasks};
use platform_aws::{DynamoSnapshots, DynamoTasks};
use serde_json::{Value, json};

use crate::support::{Answer, Answers, Database, aws_at};

const NOW: Timestamp = Timestamp(1_900_000_000_000);

struct Table {
    db: Client,
    tasks: DynamoTasks,
    database: Database,
}

impl Table {
    fn new() -> Self {
        let database = Database::start();
        let db = aws_at(database.url()).dynamodb();
        let tasks = DynamoTasks::new(db.clone(), &database.tables.task_state);
        Self { db, tasks, database }
    }

    /// Strings and numbers.
    async fn write(&self, row: Value) {
        let attribute = |value: &Value| match value {
            Value::String(text) => AttributeValue::S(text.clone()),
            number => AttributeValue::N(number.to_string()),
        };
        let row = row.as_object().expect("an object").iter();
        let row = row.map(|(name, value)| (name.clone(), attribute(value))).collect();
        let table = &self.database.tables.task_state;
        self.db.put_item().table_name(table).set_item(Some(row)).send().await.expect("writes");
    }

    async fn raw(&self, key: &str) -> HashMap<String, AttributeValue> {
        let table = &self.database.tables.task_state;
        let key = AttributeValue::S(key.into());
        let found = self.db.get_item().table_name(table).key("PK", key).send().await;
        found.expect("reads").item.expect("is there")
    }
}

fn ana() -> UserId {
    UserId::new("ana").expect("valid")
}

/// As the first version wrote it, but that it never left `released` out.
fn old_row() -> Value {
    json!({
        "PK": "USER#ana", "status": "Running", "generation": 3, "taskArn": "arn:task",
        "capacity": "FARGATE_SPOT", "launchedAt": 1_790_000_000_000_u64, "phase": "ready",
        "launchTokenSha256": "hash", "dueShard": 4, "dueAt": 1_790_000_300_000_u64,
    })
}

#[tokio::test]
async fn a_task_of_an_older_version_goes_on_with_this_one() {
    let table = Table::new();
    let (tasks, user, generation) = (&table.tasks, ana(), Generation(3));
    table.write(old_row()).await;
    let seen = tasks.get(&user).await.expect("reads");
    assert_eq!((seen.status, seen.released), (TaskStatus::Running, Generation(0)));
    assert_eq!((seen.failed_launches, seen.last_accepted_at), (0, None));
    assert!(seen.is_current(generation));
    tasks.set_phase(&user, generation, Phase::Ready).await.expect("current");
    assert!(tasks.look_again(&seen, NOW).await.expect("writes"));
    assert!(tasks.release(&user, generation, NOW).await.expect("writes"));
    let seen = tasks.get(&user).await.expect("reads");
    assert_eq!((seen.status, seen.released), (TaskStatus::Idle, generation));
    assert!(tasks.settle(&seen).await.expect("writes"));
}

/// One such row must neither stop a sweep nor be taken for one that is not there (I9).
#[tokio::test]
async fn a_row_that_does_not_read_is_told_by_its_key() {
    let table = Table::new();
    table.write(old_row()).await;
    table.write(json!({ "PK": "USER#ben", "status": "Sleeping", "generation": 1 })).await;
    let users = [ana(), UserId::new("ben").expect("valid")];
    let read = table.tasks.get_many(&users).await.expect("reads");
    let (read, unreadable): (Vec<_>, Vec<_>) = read.into_iter().partition(Result::is_ok);
    assert_eq!(read.len(), 1);
    let unreadable = unreadable[0].as_ref().expect_err("does not read").to_string();
    let why = "row USER#ben cannot be read: attribute `status` is missing or malformed";
    assert_eq!(unreadable, why);
}

#[tokio::test]
async fn a_key_that_names_no_user_is_told_to_whoever_sweeps() {
    let table = Table::new();
    table.write(old_row()).await;
    table.write(json!({ "PK": "USER#a b", "dueShard": 4, "dueAt": 1 })).await;
    let mut found = (Vec::new(), Vec::new());
    for shard in 0..DUE_SHARDS {
        let due = table.tasks.due(shard, NOW).await.expect("reads");
        found.0.extend(due.users);
        found.1.extend(due.unreadable);
    }
    assert_eq!(found, (vec![ana()], vec!["USER#a b".to_owned()]));
}

#[tokio::test]
async fn what_a_batch_leaves_out_is_asked_for_again() {
    let row = |user: &str| {
        json!({
            "PK": { "S": format!("USER#{user}") }, "status": { "S": "Idle" },
            "generation": { "N": "1" },
        })
    };
    let rest =
        json!({ "tasks": { "ConsistentRead": true, "Keys": [{ "PK": { "S": "USER#b" } }] } });
    let server = Answers::start([
        Answer::ok(json!({ "Responses": { "tasks": [row("a")] }, "UnprocessedKeys": rest })),
        Answer::ok(json!({ "Responses": { "tasks": [] }, "UnprocessedKeys": rest })),
        Answer::ok(json!({ "Responses": { "tasks": [row("b")] }, "UnprocessedKeys": {} })),
    ]);
    let tasks = DynamoTasks::new(aws_at(server.url()).dynamodb(), "tasks");
    let users = ["a", "b"].map(|user| UserId::new(user).expect("valid"));
    let read = tasks.get_many(&users).await.expect("reads");
    let read: Vec<UserId> = read.into_iter().map(|row| row.expect("readable").user).collect();
    assert_eq!(read, users);
    assert_eq!(server.asked()[1].json()["RequestItems"], rest);
    assert_eq!(server.asked().len(), 3);
}

/// A batch that answers nothing is not a table without rows (I9).
#[tokio::test]
async fn a_batch_that_answers_nothing_at_all_is_given_up() {
    let rest = json!({ "tasks": { "Keys": [{ "PK": { "S": "USER#ana" } }] } });
    let nothing = json!({ "Responses": {}, "UnprocessedKeys": rest });
    let server = Answers::start([Answer::ok(nothing)]);
    let tasks = DynamoTasks::new(aws_at(server.url()).dynamodb(), "tasks");
    tasks.get_many(&[ana()]).await.expect_err("says nothing");
}

/// It was asked for between our look and our write: what we begin with is what was asked for.
#[tokio::test]
async fn a_request_that_comes_while_a_generation_begins_is_seen() {
    let row = json!({
        "PK": { "S": "USER#ana" }, "status": { "S": "Starting" }, "generation": { "N": "2" },
    });
    let mut asked = row.clone();
    asked["restoreId"] = json!({ "S": "r1" });
    asked["restoreSnapshot"] = json!({ "S": "s0" });
    asked["restoreInto"] = json!({ "S": r#"{"into":"place"}"# });
    asked["restoreAt"] = json!({ "N": "1" });
    let refused = json!({ "message": "The conditional request failed", "Item": asked });
    let server = Answers::start([
        Answer::ok(json!({ "Item": row })),
        Answer::exception("ConditionalCheckFailedException", refused),
        Answer::ok(json!({})),
    ]);
    let snapshots = DynamoSnapshots::new(aws_at(server.url()).dynamodb(), "tasks", "settings");
    let begun = snapshots.begin_from(&ana(), Generation(2), gone(1).first(), NOW).await;
    begun.expect("current");
    let writes: Vec<Value> = server.asked()[1..].iter().map(|asked| asked.json()).collect();
    let says = |n: usize, part: &str, what: &str| {
        writes[n][part].as_str().is_some_and(|text| text.contains(what))
    };
    assert!(says(0, "ConditionExpression", "attribute_not_exists(#restoreId)"), "{writes:?}");
    assert!(!says(0, "UpdateExpression", "#restoreOutcome"), "{writes:?}");
    assert!(says(1, "ConditionExpression", "#restoreId = :seenRequest"), "{writes:?}");
    assert!(says(1, "UpdateExpression", "#restoreOutcome = :outcome"), "{writes:?}");
}

fn gone(count: u64) -> Vec<SnapshotRef> {
    let name = |n: u64| SnapshotId::new(format!("s{n}")).expect("valid");
    let snapshot = |n| SnapshotRef { id: name(n), generation: Generation(1), at: Timestamp(n) };
    (0..count).map(snapshot).collect()
}

#[tokio::test]
async fn what_a_batch_leaves_undone_is_asked_for_again() {
    let key = |n: u64| {
        json!({
            "PK": { "S": "USER#ana" }, "SK": { "S": format!("SNAPSHOT#{n:013}#s{n}") },
        })
    };
    let rest = json!({ "settings": [{ "DeleteRequest": { "Key": key(1) } }] });
    let server = Answers::start([
        Answer::ok(json!({ "UnprocessedItems": rest })),
        Answer::ok(json!({ "UnprocessedItems": {} })),
    ]);
    let snapshots = DynamoSnapshots::new(aws_at(server.url()).dynamodb(), "tasks", "settings");
    snapshots.forget(&ana(), &gone(3)).await.expect("done at last");
    let asked = server.asked();
    let first = asked[0].json()["RequestItems"]["settings"].as_array().map(Vec::len);
    assert_eq!((first, asked.len()), (Some(3), 2));
    assert_eq!(asked[1].json()["RequestItems"], rest);
}

#[tokio::test]
async fn a_base_or_a_request_that_does_not_read_is_an_error() {
    for (name, value) in [
        ("baseSnapshot", json!("a-b")),
        ("baseSnapshotAt", json!("late")),
        ("restoreId", json!("r1")),
    ] {
        let table = Table::new();
        let mut row = old_row();
        row["baseGeneration"] = json!(3);
        row[name] = value;
        table.write(row).await;
        let outcome = table.tasks.get(&ana()).await;
        // A time without its snapshot means nothing, and is not read.
        assert_eq!(outcome.is_err(), name != "baseSnapshotAt", "{name} {outcome:?}");
    }
}

#[tokio::test]
async fn the_wake_ups_of_everybody_do_not_grow_without_end() {
    let table = Table::new();
    assert_eq!(table.tasks.typical_wake().await.expect("reads"), None);
    for seconds in 1..=90 {
        table.tasks.note_wake(Duration::from_secs(seconds)).await.expect("writes");
    }
    let row = table.raw("DEPLOYMENT").await;
    let kept = row["recentWakes"].as_l().expect("a list");
    assert!((20..40).contains(&kept.len()), "{}", kept.len());
    assert_eq!(kept.last(), Some(&AttributeValue::N("90000".into())));
    // Of 71 to 90.
    let typical = table.tasks.typical_wake().await.expect("reads");
    assert_eq!(typical, Some(Duration::from_secs(81)));
}
