//! Who waits behind others knows how many.

use std::time::Duration;

use crate::support::{
    Scripted, Stage, Step, connection, conversation, id, open_tab, say_slowly, user,
};
use bridge::nudged;
use domain::{Channel, InboxState, ReplyTo, TaskStatus};
use platform::{Clock, Inbox, NewMessage};
use protocol::{Nudge, ServerFrame};
use tokio::time::sleep;

fn positions(frames: &[ServerFrame]) -> Vec<(&str, u32)> {
    let told = frames.iter().filter_map(|frame| match frame {
        ServerFrame::Status {
            status: TaskStatus::Running,
            message_id: Some(id),
            queued_behind: Some(ahead),
            ..
        } => Some((id.as_str(), *ahead)),
        _ => None,
    });
    told.collect()
}

async fn comes(stage: &Stage, message: &str, conversation_id: &str) {
    stage.put(message, conversation_id).await;
    nudged(&stage.bridge, Nudge::Inbox { message_id: message.into() }).await;
    sleep(Duration::from_secs(1)).await;
}

/// With a reply that never ends.
async fn busy() -> Stage {
    let stage = Stage::new(Scripted::new(|_| vec![Step::Forever])).await;
    stage.put("m1", "default").await;
    stage.start();
    stage.until("m1", InboxState::Leased).await;
    stage
}

#[tokio::test(start_paused = true)]
async fn a_message_that_comes_while_others_are_before_it_is_told_how_many_once() {
    let stage = busy().await;
    for message in ["m2", "m3"] {
        comes(&stage, message, "default").await;
    }
    comes(&stage, "n1", "another").await;
    sleep(Duration::from_secs(60)).await;
    for tab in [0, 1] {
        assert_eq!(positions(&stage.frames(tab)), [("m2", 1), ("m3", 2)]);
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_moves_up_with_each_answer() {
    let stage = Stage::new(Scripted::new(|request| {
        say_slowly([request.message.clone()], Duration::from_secs(5))
    }))
    .await;
    for message in ["m1", "m2", "m3"] {
        stage.put(message, "default").await;
    }
    stage.start();
    stage.until("m3", InboxState::Done).await;
    stage.settle().await;
    let frames = stage.frames(0);
    assert_eq!(positions(&frames), [("m2", 1), ("m3", 2), ("m3", 1)]);
    let accepted = |frame: &ServerFrame| matches!(frame, ServerFrame::Accepted { .. });
    assert!(!frames.iter().any(accepted), "that is said by whoever accepted it");
}

#[tokio::test(start_paused = true)]
async fn who_waits_moves_up_when_one_before_is_cancelled() {
    let stage = busy().await;
    for message in ["m2", "m3"] {
        comes(&stage, message, "default").await;
    }
    stage.world.inbox().request_cancel(&user(), &id("m2")).await.expect("no faults");
    nudged(&stage.bridge, Nudge::Cancel { message_id: "m2".into() }).await;
    stage.until("m2", InboxState::Done).await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(positions(&stage.frames(0)), [("m2", 1), ("m3", 2), ("m3", 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_tab_that_just_opened_hears_where_its_message_is() {
    let stage = busy().await;
    let tab = open_tab(&stage.world, "just-opened").await;
    let message = NewMessage {
        id: id("m2"),
        conversation: conversation("default"),
        channel: Channel::Web,
        reply_to: ReplyTo::Connection { id: connection("just-opened") },
        text: "hello".into(),
        attachments: Vec::new(),
        album: None,
        received_at: stage.world.clock().now(),
        due_at: stage.world.clock().now(),
    };
    Inbox::put(&stage.world, &user(), &message).await.expect("no faults");
    nudged(&stage.bridge, Nudge::Inbox { message_id: "m2".into() }).await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(positions(&stage.world.pushed(&tab)), [("m2", 1)]);
}
