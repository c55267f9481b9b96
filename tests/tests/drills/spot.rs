//! The machine is taken away with a warning.

use std::time::Duration;

use serde_json::Value;
use system_tests::{Stack, StackOptions};

use crate::hands::{hit, id_of, running_task, until_stopped};
use crate::ledger::Ledger;
use crate::person::Person;

/// The bridge keeps 50 s of it for saving: 3 s are left for replies.
const STOP_TIMEOUT: &str = "53";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spot_interruption_lets_a_short_reply_end_and_hands_a_long_one_on() {
    let extra_env = vec![("LOCAL_STACK_STOP_TIMEOUT".into(), STOP_TIMEOUT.into())];
    let stack = Stack::start(StackOptions { extra_env, ..StackOptions::default() }).await;
    let short = Duration::from_millis(1500);
    let fits = interrupted("fits", short, Meanwhile::Silent, &stack);
    let long = interrupted("long", Duration::from_secs(6), Meanwhile::Silent, &stack);
    let writes = interrupted("writes", short, Meanwhile::Writes, &stack);
    let (fits, long, writes) = tokio::join!(fits, long, writes);
    assert_eq!((fits.1, long.1), (1, 2), "the generations that finished the reply");
    let people = vec![fits.0, long.0, writes.0];
    Ledger::close("Spot interruption mid-reply", people.len(), &stack, people).await;
}

/// What its user does while the agent moves.
#[derive(PartialEq)]
enum Meanwhile {
    Silent,
    Writes,
}

/// Also answers with the generation that ended the interrupted reply.
async fn interrupted(
    name: &str,
    reply: Duration,
    meanwhile: Meanwhile,
    stack: &Stack,
) -> (Person, u64) {
    let mut person = Person::on(stack, name).await;
    let first = person.say(60, reply).await;
    person.say(2, Duration::ZERO).await;
    person.until("the first chunk", |p| !p.held(first).is_empty()).await;
    let victim = running_task(stack, &person.user).await;
    assert!(hit(stack, &victim, "interrupt").await);
    let moves = |f: &Value| f["phase"] == "stopping";
    person.until_frame("that the agent moves", moves).await;
    if meanwhile == Meanwhile::Writes {
        person.say(2, Duration::ZERO).await;
    }
    person.until("the end", |p| p.has_ended(first)).await;
    let over = until_stopped(stack, id_of(&victim)).await;
    assert_eq!(over["exitCode"], 0, "{name}: {over}");
    assert_eq!(over["stopCode"], "SpotInterruption");
    let recorded = person.recorded_at(first).await;
    let by_the_first = recorded < over["stoppedAt"].as_u64().expect("it stopped");
    person.say(2, Duration::ZERO).await;
    person.until_all_ended().await;
    (person, if by_the_first { 1 } else { 2 })
}
