//! Pushing one frame, and what API Gateway may say to it.

use domain::ConnectionId;
use domain::limits::SERVER_FRAME_MAX_BYTES;
use platform::{Push, PushError};
use platform_aws::ManagementPush;
use platform_aws::config::Management;
use serde_json::{Value, json};

use crate::support::{Answer, Answers, aws_at};

async fn push(server: &Answers, frame: &str) -> Result<(), PushError> {
    let management = Management { url: format!("{}/prod", server.url()) };
    let push = ManagementPush::new(aws_at(server.url()).management(&management));
    push.push(&ConnectionId::new("L0SM9cOFvHcCIhw=").expect("valid"), frame).await
}

async fn pushed_to(status: u16, body: Value) -> (Result<(), PushError>, usize) {
    let server = Answers::start([Answer { status, body }]);
    let outcome = push(&server, "frame").await;
    (outcome, server.asked().len())
}

#[tokio::test]
async fn a_frame_is_posted_as_it_is_to_its_connection() {
    let server = Answers::start([Answer::ok(json!({}))]);
    push(&server, r#"{"type":"pong"}"#).await.expect("taken");
    let asked = server.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].path, "/prod/@connections/L0SM9cOFvHcCIhw%3D");
    assert_eq!(asked[0].body, br#"{"type":"pong"}"#);
}

#[tokio::test]
async fn a_closed_connection_is_gone_and_asked_once() {
    let (outcome, asked) = pushed_to(410, json!({ "__type": "GoneException" })).await;
    assert!(matches!(outcome, Err(PushError::Gone)), "{outcome:?}");
    assert_eq!(asked, 1);
    let (unnamed, _) = pushed_to(410, json!({ "message": "Gone" })).await;
    assert!(matches!(unnamed, Err(PushError::Gone)), "{unnamed:?}");
}

#[tokio::test]
async fn a_slow_client_throttles_and_is_not_pressed() {
    let (outcome, asked) = pushed_to(429, json!({ "__type": "LimitExceededException" })).await;
    assert!(matches!(outcome, Err(PushError::Throttled)), "{outcome:?}");
    assert_eq!(asked, 1);
}

#[tokio::test]
async fn a_failure_of_the_service_is_unavailable_and_left_to_the_caller() {
    for status in [403, 500, 503] {
        let (outcome, asked) = pushed_to(status, json!({ "message": "no" })).await;
        assert!(matches!(outcome, Err(PushError::Unavailable(_))), "{status}: {outcome:?}");
        assert_eq!(asked, 1, "{status}");
    }
}

#[tokio::test]
async fn a_frame_over_the_limit_is_refused_before_it_is_sent() {
    let server = Answers::start([Answer::ok(json!({}))]);
    push(&server, &"x".repeat(SERVER_FRAME_MAX_BYTES)).await.expect("just fits");
    let outcome = push(&server, &"x".repeat(SERVER_FRAME_MAX_BYTES + 1)).await;
    assert!(matches!(outcome, Err(PushError::TooLarge(32_769))), "{outcome:?}");
    assert_eq!(server.asked().len(), 1);
    let (outcome, _) = pushed_to(413, json!({ "__type": "PayloadTooLargeException" })).await;
    assert!(matches!(outcome, Err(PushError::TooLarge(5))), "{outcome:?}");
}
