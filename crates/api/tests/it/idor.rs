//! Every route of the OpenAPI document, tried by somebody else, without a token and with an ID
//! token. A route without a row here fails. What an expired token meets is API Gateway's answer,
//! and is tried in `local-stack/tests/it/http_api.rs`.

use std::collections::BTreeSet;

use api::Api;
use domain::{Generation, Snapshot, SnapshotId, SnapshotReason, UserId};
use platform::Clock;
use platform_sim::World;
use serde_json::{Value, json};

use crate::support::{event, ports, send};

/// What of Ben's is named, and what Ana is told who names it.
struct Row {
    method: &'static str,
    route: &'static str,
    /// The route with Ben's ids in it.
    path: &'static str,
    query: Value,
    body: Option<String>,
    kind: &'static str,
    told: i64,
}

fn row(method: &'static str, route: &'static str, path: &'static str, told: i64) -> Row {
    Row { method, route, path, query: json!({}), body: None, kind: "application/json", told }
}

/// Without ids: Ana reaches what is hers.
fn own(method: &'static str, route: &'static str, told: i64) -> Row {
    row(method, route, route, told)
}

impl Row {
    fn with(self, body: Value) -> Self {
        Self { body: Some(body.to_string()), ..self }
    }

    fn sent_as(self, kind: &'static str, body: String) -> Self {
        Self { body: Some(body), kind, ..self }
    }

    fn asking(self, query: Value) -> Self {
        Self { query, ..self }
    }
}

const SECRET: &str = "bens-secret";
const SKILL: &str = "---\nname: bens\ndescription: bens-secret\n---\n";

/// In the order in which they are tried: who has left is told nothing else.
fn rows() -> Vec<Row> {
    let conversation = "/conversations/{id}";
    let messages = "/conversations/{id}/messages";
    let reply = "/conversations/{id}/messages/{message}/reply";
    let schedule = "/schedules/{id}";
    let daily = json!({"kind": "daily", "time": "08:00"});
    let hers = json!({"id": "anas", "prompt": "x", "recurrence": daily});
    let setting = "/settings/{key}";
    let zone = "/settings/timeZone";
    vec![
        own("GET", "/openapi.json", 200),
        own("GET", "/status", 200),
        own("GET", "/conversations", 200),
        own("POST", "/conversations", 201).with(json!({"title": "Ana's"})),
        row("PATCH", conversation, "/conversations/bens", 404).with(json!({"title": "x"})),
        row("DELETE", conversation, "/conversations/bens", 404),
        row("PUT", "/conversations/{id}/read", "/conversations/bens/read", 404)
            .with(json!({"upTo": 1})),
        row("GET", messages, "/conversations/bens/messages", 404),
        row("GET", reply, "/conversations/bens/messages/m1/reply", 404),
        own("GET", "/search", 200).asking(json!({"q": SECRET})),
        own("POST", "/uploads", 200).with(json!({"name": "a", "size": 1})),
        own("GET", "/snapshots", 200),
        own("POST", "/snapshots", 200).with(json!({"requestId": "r"})),
        row("POST", "/snapshots/{id}/restore", "/snapshots/bens/restore", 404)
            .with(json!({"requestId": "r", "into": "place"})),
        own("GET", "/settings", 200),
        row("GET", setting, zone, 200),
        row("PUT", setting, zone, 200).with(json!({"value": "Asia/Seoul"})),
        row("DELETE", setting, zone, 204),
        own("GET", "/schedules", 200),
        own("POST", "/schedules", 201).with(hers),
        own("POST", "/schedules/preview", 200).with(json!({"recurrence": daily})),
        row("GET", schedule, "/schedules/bens", 404),
        row("PATCH", schedule, "/schedules/bens", 404).with(json!({"enabled": false})),
        row("DELETE", schedule, "/schedules/bens", 404),
        own("GET", "/skills", 200),
        own("POST", "/skills", 200).sent_as("text/markdown", SKILL.replace("bens", "anas")),
        row("DELETE", "/skills/{name}", "/skills/bens", 404),
        own("GET", "/workspace", 200),
        own("GET", "/workspace/file", 404).asking(json!({"path": SECRET})),
        own("POST", "/workspace/uploads", 200).with(json!({"path": "a", "size": 1})),
        // While her agent sleeps nobody looks; when it wakes it looks at what is Ana's.
        row("POST", "/workspace/uploads/{id}/done", "/workspace/uploads/bens/done", 202),
        own("GET", "/usage", 200),
        own("GET", "/link/status", 200),
        own("POST", "/link/generate-otp", 200),
        own("POST", "/link/unlink", 200),
        own("GET", "/agent/wakes", 200),
        own("POST", "/agent/stop", 409),
        own("POST", "/agent/wake", 202),
        own("POST", "/agent/restart", 202),
        // Names of conversations are each user's own: this one becomes Ana's, beside Ben's.
        row("POST", messages, "/conversations/bens/messages", 202)
            .with(json!({"messageId": "m1", "message": "mine"})),
        own("GET", "/me/export", 200),
        own("POST", "/me/sign-out", 204),
        own("DELETE", "/me", 200).with(json!({"confirm": "delete everything"})),
    ]
}

/// Ben makes one of each.
fn bens_things() -> Vec<Row> {
    let daily = json!({"kind": "daily", "time": "08:00"});
    let schedule = json!({"id": "bens", "prompt": SECRET, "recurrence": daily});
    let bens = json!({"conversationId": "bens", "title": SECRET});
    let message = json!({"messageId": "m1", "message": SECRET});
    vec![
        own("POST", "/conversations", 201).with(bens),
        own("POST", "/conversations/bens/messages", 202).with(message),
        own("POST", "/schedules", 201).with(schedule),
        own("PUT", "/settings/instructions", 200).with(json!({"value": SECRET})),
        own("POST", "/skills", 200).sent_as("text/markdown", SKILL.into()),
    ]
}

fn by(user: &str, mut event: Value) -> Value {
    event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] = user.into();
    event
}

fn request(row: &Row) -> Value {
    let mut event = event(row.method, row.path, &row.query, row.body.clone());
    event["headers"]["content-type"] = row.kind.into();
    event
}

async fn bens_world() -> World {
    let world = World::default();
    let api = Api::new(ports(&world));
    for row in bens_things() {
        let answered = send(&api, by("ben", request(&row))).await;
        assert_eq!(answered.status, row.told, "{} {}", row.path, answered.body);
    }
    let ben = UserId::new("ben").expect("valid");
    let snapshot = Snapshot {
        id: SnapshotId::new("bens").expect("valid"),
        generation: Generation(1),
        at: world.clock().now(),
        reason: SnapshotReason::Stop,
        files: 1,
        bytes: 1,
        added_bytes: 1,
    };
    world.snapshots().record(&ben, &snapshot).await.expect("may save");
    world
}

fn documented() -> BTreeSet<(String, String)> {
    let document: Value = serde_json::from_str(&api::openapi()).expect("JSON");
    let paths = document["paths"].as_object().expect("paths");
    let operations = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().expect("operations").keys();
        methods.map(|method| (method.to_uppercase(), path.clone()))
    });
    operations.collect()
}

#[tokio::test]
async fn every_route_is_tried_as_somebody_else() {
    let rows = rows();
    let tried = rows.iter().map(|row| (row.method.to_owned(), row.route.to_owned())).collect();
    assert_eq!(documented(), tried, "each route has a row, and each row a route");

    println!("| route | another user | no token | ID token |\n| --- | --- | --- | --- |");
    let world = bens_world().await;
    for row in &rows {
        // An instance each: nobody is to be held up by how often we ask.
        let api = Api::new(ports(&world));
        let other = send(&api, request(row)).await;
        let shown = other.body.to_string();
        assert_eq!(other.status, row.told, "{} {}: {shown}", row.method, row.path);
        assert!(!shown.contains(SECRET), "{} {}: {shown}", row.method, row.path);

        let mut strangers = request(row);
        strangers["requestContext"]["authorizer"] = Value::Null;
        let stranger = send(&api, strangers).await.status;
        let mut id_token = request(row);
        id_token["requestContext"]["authorizer"]["jwt"]["claims"]["token_use"] = "id".into();
        let identified = send(&api, id_token).await.status;
        let closed = if row.route == "/openapi.json" { 200 } else { 401 };
        assert_eq!((stranger, identified), (closed, closed), "{} {}", row.method, row.path);
        println!("| {} {} | {} | {stranger} | {identified} |", row.method, row.route, row.told);
    }
    bens_is_as_it_was(&world).await;
}

/// Nothing that Ana tried has changed anything of Ben's.
async fn bens_is_as_it_was(world: &World) {
    let read = async |path: &str| {
        let api = Api::new(ports(world));
        send(&api, by("ben", event("GET", path, &json!({}), None))).await.body.to_string()
    };
    for path in ["/conversations", "/conversations/bens/messages", "/schedules", "/skills"] {
        let shown = read(path).await;
        assert!(shown.contains(SECRET), "{path}: {shown}");
    }
}
