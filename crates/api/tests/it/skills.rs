//! `/skills`: sent as bytes, listed, removed.

use api::Api;
use data_encoding::BASE64;
use domain::limits::SKILL_UPLOAD_MAX_BYTES;
use platform_sim::World;
use serde_json::{Value, json};

use crate::support::{Answered, event, ports, send};

const SKILL: &str = "---\nname: pdf\ndescription: Reads PDF files.\n---\n";

async fn post(api: &Api, kind: &str, body: &[u8]) -> Answered {
    let mut event = event("POST", "/skills", &json!({}), Some(BASE64.encode(body)));
    event["headers"] = json!({"content-type": kind});
    event["isBase64Encoded"] = Value::Bool(true);
    send(api, event).await
}

fn get() -> Value {
    event("GET", "/skills", &json!({}), None)
}

#[tokio::test]
async fn a_skill_is_sent_listed_and_removed() {
    let api = Api::new(ports(&World::default()));
    assert_eq!(send(&api, get()).await.body, json!({"skills": []}));
    let kept = post(&api, "text/markdown; charset=utf-8", SKILL.as_bytes()).await;
    assert_eq!(kept.status, 200, "{}", kept.body);
    assert_eq!((&kept.body["name"], &kept.body["files"]), (&json!("pdf"), &json!(1)));
    let packed = control_plane::skills::pack_document(SKILL.as_bytes()).expect("a skill");
    let again = post(&api, "application/zip", &packed.archive).await;
    assert_eq!((again.status, &again.body["name"]), (200, &json!("pdf")));
    let listed = send(&api, get()).await;
    assert_eq!(listed.body["skills"].as_array().map(Vec::len), Some(1), "{}", listed.body);
    let delete = |name: &str| event("DELETE", &format!("/skills/{name}"), &json!({}), None);
    assert_eq!(send(&api, delete("pdf")).await.status, 204);
    assert_eq!(send(&api, delete("pdf")).await.status, 404);
    assert_eq!(send(&api, delete("a%20b")).await.status, 400);
}

#[tokio::test]
async fn what_is_no_skill_is_a_problem() {
    let api = Api::new(ports(&World::default()));
    let cases = [
        ("application/json", SKILL.as_bytes().to_vec(), 415),
        ("application/zip", b"PK".to_vec(), 400),
        ("application/zip", vec![0; SKILL_UPLOAD_MAX_BYTES + 1], 413),
        ("text/markdown", b"# no front matter".to_vec(), 400),
    ];
    for (kind, body, status) in cases {
        let refused = post(&api, kind, &body).await;
        assert_eq!(refused.status, status, "{kind}: {}", refused.body);
        assert!(refused.body["detail"].as_str().is_some_and(|detail| detail.len() > 20));
    }
}
