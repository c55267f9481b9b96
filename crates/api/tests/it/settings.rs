//! What users choose.

use platform_sim::World;
use serde_json::{Value, json};

use crate::support::ask;

async fn put(world: &World, key: &str, value: Value) -> (i64, Value) {
    ask(world, "PUT", &format!("/settings/{key}"), Some(json!({ "value": value }))).await
}

#[tokio::test]
async fn a_user_chooses_reads_it_back_and_takes_it_back() {
    let world = World::default();
    let (_, page) = ask(&world, "GET", "/settings", None).await;
    assert_eq!(page["chosen"], json!({}));
    assert_eq!(
        (&page["defaults"]["model"], &page["defaults"]["timeZone"]),
        (&json!("large"), &json!("UTC"))
    );
    assert_eq!(page["offered"]["idle"], json!({ "minMinutes": 1, "maxMinutes": 20 }));
    for (key, value) in [
        ("model", json!("small")),
        ("instructions", json!("Be brief.")),
        ("timeZone", json!("Asia/Seoul")),
        ("idle", json!({ "minMinutes": 2, "maxMinutes": 9 })),
        ("notifications", json!({ "telegram": "none" })),
        ("language", json!("ko")),
        ("wakeOnOpen", json!(false)),
        ("spendCap", json!({ "usdPerMonth": 2.5 })),
    ] {
        let chosen = json!({ "key": key, "value": value, "chosen": true });
        assert_eq!(put(&world, key, value.clone()).await, (200, chosen.clone()));
        let one = format!("/settings/{key}");
        assert_eq!(ask(&world, "GET", &one, None).await, (200, chosen));
        let (_, page) = ask(&world, "GET", "/settings", None).await;
        assert_eq!(page["chosen"][key], value);
        assert_eq!(ask(&world, "DELETE", &one, None).await.0, 204);
        assert_eq!(ask(&world, "GET", &one, None).await.1["chosen"], json!(false));
    }
}

#[tokio::test]
async fn what_means_nothing_is_refused_with_what_is_allowed_and_changes_nothing() {
    let world = World::default();
    for (key, value, allowed) in [
        ("timeZone", json!("Mars/Phobos"), "Asia/Seoul"),
        ("model", json!("huge"), "large and small"),
        ("idle", json!({ "minMinutes": 1, "maxMinutes": 21 }), "1 to 20"),
        ("notifications", json!({ "telegram": "some" }), "replies"),
        ("language", json!("!"), "BCP 47"),
        ("wakeOnOpen", json!("no"), "true or false"),
        ("spendCap", json!({ "usdPerMonth": 0.001 }), "0 to 10000"),
    ] {
        let (status, body) = put(&world, key, value).await;
        assert_eq!((status, &body["code"]), (400, &json!("bad_request")), "{key}");
        assert!(body["detail"].as_str().expect("a sentence").contains(allowed), "{body}");
    }
    let (status, body) = put(&world, "colour", json!("blue")).await;
    assert_eq!((status, &body["code"]), (404, &json!("not_found")));
    assert!(body["detail"].as_str().expect("a sentence").contains("language"), "{body}");
    assert_eq!(ask(&world, "GET", "/settings", None).await.1["chosen"], json!({}));
}

#[tokio::test]
async fn settings_that_cannot_be_read_or_kept_are_503() {
    let world = World::default();
    world.fail_next("settings.all", 1);
    assert_eq!(ask(&world, "GET", "/settings", None).await.0, 503);
    world.fail_next("settings.put", 1);
    assert_eq!(put(&world, "language", json!("ko")).await.0, 503);
}
