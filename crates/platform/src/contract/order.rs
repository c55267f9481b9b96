//! Every message has its place in the order of all that was accepted of the user (I5), and who
//! wrote is looked after (I10).

use std::collections::BTreeSet;

use domain::{TaskState, Timestamp};
use tokio::task::JoinSet;

use super::ContractWorld;
use super::scene::{NOW, Scene, later, reply};
use crate::{NewMessage, PutOutcome};

pub async fn a_message_is_stamped_later_than_all_before_whatever_the_clocks_say(
    world: &dyn ContractWorld,
) {
    let scene = Scene::of(world);
    let mut last = Timestamp(0);
    for (n, seconds) in [5, 3, 5, 5, 4, 6, 0, 6].into_iter().enumerate() {
        let stamp = scene.put(&format!("m{n}"), "text", later(seconds)).await;
        assert!(stamp > last && stamp >= later(seconds), "{n}: {stamp:?} after {last:?}");
        assert_eq!(scene.row(&format!("m{n}")).await.received_at, stamp);
        assert_eq!(scene.task().await.last_accepted_at, Some(stamp));
        last = stamp;
    }
    // A clock that is ahead of all is believed to the millisecond.
    assert_eq!(scene.put("m-ahead", "text", later(99)).await, later(99));
}

pub async fn fifty_puts_at_once_have_fifty_places(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let mut puts = JoinSet::new();
    for n in 0..50 {
        let (inbox, user) = (scene.inbox.clone(), scene.user.clone());
        let message = scene.message(&format!("m{n}"), "text", NOW);
        puts.spawn(async move { (inbox.put(&user, &message).await.expect("puts"), message.id) });
    }
    let mut stamps = BTreeSet::new();
    for (outcome, id) in puts.join_all().await {
        let PutOutcome::Accepted(stamp) = outcome else {
            panic!("{id} is new, not {outcome:?}");
        };
        assert_eq!(scene.row(id.as_str()).await.received_at, stamp);
        stamps.insert(stamp);
    }
    assert_eq!(stamps.len(), 50);
    assert_eq!(scene.task().await.last_accepted_at.as_ref(), stamps.last());
}

pub async fn a_message_makes_its_user_due(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let message = NewMessage { due_at: later(77), ..scene.message("m1", "text", NOW) };
    scene.inbox.put(&scene.user, &message).await.expect("puts");
    let expect = TaskState {
        due_at: Some(later(77)),
        last_accepted_at: Some(NOW),
        ..TaskState::idle(scene.user.clone())
    };
    assert_eq!(scene.task().await, expect);
    assert!(!scene.is_due(later(76)).await);
    assert!(scene.is_due(later(77)).await);
}

pub async fn a_message_leaves_the_mark_of_who_is_due_already(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    scene.launch().await;
    let marked = scene.task().await.due_at;
    for (name, due_at) in [("sooner", later(10)), ("later", later(9_999))] {
        let message = NewMessage { due_at, ..scene.message(name, "text", NOW) };
        scene.inbox.put(&scene.user, &message).await.expect("puts");
        assert_eq!(scene.task().await.due_at, marked, "{name}");
    }
}

pub async fn a_duplicate_changes_nothing(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    scene.put("open", "text", NOW).await;
    scene.put("done", "text", later(1)).await;
    let generation = scene.launch().await;
    let leased = scene.lease("done", generation).await;
    scene.complete(&leased, &reply("r", later(2)), generation).await.expect("leased");
    scene.release(generation).await;
    assert!(scene.tasks.settle(&scene.task().await).await.expect("writes"));
    let (task, open, done) = (scene.task().await, scene.row("open").await, scene.row("done").await);
    assert_eq!(task.due_at, None);
    // By a clock that is behind the last stamp, and by one that is ahead.
    for at in [NOW, later(9)] {
        for known in [&open, &done] {
            let again = scene.message(known.id.as_str(), "again", at);
            let outcome = scene.inbox.put(&scene.user, &again).await.expect("puts");
            assert_eq!(outcome, PutOutcome::Duplicate(known.state));
            assert_eq!(scene.row(known.id.as_str()).await, *known);
        }
        assert_eq!(scene.task().await, task);
    }
}
