//! The promise of a reply: recorded once, in order, and streamed to everybody who listens.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::{Scripted, SlowPush, Stage, Step, Watched, id, say, say_slowly, user};
use bridge::{RunEnd, RunEvent};
use domain::limits::{REPLY_TEXT_MAX_BYTES, SERVER_FRAME_MAX_BYTES};
use domain::{InboxState, Outcome, Role};
use protocol::{Nudge, ServerFrame, StreamOutcome};
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn a_message_is_answered_recorded_and_streamed_to_both_tabs() {
    let stage = Stage::new(Scripted::echo()).await;
    stage.put("m1", "default").await;
    stage.start();
    stage.until("m1", InboxState::Done).await;
    stage.settle().await;
    let history = stage.history("default").await;
    assert_eq!(history[1].text, "answer to text of m1");
    assert_eq!((history[1].role, history[1].outcome), (Role::Assistant, Some(Outcome::Complete)));
    for tab in [0, 1] {
        assert_eq!(stage.shown(tab, "m1"), "answer to text of m1");
        assert_eq!(stage.ends(tab), ["m1"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_tab_that_opens_right_after_a_reply_hears_the_next_one() {
    let mut stage = Stage::new(Scripted::echo()).await;
    stage.put("m1", "default").await;
    stage.start();
    stage.until("m1", InboxState::Done).await;
    stage.open_tab("late").await;
    stage.put("m2", "default").await;
    bridge::nudged(&stage.bridge, Nudge::Inbox { message_id: "m2".into() }).await;
    stage.until("m2", InboxState::Done).await;
    stage.settle().await;
    let late = stage.tabs.len() - 1;
    assert_eq!(stage.shown(late, "m2"), "answer to text of m2");
    assert_eq!(stage.ends(late), ["m2"]);
}

#[tokio::test(start_paused = true)]
async fn the_end_is_announced_only_after_the_reply_is_on_record() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let notes = seen.clone();
    let stage = Stage::with_push(Scripted::echo(), |world| {
        let (inner, world) = (world.push(), world.clone());
        let look = move |frame: &str| {
            if frame.contains(r#""type":"stream_end""#) {
                let rows = world.inbox_of(&user());
                notes.lock().expect("no panics").push(rows[0].state);
            }
        };
        Arc::new(Watched { inner, look })
    })
    .await;
    // The first tries fail, so the record is late by seconds.
    stage.world.fail_next("inbox.complete", 4);
    stage.put("m1", "default").await;
    stage.start();
    stage.until("m1", InboxState::Done).await;
    stage.settle().await;
    assert_eq!(*seen.lock().expect("no panics"), [InboxState::Done, InboxState::Done]);
}

#[tokio::test(start_paused = true)]
async fn a_conversation_is_answered_in_order_and_others_run_beside_it() {
    let stage = Stage::new(Scripted::new(|request| {
        say_slowly([request.message.clone()], Duration::from_secs(5))
    }))
    .await;
    let began = Instant::now();
    for n in 1..=3 {
        stage.put(&format!("a{n}"), "a").await;
        stage.put(&format!("b{n}"), "b").await;
    }
    stage.start();
    stage.until("b3", InboxState::Done).await;
    stage.settle().await;
    assert_eq!(began.elapsed().as_secs(), 15, "two conversations, side by side");
    let ends = stage.ends(0);
    for conversation in ["a", "b"] {
        let own: Vec<_> = ends.iter().filter(|id| id.starts_with(conversation)).collect();
        assert_eq!(
            own,
            [&format!("{conversation}1"), &format!("{conversation}2"), &format!("{conversation}3")]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn two_tabs_get_the_same_stream() {
    let stage = Stage::new(Scripted::new(|_| {
        let mut steps = say_slowly((0..200).map(|n| format!("{n} 😀 ")), Duration::from_millis(7));
        let tool = RunEvent::Tool {
            call_id: "t1".into(),
            name: "exec".into(),
            state: protocol::ToolState::Start,
            summary: "x".repeat(100_000),
        };
        steps.insert(100, Step::Event(tool));
        steps
    }))
    .await;
    stage.put("m1", "default").await;
    stage.start();
    stage.until("m1", InboxState::Done).await;
    stage.settle().await;
    let reply = stage.history("default").await[1].text.clone();
    assert_eq!(stage.frames(0), stage.frames(1));
    assert_eq!(stage.shown(0, "m1"), reply);
    assert!(stage.frames(0).iter().any(|frame| matches!(frame, ServerFrame::Tool { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_reply_of_200_kb_arrives_whole_in_frames_that_fit() {
    let text = "Ünïcödé \"quoted\" 한국어 😀 \\ line\n".repeat(5_000);
    let expect = text.clone();
    let stage = Stage::new(Scripted::new(move |_| say(&text))).await;
    stage.put("m1", "default").await;
    stage.start();
    stage.until("m1", InboxState::Done).await;
    stage.settle().await;
    for frame in stage.world.pushed_text(&stage.tabs[0]) {
        assert!(frame.len() <= SERVER_FRAME_MAX_BYTES);
    }
    assert!(stage.shown(0, "m1") == expect, "not the same text");
}

#[tokio::test(start_paused = true)]
async fn four_seconds_of_tokens_cost_few_posts_and_no_lag_on_a_slow_sink() {
    for delay in [30, 60] {
        let mut slow = None;
        let stage = Stage::with_push(
            Scripted::new(|_| {
                let tokens = (0..400).map(|n| format!("{n} "));
                say_slowly(tokens, Duration::from_millis(10))
            }),
            |world| {
                let push = SlowPush::new(world.push(), Duration::from_millis(delay));
                slow = Some(push.clone());
                push
            },
        )
        .await;
        let slow = slow.expect("set above");
        let began = Instant::now();
        stage.put("m1", "default").await;
        stage.start();
        stage.until("m1", InboxState::Done).await;
        stage.settle().await;
        let arrived = slow.arrived_at(&stage.tabs[0]);
        assert!(arrived.len() <= 40, "{} posts at {delay} ms", arrived.len());
        let last_text = arrived.iter().rfind(|(_, frame)| frame.contains("stream_chunk"));
        let late = last_text.expect("text was sent").0 - began - Duration::from_secs(4);
        assert!(late <= Duration::from_millis(200), "{late:?} late at {delay} ms");
        assert!(stage.shown(0, "m1").ends_with("398 399 "));
    }
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_replies_that_end_within_one_tick_all_arrive() {
    let stage = Stage::new(Scripted::echo()).await;
    for n in 0..10_000 {
        stage.put(&format!("m{n}"), &format!("c{}", n % 50)).await;
    }
    stage.start();
    let world = stage.world.clone();
    crate::support::until(move || {
        world.inbox_of(&user()).iter().all(|row| row.state == InboxState::Done)
    })
    .await;
    stage.settle().await;
    assert_eq!(stage.ends(0).len(), 10_000);
    assert_eq!(stage.agent.requests().len(), 10_000);
}

#[tokio::test(start_paused = true)]
async fn a_final_text_that_was_never_streamed_is_the_reply() {
    let stage = Stage::new(Scripted::new(|_| {
        let text = "only at the end".to_owned();
        vec![Step::Event(RunEvent::End(RunEnd::Complete { text, truncated: false, usage: None }))]
    }))
    .await;
    stage.put("m1", "default").await;
    stage.start();
    stage.until("m1", InboxState::Done).await;
    stage.settle().await;
    assert_eq!(stage.shown(1, "m1"), "only at the end");
    assert_eq!(stage.history("default").await[1].text, "only at the end");
}

#[tokio::test(start_paused = true)]
async fn a_reply_over_the_limit_is_cut_marked_and_its_run_stopped() {
    let stage = Stage::new(Scripted::new(|_| {
        let megabyte = || Step::Event(RunEvent::Text { delta: "x".repeat(1 << 20) });
        let mut steps: Vec<Step> = (0..9).map(|_| megabyte()).collect();
        steps.push(Step::Forever);
        steps
    }))
    .await;
    stage.put("m1", "default").await;
    stage.start();
    stage.until("m1", InboxState::Done).await;
    stage.settle().await;
    let reply = &stage.history("default").await[1];
    assert_eq!((reply.text.len(), reply.outcome), (REPLY_TEXT_MAX_BYTES, Some(Outcome::Truncated)));
    let last = stage.frames(0).pop().expect("frames were sent");
    let length = REPLY_TEXT_MAX_BYTES as u64;
    let outcome = StreamOutcome::Truncated;
    assert!(
        matches!(last, ServerFrame::StreamEnd { length: l, outcome: o, .. } if l == length && o == outcome)
    );
}

#[tokio::test(start_paused = true)]
async fn a_message_that_comes_while_nobody_nudges_is_found_while_a_conversation_is_active() {
    let stage = Stage::new(Scripted::new(|request| {
        say_slowly([request.message.clone()], Duration::from_secs(40))
    }))
    .await;
    stage.put("m1", "a").await;
    stage.start();
    tokio::time::sleep(Duration::from_secs(1)).await;
    stage.put("m2", "b").await;
    let began = Instant::now();
    crate::support::until(|| stage.agent.run_ids().contains(&"m2".to_owned())).await;
    assert!(began.elapsed() <= Duration::from_secs(15));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_an_earlier_bridge_had_leased_is_resumed() {
    let world = crate::support::world_at(1).await;
    let push = world.push();
    let stage = Stage::in_world(world, Scripted::echo(), push).await;
    stage.put("m1", "default").await;
    stage.world.inbox().lease(&user(), &id("m1"), domain::Generation(1)).await.expect("free");
    crate::support::claim(&stage.world).await;
    let push = stage.world.push();
    let stage = Stage::in_world(stage.world.clone(), Scripted::echo(), push).await;
    stage.start();
    stage.until("m1", InboxState::Done).await;
    stage.settle().await;
    assert!(stage.agent.requests()[0].resuming);
    let snapshot = |frame: &ServerFrame| matches!(frame, ServerFrame::StreamSnapshot { .. });
    assert!(stage.frames(0).iter().any(snapshot), "what the tab held is replaced");
}
