//! `/usage`, `/me/export` and `DELETE /me`.

use api::Api;
use domain::{Capacity, Day, TaskStatus, UsageCounts, UserId};
use platform::{Claim, Clock, UsageBatch};
use platform_sim::World;
use serde_json::{Value, json};

use crate::support::{event, ports, send};

fn ana() -> UserId {
    UserId::new("ana").expect("valid")
}

async fn used(world: &World) {
    let (tasks, now) = (world.tasks(), world.clock().now());
    let claim = Claim {
        seen_status: TaskStatus::Idle,
        seen_generation: domain::Generation(0),
        launch_token_sha256: "hash".into(),
        now,
        due_at: now,
    };
    let generation = tasks.claim_launch(&ana(), &claim).await.expect("alone");
    let arn = domain::TaskArn("arn:task".into());
    tasks.record_launched(&ana(), generation, &arn, Capacity::Spot).await.expect("is current");
    let today = Day::of(now);
    for (number, day) in [(1, today), (2, today.days_before(1)), (3, today.days_before(40))] {
        let counts = UsageCounts {
            web_messages: 2,
            complete: 2,
            model_nano_usd: 1_500_000,
            awake_spot_ms: 3_600_000,
            ..UsageCounts::default()
        };
        let batch = UsageBatch { day, number, counts };
        world.usage().add(&ana(), generation, &batch).await.expect("is current");
    }
}

async fn usage(world: &World, query: Value) -> (i64, Value) {
    let answer = send(&Api::new(ports(world)), event("GET", "/usage", &query, None)).await;
    (answer.status, answer.body)
}

#[tokio::test]
async fn usage_is_answered_by_day_and_month_with_what_it_may_have_cost() {
    let world = World::default();
    used(&world).await;
    let (status, report) = usage(&world, json!({})).await;
    assert_eq!(status, 200, "{report}");
    let days = report["days"].as_array().expect("days");
    assert_eq!(days.len(), 2, "thirty days, and a day without is not there: {report}");
    let today = &report["today"];
    assert_eq!((&today["messages"]["web"], &today["modelUsd"]), (&json!(2), &json!(0.0015)));
    assert_eq!(today["awakeSeconds"]["spot"], 3_600);
    // Half a vCPU and two gigabytes for an hour, and an address.
    assert_eq!(today["estimatedUsd"], json!({"machine": 0.007_422, "address": 0.005}));
    let of_months = report["months"].as_array().expect("months");
    let sum: u64 = of_months.iter().filter_map(|m| m["totals"]["messages"]["web"].as_u64()).sum();
    assert_eq!(sum, 4);
    assert_eq!(report["prices"], json!({"asOf": domain::prices::AS_OF, "region": "us-east-1"}));

    let earlier = Day::of(world.clock().now()).days_before(40).to_string();
    let (_, report) = usage(&world, json!({"from": earlier, "to": earlier})).await;
    assert_eq!(report["days"].as_array().map(Vec::len), Some(1));
    assert_eq!(report["today"]["messages"]["web"], 2, "today, whatever was asked for");
}

#[tokio::test]
async fn a_cap_is_shown_with_what_is_spent_and_refuses_what_costs() {
    let world = World::default();
    used(&world).await;
    assert_eq!(usage(&world, json!({})).await.1.get("cap"), None, "none was chosen");
    let choose = async |usd: f64| {
        let body = Some(json!({"value": {"usdPerMonth": usd}}).to_string());
        let put = event("PUT", "/settings/spendCap", &json!({}), body);
        assert_eq!(send(&Api::new(ports(&world)), put).await.status, 200);
    };
    let post = async |path: &str, body: Option<Value>| {
        let body = body.map(|body| body.to_string());
        let answer = send(&Api::new(ports(&world)), event("POST", path, &json!({}), body)).await;
        (answer.status, answer.body["code"].clone())
    };
    let today = Day::of(world.clock().now());
    // Today's, and yesterday's if it is the same month's: each 0.0015 for the model, an hour and an address.
    let days = if today.days_before(1).month() == today.month() { 2.0 } else { 1.0 };
    let spent = days * (0.001_5 + 0.007_421_825 + 0.005);
    choose(0.01).await;
    let (_, report) = usage(&world, json!({})).await;
    let cap = &report["cap"];
    assert!((cap["spentUsd"].as_f64().expect("a number") - spent).abs() < 1e-6, "{cap}");
    assert_eq!((&cap["usdPerMonth"], &cap["reached"]), (&json!(0.01), &json!(true)));
    assert_eq!(cap["resetsAt"], today.month_after().start().millis());
    let refused = (409, json!("spend_cap_reached"));
    let message = json!({"messageId": "m1", "message": "hello"});
    assert_eq!(post("/conversations/c/messages", Some(message.clone())).await, refused);
    assert_eq!(post("/agent/wake", None).await, refused);
    assert_eq!(post("/agent/restart", None).await, refused);
    assert!(world.launches().is_empty(), "nothing is launched");

    choose(1.0).await;
    assert_eq!(usage(&world, json!({})).await.1["cap"]["reached"], false);
    assert_eq!(post("/conversations/c/messages", Some(message)).await.0, 202);
    world.fail_next("usage.read", 1);
    assert_eq!(usage(&world, json!({})).await.0, 503, "a page shows no cap that nobody read");
}

#[tokio::test]
async fn as_many_days_as_are_kept_may_be_asked_for_and_no_more() {
    let world = World::default();
    for (from, to, expected) in [
        ("2026-01-01", "2027-02-04", 200),
        ("2026-01-01", "2027-02-05", 400),
        ("2026-01-02", "2026-01-01", 400),
        ("2026-02-30", "2026-03-01", 400),
        ("yesterday", "2026-03-01", 400),
    ] {
        let (status, body) = usage(&world, json!({"from": from, "to": to})).await;
        assert_eq!(status, expected, "{from} to {to}: {body}");
    }
}

#[tokio::test]
async fn only_who_says_it_word_for_word_leaves_and_then_nothing_is_taken() {
    let world = World::default();
    let api = Api::new(ports(&world));
    let delete = |confirm: &str| {
        event("DELETE", "/me", &json!({}), Some(json!({"confirm": confirm}).to_string()))
    };
    assert_eq!(send(&api, delete("yes")).await.status, 400);
    assert_eq!(send(&api, event("DELETE", "/me", &json!({}), None)).await.status / 100, 4);
    let upload = || {
        let body = json!({"name": "a.txt", "size": 1}).to_string();
        event("POST", "/uploads", &json!({}), Some(body))
    };
    assert_eq!(send(&api, upload()).await.status, 200, "nothing has happened yet");
    let receipt = send(&api, delete("delete everything")).await;
    assert_eq!((receipt.status, &receipt.body["state"]), (200, &json!("closing")));
    let refused = send(&api, upload()).await;
    assert_eq!((refused.status, &refused.body["code"]), (410, &json!("deleting")));
    assert_eq!(send(&api, event("GET", "/status", &json!({}), None)).await.status, 200);
    let again = send(&api, delete("delete everything")).await;
    assert_eq!((again.status, &again.body["id"]), (200, &receipt.body["id"]));
}

#[tokio::test]
async fn signing_out_everywhere_is_204_and_503_until_it_is_done() {
    let world = World::default();
    world.sign_up(&ana());
    let api = Api::new(ports(&world));
    let sign_out =
        async || send(&api, event("POST", "/me/sign-out", &json!({}), None)).await.status;
    world.fail_next("accounts.sign_out", 1);
    assert_eq!((sign_out().await, world.sign_outs(&ana())), (503, 0));
    assert_eq!((sign_out().await, world.sign_outs(&ana())), (204, 1));
}

#[tokio::test]
async fn an_export_that_cannot_be_whole_is_none() {
    let world = World::default();
    let api = Api::new(ports(&world));
    let export = || event("GET", "/me/export", &json!({}), None);
    world.fail_next("belongings.records", 1);
    assert_eq!(send(&api, export()).await.status, 503);
    let offer = send(&api, export()).await;
    assert_eq!(offer.status, 200, "{}", offer.body);
    assert_eq!(offer.body["leftOut"], json!([]));
    assert!(offer.body["bytes"].as_u64().is_some_and(|bytes| bytes > 500), "{}", offer.body);
}
