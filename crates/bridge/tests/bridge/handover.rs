//! A message that one machine could not finish, and the next one does.

use std::time::Duration;

use crate::support::{
    Scripted, Stage, Step, claim, connection, id, say, say_slowly, shown, user, world_at,
};
use bridge::{Reason, RunEnd, RunEvent, RunRequest, nudged};
use domain::limits::{PARTIAL_TEXT_MAX_BYTES, SERVER_FRAME_MAX_BYTES};
use domain::{ConnectionId, InboxState, Outcome, Phase};
use platform_sim::{Chaos, Process, Rates, World};
use protocol::{Nudge, ServerFrame};
use tokio::time::sleep;

const LEFT: &str = "It begins 😀 well";

/// Says it within 3 s, and then nothing more.
fn never_done(text: &str) -> Scripted {
    let text = text.to_owned();
    Scripted::new(move |_| {
        let mut steps = say_slowly([text.clone()], Duration::from_secs(3));
        steps.pop();
        steps.push(Step::Forever);
        steps
    })
}

/// The current generation's machine.
async fn machine(world: &World, agent: Scripted) -> Stage {
    Stage::in_world(world.clone(), agent, world.push()).await
}

/// It has `message` in hand for a while, and then it must go.
async fn taken_back(stage: &Stage) {
    stage.start();
    sleep(Duration::from_secs(10)).await;
    stage.bridge.halt.request(Reason::Signal);
    bridge::wind_down(&stage.bridge).await;
    bridge::release(&stage.bridge).await;
    claim(&stage.world).await;
}

/// A message of which an earlier machine has left this, and no machine yet.
async fn left(text: &str) -> World {
    let world = world_at(1).await;
    let stage = machine(&world, never_done(text)).await;
    stage.put("m1", "default").await;
    taken_back(&stage).await;
    world
}

async fn resume(stage: &Stage, tab: &str, message: &str, offset: Option<u64>) -> ConnectionId {
    let tab = connection(tab);
    let nudge = Nudge::Resume {
        connection_id: tab.to_string(),
        conversation_id: "default".into(),
        message_id: Some(message.into()),
        offset,
    };
    nudged(&stage.bridge, nudge).await;
    sleep(Duration::from_secs(1)).await;
    tab
}

fn is_snapshot_of(frame: &ServerFrame, text: &str) -> bool {
    matches!(frame, ServerFrame::StreamSnapshot { offset: 0, content, .. } if content == text)
}

/// How many are before the message, if this says that it waits.
fn waits(frame: &ServerFrame) -> Option<Option<u32>> {
    match frame {
        ServerFrame::Status {
            phase: Some(Phase::Ready),
            message_id: Some(_),
            queued_behind,
            ..
        } => Some(*queued_behind),
        _ => None,
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_machine_wrote_is_kept_and_shown_until_the_next_one_has_words() {
    let world = left(LEFT).await;
    let row = world.inbox_of(&user()).pop().expect("it was put");
    assert_eq!((row.state, row.partial.as_deref()), (InboxState::Pending, Some(LEFT)));

    let stage =
        machine(&world, Scripted::new(|_| say_slowly(["Anew".into()], Duration::from_secs(60))))
            .await;
    stage.start();
    sleep(Duration::from_secs(30)).await;
    assert_eq!(stage.row("m1").state, InboxState::Leased);
    assert_eq!(stage.row("m1").partial.as_deref(), Some(LEFT));
    let asks = resume(&stage, "asks", "m1", Some(5)).await;
    assert_eq!(stage.world.pushed(&asks), [], "it has nothing better yet");
    assert_eq!(stage.shown(0, "m1"), LEFT);
    stage.until("m1", InboxState::Done).await;
    stage.settle().await;
    assert_eq!(stage.shown(0, "m1"), "Anew");
    assert!(stage.frames(0).iter().any(|frame| is_snapshot_of(frame, "Anew")));
    assert_eq!(stage.history("default").await[1].text, "Anew");
    assert_eq!(stage.row("m1").partial, None);
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_ends_on_a_character_within_its_limit() {
    let text = "한".repeat(PARTIAL_TEXT_MAX_BYTES / 3 + 10);
    let world = left(&text).await;
    let row = world.inbox_of(&user()).pop().expect("it was put");
    let kept = row.partial.expect("something was written");
    assert_eq!(kept.len(), PARTIAL_TEXT_MAX_BYTES / 3 * 3);
    assert!(text.starts_with(&kept));
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_wrote_nothing_leaves_what_the_one_before_wrote() {
    let world = left(LEFT).await;
    taken_back(&machine(&world, Scripted::new(|_| vec![Step::Forever])).await).await;
    let row = world.inbox_of(&user()).pop().expect("it was put");
    assert_eq!((row.attempts, row.partial.as_deref()), (2, Some(LEFT)));
}

#[tokio::test(start_paused = true)]
async fn who_holds_nothing_of_a_waiting_message_gets_what_is_left_and_then_that_it_waits() {
    let stage = machine(&left(LEFT).await, Scripted::echo()).await;
    for (tab, offset) in [("nothing", Some(0)), ("unknown", None)] {
        let frames = stage.world.pushed(&resume(&stage, tab, "m1", offset).await);
        assert!(is_snapshot_of(&frames[0], LEFT), "{frames:?}");
        assert_eq!(waits(&frames[1]), Some(None));
        assert_eq!(frames.len(), 2);
    }
    let some = resume(&stage, "some", "m1", Some(4)).await;
    let frames = stage.world.pushed(&some);
    assert_eq!(frames.iter().map(waits).collect::<Vec<_>>(), [Some(None)]);
}

#[tokio::test(start_paused = true)]
async fn what_is_left_and_does_not_fit_one_frame_comes_in_several() {
    let text = "\"한\" 😀\n".repeat(8_000);
    let stage = machine(&left(&text).await, Scripted::echo()).await;
    let tab = resume(&stage, "tab", "m1", Some(0)).await;
    let sizes: Vec<_> = stage.world.pushed_text(&tab).iter().map(String::len).collect();
    assert!(sizes.len() > 4 && sizes.iter().all(|size| *size <= SERVER_FRAME_MAX_BYTES));
    let frames = stage.world.pushed(&tab);
    let kept = stage.row("m1").partial.expect("something was written");
    assert!(shown(&frames, "m1") == kept, "not the same text");
    assert_eq!(frames.last().and_then(waits), Some(None));
}

#[tokio::test(start_paused = true)]
async fn who_resumes_in_a_queue_is_told_how_many_are_before() {
    let world = world_at(1).await;
    let stage = machine(&world, Scripted::new(|_| vec![Step::Forever])).await;
    stage.put("m1", "default").await;
    stage.put("m2", "default").await;
    let (inbox, generation) = (world.inbox(), stage.bridge.generation);
    inbox.lease(&user(), &id("m2"), generation).await.expect("free");
    inbox.give_back(&user(), &id("m2"), generation, Some(LEFT)).await.expect("ours");
    stage.start();
    stage.until("m1", InboxState::Leased).await;
    let frames = stage.world.pushed(&resume(&stage, "tab", "m2", Some(0)).await);
    assert!(is_snapshot_of(&frames[0], LEFT), "{frames:?}");
    assert_eq!(waits(&frames[1]), Some(Some(1)));
}

#[tokio::test(start_paused = true)]
async fn what_is_left_never_takes_the_place_of_what_is_being_written() {
    for seed in 0..100 {
        let world = left(LEFT).await;
        let rates = Rates { latency_ms: 20, ..Rates::default() };
        let seen = world.seen_by(&Process::new(Chaos::new(seed, rates)));
        let anew = Scripted::new(|_| {
            let mut steps = say("Anew");
            steps.insert(1, Step::Wait(Duration::from_secs(1)));
            steps
        });
        let stage = machine(&seen, anew).await;
        stage.start();
        let tab = resume(&stage, "tab", "m1", Some(0)).await;
        stage.until("m1", InboxState::Done).await;
        stage.settle().await;
        assert_eq!(shown(&world.pushed(&tab), "m1"), "Anew", "seed {seed}");
    }
}

/// As many machines as `earlier` have had it; the next one finds what `found` says of each run.
async fn resumed(
    earlier: u64,
    found: impl Fn(&RunRequest) -> Vec<Step> + Send + Sync + 'static,
) -> Stage {
    let world = world_at(1).await;
    crate::support::put(&world, "m1", "default").await;
    for generation in 1..=earlier {
        let generation = domain::Generation(generation);
        world.inbox().lease(&user(), &id("m1"), generation).await.expect("ours");
        claim(&world).await;
    }
    let stage = machine(&world, Scripted::new(found)).await;
    stage.start();
    stage
}

fn stopped() -> Vec<Step> {
    vec![
        Step::Event(RunEvent::Text { delta: LEFT.into() }),
        Step::Event(RunEvent::End(RunEnd::Aborted { text: LEFT.into() })),
    ]
}

fn fails() -> Vec<Step> {
    let message = "the model is out of order".into();
    vec![Step::Event(RunEvent::End(RunEnd::Failed { message, retryable: true }))]
}

async fn outcome(stage: &Stage) -> (String, Option<Outcome>) {
    stage.settle().await;
    let reply = stage.history("default").await.remove(1);
    (reply.text, reply.outcome)
}

#[tokio::test(start_paused = true)]
async fn a_run_that_the_machine_before_stopped_is_run_anew_at_once() {
    let began = tokio::time::Instant::now();
    let stage = resumed(1, |request| match request.run_id.as_str() {
        "m1" => stopped(),
        _ => say("whole"),
    })
    .await;
    stage.until("m1", InboxState::Done).await;
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    assert_eq!(stage.agent.run_ids(), ["m1", "m1.r1"]);
    assert_eq!(outcome(&stage).await, ("whole".into(), Some(Outcome::Complete)));
    assert_eq!(stage.shown(0, "m1"), "whole");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_no_machine_before_can_have_stopped_is_cancelled() {
    for earlier in 0..3 {
        let stage = resumed(earlier, |_| stopped()).await;
        stage.until("m1", InboxState::Done).await;
        let runs = stage.agent.run_ids().len();
        assert_eq!(runs, usize::try_from(earlier).expect("few") + 1);
        assert_eq!(outcome(&stage).await, (LEFT.into(), Some(Outcome::Cancelled)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_user_who_cancels_a_resumed_run_has_cancelled_it() {
    let stage =
        resumed(1, |_| vec![Step::Event(RunEvent::Text { delta: LEFT.into() }), Step::Forever])
            .await;
    sleep(Duration::from_secs(1)).await;
    nudged(&stage.bridge, Nudge::Cancel { message_id: "m1".into() }).await;
    stage.until("m1", InboxState::Done).await;
    assert_eq!(stage.agent.run_ids(), ["m1"]);
    assert_eq!(outcome(&stage).await, (LEFT.into(), Some(Outcome::Cancelled)));
}

#[tokio::test(start_paused = true)]
async fn a_stopped_run_is_no_failure() {
    let stage = resumed(1, |request| match request.run_id.as_str() {
        "m1" => stopped(),
        "m1.r3" => say("whole"),
        _ => fails(),
    })
    .await;
    stage.until("m1", InboxState::Done).await;
    assert_eq!(stage.agent.run_ids(), ["m1", "m1.r1", "m1.r2", "m1.r3"]);
    assert_eq!(outcome(&stage).await, ("whole".into(), Some(Outcome::Complete)));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_fails_three_times_after_a_stopped_one_is_given_up() {
    let stage = resumed(1, |request| match request.run_id.as_str() {
        "m1" => stopped(),
        _ => fails(),
    })
    .await;
    stage.until("m1", InboxState::Dead).await;
    assert_eq!(stage.agent.run_ids(), ["m1", "m1.r1", "m1.r2", "m1.r3"]);
}
