//! What is accepted is kept, once (I1).

use std::time::Duration;

use domain::limits::INBOX_TTL;
use domain::{Attachment, Channel, ConnectionId, FileName, InboxState, ReplyTo, TelegramFile};
use tokio::task::JoinSet;

use super::ContractWorld;
use super::scene::{NOW, Scene, conversation, id, later, reply};
use crate::{AmendOutcome, Amendment, NewMessage, PutOutcome};

pub async fn a_message_is_accepted_once_and_known_again(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let first = scene.message("m1", "first", NOW);
    let again = scene.message("m1", "second", later(5));
    let put = |message| scene.inbox.put(&scene.user, message);
    assert_eq!(put(&first).await.expect("puts"), PutOutcome::Accepted(NOW));
    let known = PutOutcome::Duplicate(InboxState::Pending);
    assert_eq!(put(&again).await.expect("puts"), known);
    assert_eq!(scene.row("m1").await.text, "first");
    assert_eq!(scene.row("m1").await.received_at, NOW);
}

pub async fn fifty_puts_of_one_id_are_accepted_once(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let mut puts = JoinSet::new();
    for n in 0..50 {
        let (inbox, user) = (scene.inbox.clone(), scene.user.clone());
        let message = scene.message("m1", &format!("text {n}"), NOW);
        puts.spawn(async move { inbox.put(&user, &message).await.expect("puts") });
    }
    let outcomes = puts.join_all().await;
    let known = PutOutcome::Duplicate(InboxState::Pending);
    let accepted: Vec<_> = outcomes.iter().filter(|outcome| **outcome != known).collect();
    assert_eq!(accepted, [&PutOutcome::Accepted(NOW)]);
    assert_eq!(scene.outline().await, ["m1"]);
}

pub async fn one_id_of_two_users_is_two_messages(world: &dyn ContractWorld) {
    let (ana, ben) = (Scene::of(world), Scene::of(world));
    for scene in [&ana, &ben] {
        let message = scene.message("m1", scene.user.as_str(), NOW);
        let outcome = scene.inbox.put(&scene.user, &message).await.expect("puts");
        assert_eq!(outcome, PutOutcome::Accepted(NOW));
    }
    assert_eq!(ana.row("m1").await.text, ana.user.as_str());
    assert_eq!(ben.row("m1").await.text, ben.user.as_str());
}

pub async fn a_message_reads_back_whole(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let listener = ConnectionId::new("L0SM9cOFvHcCIhw=").expect("valid");
    let message = NewMessage {
        conversation: conversation("family_trip-2"),
        channel: Channel::Telegram,
        reply_to: ReplyTo::Connection { id: listener },
        ..scene.message("m1", "안녕하세요 👋\n\"quoted\" \\ \u{0}", NOW)
    };
    scene.inbox.put(&scene.user, &message).await.expect("puts");
    let read = scene.row("m1").await;
    assert_eq!(read.id, message.id);
    assert_eq!(read.conversation, message.conversation);
    assert_eq!(read.channel, message.channel);
    assert_eq!(read.reply_to, message.reply_to);
    assert_eq!(read.text, message.text);
    assert_eq!(read.received_at, message.received_at);
    assert_eq!(read.state, InboxState::Pending);
    assert_eq!((read.lease_generation, read.attempts), (None, 0));
    assert_eq!((read.cancel_requested, read.reply_length, read.partial), (false, None, None));
}

pub async fn ids_may_have_every_allowed_character(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let longest = "x".repeat(128);
    let names = ["-", ".", ":", "_", "a.b:c_d-e", "tg-1:2_3", longest.as_str()];
    for name in names {
        scene.put(name, name, NOW).await;
    }
    for name in names {
        assert_eq!(scene.row(name).await.text, name);
    }
    assert_eq!(scene.outline().await.len(), names.len());
}

/// In the order of acceptance: clocks differ.
pub async fn the_outline_is_in_order_and_without_texts(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    for (name, at) in [("z", 1), ("b", 2), ("a", 2), ("y", 0), ("x", 3)] {
        scene.put(name, "text", later(at)).await;
    }
    assert_eq!(scene.outline().await, ["z", "b", "a", "y", "x"]);
    let rows = scene.inbox.outline(&scene.user, NOW).await.expect("reads");
    assert!(rows.iter().all(|row| row.text.is_empty()));
}

pub async fn a_finished_message_keeps_its_place_in_the_outline(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let generation = scene.launch().await;
    for (name, at) in [("c", 0), ("b", 1), ("a", 2)] {
        scene.put(name, "text", later(at)).await;
    }
    let leased = scene.lease("b", generation).await;
    scene.complete(&leased, &reply("done", later(3)), generation).await.expect("leased");
    assert_eq!(scene.outline().await, ["c", "b", "a"]);
    let open = scene.inbox.open(&scene.user, NOW).await.expect("reads");
    let open: Vec<(&str, &str)> = open.iter().map(|m| (m.id.as_str(), m.text.as_str())).collect();
    assert_eq!(open, [("c", "text"), ("a", "text")]);
}

/// More than one page of a query: DynamoDB answers 1 MB at a time.
pub async fn many_long_messages_are_all_open(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let text = "long ".repeat(20_000);
    let names: Vec<String> = (0..30).map(|n| format!("m{n:02}")).collect();
    for (at, name) in (0..).zip(&names) {
        scene.put(name, &text, later(at)).await;
    }
    let open = scene.inbox.open(&scene.user, NOW).await.expect("reads");
    assert!(open.iter().all(|message| message.text == text));
    let open: Vec<String> = open.into_iter().map(|message| message.id.into()).collect();
    assert_eq!(open, names);
    assert_eq!(scene.outline().await, names);
}

pub async fn expired_messages_are_hidden(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    scene.put("m1", "text", NOW).await;
    let (inbox, user, m1) = (&scene.inbox, &scene.user, id("m1"));
    let last = NOW + (INBOX_TTL - Duration::from_secs(1));
    assert!(inbox.get(user, &m1, last).await.expect("reads").is_some());
    let gone = NOW + INBOX_TTL;
    assert_eq!(inbox.get(user, &m1, gone).await.expect("reads"), None);
    assert_eq!(inbox.outline(user, gone).await.expect("reads"), []);
    assert_eq!(inbox.open(user, gone).await.expect("reads"), []);
}

pub async fn an_expired_id_may_be_used_again(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    scene.put("m1", "old", NOW).await;
    let again = scene.message("m1", "new", NOW + INBOX_TTL);
    let outcome = scene.inbox.put(&scene.user, &again).await.expect("puts");
    assert_eq!(outcome, PutOutcome::Accepted(NOW + INBOX_TTL));
    assert_eq!(scene.row("m1").await.text, "new");
}

pub async fn only_an_open_message_can_be_cancelled(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let generation = scene.launch().await;
    let cancel = |name: &'static str| {
        let (inbox, user) = (scene.inbox.clone(), scene.user.clone());
        async move { inbox.request_cancel(&user, &id(name)).await.expect("writes") }
    };
    assert!(!cancel("m1").await, "there is none");
    scene.put("m1", "text", NOW).await;
    assert!(cancel("m1").await);
    assert!(scene.row("m1").await.cancel_requested);
    let leased = scene.lease("m1", generation).await;
    assert!(cancel("m1").await, "a leased message is open");
    scene.complete(&leased, &reply("", NOW), generation).await.expect("leased");
    assert!(!cancel("m1").await, "it has ended");
}

fn part(name: &str, text: Option<&str>) -> Amendment {
    Amendment { part: id(name), text: text.map(str::to_owned), attachments: Vec::new() }
}

fn file(name: &str) -> Attachment {
    let name = FileName::near(name).expect("visible");
    Attachment::Telegram(TelegramFile { file_id: "abc".into(), name, size: Some(7) })
}

pub async fn a_message_nobody_has_begun_is_amended_once(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let message = NewMessage {
        album: Some("album".into()),
        attachments: vec![file("1.jpg")],
        ..scene.message("m1", "first", NOW)
    };
    scene.inbox.put(&scene.user, &message).await.expect("puts");
    let with_file = Amendment { attachments: vec![file("2.jpg")], ..part("m2", None) };
    for (amendment, outcome) in [
        (&with_file, AmendOutcome::Amended),
        (&with_file, AmendOutcome::Duplicate),
        (&part("m3", Some("second")), AmendOutcome::Amended),
        (&part("m3", Some("third")), AmendOutcome::Duplicate),
        (&with_file, AmendOutcome::Duplicate),
    ] {
        let amended = scene.inbox.amend(&scene.user, &id("m1"), amendment).await;
        assert_eq!(amended.expect("writes"), outcome, "{amendment:?}");
    }
    let row = scene.row("m1").await;
    assert_eq!(
        (row.text.as_str(), row.attachments),
        ("second", vec![file("1.jpg"), file("2.jpg")])
    );
    let outline = scene.inbox.outline(&scene.user, NOW).await.expect("reads");
    assert_eq!(outline[0].parts, [id("m2"), id("m3")]);
    assert_eq!(outline[0].album.as_deref(), Some("album"));
}

pub async fn of_parts_that_come_at_once_none_is_lost(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    scene.put("m0", "text", NOW).await;
    let mut parts = JoinSet::new();
    for n in 1..=9 {
        let (inbox, user) = (scene.inbox.clone(), scene.user.clone());
        let name = format!("m{n}");
        let amendment =
            Amendment { attachments: vec![file(&format!("{n}.jpg"))], ..part(&name, None) };
        parts.spawn(async move { inbox.amend(&user, &id("m0"), &amendment).await });
    }
    for outcome in parts.join_all().await {
        assert_eq!(outcome.expect("writes"), AmendOutcome::Amended);
    }
    let row = scene.row("m0").await;
    assert_eq!((row.attachments.len(), row.parts.len()), (9, 9));
}

pub async fn a_message_that_is_being_answered_is_not_amended(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let generation = scene.launch().await;
    scene.put("m1", "first", NOW).await;
    let leased = scene.lease("m1", generation).await;
    let too_late = async |why: &str| {
        let amended = scene.inbox.amend(&scene.user, &id("m1"), &part("m2", Some("second"))).await;
        assert_eq!(amended.expect("reads"), AmendOutcome::TooLate, "{why}");
    };
    too_late("leased").await;
    scene.inbox.give_back(&scene.user, &id("m1"), generation, None).await.expect("leased");
    too_late("given back").await;
    let leased = scene.lease(leased.id.as_str(), generation).await;
    scene.complete(&leased, &reply("re", NOW), generation).await.expect("leased");
    too_late("answered").await;
    let unknown = scene.inbox.amend(&scene.user, &id("m9"), &part("m2", None)).await;
    assert_eq!(unknown.expect("reads"), AmendOutcome::TooLate);
    assert_eq!(leased.text, "first");
}
