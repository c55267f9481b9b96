//! What the embedded database never says: that another transaction is in the way, or that an
//! answer was lost. A server says it here.

use domain::{Generation, MessageId, TaskStatus, Timestamp, UserId};
use platform::{Claim, ClaimError, Inbox, Tasks, WriteError};
use platform_aws::config::{Bucket, Retention};
use platform_aws::{DynamoInbox, DynamoTasks, InboxTables, Texts};
use serde_json::json;

use crate::support::{Answer, Answers, aws_at};

fn user() -> UserId {
    UserId::new("ana").expect("valid")
}

async fn give_back(server: &Answers) -> Result<(), WriteError> {
    let aws = aws_at(server.url());
    let tables = InboxTables {
        pending_messages: "inbox".into(),
        conversations: "conversations".into(),
        task_state: "tasks".into(),
    };
    let texts = Texts::new(aws.s3(), &Bucket { name: "data".into() });
    let inbox = DynamoInbox::new(aws.dynamodb(), tables, texts, Retention::default());
    inbox.give_back(&user(), &MessageId::new("m1").expect("valid"), Generation(1)).await
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
    assert_eq!(server.asked().len(), 6);
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

async fn claim(server: &Answers) -> Result<Generation, ClaimError> {
    let tasks = DynamoTasks::new(aws_at(server.url()).dynamodb(), "tasks");
    let claim = Claim {
        seen_status: TaskStatus::Idle,
        seen_generation: Generation(4),
        launch_token_sha256: "our hash".into(),
        now: Timestamp(1_900_000_000_000),
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
