//! What one device changed the others read again.

use domain::{ConnectionId, UserId};
use platform::{Clock, Connection, Peer};
use platform_sim::World;
use protocol::{Changed, ServerFrame};
use serde_json::{Value, json};

use crate::support::ask;

async fn phone(world: &World, user: &str) -> ConnectionId {
    let id = ConnectionId::new(format!("phone-of-{user}")).expect("valid");
    let peer = Peer::Client(UserId::new(user).expect("valid"));
    let connection = Connection { id: id.clone(), peer, connected_at: world.clock().now() };
    world.connections().register(&connection).await.expect("registers");
    id
}

fn daily() -> Value {
    json!({"kind": "daily", "time": "08:00"})
}

/// In this order, each with what is told of it.
fn changes() -> Vec<(&'static str, &'static str, Value, &'static [Changed])> {
    let trip = json!({"conversationId": "trip", "title": "A trip"});
    let schedule = json!({"id": "s", "prompt": "x", "recurrence": daily()});
    vec![
        ("POST", "/conversations", trip.clone(), &[Changed::Conversations]),
        ("POST", "/conversations", trip, &[]),
        ("PATCH", "/conversations/trip", json!({"title": "x"}), &[Changed::Conversations]),
        ("PUT", "/conversations/trip/read", json!({"upTo": 9}), &[Changed::Conversations]),
        ("PUT", "/conversations/trip/read", json!({"upTo": 9}), &[]),
        ("DELETE", "/conversations/trip", Value::Null, &[Changed::Conversations]),
        ("DELETE", "/conversations/trip", Value::Null, &[]),
        ("PUT", "/settings/language", json!({"value": "ko"}), &[Changed::Settings]),
        ("PUT", "/settings/language", json!({"value": 7}), &[]),
        ("DELETE", "/settings/language", Value::Null, &[Changed::Settings]),
        ("POST", "/schedules", schedule.clone(), &[Changed::Schedules]),
        ("POST", "/schedules", schedule, &[]),
        ("PATCH", "/schedules/s", json!({"enabled": false}), &[Changed::Schedules]),
        ("DELETE", "/schedules/s", Value::Null, &[Changed::Schedules]),
        ("DELETE", "/skills/none", Value::Null, &[]),
        ("POST", "/link/unlink", Value::Null, &[Changed::Link]),
        ("GET", "/settings", Value::Null, &[]),
    ]
}

#[tokio::test]
async fn every_device_is_told_what_there_is_to_read_again() {
    let world = World::default();
    let (phone, bens) = (phone(&world, "ana").await, phone(&world, "ben").await);
    let mut told = 0;
    for (method, path, body, expect) in changes() {
        let body = (!body.is_null()).then_some(body);
        let (status, answer) = ask(&world, method, path, body).await;
        let frames = world.pushed(&phone);
        let new: Vec<ServerFrame> = frames[told..].to_vec();
        told = frames.len();
        let expect: Vec<ServerFrame> =
            expect.iter().map(|what| ServerFrame::Changed { what: *what }).collect();
        assert_eq!(new, expect, "{method} {path}: {status} {answer}");
    }
    assert_eq!(world.pushed(&bens), [], "another user's devices are told nothing");
}

#[tokio::test]
async fn a_device_that_cannot_be_told_stands_in_nobodys_way() {
    let world = World::default();
    let phone = phone(&world, "ana").await;
    let choose = async || {
        let body = Some(json!({"value": "ko"}));
        ask(&world, "PUT", "/settings/language", body).await.0
    };
    world.fail_next("push", 1);
    assert_eq!(choose().await, 200);
    world.fail_next("connections.clients_of", 1);
    assert_eq!(choose().await, 200);
    world.hang_up(&phone);
    assert_eq!(choose().await, 200);
    assert_eq!(world.pushed(&phone), []);
}

#[tokio::test]
async fn a_device_that_is_not_open_yet_is_not_taken_for_gone() {
    let world = World::default();
    let phone = phone(&world, "ana").await;
    let known = async || {
        let now = world.clock().now();
        world.connections().get(&phone, now).await.expect("no faults").is_some()
    };
    let choose = async || {
        let body = Some(json!({"value": "ko"}));
        ask(&world, "PUT", "/settings/language", body).await.0
    };
    world.hang_up(&phone);
    assert_eq!((choose().await, known().await), (200, true), "its answer may be on the way");
    world.clock().advance(platform::OPENS_WITHIN);
    assert_eq!((choose().await, known().await), (200, false), "nobody opens so slowly");
}
