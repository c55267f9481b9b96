//! The agent is shown, woken, sent to sleep and started anew.

use domain::{ConnectionId, Generation, Phase, TaskStatus, UserId};
use platform::{Connection, Peer};
use platform_sim::World;
use protocol::Nudge;
use serde_json::{Value, json};

use crate::support::{ask, event, invoke};

fn user() -> UserId {
    UserId::new("ana").expect("valid")
}

fn bridge(generation: Generation) -> ConnectionId {
    ConnectionId::new(format!("bridge-{}", generation.0)).expect("valid")
}

async fn post(world: &World, what: &str) -> (i64, Value) {
    ask(world, "POST", &format!("/agent/{what}"), None).await
}

/// The bridge of the current generation is up, and listens.
async fn comes_up(world: &World) {
    let generation = world.task(&user()).generation;
    let now = platform::Clock::now(world.clock());
    let woke_in = std::time::Duration::from_secs(1);
    world.tasks().set_running(&user(), generation, woke_in, now).await.expect("current");
    let connection = Connection {
        id: bridge(generation),
        peer: Peer::Bridge(user(), generation),
        connected_at: now,
    };
    world.connections().register(&connection).await.expect("current");
}

#[tokio::test]
async fn the_agent_wakes_without_a_message() {
    let world = World::default();
    let (status, body) = post(&world, "wake").await;
    assert_eq!((status, &body["status"]), (202, &json!("Starting")));
    let (status, _) = post(&world, "wake").await;
    assert_eq!((status, world.launches().len()), (202, 1), "one launch");
    comes_up(&world).await;
    let (status, body) = post(&world, "wake").await;
    assert_eq!((status, &body["status"]), (202, &json!("Running")));
    assert_eq!((body["openMessages"].clone(), world.launches().len()), (json!(0), 1));
}

#[tokio::test]
async fn wake_ups_are_listed_with_the_one_that_is_under_way() {
    let world = World::default();
    let wakes = async || ask(&world, "GET", "/agent/wakes", None).await.1["wakes"].clone();
    assert_eq!(wakes().await, json!([]));
    post(&world, "wake").await;
    let first = world.task(&user()).launched_at.expect("launched").millis();
    assert_eq!(wakes().await, json!([{"at": first, "capacity": "spot"}]));
    comes_up(&world).await;
    let up = json!({"at": first, "readyAfterSeconds": 1, "capacity": "spot"});
    assert_eq!(wakes().await, json!([up]));
    world.clock().advance(std::time::Duration::from_secs(60));
    post(&world, "restart").await;
    let second = world.task(&user()).launched_at.expect("launched").millis();
    assert_eq!(wakes().await, json!([{"at": second, "capacity": "spot"}, up]));
}

#[tokio::test]
async fn only_an_agent_that_is_up_is_sent_to_sleep() {
    let world = World::default();
    let code = |(status, body): (i64, Value)| (status, body["code"].clone());
    assert_eq!(code(post(&world, "stop").await), (409, json!("not_running")));
    post(&world, "wake").await;
    assert_eq!(code(post(&world, "stop").await), (409, json!("not_running")));
    comes_up(&world).await;
    assert_eq!(post(&world, "stop").await.0, 202);
    assert_eq!(world.nudged(&bridge(Generation(1))), [Nudge::Stop]);
    world.fail_next("push", 1);
    assert_eq!(code(post(&world, "stop").await), (503, json!("unavailable")));
    let due = platform::Clock::now(world.clock());
    world.tasks().set_stopping(&user(), Generation(1), due).await.expect("current");
    assert_eq!(post(&world, "stop").await.0, 202, "it stops already");
    assert_eq!(world.launches().len(), 1);
}

#[tokio::test]
async fn a_restart_is_the_next_generation_at_once() {
    let world = World::default();
    let (status, body) = post(&world, "restart").await;
    assert_eq!((status, &body["status"]), (202, &json!("Starting")));
    comes_up(&world).await;
    let (status, body) = post(&world, "restart").await;
    assert_eq!((status, &body["status"]), (202, &json!("Starting")));
    let task = world.task(&user());
    assert_eq!((task.generation, task.status), (Generation(2), TaskStatus::Starting));
    assert!(task.unreleased.contains(&Generation(1)), "it is waited for");
    assert_eq!(world.nudged(&bridge(Generation(1))), [Nudge::Stop]);
    let (status, _) = post(&world, "restart").await;
    assert_eq!((status, world.launches().len()), (202, 2), "it starts already");
}

#[tokio::test]
async fn the_status_tells_what_is_documented_and_nothing_else() {
    let world = World::default();
    post(&world, "wake").await;
    let generation = Generation(1);
    world.tasks().set_phase(&user(), generation, Phase::Restoring).await.expect("current");
    let (_, body) = invoke(&world, event("GET", "/status", &json!({}), None)).await;
    let fields: Vec<&str> =
        body.as_object().expect("an object").keys().map(String::as_str).collect();
    let documented = ["etaSeconds", "openMessages", "phase", "since", "status"];
    assert!(fields.iter().all(|field| documented.contains(field)), "{fields:?}");
    assert_eq!(body["phase"], "restoring");
    let shown = body.to_string();
    assert!(!shown.contains("arn:") && !shown.contains("ecs"), "{shown}");
    let address = |part: &str| part.parse::<std::net::IpAddr>().is_ok();
    assert!(!shown.split(['"', ',', ' ']).any(address), "{shown}");
}
