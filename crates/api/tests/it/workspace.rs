//! `/workspace`: what a path may be, and what the answers look like.

use api::Api;
use domain::SnapshotId;
use platform_sim::World;
use serde_json::{Value, json};

use crate::support::{event, ports, send};

fn get(path: &str, query: Value) -> Value {
    event("GET", path, &query, None)
}

#[tokio::test]
async fn who_never_woke_has_an_empty_workspace() {
    let world = World::default();
    world.keep_file(&domain::UserId::new("ana").expect("valid"), &snapshot(), "a", b"?");
    let api = Api::new(ports(&world));
    let listed = send(&api, get("/workspace", json!({}))).await;
    let expected = json!({"path": "", "entries": [], "source": "snapshot"});
    assert_eq!((listed.status, listed.body), (200, expected));
    assert_eq!(send(&api, get("/workspace", json!({"path": "a"}))).await.status, 404);
    assert_eq!(send(&api, get("/workspace/file", json!({"path": "a"}))).await.status, 404);
}

fn snapshot() -> SnapshotId {
    SnapshotId::new("a1").expect("valid")
}

#[tokio::test]
async fn a_path_that_leads_elsewhere_is_refused() {
    let api = Api::new(ports(&World::default()));
    let long = "a".repeat(256);
    for path in ["..", "/etc", "a/../b", "a//b", "./a", "a/", "%00", &long] {
        let query = json!({ "path": path });
        for route in ["/workspace", "/workspace/file"] {
            let refused = send(&api, get(route, query.clone())).await;
            // The event's query is decoded once: `%00` is a name like any other.
            let expected = if path == "%00" { [200, 404] } else { [400, 400] };
            assert!(expected.contains(&refused.status), "{route} {path}: {}", refused.body);
        }
        let body = json!({"path": path, "size": 1}).to_string();
        let offered = send(&api, event("POST", "/workspace/uploads", &json!({}), Some(body))).await;
        let expected = if path == "%00" { 200 } else { 400 };
        assert_eq!(offered.status, expected, "{path}: {}", offered.body);
    }
    let cursor = send(&api, get("/workspace", json!({"cursor": "?"}))).await;
    assert_eq!(cursor.status, 400);
}

#[tokio::test]
async fn a_file_is_offered_a_form_and_waits_for_the_agent() {
    let api = Api::new(ports(&World::default()));
    let offer = |size: u64| {
        let body = json!({"path": "a/b.txt", "size": size}).to_string();
        send(&api, event("POST", "/workspace/uploads", &json!({}), Some(body)))
    };
    let offered = offer(1).await;
    assert_eq!(offered.status, 200, "{}", offered.body);
    let id = offered.body["id"].as_str().expect("an id");
    assert_eq!(offered.body["fields"]["key"], json!(format!("incoming/ana/{id}/a/b.txt")));
    assert_eq!(offer(25 * 1_048_576 + 1).await.status, 413);
    let path = format!("/workspace/uploads/{id}/done");
    let done = send(&api, event("POST", &path, &json!({}), None)).await;
    assert_eq!((done.status, done.body), (202, json!({"state": "waiting"})));
}
