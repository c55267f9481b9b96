//! What is done to tasks, and how a moment is seen.

use std::time::{Duration, Instant};

use http::Method;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use system_tests::{PATIENCE, Stack};

/// Moments of a few tens of milliseconds are looked for.
const GLANCE: Duration = Duration::from_millis(3);

/// Looks until `look` sees something.
pub(crate) async fn seen<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let give_up = Instant::now() + PATIENCE;
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(Instant::now() < give_up, "{what}: not seen");
        tokio::time::sleep(GLANCE).await;
    }
}

/// The user's newest task that is not stopped.
pub(crate) async fn live_task(stack: &Stack, user: &str) -> Option<Value> {
    let live = stack.live_tasks().await;
    let own = live.into_iter().filter(|task| is_of(task, user));
    own.max_by_key(|task| task["generation"].as_u64())
}

/// The user's newest task with a process.
pub(crate) async fn running_task(stack: &Stack, user: &str) -> Value {
    let what = format!("a process of {user}");
    seen(&what, async || live_task(stack, user).await.filter(|task| task["pid"].is_u64())).await
}

pub(crate) async fn task(stack: &Stack, id: &str) -> Value {
    let tasks = stack.local("tasks").await;
    let mut all = tasks.as_array().expect("a list").iter();
    all.find(|task| task["id"] == id).cloned().expect("a task that was seen before")
}

pub(crate) async fn until_stopped(stack: &Stack, id: &str) -> Value {
    seen("the stopped task", async || {
        Some(task(stack, id).await).filter(|task| task["status"] == "STOPPED")
    })
    .await
}

pub(crate) fn is_of(task: &Value, user: &str) -> bool {
    task["user"] == user
}

pub(crate) fn id_of(task: &Value) -> &str {
    task["id"].as_str().expect("an id")
}

pub(crate) fn bridge_of(task: &Value) -> Pid {
    let pid = task["pid"].as_i64().expect("it has a process");
    Pid::from_raw(pid.try_into().expect("a pid"))
}

/// `kill`, `interrupt` or `lose`. It may be over already; then the answer is 409.
pub(crate) async fn hit(stack: &Stack, task: &Value, how: &str) -> bool {
    let url = format!("{}/local/tasks/{}/{how}", stack.url, id_of(task));
    let answer = system_tests::send(Method::POST, &url, None, Some(&json!({}))).await;
    answer.expect("answers").status == 202
}

/// False when nobody is there any more.
pub(crate) fn signal(pid: Pid, signal: Signal) -> bool {
    kill(pid, signal).is_ok()
}

/// SIGKILL to every child of the task's bridge. False when there was none.
pub(crate) fn kill_gateway(task: &Value) -> bool {
    let bridge = bridge_of(task);
    let children = std::fs::read_to_string(format!("/proc/{bridge}/task/{bridge}/children"));
    let children = children.unwrap_or_default();
    let pids = children.split_whitespace().map(|pid| pid.parse().expect("a pid"));
    pids.map(|pid| signal(Pid::from_raw(pid), Signal::SIGKILL)).fold(false, |any, hit| any | hit)
}

pub(crate) async fn faults(stack: &Stack, faults: Value) {
    stack.control(Method::PUT, "faults", faults).await;
}
