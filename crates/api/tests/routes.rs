//! HTTP API events in, JSON out.

use std::sync::Arc;

use api::Ports;
use aws_lambda_events::encodings::Body;
use control_plane::{AcceptMessage, EnsureTask, ReadConversations, ReadStatus, Tell};
use domain::TaskPolicy;
use platform::Clock;
use platform_sim::World;
use serde_json::{Value, json};

fn ports(world: &World) -> Ports {
    let clock: Arc<dyn Clock> = Arc::new(world.clock().clone());
    Ports {
        status: ReadStatus { tasks: world.tasks(), inbox: world.inbox(), clock: clock.clone() },
        conversations: ReadConversations {
            conversations: world.conversations(),
            inbox: world.inbox(),
            clock: clock.clone(),
        },
        accept: AcceptMessage {
            inbox: world.inbox(),
            clock: clock.clone(),
            follow_up: TaskPolicy::default().follow_up,
        },
        ensure: EnsureTask {
            tasks: world.tasks(),
            spares: None,
            compute: world.compute(),
            push: world.push(),
            clock: clock.clone(),
            metrics: world.metrics(),
            policy: TaskPolicy::default(),
            entropy: || [7; 32],
        },
        tell: Tell { connections: world.connections(), push: world.push(), clock },
        settings: world.settings(),
    }
}

fn event(method: &str, path: &str, query: Value, body: Option<String>) -> Value {
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "",
        "headers": {"content-type": "application/json"}, "queryStringParameters": query,
        "requestContext": {
            "accountId": "0", "apiId": "api", "stage": "$default", "timeEpoch": 0,
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1"},
            "authorizer": {"jwt": {"claims": {"sub": "ana", "token_use": "access"}}},
        },
        "body": body, "isBase64Encoded": false,
    })
}

async fn invoke(world: &World, event: Value) -> (i64, Value) {
    let event = serde_json::from_value(event).expect("API Gateway's shape");
    let response = api::handle(&ports(world), event).await.expect("handled");
    let Some(Body::Text(text)) = response.body else { panic!("no body") };
    (response.status_code, serde_json::from_str(&text).expect("JSON"))
}

async fn ask(world: &World, method: &str, path: &str, body: Option<Value>) -> (i64, Value) {
    invoke(world, event(method, path, json!({}), body.map(|b| b.to_string()))).await
}

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
        |body: &str| event("POST", "/conversations/c/messages", json!({}), Some(body.into()));
    let limited =
        |limit: &str| event("GET", "/conversations/c/messages", json!({"limit": limit}), None);
    let mut stranger = event("GET", "/status", json!({}), None);
    stranger["requestContext"]["authorizer"] = Value::Null;
    let mut id_token = event("GET", "/status", json!({}), None);
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
        (event("GET", "/conversations/a%23b/messages", json!({}), None), 400),
        (event("GET", "/nothing", json!({}), None), 404),
        (event("DELETE", "/status", json!({}), None), 404),
        (stranger, 401),
        (id_token, 401),
    ];
    for (event, expected) in cases {
        let shown = event.to_string();
        let (status, body) = invoke(&world, event).await;
        assert_eq!(status, expected, "{shown:.200} {body}");
        assert!(body["message"].as_str().expect("a sentence").len() > 8);
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
async fn a_user_chooses_a_time_zone_and_reads_it_back() {
    let world = World::default();
    let none = ask(&world, "GET", "/settings", None).await;
    assert_eq!(none, (200, json!({})));
    let seoul = json!({"timeZone": "Asia/Seoul"});
    let changed = ask(&world, "PUT", "/settings", Some(seoul.clone())).await;
    assert_eq!(changed, (200, seoul.clone()));
    assert_eq!(ask(&world, "GET", "/settings", None).await, (200, seoul.clone()));
    let unchanged = ask(&world, "PUT", "/settings", Some(json!({}))).await;
    assert_eq!(unchanged, (200, seoul));
}

#[tokio::test]
async fn settings_that_mean_nothing_are_refused_and_change_nothing() {
    let world = World::default();
    let (status, body) =
        ask(&world, "PUT", "/settings", Some(json!({"timeZone": "Mars/Phobos"}))).await;
    assert_eq!((status, &body["code"]), (400, &json!("bad_request")));
    assert_eq!(body["message"], "`Mars/Phobos` is not a time zone's name, such as Asia/Seoul.");
    let unknown = json!({"timeZone": "Asia/Seoul", "theme": "dark"});
    for refused in [unknown, json!({"timeZone": 9}), json!("Asia/Seoul")] {
        let (status, body) = ask(&world, "PUT", "/settings", Some(refused)).await;
        assert_eq!((status, &body["code"]), (400, &json!("bad_request")), "{body}");
    }
    assert_eq!(ask(&world, "GET", "/settings", None).await, (200, json!({})));
}

#[tokio::test]
async fn settings_that_cannot_be_read_or_kept_are_503() {
    let world = World::default();
    world.fail_next("settings.time_zone", 1);
    assert_eq!(ask(&world, "GET", "/settings", None).await.0, 503);
    world.fail_next("settings.set_time_zone", 1);
    let seoul = json!({"timeZone": "Asia/Seoul"});
    assert_eq!(ask(&world, "PUT", "/settings", Some(seoul)).await.0, 503);
    assert_eq!(ask(&world, "GET", "/settings", None).await, (200, json!({})));
}
