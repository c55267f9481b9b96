//! SIGKILL to the bridge at every stage of an answer, and to the gateway in the middle of one.

use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use system_tests::Stack;

use crate::hands::{
    bridge_of, faults, hit, id_of, kill_gateway, live_task, running_task, signal, task,
    until_stopped,
};
use crate::ledger::Ledger;
use crate::person::Person;

const WORDS: usize = 30;
const REPLY: Duration = Duration::from_millis(900);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Moment {
    Launched,
    Provisioning,
    StartingGateway,
    Connecting,
    Running,
    Leased,
    FirstChunk,
    MidReply,
    BeforeTheEnd,
    Ended,
}

const MOMENTS: [Moment; 10] = [
    Moment::Launched,
    Moment::Provisioning,
    Moment::StartingGateway,
    Moment::Connecting,
    Moment::Running,
    Moment::Leased,
    Moment::FirstChunk,
    Moment::MidReply,
    Moment::BeforeTheEnd,
    Moment::Ended,
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bridge_killed_at_any_moment_of_a_reply_costs_nothing() {
    let stack = Stack::scripted().await;
    // Slow writes: each stage lasts long enough to be seen.
    let slow = json!({"dynamodb:UpdateItem": 250, "dynamodb:TransactWriteItems": 250});
    faults(&stack, json!({"provisioningDelayMs": 2000, "latencyMs": slow})).await;
    let people = MOMENTS.iter().map(|moment| killed_at(*moment, &stack));
    let people = futures_util::future::join_all(people).await;
    faults(&stack, json!({})).await;
    let launches = stack.calls("ecs:RunTask").await;
    assert!(launches >= 20, "every task was replaced: {launches}");
    Ledger::close("bridge killed, at 10 moments", MOMENTS.len(), &stack, people).await;
}

async fn killed_at(moment: Moment, stack: &Stack) -> Person {
    let mut person = Person::on(stack, &format!("{moment:?}").to_lowercase()).await;
    let first = person.say(WORDS, REPLY).await;
    if moment != Moment::Ended {
        person.say(2, Duration::ZERO).await;
    }
    let victim = reach(moment, stack, &mut person, first).await;
    // Half of them lose their bridge alone, half the whole task.
    match moment as usize % 2 {
        _ if moment == Moment::Provisioning => assert!(hit(stack, &victim, "interrupt").await),
        0 => assert!(hit(stack, &victim, "kill").await, "{moment:?}: nobody to kill"),
        _ => assert!(signal(bridge_of(&victim), Signal::SIGKILL), "{moment:?}: nobody to kill"),
    }
    let dead = until_stopped(stack, id_of(&victim)).await;
    match moment {
        Moment::Provisioning => assert_eq!(dead["startedAt"], Value::Null, "never ran: {dead}"),
        _ => assert_eq!(dead["exitCode"], 137, "{moment:?}: {dead}"),
    }
    assert_eq!(person.has_ended(first), moment == Moment::Ended, "{moment:?}");
    person.say(2, Duration::ZERO).await;
    person.until_all_ended().await;
    person
}

/// Waits for the moment; answers with the task that has to go.
async fn reach(moment: Moment, stack: &Stack, person: &mut Person, first: usize) -> Value {
    let user = person.user.clone();
    let half = person.book[first].expected.len() / 2;
    match moment {
        Moment::Launched => return running_task(stack, &user).await,
        Moment::Provisioning => {
            person.until_frame("provisioning", |f| f["phase"] == "provisioning").await;
            let fresh = live_task(stack, &user).await.expect("it was launched");
            assert_eq!(fresh["status"], "PROVISIONING");
            return fresh;
        }
        Moment::StartingGateway => {
            person.until_frame("its start", |f| f["phase"] == "startingGateway").await;
        }
        Moment::Connecting => {
            person.until_frame("connecting", |f| f["phase"] == "connecting").await;
        }
        Moment::Running => person.until_frame("running", |f| f["status"] == "Running").await,
        Moment::Leased => {
            let id = person.book[first].id.clone();
            let answering = move |f: &Value| {
                f["detail"] == "Your agent is answering." && f["messageId"] == id.as_str()
            };
            person.until_frame("answering", answering).await;
        }
        Moment::FirstChunk => {
            person.until("the first chunk", |p| !p.held(first).is_empty()).await;
        }
        Moment::MidReply => person.until("half of it", |p| p.held(first).len() >= half).await,
        Moment::BeforeTheEnd => {
            person.until("the whole text", |p| p.held(first) == p.book[first].expected).await;
        }
        Moment::Ended => person.until("the end", |p| p.has_ended(first)).await,
    }
    running_task(stack, &user).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_killed_mid_reply_costs_nothing() {
    let stack = Stack::scripted().await;
    let once = gateway_killed("ana", 1, &stack);
    let twice = gateway_killed("ben", 2, &stack);
    let (once, twice) = tokio::join!(once, twice);
    let live = stack.live_tasks().await;
    assert_eq!(live.len(), 2, "no bridge was lost: {live:?}");
    assert_eq!(stack.calls("ecs:RunTask").await, 2);
    Ledger::close("gateway killed mid-reply", 3, &stack, vec![once, twice]).await;
}

async fn gateway_killed(name: &str, times: usize, stack: &Stack) -> Person {
    let mut person = Person::on(stack, name).await;
    let first = person.say(WORDS, REPLY * 2).await;
    person.say(2, Duration::ZERO).await;
    for _ in 0..times {
        let some = person.book[first].expected.len() / 4;
        person.until("some of it", |p| p.held(first).len() >= some).await;
        let held = person.held(first).len();
        let bridge = running_task(stack, &person.user).await;
        assert!(kill_gateway(&bridge), "{name}: no gateway");
        // What follows a death starts over.
        person.until("a new start", |p| p.held(first).len() < held || p.has_ended(first)).await;
        assert!(!person.has_ended(first), "{name}: ended as if nothing had happened");
        assert_eq!(task(stack, id_of(&bridge)).await["status"], "RUNNING");
    }
    person.say(2, Duration::ZERO).await;
    person.until_all_ended().await;
    person
}
