//! Accepting: durable first (I1), once, in order (I5), within limits.

mod world;

use std::time::Duration;

use control_plane::{AcceptError, Incoming, uploads};
use domain::limits::{ATTACHMENTS_MAX, MESSAGE_TEXT_MAX_BYTES, OPEN_MESSAGES_MAX};
use domain::{InboxState, Timestamp};
use platform_sim::TurnedClock;
use world::{cases, incoming};

#[tokio::test]
async fn an_accepted_message_is_in_the_inbox() {
    let cases = cases();
    let accepted = cases.say("m1").await;
    assert!(!accepted.duplicate);
    let rows = cases.world.inbox_of(&cases.user);
    assert_eq!(rows[0].state, InboxState::Pending);
    assert_eq!(rows[0].text, "text of m1");
}

#[tokio::test]
async fn nothing_is_acknowledged_that_is_not_stored() {
    let cases = cases();
    cases.world.fail_next("inbox.put", 1);
    let refused = cases.accept().run(&cases.user, incoming("m1")).await;
    assert!(matches!(refused, Err(AcceptError::Unavailable(_))));
    assert!(cases.world.inbox_of(&cases.user).is_empty());
}

#[tokio::test]
async fn a_put_whose_answer_was_lost_is_a_duplicate_the_second_time() {
    let cases = cases();
    cases.world.lose_next("inbox.put", 1);
    assert!(cases.accept().run(&cases.user, incoming("m1")).await.is_err());
    let again = cases.say("m1").await;
    assert!(again.duplicate && again.open);
    assert_eq!(cases.world.inbox_of(&cases.user).len(), 1);
}

#[tokio::test]
async fn the_same_message_many_times_at_once_is_one_row() {
    let cases = cases();
    let (a, b, c) = tokio::join!(cases.say("m1"), cases.say("m1"), cases.say("m1"));
    assert_eq!([a, b, c].iter().filter(|accepted| !accepted.duplicate).count(), 1);
    assert_eq!(cases.world.inbox_of(&cases.user).len(), 1);
}

#[tokio::test]
async fn positions_count_what_waits_before() {
    let cases = cases();
    let mut positions = Vec::new();
    for id in ["m1", "m2", "m3"] {
        positions.push(cases.say(id).await.position);
    }
    assert_eq!(positions, [0, 1, 2]);
    assert_eq!(cases.say("m2").await.position, 1, "asked again");
}

#[tokio::test]
async fn a_message_sent_after_another_was_accepted_stands_after_it_though_its_clock_is_behind() {
    let cases = cases();
    cases.world.clock().advance(Duration::from_secs(10));
    let first = cases.say("zz").await;
    // The next Lambda's clock is two seconds behind.
    let mut accept = cases.accept();
    let behind = first.received_at.millis() - 2_000;
    accept.clock = std::sync::Arc::new(TurnedClock::at(Timestamp(behind)));
    let second = accept.run(&cases.user, incoming("aa")).await.expect("accepted");
    assert!(second.received_at > first.received_at);
    assert_eq!(second.position, 1);
}

#[tokio::test]
async fn the_limits_hold_at_and_just_past_them() {
    let cases = cases();
    let mut largest = incoming("m1");
    largest.text = "x".repeat(MESSAGE_TEXT_MAX_BYTES);
    assert!(cases.accept().run(&cases.user, largest).await.is_ok());
    let mut over = incoming("m2");
    over.text = "x".repeat(MESSAGE_TEXT_MAX_BYTES + 1);
    let refused = cases.accept().run(&cases.user, over).await;
    assert!(
        matches!(refused, Err(AcceptError::TooLarge(bytes)) if bytes == MESSAGE_TEXT_MAX_BYTES + 1)
    );
    let mut empty = incoming("m3");
    empty.text = " \n".into();
    assert!(matches!(cases.accept().run(&cases.user, empty).await, Err(AcceptError::Empty)));
}

#[tokio::test]
async fn a_message_may_be_files_alone_up_to_ten() {
    let cases = cases();
    let key = |n: usize| format!("uploads/{}/0f/{n}.pdf", cases.user);
    let with = |id: &str, files: usize| Incoming {
        text: String::new(),
        attachments: uploads((0..files).map(key)).expect("keys"),
        ..incoming(id)
    };
    assert!(cases.accept().run(&cases.user, with("m1", ATTACHMENTS_MAX)).await.is_ok());
    let rows = cases.world.inbox_of(&cases.user);
    let kept: Vec<String> = rows[0].attachments.iter().map(ToString::to_string).collect();
    assert_eq!(kept, (0..ATTACHMENTS_MAX).map(key).collect::<Vec<_>>());
    let refused = cases.accept().run(&cases.user, with("m2", ATTACHMENTS_MAX + 1)).await;
    assert!(matches!(refused, Err(AcceptError::TooManyAttachments(11))));
}

#[tokio::test]
async fn only_ones_own_uploads_can_be_attached() {
    let cases = cases();
    let own = format!("uploads/{}/0f/a.pdf", cases.user);
    let keys = [
        "uploads/somebody-else/0f/a.pdf".to_owned(),
        format!("uploads/{}/../somebody-else/a.pdf", cases.user),
        format!("uploads/{}/0f/..", cases.user),
        format!("/{own}"),
        own.replace("uploads", "snapshots"),
        String::new(),
    ];
    // The others are no keys at all.
    let mut let_in = 0;
    for key in keys {
        let Ok(attachments) = uploads([own.clone(), key.clone()]) else { continue };
        let message = Incoming { attachments, ..incoming("m1") };
        let refused = cases.accept().run(&cases.user, message).await;
        assert!(matches!(refused, Err(AcceptError::NoUpload(_))), "{key}");
        let_in += 1;
    }
    assert_eq!(let_in, 1);
    assert!(cases.world.inbox_of(&cases.user).is_empty());
}

#[tokio::test]
async fn one_user_may_queue_only_so_many() {
    let cases = cases();
    for n in 0..OPEN_MESSAGES_MAX {
        cases.say(&format!("m{n}")).await;
    }
    let refused = cases.accept().run(&cases.user, incoming("one-more")).await;
    assert!(matches!(refused, Err(AcceptError::TooMany)));
    assert!(cases.say("m0").await.duplicate, "what is queued can still be asked about");
}
