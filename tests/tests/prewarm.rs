//! Spares as their users meet them: a first message takes a task that is up already.

use std::path::PathBuf;

use serde_json::{Value, json};
use system_tests::runtime_api::Function;
use system_tests::{Stack, StackOptions, eventually, get, message_id};

/// A stack that keeps so many spares.
async fn stack(spares: usize, schedule: &str) -> Stack {
    let set = [("LOCAL_STACK_SPARES", &*spares.to_string()), ("LOCAL_STACK_SCHEDULE", schedule)];
    let stack = Stack::start(talkative(&set)).await;
    all_ready(&stack, spares).await;
    stack
}

/// Its bridges say what they do.
fn talkative(set: &[(&str, &str)]) -> StackOptions {
    let set = set.iter().chain(&[("RUST_LOG", "warn,bridge=info")]);
    let extra_env = set.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    StackOptions { extra_env, ..StackOptions::default() }
}

fn is_spare(task: &Value) -> bool {
    task["spare"].is_string()
}

async fn live_spares(stack: &Stack) -> Vec<Value> {
    stack.live_tasks().await.into_iter().filter(is_spare).collect()
}

async fn all_ready(stack: &Stack, spares: usize) {
    eventually("the spares to be up", async || {
        let said = ready_spares(stack).await;
        if said.len() == spares { Ok(()) } else { Err(said) }
    })
    .await;
}

/// Those whose log says so.
async fn ready_spares(stack: &Stack) -> Vec<Value> {
    let mut ready = live_spares(stack).await;
    ready.retain(|task| log(stack, task).contains("ready for whoever comes"));
    ready
}

fn log(stack: &Stack, task: &Value) -> String {
    let name = format!("task-{}.log", task["id"].as_str().expect("an id"));
    std::fs::read_to_string(stack.data().join("logs").join(name)).unwrap_or_default()
}

/// What a container's health check would see.
async fn health(stack: &Stack, task: &Value) -> u16 {
    let log = log(stack, task);
    let (_, address) = log.split_once("\"address\":\"").expect("it says where it listens");
    let (address, _) = address.split_once('"').expect("a whole line");
    get(&format!("http://{address}/health"), None).await.expect("answers").status
}

/// What lies in each agent's directory, on whichever machine; one that warms up is not an agent's.
fn agents(stack: &Stack) -> Vec<PathBuf> {
    let machines = std::fs::read_dir(stack.data().join("machines")).expect("there are machines");
    let agent = |machine: std::io::Result<std::fs::DirEntry>| {
        machine.expect("can be read").path().join("agent")
    };
    machines.map(agent).filter(|agent| agent.exists()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn first_messages_take_the_spares_and_the_next_one_launches() {
    let stack = stack(2, "3600").await;
    assert!(agents(&stack).is_empty(), "a spare that waits keeps nothing");
    assert_eq!(stack.calls("ecs:RunTask").await, 2);
    for spare in live_spares(&stack).await {
        assert_eq!(health(&stack, &spare).await, 200, "nothing is wrong with waiting");
    }

    // Whoever had to wait for a machine would wait for an hour.
    let never = json!({"provisioningDelayMs": 3_600_000});
    stack.control(http::Method::PUT, "faults", never).await;
    let mut ana = stack.client("ana").await;
    let first = ana.ask("from ana").await;
    assert_eq!(first.outcome, "complete");
    assert!(first.text.contains("from ana"), "{}", first.text);
    let ben = stack.client("ben").await.ask("from ben").await;
    assert_eq!(ben.outcome, "complete");
    assert_eq!(stack.calls("ecs:RunTask").await, 2, "both had a task already");
    let spares = live_spares(&stack).await;
    assert_eq!(spares.len(), 2, "and each the one he took");
    for spare in &spares {
        assert_eq!(health(&stack, spare).await, 200);
    }
    assert_eq!(agents(&stack).len(), 2, "each on a machine of its own");

    stack.control(http::Method::PUT, "faults", json!({})).await;
    assert_eq!(stack.client("cleo").await.ask("from cleo").await.outcome, "complete");
    assert_eq!(stack.calls("ecs:RunTask").await, 3);
    assert_eq!(stack.live_tasks().await.len(), 3);
    // The claimed one is a task like any other.
    assert!(ana.ask("again").await.text.contains("again"));
    assert_eq!(stack.calls("ecs:RunTask").await, 3);
}

/// From the snapshot of a task that was launched for her.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claimed_spare_goes_on_with_its_users_own_state() {
    let stack = stack(1, "3600").await;
    stack.client("ana").await.ask("remember this").await;
    let data = stack.data().to_owned();
    let folder = stack.stop().await.expect("its own folder");

    let options = StackOptions { data: Some(data), ..StackOptions::default() };
    let stack = Stack::start(options).await;
    assert_eq!(stack.client("ana").await.ask("do you?").await.outcome, "complete");
    let live = stack.live_tasks().await;
    assert!(live.len() == 1 && !is_spare(&live[0]), "launched for her: {live:?}");
    let [agent] = &agents(&stack)[..] else { panic!("{:?}", agents(&stack)) };
    let knows = std::fs::read_to_string(agent.join("scripted-gateway.json")).expect("its state");
    assert!(knows.contains("remember this") && knows.contains("do you?"), "{knows}");
    stack.stop().await;
    drop(folder);
}

/// The event of ECS names a spare; the row of the claim says whose task it was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claimed_spare_that_is_killed_keeps_nobody_waiting() {
    let stack = stack(1, "3600").await;
    let mut ana = stack.client("ana").await;
    ana.ask("hello").await;
    let id = message_id();
    ana.forgive_stragglers();
    ana.say(&id, "[[demo tokens=60 delay=100]]").await;
    ana.until_type("stream_chunk").await;
    let spare = live_spares(&stack).await.remove(0);
    let path = format!("tasks/{}/kill", spare["id"].as_str().expect("an id"));
    stack.control(http::Method::POST, &path, json!({})).await;
    let reply = ana.reply_to(&id).await;
    assert_eq!(reply.outcome, "complete");
    let live = stack.live_tasks().await;
    let generations: Vec<&Value> = live.iter().map(|task| &task["generation"]).collect();
    assert_eq!(generations, [2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pool_is_filled_again_after_a_claim_and_after_a_death() {
    let stack = stack(1, "1").await;
    let first = live_spares(&stack).await.remove(0);
    stack.client("ana").await.ask("hello").await;
    let others = async |known: &[&Value]| {
        eventually("another spare", async || {
            let ready = ready_spares(&stack).await;
            let new = |task: &&Value| known.iter().all(|known| known["id"] != task["id"]);
            ready.iter().find(new).cloned().ok_or(ready)
        })
        .await
    };
    let second = others(&[&first]).await;
    let path = format!("tasks/{}/kill", second["id"].as_str().expect("an id"));
    stack.control(http::Method::POST, &path, json!({})).await;
    let third = others(&[&first, &second]).await;
    assert_eq!(stack.client("ben").await.ask("hello").await.outcome, "complete");
    let live = live_spares(&stack).await;
    assert!(live.iter().any(|task| task["id"] == third["id"]), "{live:?}");
    assert_eq!(stack.client("ana").await.ask("still there?").await.outcome, "complete");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spares_leave_with_the_stack_and_are_not_claimed_after_a_restart() {
    let stack = stack(2, "3600").await;
    let data = stack.data().to_owned();
    let folder = stack.stop().await.expect("its own folder");
    let options = StackOptions { data: Some(data), ..StackOptions::default() };
    let stack = Stack::start(options).await;
    assert_eq!(stack.client("ana").await.ask("hello").await.outcome, "complete");
    assert_eq!(stack.calls("ecs:RunTask").await, 1);
    assert_eq!(live_spares(&stack).await, [Value::Null; 0]);
    stack.stop().await;
    drop(folder);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_real_lambda_fills_the_pool() {
    let stack = Stack::start(talkative(&[])).await;
    let mut environment = stack.lambda_environment();
    environment.push(("PREWARM_SPARES".into(), "1".into()));
    let mut prewarm = Function::start("prewarm", &environment).await;
    let scheduled = json!({"detail-type": "Scheduled Event", "source": "aws.events", "detail": {}});
    let answer = prewarm.invoke(scheduled.clone()).await.expect("answered");
    assert_eq!((&answer["wanted"], &answer["launched"]), (&json!(1), &json!(1)));
    all_ready(&stack, 1).await;
    let answer = prewarm.invoke(scheduled).await.expect("answered");
    assert_eq!((&answer["launched"], &answer["errors"]), (&json!(0), &json!(0)));
}
