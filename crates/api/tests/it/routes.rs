//! HTTP API events in, JSON out.

use domain::limits::UPLOAD_MAX_BYTES;
use domain::{Generation, Snapshot, SnapshotId, SnapshotReason, TaskStatus, Timestamp, UserId};
use platform::{Claim, Clock};
use platform_sim::World;
use serde_json::{Value, json};

use crate::support::{ask, event, invoke};

#[tokio::test]
async fn a_posted_message_is_queued_shown_and_wakes_a_task() {
    let world = World::default();
    let path = "/conversations/trip/messages";
    let body = json!({"messageId": "m1", "message": "plan a trip"});
    let (status, accepted) = ask(&world, "POST", path, Some(body)).await;
    assert_eq!((status, &accepted["position"]), (202, &json!(0)));
    assert_eq!(world.launches().len(), 1);

    let (_, page) = ask(&world, "GET", path, None).await;
    assert_eq!(page["messages"][0]["text"], "plan a trip");
    assert_eq!(page["messages"][0]["state"], "pending");
    let (_, list) = ask(&world, "GET", "/conversations", None).await;
    assert_eq!(list["conversations"][0]["title"], "plan a trip");
    let (_, state) = ask(&world, "GET", "/status", None).await;
    assert_eq!((&state["status"], &state["openMessages"]), (&json!("Starting"), &json!(1)));
    let (status, _) = ask(&world, "GET", "/conversations/trip/messages/m1/reply", None).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn bad_requests_say_what_is_wrong() {
    let world = World::default();
    let post =
        |body: &str| event("POST", "/conversations/c/messages", &json!({}), Some(body.into()));
    let limited =
        |limit: &str| event("GET", "/conversations/c/messages", &json!({"limit": limit}), None);
    let mut stranger = event("GET", "/status", &json!({}), None);
    stranger["requestContext"]["authorizer"] = Value::Null;
    let mut id_token = event("GET", "/status", &json!({}), None);
    id_token["requestContext"]["authorizer"]["jwt"]["claims"]["token_use"] = "id".into();
    let cases = [
        (post("{"), 400),
        (post(r#"{"messageId":"m1"}"#), 400),
        (post(r#"{"messageId":"a b","message":"x"}"#), 400),
        (post(r#"{"messageId":"m1","message":" "}"#), 400),
        (post(&json!({"messageId": "m1", "message": "x".repeat(131_073)}).to_string()), 413),
        (post(&"x".repeat(domain::limits::REST_BODY_MAX_BYTES + 1)), 413),
        (limited("0"), 400),
        (limited("101"), 400),
        (limited("many"), 400),
        (event("GET", "/conversations/a%23b/messages", &json!({}), None), 400),
        (event("GET", "/nothing", &json!({}), None), 404),
        (event("DELETE", "/status", &json!({}), None), 405),
        (stranger, 401),
        (id_token, 401),
    ];
    for (event, expected) in cases {
        let shown = event.to_string();
        let (status, body) = invoke(&world, event).await;
        assert_eq!(status, expected, "{shown:.200} {body}");
        assert!(body["detail"].as_str().expect("a sentence").len() > 8);
    }
    assert!(world.launches().is_empty());
}

#[tokio::test]
async fn an_outage_is_503_and_nothing_is_lost() {
    let world = World::default();
    world.fail_next("inbox.put", 1);
    let body = json!({"messageId": "m1", "message": "hello"});
    let (status, _) = ask(&world, "POST", "/conversations/c/messages", Some(body)).await;
    assert_eq!(status, 503);
}

#[tokio::test]
async fn a_file_is_offered_a_place_of_its_own_and_can_then_be_attached() {
    let world = World::default();
    let file = json!({"name": "../plan (1).pdf", "size": UPLOAD_MAX_BYTES});
    let (status, offer) = ask(&world, "POST", "/uploads", Some(file)).await;
    let key = format!("uploads/ana/{}/___plan (1).pdf", "09".repeat(16));
    assert_eq!((status, &offer["key"]), (200, &json!(key)), "{offer}");
    assert_eq!((&offer["fields"]["key"], &offer["name"]), (&json!(key), &json!("___plan (1).pdf")));
    let ten_minutes = world.clock().now().millis() + 600_000;
    assert_eq!(offer["expiresAt"], json!(ten_minutes));

    let path = "/conversations/trip/messages";
    let body = json!({"messageId": "m1", "message": "", "attachments": [{"key": key}]});
    assert_eq!(ask(&world, "POST", path, Some(body)).await.0, 202);
    let (_, page) = ask(&world, "GET", path, None).await;
    let shown = json!([{"key": key, "name": "___plan (1).pdf"}]);
    assert_eq!(page["messages"][0]["attachments"], shown);
    let (_, list) = ask(&world, "GET", "/conversations", None).await;
    assert_eq!(list["conversations"][0]["title"], "___plan (1).pdf");
}

#[tokio::test]
async fn what_cannot_be_attached_is_refused_with_a_reason() {
    let world = World::default();
    let offers = [
        (json!({"name": "a.mov", "size": UPLOAD_MAX_BYTES + 1}), 413),
        (json!({"name": "\u{200b} ", "size": 1}), 400),
        (json!({"name": "a.pdf"}), 400),
        (json!({"name": "a.pdf", "size": -1}), 400),
    ];
    for (file, expected) in offers {
        let (status, body) = ask(&world, "POST", "/uploads", Some(file)).await;
        assert_eq!(status, expected, "{body}");
        assert!(body["detail"].as_str().expect("a sentence").len() > 8);
    }
    let keys = |key: &str, n: usize| -> Vec<Value> { vec![json!({"key": key}); n] };
    let messages = [
        (keys("uploads/ana/0f/a", 10), 202),
        (keys("uploads/ana/0f/a", 11), 413),
        (keys("uploads/ben/0f/a", 1), 400),
    ];
    for (attachments, expected) in messages {
        let id = format!("m{}", attachments.len());
        let body = json!({"messageId": id, "message": "look", "attachments": attachments});
        let (status, body) = ask(&world, "POST", "/conversations/c/messages", Some(body)).await;
        assert_eq!(status, expected, "{body}");
    }
    world.fail_next("uploads.form", 1);
    let file = json!({"name": "a.pdf", "size": 1});
    assert_eq!(ask(&world, "POST", "/uploads", Some(file)).await.0, 503);
}

/// A user whose agent has slept once, and left one snapshot.
async fn slept(world: &World) {
    let user = UserId::new("ana").expect("valid");
    let claim = Claim {
        seen_status: TaskStatus::Idle,
        seen_generation: Generation(0),
        launch_token_sha256: "hash".into(),
        now: Timestamp(0),
        due_at: Timestamp(0),
    };
    let generation = world.tasks().claim_launch(&user, &claim).await.expect("alone");
    let now = Timestamp(1_795_284_905_000);
    for n in 1..=3 {
        let snapshot = Snapshot {
            id: SnapshotId::new(format!("a{n}")).expect("valid"),
            generation,
            at: now + std::time::Duration::from_secs(n),
            reason: SnapshotReason::Stop,
            files: 5,
            bytes: 6_000_000_000,
            added_bytes: 7,
        };
        world.snapshots().record(&user, &snapshot).await.expect("may save");
    }
    world.tasks().release(&user, generation, now).await.expect("writes");
}

#[tokio::test]
async fn snapshots_are_listed_by_the_page() {
    let world = World::default();
    assert_eq!(ask(&world, "GET", "/snapshots", None).await, (200, json!({"snapshots": []})));
    slept(&world).await;
    let (_, page) = invoke(&world, event("GET", "/snapshots", &json!({"limit": "2"}), None)).await;
    let newest = json!({
        "id": "a3", "at": 1_795_284_908_000_u64, "reason": "stop", "generation": 1, "files": 5,
        "bytes": 6_000_000_000_u64, "addedBytes": 7,
    });
    assert_eq!(page["snapshots"][0], newest);
    let next = json!({"before": page["before"]});
    let (_, page) = invoke(&world, event("GET", "/snapshots", &next, None)).await;
    assert_eq!((&page["snapshots"][0]["id"], page.get("before")), (&json!("a1"), None));
}

#[tokio::test]
async fn a_restore_is_asked_for_shown_and_one_at_a_time() {
    let world = World::default();
    slept(&world).await;
    let body = json!({"requestId": "r1", "into": "folder"});
    let (status, asked) = ask(&world, "POST", "/snapshots/a2/restore", Some(body)).await;
    let expect = json!({
        "id": "r1", "snapshotId": "a2", "into": "folder", "folder": "restored-2026-11-21-1815",
        "requestedAt": 0, "state": "pending",
        "detail": "Your agent is starting, and does it then.",
    });
    let mut shown = asked.clone();
    shown["requestedAt"] = json!(0);
    assert_eq!((status, shown), (202, expect));
    assert_eq!(world.launches().len(), 1);
    let (_, page) = ask(&world, "GET", "/snapshots", None).await;
    assert_eq!(page["restore"], asked);
    let second = json!({"requestId": "r2", "into": "place"});
    let (status, busy) = ask(&world, "POST", "/snapshots/a1/restore", Some(second)).await;
    assert_eq!((status, &busy["code"]), (409, &json!("restore_under_way")));
    assert_eq!(busy["restore"], asked);
}

#[tokio::test]
async fn saving_now_says_what_becomes_of_it() {
    let world = World::default();
    slept(&world).await;
    let body = json!({"requestId": "r1"});
    let (status, saving) = ask(&world, "POST", "/snapshots", Some(body.clone())).await;
    let saved = json!(1_795_284_908_000_u64);
    assert_eq!((status, &saving["state"], &saving["savedAt"]), (200, &json!("saved"), &saved));
    let message = json!({"messageId": "m1", "message": "hello"});
    ask(&world, "POST", "/conversations/c/messages", Some(message)).await;
    let (status, saving) = ask(&world, "POST", "/snapshots", Some(body)).await;
    assert_eq!((status, &saving["state"]), (202, &json!("starting")));
}

#[tokio::test]
async fn snapshots_that_cannot_be_meant_are_refused() {
    let world = World::default();
    slept(&world).await;
    let restore = |id: &str, body: Value| (format!("/snapshots/{id}/restore"), body);
    let cases = [
        (restore("a9", json!({"requestId": "r", "into": "place"})), 404),
        (restore("a1", json!({"requestId": "r", "into": "nowhere"})), 400),
        (restore("a1", json!({"requestId": "r"})), 400),
        (restore("a1", json!({"requestId": "a b", "into": "place"})), 400),
        (restore("a1", json!({"requestId": "r", "into": "folder", "folder": "../up"})), 400),
        (restore("a1", json!({"requestId": "r", "into": "place", "folder": "old"})), 400),
        (restore("a-1", json!({"requestId": "r", "into": "place"})), 400),
        (("/snapshots".into(), json!({})), 400),
        (("/snapshots".into(), json!({"requestId": "r".repeat(129)})), 400),
        (("/snapshots".into(), json!({"requestId": "r", "more": 1})), 400),
    ];
    for ((path, body), expected) in cases {
        let shown = body.to_string();
        let (status, answer) = ask(&world, "POST", &path, Some(body)).await;
        assert_eq!(status, expected, "{path} {shown} {answer}");
        assert!(answer["detail"].as_str().expect("a sentence").len() > 8);
    }
    for limit in ["0", "101", "many"] {
        let limited = event("GET", "/snapshots", &json!({"limit": limit}), None);
        assert_eq!(invoke(&world, limited).await.0, 400);
    }
    assert!(world.launches().is_empty());
    for operation in ["snapshots.find", "snapshots.request_restore", "tasks.get"] {
        world.fail_next(operation, 1);
        let body = json!({"requestId": "r", "into": "place"});
        assert_eq!(ask(&world, "POST", "/snapshots/a1/restore", Some(body)).await.0, 503);
    }
    world.fail_next("snapshots.list", 1);
    assert_eq!(ask(&world, "GET", "/snapshots", None).await.0, 503);
}
