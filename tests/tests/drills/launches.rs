//! No machine is to be had, or it does not start.

use std::time::Duration;

use serde_json::{Value, json};
use system_tests::{Stack, StackOptions};

use crate::hands::{faults, is_of, live_task, seen};
use crate::ledger::Ledger;
use crate::person::Person;

/// The watchdog looks every second.
async fn stack() -> Stack {
    let extra_env = vec![("LOCAL_STACK_SCHEDULE".into(), "1".into())];
    Stack::start(StackOptions { extra_env, ..StackOptions::default() }).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_capacity_the_user_is_told_and_the_launch_is_tried_again_by_itself() {
    let stack = stack().await;
    faults(&stack, json!({"allUnavailable": true})).await;
    let mut ana = Person::on(&stack, "ana").await;
    let told = |f: &Value| f["phase"] == "retrying" && f["detail"].is_string();
    for _ in 0..2 {
        ana.say(5, Duration::ZERO).await;
        ana.until_frame("that there is no machine", told).await;
    }
    // Both kinds of machine, for each message.
    let refused = seen("four refusals", async || {
        Some(stack.calls("ecs:RunTask").await).filter(|calls| *calls >= 4)
    })
    .await;
    assert_eq!(stack.live_tasks().await, Vec::<Value>::new());
    faults(&stack, json!({})).await;
    // Nothing more is said: only the schedule can launch it. `resume` would, too, so nothing is
    // read or asked until the task is there.
    seen("a launch", async || live_task(&stack, &ana.user).await).await;
    ana.until_all_ended().await;
    let times = usize::try_from(refused).expect("few");
    Ledger::close("RunTask refused", times, &stack, vec![ana]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_spot_the_task_runs_on_demand() {
    let stack = stack().await;
    faults(&stack, json!({"spotUnavailable": true})).await;
    let mut ana = Person::on(&stack, "ana").await;
    ana.say(5, Duration::ZERO).await;
    ana.until_all_ended().await;
    let task = live_task(&stack, &ana.user).await.expect("it answered");
    assert_eq!(task["capacity"], "FARGATE");
    faults(&stack, json!({})).await;
    Ledger::close("Spot refused", 1, &stack, vec![ana]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_fails_to_start_is_tried_again() {
    let stack = stack().await;
    faults(&stack, json!({"failToStart": true, "provisioningDelayMs": 300})).await;
    let mut ana = Person::on(&stack, "ana").await;
    ana.say(5, Duration::ZERO).await;
    ana.say(5, Duration::ZERO).await;
    let failed = async || {
        let tasks = stack.local("tasks").await;
        let own = tasks.as_array().expect("a list").clone().into_iter();
        let failed = own.filter(|t| is_of(t, &ana.user) && t["stopCode"] == "TaskFailedToStart");
        failed.collect::<Vec<Value>>()
    };
    let failures =
        seen("two failed starts", async || Some(failed().await).filter(|all| all.len() >= 2)).await;
    assert_eq!(failures[1]["capacity"], "FARGATE", "the second is another kind: {failures:?}");
    faults(&stack, json!({})).await;
    let times = failed().await.len();
    ana.until_all_ended().await;
    Ledger::close("tasks that fail to start", times, &stack, vec![ana]).await;
}
