//! What the embedded database never says: that another transaction is in the way, or that an
//! answer was lost. A server says it here.

use std::collections::HashSet;
use std::sync::Arc;

use domain::{
    Channel, ConversationId, Generation, InboxState, MessageId, ReplyTo, TaskStatus, Timestamp,
    UserId,
};
use platform::contract::ContractWorld;
use platform::{Claim, ClaimError, Inbox, NewMessage, PutOutcome, Tasks, WriteError};
use platform_aws::config::{Bucket, Retention};
use platform_aws::{DynamoInbox, DynamoTasks, InboxTables, Texts};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{Answer, Answers, Database, Fault, Proxy, aws_at};
use crate::world::World;

const NOW: Timestamp = Timestamp(1_900_000_000_000);

fn user() -> UserId {
    UserId::new("ana").expect("valid")
}

fn inbox(server: &Answers) -> DynamoInbox {
    let aws = aws_at(server.url());
    let tables = InboxTables {
        pending_messages: "inbox".into(),
        conversations: "conversations".into(),
        task_state: "tasks".into(),
    };
    let texts = Texts::new(aws.s3(), &Bucket { name: "data".into() });
    DynamoInbox::new(aws.dynamodb(), tables, texts, Retention::default())
}

async fn give_back(server: &Answers) -> Result<(), WriteError> {
    let inbox = inbox(server);
    inbox.give_back(&user(), &MessageId::new("m1").expect("valid"), Generation(1), None).await
}

fn cancelled(reasons: [&str; 2]) -> Answer {
    let reasons = reasons.map(|code| json!({ "Code": code, "Message": "because" }));
    let body = json!({ "message": "Transaction cancelled", "CancellationReasons": reasons });
    Answer::exception("com.amazonaws.dynamodb.v20120810#TransactionCanceledException", body)
}

#[tokio::test]
async fn a_transaction_that_meets_another_is_tried_again() {
    let server = Answers::start([
        cancelled(["None", "TransactionConflict"]),
        cancelled(["TransactionConflict", "None"]),
        cancelled(["None", "ThrottlingError"]),
        Answer::ok(json!({})),
    ]);
    give_back(&server).await.expect("the fourth try succeeds");
    assert_eq!(server.asked().len(), 4);
}

#[tokio::test]
async fn a_transaction_that_always_meets_another_is_given_up() {
    let server = Answers::start([cancelled(["None", "TransactionConflict"])]);
    let outcome = give_back(&server).await;
    assert!(matches!(outcome, Err(WriteError::Unavailable(_))), "{outcome:?}");
    assert!(server.asked().len() > 5);
}

#[tokio::test]
async fn a_failed_condition_is_final_whatever_else_is_in_the_way() {
    let server = Answers::start([cancelled(["ConditionalCheckFailed", "TransactionConflict"])]);
    let outcome = give_back(&server).await;
    assert!(matches!(outcome, Err(WriteError::Fenced)), "{outcome:?}");
    let server = Answers::start([cancelled(["TransactionConflict", "ConditionalCheckFailed"])]);
    let outcome = give_back(&server).await;
    assert!(matches!(outcome, Err(WriteError::Conflict)), "{outcome:?}");
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_failure_that_is_no_condition_is_unavailable() {
    let denied = Answer::exception("AccessDeniedException", json!({ "message": "no" }));
    let outcome = give_back(&Answers::start([denied])).await;
    assert!(matches!(outcome, Err(WriteError::Unavailable(_))), "{outcome:?}");
}

fn message(name: &str) -> NewMessage {
    NewMessage {
        id: MessageId::new(name).expect("valid"),
        conversation: ConversationId::default(),
        channel: Channel::Web,
        reply_to: ReplyTo::None,
        text: "text".into(),
        attachments: Vec::new(),
        album: None,
        received_at: NOW,
        due_at: Timestamp(1_900_000_060_000),
    }
}

async fn put(server: &Answers) -> PutOutcome {
    inbox(server).put(&user(), &message("m1")).await.expect("puts")
}

fn refused(stamp: Value, message: Value) -> Answer {
    let body = json!({ "message": "cancelled", "CancellationReasons": [stamp, message] });
    Answer::exception("TransactionCanceledException", body)
}

fn passed() -> Value {
    json!({ "Code": "None" })
}

fn failed(row: Value) -> Value {
    json!({ "Code": "ConditionalCheckFailed", "Message": "because", "Item": row })
}

fn accepted_at(millis: u64) -> Value {
    json!({ "lastAcceptedAt": { "N": millis.to_string() } })
}

#[tokio::test]
async fn a_younger_message_moves_the_stamp_behind_itself() {
    let server = Answers::start([
        refused(failed(accepted_at(NOW.millis() + 60_000)), passed()),
        refused(failed(accepted_at(NOW.millis() + 90_000)), passed()),
        Answer::ok(json!({})),
    ]);
    let expect = Timestamp(NOW.millis() + 90_001);
    assert_eq!(put(&server).await, PutOutcome::Accepted(expect));
    let last = server.asked()[2].json();
    let written = last["TransactItems"][1]["Put"]["Item"]["receivedAt"].clone();
    assert_eq!(written, json!({ "N": expect.millis().to_string() }));
}

#[tokio::test]
async fn a_bridge_in_the_way_does_not_move_the_stamp() {
    let server =
        Answers::start([cancelled(["TransactionConflict", "None"]), Answer::ok(json!({}))]);
    assert_eq!(put(&server).await, PutOutcome::Accepted(NOW));
}

#[tokio::test]
async fn a_message_that_is_known_is_a_duplicate_whatever_its_stamp() {
    let known = failed(json!({ "state": { "S": "Done" } }));
    let stamp = failed(accepted_at(NOW.millis()));
    let server = Answers::start([refused(stamp, known)]);
    assert_eq!(put(&server).await, PutOutcome::Duplicate(InboxState::Done));
    assert_eq!(server.asked().len(), 1);
}

/// DynamoDB cancels what meets on one row, and here everything does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_puts_and_a_working_bridge_get_through_where_transactions_conflict() {
    let database = Database::start();
    let proxy = Arc::new(Proxy::start(database.url(), Fault::Conflicts));
    let (aws, tables) = (aws_at(proxy.url()), database.tables.clone());
    let world = World::new(&aws, &aws, &tables, (database, proxy.clone()));
    let (user, inbox, tasks) = (world.new_user(), world.inbox(), world.tasks());
    let claim = Claim {
        seen_status: TaskStatus::Idle,
        seen_generation: Generation(0),
        launch_token_sha256: "hash".into(),
        now: NOW,
        due_at: NOW,
    };
    let generation = tasks.claim_launch(&user, &claim).await.expect("alone");
    inbox.put(&user, &message("first")).await.expect("puts");
    let mut puts = JoinSet::new();
    for n in 0..50 {
        let (inbox, user) = (inbox.clone(), user.clone());
        puts.spawn(async move { put_in_the_end(&*inbox, &user, &message(&format!("m{n}"))).await });
    }
    let first = message("first").id;
    let mut given_up = 0;
    while puts.len() > 10 {
        inbox.lease(&user, &first, generation).await.expect("current");
        while let Some(put) = puts.try_join_next() {
            given_up += put.expect("accepted");
        }
    }
    while let Some(put) = puts.join_next().await {
        given_up += put.expect("accepted");
    }
    let rows = inbox.outline(&user, NOW).await.expect("reads");
    let stamps: HashSet<Timestamp> = rows.iter().map(|row| row.received_at).collect();
    assert_eq!((rows.len(), stamps.len()), (51, 51));
    let met = proxy.faults();
    assert!(met > 50 && met > 3 * given_up, "they met {met} times, and gave up {given_up} times");
}

/// As a page that is told to send once more: five seconds of a busy machine hold fewer
/// transactions than fifty writers need. How often it was told so.
async fn put_in_the_end(inbox: &dyn Inbox, user: &UserId, message: &NewMessage) -> usize {
    const TRIES: usize = 20;
    for given_up in 0..TRIES {
        match inbox.put(user, message).await {
            Ok(PutOutcome::Accepted(_)) => return given_up,
            Ok(other) => panic!("{other:?}"),
            Err(_) => {}
        }
    }
    panic!("{} was never accepted", message.id);
}

async fn claim(server: &Answers) -> Result<Generation, ClaimError> {
    let tasks = DynamoTasks::new(aws_at(server.url()).dynamodb(), "tasks");
    let claim = Claim {
        seen_status: TaskStatus::Idle,
        seen_generation: Generation(4),
        launch_token_sha256: "our hash".into(),
        now: NOW,
        due_at: Timestamp(1_900_000_300_000),
    };
    tasks.claim_launch(&user(), &claim).await
}

fn refused_by(token: &str) -> Answer {
    let row = json!({ "launchTokenSha256": { "S": token }, "generation": { "N": "5" } });
    let body = json!({ "message": "The conditional request failed", "Item": row });
    Answer::exception("ConditionalCheckFailedException", body)
}

/// The SDK asks again when an answer is lost, and then our own claim refuses us.
#[tokio::test]
async fn a_claim_that_was_won_without_our_hearing_of_it_is_won() {
    let ours = claim(&Answers::start([refused_by("our hash")])).await;
    assert_eq!(ours.expect("ours"), Generation(5));
    let another = claim(&Answers::start([refused_by("another hash")])).await;
    assert!(matches!(another, Err(ClaimError::LostRace)), "{another:?}");
}

#[tokio::test]
async fn a_claim_that_meets_a_transaction_is_tried_again() {
    let conflict = Answer::exception("TransactionConflictException", json!({ "message": "busy" }));
    let server = Answers::start([conflict, Answer::ok(json!({}))]);
    assert_eq!(claim(&server).await.expect("alone"), Generation(5));
}

/// A row that we cannot read is not a row that is not there (I9).
#[tokio::test]
async fn a_row_that_does_not_parse_is_an_error() {
    let row = json!({ "PK": { "S": "USER#ana" }, "status": { "S": "Sleeping" } });
    let server = Answers::start([Answer::ok(json!({ "Item": row }))]);
    let tasks = DynamoTasks::new(aws_at(server.url()).dynamodb(), "tasks");
    let error = tasks.get(&user()).await.expect_err("malformed");
    assert_eq!(error.source.to_string(), "attribute `status` is missing or malformed");
}
