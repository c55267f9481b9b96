//! Who may answer a message: the current generation, and nobody else (I3).

use domain::{Generation, InboxState};

use super::ContractWorld;
use super::scene::{NOW, Scene, assert_conflict, assert_fenced, id, reply};

pub async fn a_lease_counts_and_names_its_generation(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let generation = scene.launch().await;
    scene.put("m1", "text", NOW).await;
    let leased = scene.lease("m1", generation).await;
    assert_eq!(leased.state, InboxState::Leased);
    assert_eq!(leased.lease_generation, Some(generation));
    assert_eq!((leased.attempts, leased.text.as_str()), (1, "text"));
    assert_eq!(scene.row("m1").await, leased);
}

pub async fn a_lease_whose_answer_was_lost_can_be_asked_for_again(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let generation = scene.launch().await;
    scene.put("m1", "text", NOW).await;
    scene.lease("m1", generation).await;
    assert_eq!(scene.lease("m1", generation).await.attempts, 2);
}

pub async fn a_newer_generation_takes_a_lease_over(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let old = scene.launch().await;
    scene.put("m1", "text", NOW).await;
    scene.lease("m1", old).await;
    let new = scene.launch().await;
    let taken = scene.lease("m1", new).await;
    assert_eq!(taken.lease_generation, Some(new));
    assert_eq!(taken.attempts, 2);
}

pub async fn an_older_generation_leases_nothing(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let old = scene.launch().await;
    scene.put("m1", "text", NOW).await;
    let leased = scene.lease("m1", old).await;
    scene.put("m2", "text", NOW).await;
    scene.launch().await;
    let (inbox, user) = (&scene.inbox, &scene.user);
    assert_fenced(inbox.lease(user, &id("m1"), old).await);
    assert_fenced(inbox.lease(user, &id("m2"), old).await);
    assert_fenced(inbox.give_back(user, &id("m1"), old, Some("zombie")).await);
    assert_eq!(scene.row("m1").await, leased);
    assert_eq!(scene.row("m2").await.attempts, 0);
}

pub async fn a_generation_that_was_never_launched_leases_nothing(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    scene.put("m1", "text", NOW).await;
    assert_fenced(scene.inbox.lease(&scene.user, &id("m1"), Generation(0)).await);
    assert_fenced(scene.inbox.lease(&scene.user, &id("m1"), Generation(1)).await);
}

/// It said that it writes no more; somebody may already restore what it saved last.
pub async fn a_released_generation_leases_nothing(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let generation = scene.launch().await;
    scene.put("m1", "text", NOW).await;
    let leased = scene.lease("m1", generation).await;
    scene.release(generation).await;
    assert_fenced(scene.inbox.lease(&scene.user, &id("m1"), generation).await);
    assert_fenced(scene.inbox.give_back(&scene.user, &id("m1"), generation, None).await);
    assert_fenced(scene.complete(&leased, &reply("late", NOW), generation).await);
}

pub async fn a_message_that_is_not_open_cannot_be_leased(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let generation = scene.launch().await;
    assert_conflict(scene.inbox.lease(&scene.user, &id("none"), generation).await);
    for (name, state) in [("done", InboxState::Done), ("dead", InboxState::Dead)] {
        scene.put(name, "text", NOW).await;
        let leased = scene.lease(name, generation).await;
        scene.end(&leased, &reply("r", NOW), state, generation).await.expect("leased");
        assert_conflict(scene.inbox.lease(&scene.user, &id(name), generation).await);
        assert_eq!(scene.row(name).await.state, state);
    }
}

pub async fn a_lease_given_back_keeps_its_attempts(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let generation = scene.launch().await;
    scene.put("m1", "text", NOW).await;
    scene.lease("m1", generation).await;
    scene.inbox.give_back(&scene.user, &id("m1"), generation, None).await.expect("is ours");
    let row = scene.row("m1").await;
    assert_eq!((row.state, row.lease_generation), (InboxState::Pending, None));
    assert_eq!((row.attempts, row.text.as_str()), (1, "text"));
    assert_eq!(scene.lease("m1", generation).await.attempts, 2);
}

pub async fn what_was_written_is_kept_until_there_is_more_or_an_end(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let generation = scene.launch().await;
    for (name, end) in [("m1", InboxState::Done), ("m2", InboxState::Dead)] {
        scene.put(name, "text", NOW).await;
        let give_back = async |partial| {
            scene.lease(name, generation).await;
            let given = scene.inbox.give_back(&scene.user, &id(name), generation, partial).await;
            given.expect("is ours");
            scene.row(name).await.partial
        };
        assert_eq!(give_back(None).await, None);
        assert_eq!(give_back(Some("Once 한국")).await.as_deref(), Some("Once 한국"));
        assert_eq!(give_back(None).await.as_deref(), Some("Once 한국"), "there is no better");
        assert_eq!(give_back(Some("Once upon")).await.as_deref(), Some("Once upon"));
        let open = scene.inbox.open(&scene.user, NOW).await.expect("reads");
        assert_eq!(open[0].partial.as_deref(), Some("Once upon"));
        let leased = scene.lease(name, generation).await;
        assert_eq!(leased.partial.as_deref(), Some("Once upon"));
        scene.end(&leased, &reply("r", NOW), end, generation).await.expect("leased");
        assert_eq!(scene.row(name).await.partial, None);
    }
}

pub async fn only_a_lease_of_ones_own_is_given_back(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let old = scene.launch().await;
    scene.put("leased-by-the-last-one", "text", NOW).await;
    scene.lease("leased-by-the-last-one", old).await;
    scene.put("pending", "text", NOW).await;
    let new = scene.launch().await;
    for name in ["leased-by-the-last-one", "pending", "none"] {
        assert_conflict(scene.inbox.give_back(&scene.user, &id(name), new, Some("text")).await);
    }
}

pub async fn a_cancelled_message_says_so_to_the_bridge_that_leases_it(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let generation = scene.launch().await;
    scene.put("m1", "text", NOW).await;
    scene.inbox.request_cancel(&scene.user, &id("m1")).await.expect("writes");
    assert!(scene.lease("m1", generation).await.cancel_requested);
}
