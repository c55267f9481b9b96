//! A message ends once, and its reply is recorded in the same moment (I4).

use std::time::Duration;

use domain::limits::TOMBSTONE_TTL;
use domain::{
    Channel, ConversationId, FileName, InboxState, Outcome, Reply, Role, UploadId, UploadKey,
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
            let completion = Completion { message: &message, reply: &reply, state, generation };
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
    let attachments = vec![key("one \"1\".pdf"), key("둘.png")];
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
    let titles = scene.conversations.list(&scene.user, NOW).await.expect("reads");
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
    let listed = scene.conversations.list(&scene.user, NOW).await.expect("reads");
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
