//! A machine that ECS has given up and that comes back: it may change nothing.

use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::Value;
use system_tests::Stack;

use crate::hands::{bridge_of, hit, id_of, live_task, running_task, seen, signal, task};
use crate::ledger::Ledger;
use crate::person::Person;

#[derive(Clone, Copy, PartialEq)]
enum Wakes {
    WhenItsHeirAnswers,
    WhenAllIsAnswered,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_zombie_changes_nothing_and_leaves() {
    let stack = Stack::scripted().await;
    let early = haunted("early", Wakes::WhenItsHeirAnswers, &stack);
    let late = haunted("late", Wakes::WhenAllIsAnswered, &stack);
    let (early, late) = tokio::join!(early, late);
    assert_eq!(stack.calls("ecs:RunTask").await, 4);
    Ledger::close("zombie: frozen, lost, thawed", 2, &stack, vec![early, late]).await;
}

async fn haunted(name: &str, wakes: Wakes, stack: &Stack) -> Person {
    let mut person = Person::on(stack, name).await;
    // Posts need no generation: the zombie's last words still reach the page.
    person.client.forgive_stragglers();
    let first = person.say(60, Duration::from_secs(2)).await;
    person.say(2, Duration::ZERO).await;
    person.until("the first chunk", |p| !p.held(first).is_empty()).await;

    let zombie = running_task(stack, &person.user).await;
    assert!(signal(bridge_of(&zombie), Signal::SIGSTOP));
    assert!(hit(stack, &zombie, "lose").await);
    let heir = seen("the heir", async || {
        live_task(stack, &person.user).await.filter(|t| t["generation"] == 2)
    })
    .await;
    match wakes {
        Wakes::WhenItsHeirAnswers => {
            let id = person.book[first].id.clone();
            let answering = move |f: &&Value| {
                f["detail"] == "Your agent is answering." && f["messageId"] == id.as_str()
            };
            person
                .until("its second try", |p| p.client.frames.iter().filter(&answering).count() == 2)
                .await;
        }
        Wakes::WhenAllIsAnswered => person.until_all_ended().await,
    }
    let lost = task(stack, id_of(&zombie)).await;
    assert_eq!((&lost["status"], &lost["pid"]), (&"STOPPED".into(), &zombie["pid"]), "it lives");

    let recorded = match wakes {
        Wakes::WhenItsHeirAnswers => None,
        Wakes::WhenAllIsAnswered => Some(person.recorded_at(first).await),
    };
    assert!(signal(bridge_of(&zombie), Signal::SIGCONT));
    let over = seen("the end of the zombie", async || {
        Some(task(stack, id_of(&zombie)).await).filter(|t| t["pid"] == Value::Null)
    })
    .await;
    assert_eq!(over["exitCode"], 0, "{name}: {over}");
    assert_eq!(task(stack, id_of(&heir)).await["status"], "RUNNING", "{name}: the heir goes on");
    if let Some(recorded) = recorded {
        assert_eq!(person.recorded_at(first).await, recorded, "written over");
    }
    person.say(2, Duration::ZERO).await;
    person.until_all_ended().await;
    person
}
