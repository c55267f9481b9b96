//! A client that comes back, or comes second.

use std::time::Duration;

use crate::support::{Scripted, Stage, Step, connection, say, say_slowly, shown};
use bridge::nudged;
use domain::{ConnectionId, InboxState, text};
use protocol::{Nudge, ServerFrame, StreamOutcome};
use tokio::time::sleep;

const REPLY: &str = "a😀 한글 שלום b";

async fn resume(stage: &Stage, from: &ConnectionId, message: Option<&str>, offset: Option<u64>) {
    let nudge = Nudge::Resume {
        connection_id: from.to_string(),
        conversation_id: "default".into(),
        message_id: message.map(str::to_owned),
        offset,
    };
    nudged(&stage.bridge, nudge).await;
    sleep(Duration::from_secs(1)).await;
}

fn contents(frames: &[ServerFrame]) -> Vec<(u64, String)> {
    let texts = frames.iter().filter_map(|frame| match frame {
        ServerFrame::StreamChunk { offset, content, .. }
        | ServerFrame::StreamSnapshot { offset, content, .. } => Some((*offset, content.clone())),
        _ => None,
    });
    texts.collect()
}

/// A reply of which [`REPLY`] is there, and more comes much later.
async fn running() -> Stage {
    let stage = Stage::new(Scripted::new(|_| {
        let pieces = [REPLY.to_owned(), " and the end".to_owned()];
        say_slowly(pieces, Duration::from_secs(300))
    }))
    .await;
    stage.put("m1", "default").await;
    stage.start();
    sleep(Duration::from_secs(301)).await;
    stage
}

#[tokio::test(start_paused = true)]
async fn at_every_offset_a_client_gets_exactly_the_missing_suffix() {
    let stage = running().await;
    for offset in 0..=text::utf16_len(REPLY) {
        let tab = connection(&format!("at{offset}"));
        resume(&stage, &tab, Some("m1"), Some(offset)).await;
        let got = contents(&stage.world.pushed(&tab));
        match text::byte_at_utf16(REPLY, offset) {
            Some(byte) if byte == REPLY.len() => assert_eq!(got, [], "it has everything"),
            Some(byte) => assert_eq!(got, [(offset, REPLY[byte..].to_owned())]),
            None => assert_eq!(got, [(0, REPLY.to_owned())], "no place in this text"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_offset_past_the_end_gets_the_whole_text() {
    let stage = running().await;
    let tab = connection("ahead");
    resume(&stage, &tab, Some("m1"), Some(10_000)).await;
    assert!(
        matches!(&stage.world.pushed(&tab)[0], ServerFrame::StreamSnapshot { content, .. } if content == REPLY)
    );
}

#[tokio::test(start_paused = true)]
async fn a_second_device_gets_what_there_is_and_then_the_rest() {
    let stage = running().await;
    let phone = connection("phone");
    resume(&stage, &phone, None, None).await;
    assert_eq!(shown(&stage.world.pushed(&phone), "m1"), REPLY);
    stage.until("m1", InboxState::Done).await;
    stage.settle().await;
    let frames = stage.world.pushed(&phone);
    assert_eq!(shown(&frames, "m1"), format!("{REPLY} and the end"));
    assert!(matches!(frames.last(), Some(ServerFrame::StreamEnd { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_device_that_only_connects_is_found_while_a_reply_streams() {
    let mut stage = Stage::new(Scripted::new(|_| {
        say_slowly((0..600).map(|n| format!("{n} ")), Duration::from_millis(100))
    }))
    .await;
    stage.put("m1", "default").await;
    stage.start();
    sleep(Duration::from_secs(5)).await;
    stage.open_tab("late").await;
    stage.until("m1", InboxState::Done).await;
    stage.settle().await;
    assert_eq!(stage.shown(2, "m1"), stage.shown(0, "m1"));
}

#[tokio::test(start_paused = true)]
async fn what_has_ended_is_answered_from_the_inbox() {
    let stage = Stage::new(Scripted::new(|request| match request.message.as_str() {
        "text of m1" => say("a😀"),
        "text of m2" => Vec::new(),
        _ => vec![Step::Forever],
    }))
    .await;
    for message in ["m1", "m2", "m3", "m4"] {
        stage.put(message, "default").await;
    }
    stage.start();
    // No answer from a program that went away, three times.
    stage.until("m2", InboxState::Dead).await;
    stage.until("m3", InboxState::Leased).await;
    let tab = connection("back");
    for message in ["m1", "m2", "m4", "unknown"] {
        resume(&stage, &tab, Some(message), Some(1)).await;
    }
    let frames = stage.world.pushed(&tab);
    assert!(
        matches!(&frames[0], ServerFrame::StreamEnd { message_id, length: 3, .. } if message_id == "m1")
    );
    assert!(matches!(&frames[1], ServerFrame::Error { message_id: Some(id), .. } if id == "m2"));
    assert!(matches!(&frames[2], ServerFrame::Status { message_id: Some(id), .. } if id == "m4"));
    assert_eq!(frames.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_failed_ends_for_a_client_that_watches() {
    let stage = Stage::new(Scripted::failing(false)).await;
    stage.put("m1", "default").await;
    stage.start();
    stage.until("m1", InboxState::Dead).await;
    stage.settle().await;
    let last = stage.frames(0).pop();
    let failed = StreamOutcome::Failed;
    assert!(matches!(last, Some(ServerFrame::StreamEnd { outcome, .. }) if outcome == failed));
}
