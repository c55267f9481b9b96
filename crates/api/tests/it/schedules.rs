//! What users ask for at times to come.

use domain::ScheduleId;
use platform_sim::World;
use serde_json::{Value, json};

use crate::support::ask;

fn morning() -> Value {
    json!({
        "id": "s1", "prompt": "What is new?",
        "recurrence": { "kind": "weekly", "days": ["mon", "fri"], "time": "08:00" },
        "timeZone": "Asia/Seoul",
    })
}

#[tokio::test]
async fn a_schedule_is_made_once_listed_changed_and_removed() {
    let world = World::default();
    let (status, made) = ask(&world, "POST", "/schedules", Some(morning())).await;
    assert_eq!(status, 201, "{made}");
    assert_eq!(made["description"], "Every Monday and Friday at 08:00, Asia/Seoul");
    assert_eq!((&made["armed"], &made["conversationId"]), (&json!(true), &json!("default")));
    assert_eq!(made["nextRuns"].as_array().expect("a list").len(), 5);
    let again = ask(&world, "POST", "/schedules", Some(morning())).await;
    assert_eq!(again, (200, made.clone()));
    let list = ask(&world, "GET", "/schedules", None).await;
    assert_eq!(list, (200, json!({ "schedules": [made] })));

    let off = json!({ "enabled": false, "recurrence": { "kind": "daily", "time": "09:30" } });
    let (status, changed) = ask(&world, "PATCH", "/schedules/s1", Some(off)).await;
    assert_eq!((status, &changed["nextRuns"]), (200, &json!([])));
    assert_eq!(changed["recurrence"], json!({ "kind": "daily", "time": "09:30" }));
    let (status, other) = ask(&world, "POST", "/schedules", Some(morning())).await;
    assert_eq!((status, &other["code"]), (409, &json!("conflict")));

    assert_eq!(ask(&world, "DELETE", "/schedules/s1", None).await.0, 204);
    for method in ["GET", "DELETE"] {
        assert_eq!(ask(&world, method, "/schedules/s1", None).await.0, 404);
    }
}

#[tokio::test]
async fn a_preview_makes_nothing_and_has_the_users_own_time_zone() {
    let world = World::default();
    let zone = json!({ "value": "Asia/Seoul" });
    ask(&world, "PUT", "/settings/timeZone", Some(zone)).await;
    let wanted = json!({ "recurrence": { "kind": "daily", "time": "08:00" } });
    let (status, preview) = ask(&world, "POST", "/schedules/preview", Some(wanted)).await;
    assert_eq!((status, &preview["timeZone"]), (200, &json!("Asia/Seoul")), "{preview}");
    assert_eq!(preview["nextRuns"].as_array().expect("a list").len(), 5);
    assert_eq!(ask(&world, "GET", "/schedules", None).await.1, json!({ "schedules": [] }));
    let ana = domain::UserId::new("ana").expect("valid");
    assert!(world.alarm(&ana, &ScheduleId::new("s1").expect("valid")).is_none());
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let world = World::default();
    for (field, value) in [
        ("id", json!("a b")),
        ("prompt", json!(" ")),
        ("timeZone", json!("Mars/Olympus")),
        ("missed", json!("sometimes")),
        ("colour", json!("blue")),
        ("recurrence", json!({ "kind": "daily", "time": "25:00" })),
        ("recurrence", json!({ "kind": "weekly", "days": [], "time": "08:00" })),
        ("recurrence", json!({ "kind": "once", "at": "2020-01-01T08:00" })),
        ("recurrence", json!({ "kind": "hourly" })),
    ] {
        let mut odd = morning();
        odd[field] = value.clone();
        let (status, body) = ask(&world, "POST", "/schedules", Some(odd)).await;
        assert_eq!((status, &body["code"]), (400, &json!("bad_request")), "{value}: {body}");
    }
    assert_eq!(ask(&world, "GET", "/schedules", None).await.1, json!({ "schedules": [] }));
}
