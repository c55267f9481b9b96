//! What comes from Telegram in parts, and its files.

use std::time::Duration;

use domain::{Attachment, Channel, FileName, InboxState, ReplyTo, TelegramFile};
use platform::{AmendOutcome, Amendment, Clock, Inbox, NewMessage};
use protocol::Nudge;
use tokio::time::{Instant, sleep};

use super::support::*;

fn photo(n: u32) -> Attachment {
    let name = FileName::near(&format!("photo {n}.jpg")).expect("visible");
    Attachment::Telegram(TelegramFile { file_id: format!("file{n}"), name, size: Some(3) })
}

impl Stage {
    async fn put_album(&self, message: &str) {
        let at = self.world.clock().now();
        let message = NewMessage {
            id: id(message),
            conversation: conversation("default"),
            channel: Channel::Telegram,
            reply_to: ReplyTo::Telegram { chat: PRIVATE, message: 1 },
            text: "Which is best?".into(),
            attachments: vec![photo(1)],
            album: Some("a1".into()),
            received_at: at,
            due_at: at,
        };
        Inbox::put(&self.world, &user(), &message).await.expect("no faults");
    }

    async fn add(&self, message: &str, n: u32) -> AmendOutcome {
        let part = id(&format!("part{n}"));
        let amendment = Amendment { part, text: None, attachments: vec![photo(n)] };
        let inbox = self.world.inbox();
        inbox.amend(&user(), &id(message), &amendment).await.expect("no faults")
    }
}

#[tokio::test(start_paused = true)]
async fn an_album_of_three_is_one_run_with_three_files() {
    let stage = Stage::new(Scripted::echo()).await;
    for n in 1..=3 {
        stage.world.put_telegram_file(&format!("file{n}"), &[n; 3]);
    }
    let began = Instant::now();
    stage.put_album("m1").await;
    put_in(&stage.world, "m2", PRIVATE).await;
    put_in(&stage.world, "m3", GROUP).await;
    stage.start();
    for n in 2..=3 {
        sleep(Duration::from_millis(1_500)).await;
        assert_eq!(stage.add("m1", n).await, AmendOutcome::Amended);
    }
    assert_eq!(stage.agent.run_ids(), ["m3"], "another conversation does not wait");
    stage.until("m1", InboxState::Done).await;
    stage.until("m2", InboxState::Done).await;
    let took = began.elapsed();
    assert!((5_000..7_500).contains(&took.as_millis()), "{took:?}");
    let runs = stage.agent.requests();
    let ids: Vec<_> = runs.iter().map(|run| run.run_id.as_str()).collect();
    assert_eq!(ids, ["m3", "m1", "m2"], "what is behind it waits");
    for n in 1..=3u8 {
        let path = format!("workspace/uploads/m1/photo {n}.jpg");
        assert!(runs[1].message.contains(&format!("\"uploads/m1/photo {n}.jpg\" (3 bytes)")));
        let bytes = std::fs::read(stage.state_dir.path().join(path)).expect("it is there");
        assert_eq!(bytes, [n; 3]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_part_that_comes_at_the_last_moment_is_waited_for_and_one_later_is_not() {
    let stage = Stage::new(Scripted::echo()).await;
    stage.put_album("m1").await;
    stage.start();
    sleep(Duration::from_millis(1_999)).await;
    assert_eq!(stage.add("m1", 2).await, AmendOutcome::Amended);
    sleep(Duration::from_millis(2_010)).await;
    assert_eq!(stage.add("m1", 3).await, AmendOutcome::TooLate);
    stage.until("m1", InboxState::Done).await;
    let asked = &stage.agent.requests()[0].message;
    assert!(asked.contains("photo 2.jpg") && !asked.contains("photo 3.jpg"), "{asked}");
}

#[tokio::test(start_paused = true)]
async fn an_inbox_that_cannot_be_read_does_not_cut_an_album_short() {
    let stage = Stage::new(Scripted::echo()).await;
    stage.world.fail_next("inbox.get", 2);
    let began = Instant::now();
    stage.put_album("m1").await;
    stage.start();
    stage.until("m1", InboxState::Done).await;
    assert!((6_000..6_500).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_album_that_is_cancelled_or_met_by_a_stop_is_not_waited_for() {
    let stage = Stage::new(Scripted::echo()).await;
    stage.put_album("m1").await;
    stage.start();
    sleep(Duration::from_millis(500)).await;
    stage.bridge.halt.request(bridge::Reason::Signal);
    let began = Instant::now();
    bridge::wind_down(&stage.bridge).await;
    assert!(began.elapsed() < Duration::from_millis(100), "{:?}", began.elapsed());
    assert_eq!(stage.row("m1").state, InboxState::Pending);

    let stage = Stage::new(Scripted::echo()).await;
    stage.put_album("m1").await;
    stage.start();
    sleep(Duration::from_millis(500)).await;
    bridge::nudged(&stage.bridge, Nudge::Cancel { message_id: "m1".into() }).await;
    let began = Instant::now();
    stage.until("m1", InboxState::Done).await;
    assert!(began.elapsed() < Duration::from_millis(100), "{:?}", began.elapsed());
    assert_eq!(stage.agent.run_ids(), [""; 0]);
}
