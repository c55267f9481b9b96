//! An agent that has lost a conversation is told what was said, once.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::support::{Scripted, Sessions, Stage, Step, claim, id, say, user, world_at};
use bridge::{RunEnd, RunEvent, RunRequest, nudged};
use domain::{InboxState, Outcome, Phase};
use platform::Metric;
use platform_sim::World;
use protocol::{Nudge, ServerFrame};
use tokio::time::{Instant, sleep};

fn remember(sessions: &Sessions, request: &RunRequest) {
    sessions.lock().expect("no panics").insert(request.session_key.clone());
}

/// Takes a message into its session and answers.
fn attentive(sessions: &Sessions) -> Scripted {
    let memory = sessions.clone();
    Scripted::new(move |request| {
        remember(&memory, request);
        say("a reply")
    })
    .with_sessions(sessions.clone())
}

async fn machine(world: &World, agent: Scripted) -> Stage {
    Stage::in_world(world.clone(), agent, world.push()).await
}

/// Said and answered on a machine that is gone.
async fn said_before(messages: &[(&str, &str)], sessions: &Sessions) -> World {
    let world = world_at(1).await;
    let stage = machine(&world, attentive(sessions)).await;
    stage.start();
    answered(&stage, messages).await;
    claim(&world).await;
    world
}

async fn answered(stage: &Stage, messages: &[(&str, &str)]) {
    for (message, conversation) in messages {
        stage.put(message, conversation).await;
        nudged(&stage.bridge, Nudge::Inbox { message_id: (*message).into() }).await;
        stage.until(message, InboxState::Done).await;
    }
    stage.settle().await;
}

async fn cancel(stage: &Stage, message: &str) {
    stage.world.inbox().request_cancel(&user(), &id(message)).await.expect("no faults");
    nudged(&stage.bridge, Nudge::Cancel { message_id: message.into() }).await;
}

/// What the agent was given, run by run.
fn given(stage: &Stage) -> Vec<String> {
    stage.agent.requests().into_iter().map(|request| request.message).collect()
}

fn quotes(given: &str, said: &str) -> bool {
    given.contains(&format!("{{\"role\":\"user\",\"text\":\"text of {said}\"}}\n"))
}

fn is_bare(given: &str, message: &str) -> bool {
    given == format!("text of {message}")
}

#[tokio::test(start_paused = true)]
async fn a_lost_session_is_given_what_was_said_before_the_next_message_and_not_the_one_after() {
    let world = said_before(&[("m1", "default"), ("m2", "default")], &Sessions::default()).await;
    let stage = machine(&world, attentive(&Sessions::default())).await;
    stage.start();
    answered(&stage, &[("m3", "default"), ("m4", "default")]).await;
    let given = given(&stage);
    let (block, text) = given[0].rsplit_once(" ---\n").expect("a quotation");
    assert_eq!(text, "text of m3");
    assert!(quotes(&given[0], "m1") && quotes(&given[0], "m2"), "{block}");
    assert_eq!(block.matches("\"role\":\"assistant\"").count(), 2);
    assert!(!quotes(&given[0], "m3"), "the message itself is not earlier");
    assert!(is_bare(&given[1], "m4"), "{}", given[1]);
    assert_eq!(stage.history("default").await[4].text, "text of m3", "the record is the user's");
}

#[tokio::test(start_paused = true)]
async fn a_session_that_survived_is_given_nothing() {
    let sessions = Sessions::default();
    let world = said_before(&[("m1", "default")], &sessions).await;
    let stage = machine(&world, attentive(&sessions)).await;
    stage.start();
    answered(&stage, &[("m2", "default")]).await;
    assert!(is_bare(&given(&stage)[0], "m2"));
}

#[tokio::test(start_paused = true)]
async fn a_new_conversation_has_nothing_to_tell() {
    let stage = machine(&world_at(1).await, attentive(&Sessions::default())).await;
    stage.start();
    answered(&stage, &[("m1", "default")]).await;
    assert!(is_bare(&given(&stage)[0], "m1"));
}

#[tokio::test(start_paused = true)]
async fn each_conversation_is_told_its_own() {
    let sessions = Sessions::default();
    let world = said_before(&[("m1", "one"), ("n1", "two"), ("o1", "three")], &sessions).await;
    // Of three sessions one survived.
    sessions.lock().expect("no panics").retain(|key| key.ends_with(&hex("three")));
    let stage = machine(&world, attentive(&sessions)).await;
    stage.start();
    answered(&stage, &[("m2", "one"), ("n2", "two"), ("o2", "three"), ("p1", "four")]).await;
    let given = given(&stage);
    assert!(quotes(&given[0], "m1") && !quotes(&given[0], "n1"), "{}", given[0]);
    assert!(quotes(&given[1], "n1") && !quotes(&given[1], "m1"), "{}", given[1]);
    assert!(is_bare(&given[2], "o2") && is_bare(&given[3], "p1"));
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// Fails its first run, with the message in its session or without.
fn fails_once(sessions: &Sessions, stores: bool) -> Scripted {
    let (memory, runs) = (sessions.clone(), AtomicU32::new(0));
    Scripted::new(move |request| {
        let first = runs.fetch_add(1, Ordering::SeqCst) == 0;
        if stores || !first {
            remember(&memory, request);
        }
        let message = "the model is out of order".into();
        let failed = RunEnd::Failed { message, retryable: true };
        if first { vec![Step::Event(RunEvent::End(failed))] } else { say("a reply") }
    })
    .with_sessions(sessions.clone())
}

#[tokio::test(start_paused = true)]
async fn a_run_that_failed_is_repeated_with_the_quotation_until_the_session_has_it() {
    for stores in [false, true] {
        let world = said_before(&[("m1", "default")], &Sessions::default()).await;
        let stage = machine(&world, fails_once(&Sessions::default(), stores)).await;
        stage.start();
        answered(&stage, &[("m2", "default")]).await;
        let given = given(&stage);
        assert_eq!(given.len(), 2);
        assert!(quotes(&given[0], "m1"), "{}", given[0]);
        assert_eq!(is_bare(&given[1], "m2"), stores, "{}", given[1]);
        assert_eq!(given[0] == given[1], !stores);
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_cancelled_unheard_leaves_the_quotation_to_the_next_message() {
    let world = said_before(&[("m1", "default")], &Sessions::default()).await;
    let sessions = Sessions::default();
    let (memory, runs) = (sessions.clone(), AtomicU32::new(0));
    let agent = Scripted::new(move |request| match runs.fetch_add(1, Ordering::SeqCst) {
        0 => vec![Step::Forever],
        _ => {
            remember(&memory, request);
            say("a reply")
        }
    });
    let stage = machine(&world, agent.with_sessions(sessions)).await;
    stage.put("m2", "default").await;
    stage.start();
    sleep(Duration::from_secs(5)).await;
    cancel(&stage, "m2").await;
    stage.until("m2", InboxState::Done).await;
    answered(&stage, &[("m3", "default")]).await;
    let given = given(&stage);
    assert!(quotes(&given[0], "m1") && quotes(&given[1], "m1") && quotes(&given[1], "m2"));
    assert!(given[1].contains("\"outcome\":\"cancelled\""), "{}", given[1]);
}

#[tokio::test(start_paused = true)]
async fn a_long_conversation_is_told_from_its_end() {
    let ids: Vec<String> = (10..40).map(|n| format!("m{n}")).collect();
    let messages: Vec<_> = ids.iter().map(|id| (id.as_str(), "default")).collect();
    let world = said_before(&messages, &Sessions::default()).await;
    let stage = machine(&world, attentive(&Sessions::default())).await;
    stage.start();
    answered(&stage, &[("m99", "default")]).await;
    let given = &given(&stage)[0];
    assert_eq!(given.matches("{\"role\":").count(), 20);
    let places: Vec<_> = ids.iter().map(|id| given.find(&format!("text of {id}\""))).collect();
    assert!(places[..20].iter().all(Option::is_none), "ten pairs are enough: {given}");
    assert!(places[20..].is_sorted() && places[20].is_some(), "oldest first: {given}");
}

#[tokio::test(start_paused = true)]
async fn a_record_that_cannot_be_read_for_a_while_is_waited_for_and_the_user_told() {
    let world = said_before(&[("m1", "default")], &Sessions::default()).await;
    let stage = machine(&world, attentive(&Sessions::default())).await;
    world.fail_next("conversations.history", 3);
    stage.start();
    answered(&stage, &[("m2", "default")]).await;
    assert!(quotes(&given(&stage)[0], "m1"));
    let told = stage.frames(0).into_iter().filter(|frame| {
        matches!(frame, ServerFrame::Status { phase: Some(Phase::Retrying), message_id: Some(id), .. }
            if id == "m2")
    });
    assert_eq!(told.count(), 1);
    assert_eq!(world.counted(Metric::Unreadable), 0);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_cannot_be_read_at_all_is_not_taken_for_an_empty_one() {
    let world = said_before(&[("m1", "default")], &Sessions::default()).await;
    let stage = machine(&world, attentive(&Sessions::default())).await;
    world.fail_next("conversations.history", 1_000);
    stage.start();
    let began = Instant::now();
    answered(&stage, &[("m2", "default")]).await;
    let waited = began.elapsed();
    assert!((30..40).contains(&waited.as_secs()), "{waited:?}");
    let given = &given(&stage)[0];
    assert!(given.contains("cannot be read") && given.ends_with("\n\ntext of m2"), "{given}");
    assert_eq!(world.counted(Metric::Unreadable), 1);
}

#[tokio::test(start_paused = true)]
async fn who_cancels_does_not_wait_for_the_record() {
    let world = said_before(&[("m1", "default")], &Sessions::default()).await;
    let stage = machine(&world, attentive(&Sessions::default())).await;
    world.fail_next("conversations.history", 1_000);
    stage.put("m2", "default").await;
    stage.start();
    sleep(Duration::from_secs(5)).await;
    cancel(&stage, "m2").await;
    stage.until("m2", InboxState::Done).await;
    assert_eq!(given(&stage), Vec::<String>::new());
    world.fail_next("conversations.history", 0);
    let cancelled = stage.history("default").await.pop().expect("a reply");
    assert_eq!((cancelled.id, cancelled.outcome), (id("m2"), Some(Outcome::Cancelled)));
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_does_not_say_what_it_remembers_is_told() {
    let sessions = Sessions::default();
    let world = said_before(&[("m1", "default")], &sessions).await;
    for hangs in [false, true] {
        let stage = machine(&world, attentive(&sessions)).await;
        stage.agent.answers.store(false, Ordering::SeqCst);
        stage.agent.hangs.store(hangs, Ordering::SeqCst);
        stage.start();
        let message = if hangs { "m3" } else { "m2" };
        answered(&stage, &[(message, "default")]).await;
        assert!(quotes(&given(&stage)[0], "m1"));
        claim(&world).await;
    }
}

/// A cancelled message is recorded at once, before those it waited behind.
#[tokio::test(start_paused = true)]
async fn what_was_said_later_is_not_earlier() {
    let sessions = Sessions::default();
    let (memory, runs) = (sessions.clone(), AtomicU32::new(0));
    let agent = Scripted::new(move |request| match runs.fetch_add(1, Ordering::SeqCst) {
        0 => {
            let message = "the model is out of order".into();
            vec![
                Step::Wait(Duration::from_secs(10)),
                Step::Event(RunEvent::End(RunEnd::Failed { message, retryable: true })),
            ]
        }
        _ => {
            remember(&memory, request);
            say("a reply")
        }
    });
    let stage = machine(&world_at(1).await, agent.with_sessions(sessions)).await;
    for message in ["m1", "m2"] {
        stage.put(message, "default").await;
    }
    stage.start();
    sleep(Duration::from_secs(5)).await;
    cancel(&stage, "m2").await;
    stage.until("m2", InboxState::Done).await;
    stage.until("m1", InboxState::Done).await;
    assert_eq!(given(&stage), ["text of m1", "text of m1"]);
}
