//! @connections refuses, throttles and dawdles.

use std::time::{Duration, Instant};

use serde_json::json;
use system_tests::Stack;

use crate::hands::faults;
use crate::ledger::Ledger;
use crate::person::Person;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_vanishes_without_a_disconnect_finds_its_place() {
    let stack = Stack::scripted().await;
    // Its row stays, so it is posted to and answered with 410.
    faults(&stack, json!({"errorRate": {"dynamodb:DeleteItem": 1.0}})).await;
    let mut phone = Person::on(&stack, "ana").await;
    let mut laptop = stack.client("ana").await;
    let first = phone.say(80, Duration::from_secs(4)).await;
    let id = phone.book[first].id.clone();
    phone.until("the first chunk", |p| !p.held(first).is_empty()).await;
    phone.client.cut().await;

    // The reply goes on for those who are there.
    let further = phone.held(first).len() + 200;
    while laptop.held.get(&id).map_or(0, String::len) < further {
        laptop.next().await.expect("the laptop's socket is open");
    }
    phone.come_back().await;
    assert!(!phone.has_ended(first), "it came back mid-reply");
    phone.until_all_ended().await;
    laptop.reply_to(&id).await;
    assert_eq!(laptop.held[&id], phone.held(first));
    faults(&stack, json!({})).await;
    phone.say(2, Duration::ZERO).await;
    Ledger::close("@connections: 410 mid-reply", 1, &stack, vec![phone]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn throttled_posts_cost_neither_text_nor_order() {
    let stack = Stack::scripted().await;
    faults(&stack, json!({"errorRate": {"execute-api:PostToConnection": 0.3}, "seed": 7})).await;
    let people = ["ana", "ben", "cho"].map(|name| chat(&stack, name, 4));
    let people = futures_util::future::join_all(people).await;
    let posts = stack.calls("execute-api:PostToConnection").await;
    faults(&stack, json!({})).await;
    let refused = usize::try_from(posts * 3 / 10).expect("few");
    Ledger::close("@connections: 30 % are 429", refused, &stack, people).await;
}

async fn chat(stack: &Stack, name: &str, messages: usize) -> Person {
    let mut person = Person::on(stack, name).await;
    for _ in 0..messages {
        person.say(30, Duration::from_millis(600)).await;
    }
    person.until_all_ended().await;
    person
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_posts_delay_a_reply_and_nothing_after_it() {
    let stack = Stack::scripted().await;
    let (mut ana, mut ben) = tokio::join!(Person::on(&stack, "ana"), Person::on(&stack, "ben"));
    for person in [&mut ana, &mut ben] {
        person.say(2, Duration::ZERO).await;
        person.until_all_ended().await;
    }
    let before = stack.calls("execute-api:PostToConnection").await;
    faults(&stack, json!({"connectionsLatencyMs": 5000})).await;
    // 400 deltas on a line that takes one frame in 5 s.
    let slow = ana.send(400, Duration::from_secs(8)).await;
    ana.until("the text so far", |p| !p.held(slow).is_empty()).await;
    ana.until_all_ended().await;
    let posts = stack.calls("execute-api:PostToConnection").await - before;
    assert!(posts < 30, "the text goes in few pieces: {posts} posts");
    faults(&stack, json!({})).await;

    let quick = Instant::now();
    ben.say(2, Duration::ZERO).await;
    ben.until_all_ended().await;
    ana.say(2, Duration::ZERO).await;
    ana.until_all_ended().await;
    // Nobody waits for a post of before; one of those alone would take this long.
    assert!(quick.elapsed() < Duration::from_secs(5), "{:?}", quick.elapsed());
    let times = usize::try_from(posts).expect("few");
    Ledger::close("@connections: 5 s a post", times, &stack, vec![ana, ben]).await;
}
