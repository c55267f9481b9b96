//! The main job: a message wakes a task, the agent answers, the reply streams back.
//! With the scripted gateway; `openclaw.rs` does the same with the real one.

use http::Method;
use serde_json::{Value, json};
use system_tests::{Client, Stack, StackOptions, eventually, get, message_id, send};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_message_wakes_a_task_and_the_reply_streams_back() {
    let stack = Stack::scripted().await;
    let mut ana = stack.client("ana").await;
    let id = message_id();
    ana.say(&id, "[[demo tokens=40 delay=5]]").await;

    let accepted = ana.until_type("accepted").await;
    assert_eq!(accepted["messageId"], id);
    assert_eq!(accepted["position"], 0);
    let reply = ana.reply_to(&id).await;
    assert_eq!(reply.outcome, "complete");
    assert!(!reply.text.is_empty());

    let phases: Vec<&str> = phases(&ana.frames);
    let order = ["provisioning", "startingGateway", "connecting", "ready"];
    let seen: Vec<&str> = order.into_iter().filter(|p| phases.contains(p)).collect();
    assert_eq!(seen, order, "stages of the wake-up: {phases:?}");
    assert_eq!(stack.live_tasks().await.len(), 1);
}

fn phases(frames: &[Value]) -> Vec<&str> {
    let statuses = frames.iter().filter(|f| f["type"] == "status");
    statuses.filter_map(|f| f["phase"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_message_needs_no_new_task() {
    let stack = Stack::scripted().await;
    let mut ana = stack.client("ana").await;
    ana.ask("one").await;
    let second = ana.ask("two").await;
    assert_eq!(second.outcome, "complete");
    assert!(second.text.contains("two"), "{}", second.text);
    assert_eq!(stack.calls("ecs:RunTask").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn history_is_read_over_rest_and_survives_a_restart() {
    let stack = Stack::scripted().await;
    let mut ana = stack.client("ana").await;
    let id = message_id();
    ana.say(&id, "remember me").await;
    let reply = ana.reply_to(&id).await;
    let folder = stack.stop().await.expect("its own folder");

    let data = Some(folder.path().to_owned());
    let stack = Stack::start(StackOptions { data, ..StackOptions::default() }).await;
    let token = stack.token("ana").await;
    let url = format!("{}/conversations/default/messages", stack.api);
    let page = get(&url, Some(&token)).await.expect("answers").json();
    let texts: Vec<&str> = page["messages"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|m| m["text"].as_str())
        .collect();
    assert_eq!(texts, ["remember me", reply.text.as_str()]);
    let list = get(&format!("{}/conversations", stack.api), Some(&token)).await.expect("answers");
    assert_eq!(list.json()["conversations"][0]["title"], "remember me");
    // And the conversation goes on.
    assert_eq!(stack.client("ana").await.ask("again").await.outcome, "complete");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_stops_every_child() {
    let stack = Stack::scripted().await;
    stack.client("ana").await.ask("hello").await;
    let pid = stack.live_tasks().await[0]["pid"].as_i64().expect("a pid");
    assert!(group_exists(pid));
    stack.stop().await;
    assert!(!group_exists(pid), "the bridge or its gateway is left behind");
}

/// Signal 0 to the task's process group: the bridge and what it started.
fn group_exists(pid: i64) -> bool {
    let group = nix::unistd::Pid::from_raw(-i32::try_from(pid).expect("a pid"));
    nix::sys::signal::kill(group, None).is_ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_do_not_see_each_other() {
    let stack = Stack::scripted().await;
    let mut ana = stack.client("ana").await;
    let mut ben = stack.client("ben").await;
    let id = message_id();
    ana.say(&id, "a secret").await;
    ana.reply_to(&id).await;
    assert_eq!(ben.ask("hello").await.outcome, "complete");
    assert!(!ben.held.contains_key(&id));
    let token = stack.token("ben").await;
    let url = format!("{}/conversations/default/messages/{id}/reply", stack.api);
    assert_eq!(get(&url, Some(&token)).await.expect("answers").status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_are_refused_at_the_door() {
    let stack = Stack::scripted().await;
    let token = stack.token("ana").await;
    let refused = async |subprotocols: &str, origin: Option<&str>| match Client::connect_from(
        &stack.ws,
        subprotocols,
        origin,
    )
    .await
    {
        Err(failure) => failure.0,
        Ok(_) => panic!("let in with {subprotocols:.40}"),
    };
    assert_eq!(refused("openclaw.v1", None).await, 401);
    assert_eq!(refused("openclaw.v1, bearer.not.a.token", None).await, 401);
    let mut tampered = token.clone();
    tampered.replace_range(token.len() - 8.., "AAAAAAAA");
    assert_eq!(refused(&format!("openclaw.v1, bearer.{tampered}"), None).await, 401);
    let foreign = Some("https://evil.example");
    assert_eq!(refused(&format!("openclaw.v1, bearer.{token}"), foreign).await, 403);
    let ours = Some(stack.url.as_str());
    let protocols = format!("openclaw.v1, bearer.{token}");
    assert!(Client::connect_from(&stack.ws, &protocols, ours).await.is_ok());
    assert_eq!(get(&format!("{}/status", stack.api), None).await.expect("answers").status, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_frames_are_answered_and_harm_nothing() {
    let stack = Stack::scripted().await;
    let mut ana = stack.client("ana").await;
    let cases = [
        ("not json", "bad_request"),
        (r#"{"action":"fly"}"#, "unknown_action"),
        (r#"{"action":"sendMessage","messageId":"m1"}"#, "bad_request"),
        (r#"{"action":"sendMessage","messageId":"a b","message":"x"}"#, "bad_request"),
        (r#"{"action":"sendMessage","messageId":"m1","message":"   "}"#, "bad_request"),
        (r#"{"action":"cancel","messageId":"nope"}"#, "not_found"),
        (r#"{"action":"resume","messageId":"nope"}"#, "not_found"),
    ];
    for (frame, code) in cases {
        ana.send_raw(frame.into()).await;
        let error = ana.until_type("error").await;
        assert_eq!(error["code"], code, "{frame}");
        assert!(error["message"].as_str().expect("a sentence").len() > 10);
    }
    ana.send(json!({"action": "ping"})).await;
    ana.until_type("pong").await;
    assert_eq!(stack.calls("ecs:RunTask").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_is_stopped_on_request_and_keeps_what_there_was() {
    let stack = Stack::scripted().await;
    let mut ana = stack.client("ana").await;
    let id = message_id();
    ana.say(&id, "[[demo tokens=2000 delay=20]]").await;
    ana.until_type("stream_chunk").await;
    ana.send(json!({"action": "cancel", "messageId": id})).await;
    let reply = ana.reply_to(&id).await;
    assert_eq!(reply.outcome, "cancelled");
    assert!(!reply.text.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_capacity_is_said_and_tried_again_by_itself() {
    let extra_env = vec![("LOCAL_STACK_SCHEDULE".into(), "1".into())];
    let stack = Stack::start(StackOptions { extra_env, ..StackOptions::default() }).await;
    stack.control(Method::PUT, "faults", json!({"allUnavailable": true})).await;
    let mut ana = stack.client("ana").await;
    let id = message_id();
    ana.say(&id, "hello").await;
    let told = ana.until("the retry", |f| f["phase"] == "retrying").await;
    assert!(told["detail"].as_str().expect("a sentence").contains("saved"));
    stack.control(Method::PUT, "faults", json!({})).await;
    assert_eq!(ana.reply_to(&id).await.outcome, "complete");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spot_refused_means_on_demand() {
    let stack = Stack::scripted().await;
    stack.control(Method::PUT, "faults", json!({"spotUnavailable": true})).await;
    assert_eq!(stack.client("ana").await.ask("hello").await.outcome, "complete");
    assert_eq!(stack.live_tasks().await[0]["capacity"], "FARGATE");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_too_large_for_a_frame_goes_over_rest() {
    let stack = Stack::scripted().await;
    let token = stack.token("ana").await;
    let mut ana = stack.client("ana").await;
    let id = message_id();
    let body = json!({"messageId": id, "message": "[[demo text=\"got it\"]] ".to_owned() + &"x".repeat(100_000)});
    let url = format!("{}/conversations/default/messages", stack.api);
    let answer = send(Method::POST, &url, Some(&token), Some(&body)).await.expect("answers");
    assert_eq!(answer.status, 202, "{answer:?}");
    assert_eq!(ana.reply_to(&id).await.text, "got it");

    let over = json!({"messageId": message_id(), "message": "x".repeat(131_073)});
    let answer = send(Method::POST, &url, Some(&token), Some(&over)).await.expect("answers");
    assert_eq!(answer.status, 413);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_task_stops_by_itself_and_the_next_message_wakes_another() {
    let extra_env = vec![("IDLE_TIMEOUT_SECONDS".into(), "1".into())];
    let stack = Stack::start(StackOptions { extra_env, ..StackOptions::default() }).await;
    let mut ana = stack.client("ana").await;
    ana.ask("hello").await;
    eventually("the idle task to stop", async || {
        let live = stack.live_tasks().await;
        if live.is_empty() { Ok(()) } else { Err(live) }
    })
    .await;
    let token = stack.token("ana").await;
    let status = get(&format!("{}/status", stack.api), Some(&token)).await.expect("answers").json();
    assert_eq!(status["status"], "Idle");
    assert_eq!(ana.ask("wake up").await.outcome, "complete");
    assert_eq!(stack.calls("ecs:RunTask").await, 2);
}
