//! What goes wrong, and what the user still gets.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::support::{Scripted, Stage, Step, claim, id, say, say_slowly, user};
use bridge::{RunEnd, RunEvent, nudged};
use domain::{InboxState, Outcome, Phase, TaskStatus};
use platform::{Clock, Metric};
use protocol::{ErrorCode, Nudge, ServerFrame, StreamOutcome};
use tokio::time::{Instant, sleep};

fn tokens(count: usize) -> Vec<Step> {
    say_slowly((0..count).map(|n| format!("{n} ")), Duration::from_millis(100))
}

fn text_of(count: usize) -> String {
    (0..count).map(|n| format!("{n} ")).collect()
}

fn ended_with(frames: &[ServerFrame], message: &str) -> Option<StreamOutcome> {
    frames.iter().find_map(|frame| match frame {
        ServerFrame::StreamEnd { message_id, outcome, .. } if message_id == message => {
            Some(*outcome)
        }
        _ => None,
    })
}

fn is_error_about(frame: &ServerFrame, message: &str) -> bool {
    matches!(frame, ServerFrame::Error { code: ErrorCode::RunFailed, message_id: Some(id), retryable: false, .. }
        if id == message)
}

#[tokio::test(start_paused = true)]
async fn a_tab_that_vanishes_mid_reply_changes_nothing_for_the_other_or_the_record() {
    let stage = Stage::new(Scripted::new(|_| tokens(50))).await;
    stage.put("m1", "default").await;
    stage.start();
    sleep(Duration::from_secs(2)).await;
    // Long after it opened.
    stage.world.clock().advance(Duration::from_secs(60));
    stage.world.hang_up(&stage.tabs[0]);
    stage.until("m1", InboxState::Done).await;
    stage.settle().await;
    assert_eq!(stage.history("default").await[1].text, text_of(50));
    assert_eq!(stage.shown(1, "m1"), text_of(50));
    let clients = stage.world.connections();
    let clients = clients.clients_of(&user(), stage.world.clock().now()).await.expect("no faults");
    assert_eq!(clients, [stage.tabs[1].clone()], "the gone connection's row was removed");
}

#[tokio::test(start_paused = true)]
async fn a_throttled_tab_loses_nothing() {
    let stage = Stage::new(Scripted::new(|_| tokens(50))).await;
    stage.put("m1", "default").await;
    stage.start();
    sleep(Duration::from_secs(1)).await;
    stage.world.throttle_next(&stage.tabs[0], 6);
    stage.until("m1", InboxState::Done).await;
    stage.settle().await;
    assert_eq!(stage.shown(0, "m1"), text_of(50));
    assert_eq!(stage.ends(0), ["m1"]);
    let frames = |tab| stage.frames(tab).len();
    assert!(frames(0) < frames(1), "text piled up into fewer frames");
}

#[tokio::test(start_paused = true)]
async fn a_tab_that_cannot_be_posted_to_for_a_while_catches_up() {
    let stage = Stage::new(Scripted::new(|_| tokens(50))).await;
    stage.put("m1", "default").await;
    stage.start();
    sleep(Duration::from_secs(1)).await;
    stage.world.fail_next("push", 6);
    stage.until("m1", InboxState::Done).await;
    stage.settle().await;
    assert_eq!(stage.shown(0, "m1"), text_of(50));
    assert_eq!(stage.shown(1, "m1"), text_of(50));
}

#[tokio::test(start_paused = true)]
async fn a_tab_that_cannot_be_posted_to_at_all_is_closed_so_that_it_comes_back() {
    let stage = Stage::new(Scripted::new(|_| tokens(50))).await;
    stage.put("m1", "default").await;
    stage.start();
    sleep(Duration::from_secs(1)).await;
    stage.world.fail_next("push", 1_000);
    stage.until("m1", InboxState::Done).await;
    let closed = async || {
        while !stage.tabs.iter().all(|tab| stage.world.is_closed(tab)) {
            sleep(Duration::from_secs(1)).await;
        }
    };
    closed().await;
    assert_eq!(stage.row("m1").state, InboxState::Done, "the reply is recorded all the same");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_fails_three_times_is_given_up_told_and_the_queue_goes_on() {
    let stage = Stage::new(Scripted::new(|request| match request.message.ends_with("m1") {
        true => vec![
            Step::Event(RunEvent::Text { delta: "partial".into() }),
            Step::Event(RunEvent::End(RunEnd::Failed {
                message: "the model is overloaded".into(),
                retryable: true,
            })),
        ],
        false => say("fine"),
    }))
    .await;
    stage.put("m1", "default").await;
    stage.put("m2", "default").await;
    let began = Instant::now();
    stage.start();
    stage.until("m2", InboxState::Done).await;
    stage.settle().await;
    assert_eq!(began.elapsed().as_secs(), 6, "2 s and 4 s between the tries");
    assert_eq!(stage.agent.run_ids(), ["m1", "m1.r1", "m1.r2", "m2"]);
    let row = stage.row("m1");
    assert_eq!((row.state, row.text.as_str()), (InboxState::Dead, "text of m1"));
    let frames = stage.frames(0);
    assert!(frames.iter().any(|frame| is_error_about(frame, "m1")));
    assert_eq!(ended_with(&frames, "m1"), Some(StreamOutcome::Failed));
    assert_eq!(ended_with(&frames, "m2"), Some(StreamOutcome::Complete));
    let retrying = frames.iter().filter(|frame| {
        matches!(frame, ServerFrame::Status { phase: Some(Phase::Retrying), detail: Some(_), .. })
    });
    assert_eq!(retrying.count(), 2);
    let failed = &stage.history("default").await[1];
    assert_eq!((failed.text.as_str(), failed.outcome), ("partial", Some(Outcome::Failed)));
    assert!(failed.error.as_ref().is_some_and(|error| error.contains("the model is overloaded")));
}

#[tokio::test(start_paused = true)]
async fn an_operator_counts_each_message_that_is_given_up_once() {
    let stage = Stage::new(Scripted::new(|request| match request.message.ends_with("m1") {
        true => vec![Step::Event(RunEvent::End(RunEnd::Failed {
            message: "the model refused".into(),
            retryable: false,
        }))],
        false => say("fine"),
    }))
    .await;
    // The first try does nothing, and the second one's answer is lost.
    stage.world.fail_next("inbox.complete", 1);
    stage.world.lose_next("inbox.complete", 1);
    stage.put("m1", "default").await;
    stage.put("m2", "default").await;
    stage.start();
    stage.until("m2", InboxState::Done).await;
    stage.settle().await;
    assert_eq!(stage.row("m1").state, InboxState::Dead);
    assert_eq!(stage.world.counted(Metric::DeadMessages), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_retrying_cannot_mend_is_given_up_at_once() {
    let stage = Stage::new(Scripted::failing(false)).await;
    stage.put("m1", "default").await;
    stage.start();
    stage.until("m1", InboxState::Dead).await;
    stage.settle().await;
    assert_eq!(stage.agent.run_ids(), ["m1"]);
    assert!(stage.frames(1).iter().any(|frame| is_error_about(frame, "m1")));
}

#[tokio::test(start_paused = true)]
async fn a_second_try_replaces_what_the_first_one_showed() {
    let tries = AtomicU32::new(0);
    let stage = Stage::new(Scripted::new(move |_| {
        if tries.fetch_add(1, Ordering::SeqCst) > 0 {
            return say("good");
        }
        vec![
            Step::Event(RunEvent::Text { delta: "bad start".into() }),
            Step::Wait(Duration::from_secs(1)),
            Step::Event(RunEvent::End(RunEnd::Failed { message: "cut".into(), retryable: true })),
        ]
    }))
    .await;
    stage.put("m1", "default").await;
    stage.start();
    stage.until("m1", InboxState::Done).await;
    stage.settle().await;
    assert_eq!(stage.shown(0, "m1"), "good");
    assert_eq!(stage.history("default").await[1].text, "good");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_the_agent_never_ends_is_ended_by_the_bridge() {
    let stage = Stage::new(Scripted::new(|_| vec![Step::Forever])).await;
    stage.put("m1", "default").await;
    stage.start();
    let began = Instant::now();
    crate::support::until(|| began.elapsed() > Duration::from_secs(590)).await;
    assert_eq!(stage.row("m1").state, InboxState::Leased);
    stage.until("m1", InboxState::Dead).await;
    assert!(began.elapsed() < Duration::from_secs(670));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_takes_every_machine_down_is_given_up() {
    let mut world = crate::support::world_at(1).await;
    let push = world.push();
    let mut stage = Stage::in_world(world, Scripted::echo(), push).await;
    stage.put("m1", "default").await;
    for _ in 0..6 {
        let generation = stage.world.task(&user()).generation;
        stage.world.inbox().lease(&user(), &id("m1"), generation).await.expect("ours");
        claim(&stage.world).await;
    }
    world = stage.world.clone();
    let push = world.push();
    stage = Stage::in_world(world, Scripted::echo(), push).await;
    stage.start();
    stage.until("m1", InboxState::Dead).await;
    assert_eq!(stage.agent.run_ids(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_panic_while_answering_does_not_end_the_conversation() {
    let first = AtomicU32::new(0);
    let stage = Stage::new(Scripted::new(move |request| {
        let poisoned = request.message.ends_with("m1") && first.fetch_add(1, Ordering::SeqCst) == 0;
        assert!(!poisoned, "a fault of ours");
        say("fine")
    }))
    .await;
    stage.put("m1", "default").await;
    stage.put("m2", "default").await;
    stage.start();
    stage.until("m2", InboxState::Done).await;
    stage.until("m1", InboxState::Done).await;
    assert_eq!(stage.row("m1").attempts, 2);
}

#[tokio::test(start_paused = true)]
async fn cancelling_a_running_reply_keeps_what_there_was() {
    let stage = Stage::new(Scripted::new(|_| tokens(1_000))).await;
    stage.put("m1", "default").await;
    stage.start();
    sleep(Duration::from_secs(2)).await;
    stage.world.inbox().request_cancel(&user(), &id("m1")).await.expect("no faults");
    nudged(&stage.bridge, Nudge::Cancel { message_id: "m1".into() }).await;
    stage.until("m1", InboxState::Done).await;
    stage.settle().await;
    let reply = &stage.history("default").await[1];
    assert_eq!(reply.outcome, Some(Outcome::Cancelled));
    assert!(text_of(1_000).starts_with(&reply.text) && reply.text.len() > 20);
    assert_eq!(stage.shown(0, "m1"), reply.text);
    assert_eq!(ended_with(&stage.frames(0), "m1"), Some(StreamOutcome::Cancelled));
}

#[tokio::test(start_paused = true)]
async fn cancelling_a_waiting_message_needs_no_run_and_no_turn() {
    let stage = Stage::new(Scripted::new(|_| tokens(300))).await;
    for message in ["m1", "m2", "m3"] {
        stage.put(message, "default").await;
    }
    stage.start();
    sleep(Duration::from_secs(2)).await;
    stage.world.inbox().request_cancel(&user(), &id("m2")).await.expect("no faults");
    nudged(&stage.bridge, Nudge::Cancel { message_id: "m2".into() }).await;
    stage.until("m2", InboxState::Done).await;
    assert_eq!(stage.row("m1").state, InboxState::Leased, "m1 still runs");
    stage.until("m3", InboxState::Done).await;
    stage.settle().await;
    assert_eq!(stage.agent.run_ids(), ["m1", "m3"]);
    assert_eq!(ended_with(&stage.frames(0), "m2"), Some(StreamOutcome::Cancelled));
}

#[tokio::test(start_paused = true)]
async fn a_message_cancelled_while_no_bridge_ran_is_never_run() {
    let stage = Stage::new(Scripted::echo()).await;
    stage.put("m1", "default").await;
    stage.world.inbox().request_cancel(&user(), &id("m1")).await.expect("no faults");
    stage.start();
    stage.until("m1", InboxState::Done).await;
    stage.settle().await;
    assert_eq!(stage.agent.run_ids(), Vec::<String>::new());
    assert_eq!(stage.history("default").await[1].outcome, Some(Outcome::Cancelled));
}

#[tokio::test(start_paused = true)]
async fn a_record_that_fails_twice_is_made_once() {
    let stage = Stage::new(Scripted::echo()).await;
    stage.world.fail_next("inbox.complete", 2);
    stage.put("m1", "default").await;
    stage.start();
    stage.until("m1", InboxState::Done).await;
    stage.settle().await;
    assert_eq!(stage.history("default").await.len(), 2, "one pair");
    assert_eq!(stage.agent.run_ids(), ["m1"]);
    assert_eq!(stage.ends(0), ["m1"]);
}

#[tokio::test(start_paused = true)]
async fn a_record_whose_answer_was_lost_is_not_made_again() {
    let stage = Stage::new(Scripted::echo()).await;
    stage.world.lose_next("inbox.complete", 1);
    stage.put("m1", "default").await;
    stage.start();
    stage.until("m1", InboxState::Done).await;
    stage.settle().await;
    assert_eq!(stage.history("default").await.len(), 2, "one pair");
    assert_eq!(stage.ends(0), ["m1"], "the end is announced all the same");
}

#[tokio::test(start_paused = true)]
async fn an_inbox_that_cannot_be_read_is_read_when_it_can() {
    let stage = Stage::new(Scripted::echo()).await;
    stage.world.fail_next("inbox.open", 5);
    stage.put("m1", "default").await;
    stage.start();
    stage.until("m1", InboxState::Done).await;
}

#[tokio::test(start_paused = true)]
async fn a_fenced_bridge_leases_nothing_and_writes_nothing() {
    let stage = Stage::new(Scripted::echo()).await;
    stage.put("m1", "default").await;
    claim(&stage.world).await;
    stage.start();
    stage.bridge.halt.fenced.cancelled().await;
    bridge::wind_down(&stage.bridge).await;
    let row = stage.row("m1");
    assert_eq!((row.state, row.attempts), (InboxState::Pending, 0));
    assert_eq!(stage.status(), TaskStatus::Starting, "the new generation's");
    assert_eq!(stage.agent.run_ids(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_bridge_that_is_fenced_mid_reply_records_and_announces_nothing() {
    let stage = Stage::new(Scripted::new(|_| tokens(30))).await;
    stage.put("m1", "default").await;
    stage.start();
    sleep(Duration::from_secs(1)).await;
    claim(&stage.world).await;
    stage.bridge.halt.fenced.cancelled().await;
    let began = Instant::now();
    bridge::wind_down(&stage.bridge).await;
    bridge::release(&stage.bridge).await;
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!(stage.row("m1").state, InboxState::Leased, "as it was");
    assert!(stage.history("default").await.is_empty());
    assert!(stage.ends(0).is_empty());
    let task = stage.world.task(&user());
    assert_eq!(
        (task.status, task.released.0),
        (TaskStatus::Starting, 1),
        "the successor may go on"
    );
}
