//! No run begins that there is no money for.

use bridge::{RunEnd, RunEvent, nudged};
use domain::{Day, InboxState, Outcome, Setting, SpendCap, Usage, UsageCounts};
use platform::{Clock, UsageBatch};
use platform_sim::World;
use protocol::{ErrorCode, Nudge, ServerFrame};

use crate::support::{Scripted, Stage, Step, user};

async fn choose(world: &World, usd: f64) {
    let cap = Setting::SpendCap(SpendCap::new(usd).expect("valid"));
    world.settings().put(&user(), &cap).await.expect("writes");
}

async fn has_cost(world: &World, nano_usd: u64) {
    let counts = UsageCounts { model_nano_usd: nano_usd, ..UsageCounts::default() };
    // A number that this life does not come to.
    let batch = UsageBatch { day: Day::of(world.clock().now()), number: 1_000_000, counts };
    let generation = world.task(&user()).generation;
    world.usage().add(&user(), generation, &batch).await.expect("current");
}

/// Each answer costs so much.
fn dear(usd: f64) -> Scripted {
    Scripted::new(move |_| {
        let usage = Usage { input_tokens: 1, output_tokens: 1, cost_usd: Some(usd) };
        let end = RunEnd::Complete { text: "fine".into(), truncated: false, usage: Some(usage) };
        vec![Step::Event(RunEvent::Text { delta: "fine".into() }), Step::Event(RunEvent::End(end))]
    })
}

async fn nudge(stage: &Stage, message: &str) {
    nudged(&stage.bridge, Nudge::Inbox { message_id: message.into() }).await;
}

async fn outcome(stage: &Stage, message: &str) -> (Outcome, String) {
    stage.settle().await;
    let history = stage.history("default").await;
    let reply = history.iter().rev().find(|it| it.id.as_str() == message && it.outcome.is_some());
    let reply = reply.expect("recorded");
    (reply.outcome.expect("a reply's"), reply.error.clone().unwrap_or_default())
}

#[tokio::test(start_paused = true)]
async fn a_run_begins_below_the_cap_and_not_at_it() {
    let stage = Stage::new(dear(0.6)).await;
    choose(&stage.world, 1.0).await;
    stage.start();
    for (message, expect) in [("m1", InboxState::Done), ("m2", InboxState::Done)] {
        stage.put(message, "default").await;
        nudge(&stage, message).await;
        stage.until(message, expect).await;
    }
    stage.put("m3", "default").await;
    nudge(&stage, "m").await;
    stage.until("m3", InboxState::Dead).await;
    let (failed, why) = outcome(&stage, "m3").await;
    assert_eq!(failed, Outcome::Failed);
    assert!(why.contains("$1.00 is reached") && why.contains("Your message is kept"), "{why}");
    assert_eq!(stage.row("m3").text, "text of m3", "it can be sent again");
    assert!(stage.frames(0).iter().any(|frame| matches!(frame,
        ServerFrame::Error { code: ErrorCode::RunFailed, message, .. } if message == &why)));
    assert_eq!(stage.agent.requests().len(), 2, "nothing was asked that costs");

    choose(&stage.world, 5.0).await;
    stage.put("m4", "default").await;
    nudge(&stage, "m").await;
    stage.until("m4", InboxState::Done).await;
}

#[tokio::test(start_paused = true)]
async fn exactly_the_cap_is_too_much() {
    for (spent, expect) in [(999_999_999, InboxState::Done), (1_000_000_000, InboxState::Dead)] {
        let stage = Stage::new(dear(0.1)).await;
        choose(&stage.world, 1.0).await;
        has_cost(&stage.world, spent).await;
        stage.put("m1", "default").await;
        stage.start();
        stage.until("m1", expect).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_stops_nobody_and_what_was_known_counts() {
    let stage = Stage::new(dear(0.6)).await;
    choose(&stage.world, 1.0).await;
    stage.world.fail_next("usage.read", 1);
    stage.put("m1", "default").await;
    stage.start();
    stage.until("m1", InboxState::Done).await;
    stage.put("m2", "default").await;
    nudge(&stage, "m").await;
    stage.until("m2", InboxState::Done).await;
    // 0.6 was known before the second, and 0.6 was counted since.
    stage.settle().await;
    stage.world.fail_next("usage.read", 1);
    stage.put("m3", "default").await;
    nudge(&stage, "m").await;
    stage.until("m3", InboxState::Dead).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_counted_and_not_written_yet_counts() {
    let stage = Stage::new(dear(0.6)).await;
    choose(&stage.world, 1.0).await;
    stage.world.fail_next("usage.add", 1_000);
    stage.start();
    for (message, expect) in
        [("m1", InboxState::Done), ("m2", InboxState::Done), ("m3", InboxState::Dead)]
    {
        stage.put(message, "default").await;
        nudge(&stage, message).await;
        stage.until(message, expect).await;
        stage.settle().await;
    }
}
