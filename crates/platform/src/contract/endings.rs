//! A message ends once, and its reply is recorded in the same moment (I4).

use std::time::Duration;

use domain::limits::TOMBSTONE_TTL;
use domain::{
    Attachment, Channel, ConversationId, FileName, InboxState, Outcome, Reply, Role, UploadId,
    UploadKey,
};
use tokio::task::JoinSet;

use super::ContractWorld;
use super::scene::{NOW, Scene, assert_conflict, assert_fenced, id, later, reply};
use crate::{Completion, NewMessage, WriteError};

pub async fn the_reply_and_the_end_of_the_message_are_one(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let generation = scene.launch().await;
    scene.put("m1", "what?", NOW).await;
    let leased = scene.lease("m1", generation).await;
    scene.complete(&leased, &reply("that 😀", later(9)), generation).await.expect("leased");

    let row = scene.row("m1").await;
    assert_eq!((row.state, row.lease_generation), (InboxState::Done, None));
    assert_eq!((row.text.as_str(), row.reply_length), ("", Some(7)));
    let recorded = scene.reply_to(&leased).await.expect("recorded");
    assert_eq!((recorded.text.as_str(), recorded.role), ("that 😀", Role::Assistant));
    assert_eq!((recorded.at, recorded.received_at), (later(9), NOW));
    assert_eq!((recorded.id, recorded.channel), (leased.id, Channel::Web));
    assert_eq!(scene.inbox.open(&scene.user, NOW).await.expect("reads"), []);
}

pub async fn a_message_ends_once(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let generation = scene.launch().await;
    scene.put("m1", "what?", NOW).await;
    let leased = scene.lease("m1", generation).await;
    scene.complete(&leased, &reply("first", NOW), generation).await.expect("leased");
    assert_conflict(scene.complete(&leased, &reply("second", NOW), generation).await);
    assert_eq!(scene.reply_to(&leased).await.expect("recorded").text, "first");
}

pub async fn of_ten_completions_at_once_one_counts(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let generation = scene.launch().await;
    scene.put("m1", "what?", NOW).await;
    let leased = scene.lease("m1", generation).await;
    let mut attempts = JoinSet::new();
    for n in 0..10 {
        let (inbox, user, message) = (scene.inbox.clone(), scene.user.clone(), leased.clone());
        attempts.spawn(async move {
            let reply = reply(&format!("reply {n}"), NOW);
            let state = InboxState::Done;
            let completion =
                Completion { message: &message, reply: &reply, state, generation, owed: false };
            inbox.complete(&user, &completion).await.map(|()| reply.text)
        });
    }
    let mut won = Vec::new();
    for outcome in attempts.join_all().await {
        match outcome {
            Ok(text) => won.push(text),
            lost => assert_conflict(lost),
        }
    }
    assert_eq!(won.len(), 1);
    assert_eq!(scene.reply_to(&leased).await.expect("recorded").text, won[0]);
}

pub async fn a_dead_message_keeps_its_text(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let generation = scene.launch().await;
    scene.put("m1", "what?", NOW).await;
    let leased = scene.lease("m1", generation).await;
    let failed = Reply {
        outcome: Outcome::Failed,
        error: Some("the model refused".into()),
        ..reply("", NOW)
    };
    scene.end(&leased, &failed, InboxState::Dead, generation).await.expect("leased");
    let row = scene.row("m1").await;
    assert_eq!((row.state, row.text.as_str()), (InboxState::Dead, "what?"));
    assert_eq!((row.lease_generation, row.reply_length), (None, None));
    let recorded = scene.reply_to(&leased).await.expect("recorded");
    assert_eq!(recorded.outcome, Some(Outcome::Failed));
    assert_eq!(recorded.error.as_deref(), Some("the model refused"));
}

pub async fn attachments_stay_with_their_message(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let generation = scene.launch().await;
    let key = |name: &str| UploadKey {
        user: scene.user.clone(),
        id: UploadId::new("0f").expect("valid"),
        name: FileName::near(name).expect("visible"),
    };
    let attachments: Vec<Attachment> = vec![key("one \"1\".pdf").into(), key("둘.png").into()];
    for (name, state) in [("done", InboxState::Done), ("dead", InboxState::Dead)] {
        let message = NewMessage {
            attachments: attachments.clone(),
            conversation: ConversationId::new(name).expect("valid"),
            ..scene.message(name, "", NOW)
        };
        scene.inbox.put(&scene.user, &message).await.expect("puts");
        let open = scene.inbox.open(&scene.user, NOW).await.expect("reads");
        assert_eq!(open[0].attachments, attachments);
        let outline = scene.inbox.outline(&scene.user, NOW).await.expect("reads");
        assert!(outline.iter().all(|row| row.attachments.is_empty()), "they are no outline");
        let leased = scene.lease(name, generation).await;
        assert_eq!(leased.attachments, attachments);
        scene.end(&leased, &reply("seen", later(1)), state, generation).await.expect("leased");
        let kept = if state == InboxState::Dead { attachments.clone() } else { Vec::new() };
        assert_eq!(scene.row(name).await.attachments, kept, "{name}");
        let talk = &message.conversation;
        let page = scene.conversations.history(&scene.user, talk, None, 10, NOW).await;
        let told: Vec<_> =
            page.expect("reads").messages.into_iter().map(|said| said.attachments).collect();
        assert_eq!(told, [attachments.clone(), Vec::new()]);
    }
    let titles = scene.listed(NOW).await;
    assert!(titles.iter().all(|talk| talk.title == "one \"1\".pdf"), "{titles:?}");
}

pub async fn a_message_without_a_lease_does_not_end(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let generation = scene.launch().await;
    scene.put("m1", "what?", NOW).await;
    let pending = scene.row("m1").await;
    assert_conflict(scene.complete(&pending, &reply("early", NOW), generation).await);
    assert_eq!(scene.row("m1").await, pending);
    assert_eq!(scene.reply_to(&pending).await, None);
}

pub async fn a_fenced_completion_leaves_nothing_behind(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let old = scene.launch().await;
    scene.put("m1", "what?", NOW).await;
    let leased = scene.lease("m1", old).await;
    let new = scene.launch().await;
    assert_fenced(scene.complete(&leased, &reply("zombie", NOW), old).await);
    assert_eq!(scene.row("m1").await, leased);
    assert_eq!(scene.reply_to(&leased).await, None);
    let listed = scene.listed(NOW).await;
    assert_eq!(listed, []);
    // Current, but it does not hold the lease.
    assert_conflict(scene.complete(&leased, &reply("hasty", NOW), new).await);
    let talk = ConversationId::default();
    let history = scene.conversations.history(&scene.user, &talk, None, 10, NOW).await;
    assert_eq!(history.expect("reads").messages, []);
}

pub async fn a_tombstone_expires_after_two_days(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let generation = scene.launch().await;
    scene.put("m1", "what?", NOW).await;
    let leased = scene.lease("m1", generation).await;
    scene.complete(&leased, &reply("that", later(60)), generation).await.expect("leased");
    let ends = later(60) + TOMBSTONE_TTL;
    let seen_at = |now| scene.inbox.get(&scene.user, &leased.id, now);
    let before = Duration::from_secs(60) + TOMBSTONE_TTL - Duration::from_secs(1);
    assert!(seen_at(NOW + before).await.expect("reads").is_some());
    assert_eq!(seen_at(ends).await.expect("reads"), None);
    let rows = scene.inbox.outline(&scene.user, ends).await.expect("reads");
    assert_eq!(rows, []);
    let lost: Result<_, WriteError> = scene.inbox.lease(&scene.user, &id("m1"), generation).await;
    assert_conflict(lost);
}

pub async fn what_a_channel_is_owed_is_known_until_it_was_delivered(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let generation = scene.launch().await;
    scene.put("m1", "what?", NOW).await;
    scene.put("m2", "and?", NOW).await;
    let state = InboxState::Done;
    for (name, owed) in [("m1", true), ("m2", false)] {
        let (message, reply) = (scene.lease(name, generation).await, reply("that", NOW));
        let completion = Completion { message: &message, reply: &reply, state, generation, owed };
        scene.inbox.complete(&scene.user, &completion).await.expect("leased");
    }
    let owed = async || {
        let rows = scene.inbox.owed(&scene.user, NOW).await.expect("reads");
        rows.into_iter().map(|row| (row.id.to_string(), row.owed)).collect::<Vec<_>>()
    };
    assert_eq!(owed().await, [("m1".to_owned(), Some(0))]);
    let (user, inbox, m1) = (&scene.user, &scene.inbox, id("m1"));
    inbox.note_sent(user, &m1, generation, 2).await.expect("owed");
    assert_eq!(owed().await, [("m1".to_owned(), Some(2))]);
    let outline = inbox.outline(user, NOW).await.expect("reads");
    assert!(outline[0].is_unsettled() && !outline[1].is_unsettled());
    assert_conflict(inbox.note_sent(user, &id("m2"), generation, 1).await);

    inbox.delivered(user, &m1, generation).await.expect("owed");
    assert_eq!(owed().await, []);
    assert_conflict(inbox.delivered(user, &m1, generation).await);
    assert_conflict(inbox.note_sent(user, &m1, generation, 3).await);
}

pub async fn a_zombie_delivers_nothing(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let old = scene.launch().await;
    scene.put("m1", "what?", NOW).await;
    let (message, reply) = (scene.lease("m1", old).await, reply("that", NOW));
    let state = InboxState::Done;
    let completion =
        Completion { message: &message, reply: &reply, state, generation: old, owed: true };
    scene.inbox.complete(&scene.user, &completion).await.expect("leased");
    scene.release(old).await;
    let new = scene.launch().await;
    assert_fenced(scene.inbox.note_sent(&scene.user, &id("m1"), old, 1).await);
    assert_fenced(scene.inbox.delivered(&scene.user, &id("m1"), old).await);
    scene.inbox.note_sent(&scene.user, &id("m1"), new, 1).await.expect("owed");
    scene.inbox.delivered(&scene.user, &id("m1"), new).await.expect("owed");
}
