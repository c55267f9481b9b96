//! Events as API Gateway sends them, in; frames to connections, out.

use std::sync::Arc;

use control_plane::{
    AcceptMessage, CancelMessage, CheckSpending, EnsureTask, ReadStatus, ResumeStream, Tell,
};
use domain::{ConnectionId, Setting, SpendCap, SpendRules, TaskPolicy, UserId};
use platform::{Clock, Connection, Peer};
use platform_sim::World;
use protocol::{ErrorCode, ServerFrame};
use serde_json::{Value, json};
use ws_message::Ports;

fn ports(world: &World) -> Ports {
    let clock: Arc<dyn Clock> = Arc::new(world.clock().clone());
    let ensure = EnsureTask {
        tasks: world.tasks(),
        spares: None,
        compute: world.compute(),
        releases: world.releases(),
        push: world.push(),
        clock: clock.clone(),
        metrics: world.metrics(),
        policy: TaskPolicy::default(),
        entropy: || [7; 32],
    };
    Ports {
        connections: world.connections(),
        clock: clock.clone(),
        accept: AcceptMessage {
            inbox: world.inbox(),
            clock: clock.clone(),
            spending: CheckSpending {
                usage: world.usage(),
                settings: world.settings(),
                clock: clock.clone(),
                rules: SpendRules::none(),
            },
            follow_up: ensure.policy.follow_up,
        },
        cancel: CancelMessage { inbox: world.inbox(), ensure: ensure.clone() },
        resume: ResumeStream { inbox: world.inbox(), ensure: ensure.clone(), clock: clock.clone() },
        status: ReadStatus { tasks: world.tasks(), inbox: world.inbox(), clock: clock.clone() },
        tell: Tell { connections: world.connections(), push: world.push(), clock },
        ensure,
    }
}

fn user() -> UserId {
    UserId::new("ana").expect("valid")
}

async fn connected(world: &World, id: &str) -> ConnectionId {
    let id = ConnectionId::new(id).expect("valid");
    let connection = Connection {
        id: id.clone(),
        peer: Peer::Client(user()),
        connected_at: world.clock().now(),
    };
    world.connections().register(&connection).await.expect("registers");
    id
}

async fn invoke(world: &World, connection: &ConnectionId, body: &str) -> i64 {
    let event: Value = json!({
        "requestContext": {
            "routeKey": "$default", "eventType": "MESSAGE", "messageId": "x", "stage": "prod",
            "connectionId": connection.as_str(), "connectedAt": 1_795_000_000_000_u64,
            "requestTimeEpoch": 1_795_000_000_001_u64, "apiId": "api", "identity": {"sourceIp": "127.0.0.1"},
        },
        "body": body, "isBase64Encoded": false,
    });
    let event = serde_json::from_value(event).expect("API Gateway's shape");
    ws_message::handle(&ports(world), event).await.expect("handled").status_code
}

#[tokio::test]
async fn a_message_is_acknowledged_to_its_sender_and_echoed_to_the_others() {
    let world = World::default();
    let phone = connected(&world, "phone").await;
    let laptop = connected(&world, "laptop").await;
    let said = r#"{"action":"sendMessage","messageId":"m1","message":"hello"}"#;
    assert_eq!(invoke(&world, &phone, said).await, 200);

    let to_phone = world.pushed(&phone);
    assert!(matches!(&to_phone[0], ServerFrame::Accepted { position: 0, duplicate: false, .. }));
    let echoes = |frames: &[ServerFrame]| {
        frames
            .iter()
            .filter(|f| matches!(f, ServerFrame::Message { content, .. } if content == "hello"))
            .count()
    };
    assert_eq!((echoes(&to_phone), echoes(&world.pushed(&laptop))), (0, 1));
    let waits = |f: &ServerFrame| matches!(f, ServerFrame::Status { .. });
    assert!(to_phone.iter().any(waits) && world.pushed(&laptop).iter().any(waits));
}

#[tokio::test]
async fn nothing_is_acknowledged_when_the_inbox_cannot_be_written() {
    let world = World::default();
    let phone = connected(&world, "phone").await;
    world.fail_next("inbox.put", 1);
    invoke(&world, &phone, r#"{"action":"sendMessage","messageId":"m1","message":"hello"}"#).await;
    let told = world.pushed(&phone);
    let [ServerFrame::Error { code, message_id, retryable, .. }] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!(
        (*code, message_id.as_deref(), *retryable),
        (ErrorCode::Unavailable, Some("m1"), true)
    );
}

#[tokio::test]
async fn a_failed_launch_after_the_put_is_told_and_mended_by_sending_again() {
    let world = World::default();
    let phone = connected(&world, "phone").await;
    world.fail_next("tasks.claim_launch", 1);
    let said = r#"{"action":"sendMessage","messageId":"m1","message":"hello"}"#;
    invoke(&world, &phone, said).await;
    assert!(matches!(
        world.pushed(&phone).last(),
        Some(ServerFrame::Error { retryable: true, .. })
    ));
    assert!(world.launches().is_empty());
    invoke(&world, &phone, said).await;
    assert_eq!(world.launches().len(), 1);
    assert_eq!(world.inbox_of(&user()).len(), 1);
}

#[tokio::test]
async fn what_is_not_understood_is_answered_with_its_ids() {
    let world = World::default();
    let phone = connected(&world, "phone").await;
    let cases = [
        ("{", ErrorCode::BadRequest, None),
        ("[]", ErrorCode::BadRequest, None),
        (r#"{"action":"fly","messageId":"m9"}"#, ErrorCode::UnknownAction, Some("m9")),
        (r#"{"action":"sendMessage","messageId":"m2"}"#, ErrorCode::BadRequest, Some("m2")),
        (
            r#"{"action":"sendMessage","messageId":"a b","message":"x"}"#,
            ErrorCode::BadRequest,
            Some("a b"),
        ),
        (r#"{"action":"cancel","messageId":"m3"}"#, ErrorCode::NotFound, Some("m3")),
    ];
    for (body, code, id) in cases {
        invoke(&world, &phone, body).await;
        let Some(ServerFrame::Error { code: told, message_id, .. }) = world.pushed(&phone).pop()
        else {
            panic!("no error for {body}");
        };
        assert_eq!((told, message_id.as_deref()), (code, id), "{body}");
    }
}

#[tokio::test]
async fn a_frame_is_taken_at_its_limit_and_refused_past_it() {
    let world = World::default();
    let phone = connected(&world, "phone").await;
    let of_size = |bytes: usize, id: &str| {
        let empty = json!({"action": "sendMessage", "messageId": id, "message": ""}).to_string();
        empty.replace("\"\"", &format!("\"{}\"", "x".repeat(bytes - empty.len())))
    };
    invoke(&world, &phone, &of_size(131_072, "m1")).await;
    assert_eq!(world.inbox_of(&user()).len(), 1);
    invoke(&world, &phone, &of_size(131_073, "m2")).await;
    let told = world.pushed(&phone).pop();
    assert!(matches!(told, Some(ServerFrame::Error { code: ErrorCode::TooLarge, .. })));
    assert_eq!(world.inbox_of(&user()).len(), 1);
}

#[tokio::test]
async fn a_message_that_may_not_cost_is_refused_for_good() {
    let world = World::default();
    let phone = connected(&world, "phone").await;
    let nothing = Setting::SpendCap(SpendCap::new(0.0).expect("valid"));
    world.settings().put(&user(), &nothing).await.expect("writes");
    invoke(&world, &phone, r#"{"action":"sendMessage","messageId":"m1","message":"hello"}"#).await;
    let told = world.pushed(&phone).pop().expect("an answer");
    let ServerFrame::Error { code, message, message_id, retryable, .. } = told else {
        panic!("{told:?}");
    };
    assert_eq!((code, retryable), (ErrorCode::SpendCapReached, false));
    assert_eq!(message_id.as_deref(), Some("m1"));
    assert!(message.contains("raise the cap on the Usage page"), "{message}");
    assert!(world.inbox_of(&user()).is_empty() && world.launches().is_empty());
}

#[tokio::test]
async fn a_stranger_and_a_bridge_may_not_speak_for_a_user() {
    let world = World::default();
    let nobody = ConnectionId::new("nobody").expect("valid");
    let said = r#"{"action":"sendMessage","messageId":"m1","message":"hello"}"#;
    assert_eq!(invoke(&world, &nobody, said).await, 403);

    let phone = connected(&world, "phone").await;
    invoke(&world, &phone, said).await;
    let launch = world.launches().pop().expect("a launch");
    let bridge = ConnectionId::new("bridge").expect("valid");
    let connect = control_plane::Connect {
        connections: world.connections(),
        tasks: world.tasks(),
        spares: world.spares(),
        clock: Arc::new(world.clock().clone()),
    };
    connect.bridge(&launch.token, bridge.clone()).await.expect("current");
    assert_eq!(
        invoke(&world, &bridge, r#"{"action":"sendMessage","messageId":"m2","message":"x"}"#).await,
        403
    );
    assert_eq!(invoke(&world, &bridge, r#"{"action":"ping"}"#).await, 200);
}

#[tokio::test]
async fn files_come_with_their_message_to_the_inbox_and_to_the_other_devices() {
    let world = World::default();
    let (phone, laptop) = (connected(&world, "phone").await, connected(&world, "laptop").await);
    let key = "uploads/ana/0f/a b.pdf";
    let said = json!({
        "action": "sendMessage", "messageId": "m1", "message": "", "attachments": [{"key": key}],
    });
    invoke(&world, &phone, &said.to_string()).await;
    assert!(matches!(world.pushed(&phone)[0], ServerFrame::Accepted { .. }));
    assert_eq!(world.inbox_of(&user())[0].attachments[0].to_string(), key);
    let told = world.pushed(&laptop);
    let [ServerFrame::Message { attachments, .. }, ..] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!((attachments[0].key.as_str(), attachments[0].name.as_str()), (key, "a b.pdf"));
}

#[tokio::test]
async fn a_message_with_files_that_are_not_ones_own_is_refused_whole() {
    let world = World::default();
    let phone = connected(&world, "phone").await;
    let refused = [
        (vec!["uploads/ben/0f/a.pdf"], ErrorCode::BadRequest),
        (vec!["uploads/ana/0f/../../ben/0f/a.pdf"], ErrorCode::BadRequest),
        (vec!["uploads/ana/0f/a.pdf"; 11], ErrorCode::TooLarge),
    ];
    for (keys, expected) in refused {
        let attachments: Vec<Value> = keys.iter().map(|key| json!({"key": key})).collect();
        let said = json!({
            "action": "sendMessage", "messageId": "m1", "message": "look",
            "attachments": attachments,
        });
        invoke(&world, &phone, &said.to_string()).await;
        let told = world.pushed(&phone);
        let Some(ServerFrame::Error { code, message_id, retryable: false, .. }) = told.last()
        else {
            panic!("{told:?}");
        };
        assert_eq!((*code, message_id.as_deref()), (expected, Some("m1")));
    }
    assert!(world.inbox_of(&user()).is_empty());
}
