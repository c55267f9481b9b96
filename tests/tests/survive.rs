//! What the main path must survive: bursts, repeats, vanishing clients, large and foreign text,
//! and processes that die.

use std::collections::HashSet;

use http::Method;
use serde_json::{Value, json};
use system_tests::{Client, Stack, eventually, get, message_id};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_tabs_wake_one_task_and_both_are_answered_in_order() {
    let stack = Stack::scripted().await;
    let mut tabs = [stack.client("ana").await, stack.client("ana").await];
    let ids = [message_id(), message_id()];
    let [first, second] = &mut tabs;
    tokio::join!(first.say(&ids[0], "left"), second.say(&ids[1], "right"));

    for tab in &mut tabs {
        for id in &ids {
            let reply = tab.reply_to(id).await;
            assert_eq!(reply.outcome, "complete");
        }
    }
    assert_eq!(stack.calls("ecs:RunTask").await, 1);
    let order = |tab: &Client| ended(&tab.frames);
    assert_eq!(order(&tabs[0]), order(&tabs[1]), "both tabs see one order");
    assert_eq!(order(&tabs[0]), accepted_order(&stack, "ana").await);
}

fn ended(frames: &[Value]) -> Vec<String> {
    let ends = frames.iter().filter(|f| f["type"] == "stream_end");
    ends.map(|f| f["messageId"].as_str().expect("an id").to_owned()).collect()
}

/// The conversation's own order: by the time at which each message was accepted.
async fn accepted_order(stack: &Stack, user: &str) -> Vec<String> {
    let token = stack.token(user).await;
    let url = format!("{}/conversations/default/messages?limit=100", stack.api);
    let page = get(&url, Some(&token)).await.expect("answers").json();
    let rows = page["messages"].as_array().expect("a list").clone();
    let users = rows.iter().filter(|m| m["role"] == "user");
    users.map(|m| m["messageId"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_first_messages_of_fifty_users_are_fifty_launches() {
    let stack = Stack::scripted().await;
    let users = futures_util::future::join_all((0..50).map(|n| burst(&stack, n, 20))).await;
    assert_eq!(stack.calls("ecs:RunTask").await, 50);
    assert_eq!(users.into_iter().sum::<usize>(), 1_000);
    let owners: HashSet<String> =
        stack.live_tasks().await.iter().map(|t| t["user"].to_string()).collect();
    assert_eq!(owners.len(), 50);
}

/// One user's burst; returns how many were answered, each exactly once. All are on their way at
/// once, so none was accepted before another was sent, and no order is promised.
async fn burst(stack: &Stack, user: usize, messages: usize) -> usize {
    let name = format!("user-{user}");
    let mut client = stack.client(&name).await;
    let mut ids: Vec<String> = (0..messages).map(|_| message_id()).collect();
    for id in &ids {
        client.say(id, "[[demo text=\"ok\"]]").await;
    }
    for id in &ids {
        assert_eq!(client.reply_to(id).await.text, "ok");
    }
    let (mut heard, mut kept) = (ended(&client.frames), accepted_order(stack, &name).await);
    for list in [&mut ids, &mut heard, &mut kept] {
        list.sort_unstable();
    }
    assert_eq!(heard, ids);
    assert_eq!(kept, ids);
    heard.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_after_the_one_before_was_accepted_is_answered_after_it() {
    let stack = Stack::scripted().await;
    let mut tabs = [stack.client("ana").await, stack.client("ana").await];
    let ids: Vec<String> = (0..20).map(|_| message_id()).collect();
    for (n, id) in ids.iter().enumerate() {
        let tab = &mut tabs[n % 2];
        tab.say(id, "[[demo text=\"ok\"]]").await;
        tab.until("accepted", |f| f["type"] == "accepted" && f["messageId"] == id.as_str()).await;
    }
    for tab in &mut tabs {
        for id in &ids {
            tab.reply_to(id).await;
        }
        assert_eq!(ended(&tab.frames), ids);
    }
    assert_eq!(accepted_order(&stack, "ana").await, ids);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_message_five_times_is_one_run() {
    let stack = Stack::scripted().await;
    let mut ana = stack.client("ana").await;
    let id = message_id();
    for _ in 0..5 {
        ana.say(&id, "only once").await;
    }
    ana.reply_to(&id).await;
    // One more after the end: the tombstone remembers.
    ana.say(&id, "only once").await;
    let last =
        ana.until("the sixth answer", |f| f["type"] == "accepted" && f["duplicate"] == true).await;
    assert_eq!(last["messageId"], id);
    assert_eq!(accepted_order(&stack, "ana").await, [id]);
    assert_eq!(ended(&ana.frames).len(), 1);
    // The agent's own transcript has one turn: its next answer is numbered from it.
    assert_eq!(ana.ask("next").await.outcome, "complete");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_vanishes_mid_reply_finds_it_complete() {
    let stack = Stack::scripted().await;
    let mut phone = stack.client("ana").await;
    let id = message_id();
    phone.say(&id, "[[demo tokens=300 delay=10]]").await;
    phone.until_type("stream_chunk").await;
    let held = phone.held[&id].clone();
    phone.vanish();

    let mut laptop = stack.client("ana").await;
    let offset = held.encode_utf16().count();
    laptop.held.insert(id.clone(), held);
    laptop.send(json!({"action": "resume", "messageId": id, "offset": offset})).await;
    // Exactly the missing suffix: `Client` fails on a chunk that does not continue what it holds.
    let reply = laptop.reply_to(&id).await;
    assert_eq!(reply.text, recorded(&stack, "ana", &id).await);
}

async fn recorded(stack: &Stack, user: &str, id: &str) -> String {
    let token = stack.token(user).await;
    let url = format!("{}/conversations/default/messages/{id}/reply", stack.api);
    let reply = get(&url, Some(&token)).await.expect("answers").json();
    reply["text"].as_str().expect("a reply").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_is_recorded_though_nobody_listens() {
    let stack = Stack::scripted().await;
    let mut phone = stack.client("ana").await;
    let id = message_id();
    phone.say(&id, "[[demo tokens=50 delay=5]]").await;
    phone.until_type("accepted").await;
    phone.vanish();
    let token = stack.token("ana").await;
    let url = format!("{}/conversations/default/messages/{id}/reply", stack.api);
    eventually("the reply in the history", async || {
        let answer = get(&url, Some(&token)).await.expect("answers");
        if answer.status == 200 { Ok(()) } else { Err(answer) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_device_sees_the_message_and_the_reply() {
    let stack = Stack::scripted().await;
    let mut phone = stack.client("ana").await;
    let mut laptop = stack.client("ana").await;
    let id = message_id();
    phone.say(&id, "hello from the phone").await;
    let echo = laptop.until_type("message").await;
    assert_eq!(echo["content"], "hello from the phone");
    assert_eq!(echo["role"], "user");
    assert_eq!(laptop.reply_to(&id).await, phone.reply_to(&id).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_of_200_kb_arrives_whole() {
    let stack = Stack::scripted().await;
    let mut ana = stack.client("ana").await;
    let id = message_id();
    ana.say(&id, "[[demo bytes=200000]]").await;
    let reply = ana.reply_to(&id).await;
    assert_eq!(reply.text.len(), 200_000);
    assert_eq!(recorded(&stack, "ana", &id).await, reply.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn korean_emoji_and_right_to_left_text_come_back_as_sent() {
    let stack = Stack::scripted().await;
    let mut ana = stack.client("ana").await;
    let text = "안녕하세요 👩‍👩‍👧‍👦🇰🇷 مرحبا بالعالم שלום — naïve \u{202e}abc\u{202c} 𝕏";
    let reply = ana.ask(&format!("[[demo text=\"{text}\" chunk=1 delay=1]]")).await;
    assert_eq!(reply.text, text);
    let stored = accepted_text(&stack, "ana").await;
    assert!(stored.contains(text));
}

async fn accepted_text(stack: &Stack, user: &str) -> String {
    let token = stack.token(user).await;
    let url = format!("{}/conversations/default/messages", stack.api);
    get(&url, Some(&token)).await.expect("answers").json()["messages"][0]["text"].to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_of_127_kb_is_taken_and_one_of_129_kb_closes_the_socket() {
    let stack = Stack::scripted().await;
    let mut ana = stack.client("ana").await;
    let id = message_id();
    ana.send_raw(frame_of(127 * 1024, &id)).await;
    assert_eq!(ana.reply_to(&id).await.text, "got it");

    ana.send_raw(frame_of(129 * 1024, &message_id())).await;
    let closed = loop {
        if let Err(error) = ana.next().await {
            break error.to_string();
        }
    };
    assert!(closed.contains("1009") || closed.contains("Size"), "{closed}");
    // Nothing else is harmed.
    assert_eq!(stack.client("ana").await.ask("hello").await.outcome, "complete");
}

fn frame_of(bytes: usize, id: &str) -> String {
    let frame = |padding: usize| {
        let message = "[[demo text=\"got it\"]] ".to_owned() + &"x".repeat(padding);
        json!({"action": "sendMessage", "messageId": id, "message": message}).to_string()
    };
    let frame = frame(bytes - frame(0).len());
    assert_eq!(frame.len(), bytes);
    frame
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_gateway_does_not_cost_the_answer() {
    let stack = Stack::scripted().await;
    let mut ana = stack.client("ana").await;
    let id = message_id();
    ana.say(&id, "[[demo tokens=200 delay=20]]").await;
    ana.until_type("stream_chunk").await;
    kill_gateway_of(&stack).await;
    let reply = ana.reply_to(&id).await;
    assert_eq!(reply.text, recorded(&stack, "ana", &id).await);
    assert_eq!(reply.outcome, "complete");
}

/// SIGKILL to every child of the task's bridge.
async fn kill_gateway_of(stack: &Stack) {
    let bridge = stack.live_tasks().await[0]["pid"].as_i64().expect("a pid");
    let children = std::fs::read_to_string(format!("/proc/{bridge}/task/{bridge}/children"));
    let children = children.expect("the bridge runs");
    assert!(!children.trim().is_empty(), "the bridge has no gateway");
    for pid in children.split_whitespace() {
        let pid = nix::unistd::Pid::from_raw(pid.parse().expect("a pid"));
        nix::sys::signal::kill(pid, nix::sys::signal::SIGKILL).expect("our grandchild");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_task_is_replaced_and_the_message_answered() {
    let stack = Stack::scripted().await;
    let mut ana = stack.client("ana").await;
    let id = message_id();
    ana.say(&id, "[[demo tokens=200 delay=20]]").await;
    ana.until_type("stream_chunk").await;
    let task = stack.live_tasks().await[0]["id"].as_str().expect("an id").to_owned();
    ana.held.clear();
    stack.control(Method::POST, &format!("tasks/{task}/kill"), json!({})).await;
    let reply = reply_after_restart(&mut ana, &id).await;
    assert_eq!(reply, recorded(&stack, "ana", &id).await);
    assert_eq!(stack.calls("ecs:RunTask").await, 2);
}

/// The new bridge starts the reply over with a snapshot.
async fn reply_after_restart(client: &mut Client, id: &str) -> String {
    client
        .until("the reply to start over", |f| {
            f["type"] == "stream_snapshot" && f["messageId"] == id
        })
        .await;
    client.reply_to(id).await.text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spot_interruption_loses_nothing() {
    let stack = Stack::scripted().await;
    let mut ana = stack.client("ana").await;
    let id = message_id();
    ana.say(&id, "[[demo tokens=100 delay=20]]").await;
    ana.until_type("stream_chunk").await;
    let task = stack.live_tasks().await[0]["id"].as_str().expect("an id").to_owned();
    stack.control(Method::POST, &format!("tasks/{task}/interrupt"), json!({})).await;
    assert_eq!(ana.reply_to(&id).await.outcome, "complete");
    assert_eq!(ana.ask("and now?").await.outcome, "complete");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_refuses_for_good_is_reported_and_the_queue_goes_on() {
    let stack = Stack::scripted().await;
    let mut ana = stack.client("ana").await;
    let bad = message_id();
    let good = message_id();
    ana.say(&bad, "[[demo error=401]]").await;
    ana.say(&good, "hello").await;
    let error = ana.until("the failure", |f| f["type"] == "error" && f["messageId"] == bad).await;
    assert_eq!(error["code"], "run_failed");
    assert_eq!(ana.reply_to(&good).await.outcome, "complete");
    let live = stack.live_tasks().await;
    assert_eq!(live.len(), 1, "nothing crashed: {live:?}");
    assert_eq!(stack.calls("ecs:RunTask").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rate_limit_once_is_only_a_delay() {
    let stack = Stack::scripted().await;
    let mut ana = stack.client("ana").await;
    let reply = ana.ask("[[demo error=429 once]] [[demo text=\"fine\"]]").await;
    assert_eq!(reply.outcome, "complete");
}
