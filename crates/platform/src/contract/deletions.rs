//! Who leaves is fenced, and may come back.

use std::time::Duration;

use domain::{
    Capacity, Deletion, Generation, Place, RestoreInto, RestoreRequest, TaskArn, TaskStatus,
};

use super::ContractWorld;
use super::scene::{NOW, Scene, assert_fenced, id, later};
use crate::{ClaimError, Connection, NewDeletion, Peer, PutOutcome};

fn new(name: &str, at: u64) -> NewDeletion {
    NewDeletion {
        id: name.into(),
        now: later(at),
        quiet_after: Duration::from_secs(30),
        quiet_after_task: Duration::from_secs(150),
        due_at: later(at + 60),
    }
}

pub async fn who_leaves_is_fenced_until_all_is_gone(world: &dyn ContractWorld) {
    let (scene, deletions) = (Scene::of(world), world.deletions());
    let generation = scene.launch().await;
    let arn = TaskArn("arn:task".into());
    let launched = scene.tasks.record_launched(&scene.user, generation, &arn, Capacity::Spot).await;
    launched.expect("is current");
    scene.put("m", "hello", NOW).await;
    let leased = scene.lease("m", generation).await;

    let deletion = deletions.begin(&scene.user, &new("first", 0)).await.expect("begins");
    assert_eq!((deletion.task_arn.as_ref(), deletion.generation), (Some(&arn), generation));
    assert_eq!(deletion.quiet_at, later(150), "a task is about");
    let marked = scene.task().await;
    assert_eq!((marked.status, marked.generation), (TaskStatus::Idle, generation));
    assert_eq!((marked.deleting_since, marked.last_accepted_at), (Some(NOW), None));
    assert!(!marked.may_save(generation) && !marked.is_current(generation));

    assert_fenced(scene.complete(&leased, &super::scene::reply("late", NOW), generation).await);
    let message = scene.message("n", "more", later(1));
    let put = scene.inbox.put(&scene.user, &message).await.expect("answers");
    assert_eq!(put, PutOutcome::Deleting);
    let claim = scene.claim(&marked).await;
    assert!(matches!(claim, Err(ClaimError::LostRace)), "{claim:?}");
    let bridge = Connection {
        id: domain::ConnectionId::new("late=").expect("valid"),
        peer: Peer::Bridge(scene.user.clone(), generation),
        connected_at: NOW,
    };
    assert_fenced(scene.connections.register(&bridge).await);
    let restore = RestoreRequest {
        id: "r".into(),
        snapshot: domain::SnapshotId::new("5f").expect("valid"),
        into: RestoreInto::Place,
        requested_at: NOW,
        outcome: None,
    };
    let asked = world.snapshots().request_restore(&scene.user, &restore, NOW).await;
    assert!(asked.is_err(), "{asked:?}");
    assert!(!scene.release(generation).await || scene.task().await.deleting_since.is_some());
    assert_eq!(scene.task().await, marked, "nothing of it changed the row");
    assert!(!scene.is_due(later(1_000_000)).await, "the watchdog's sweep has no business here");

    deletions.finish(&deletion, later(200), later(300)).await.expect("finishes");
    assert_eq!(scene.task().await.deleting_since, None);
    // The row of `m` is not ours to empty; another one begins anew.
    scene.put("o", "again", later(201)).await;
    assert_eq!(scene.launch().await, generation.next(), "an old machine stays fenced");
}

pub async fn a_deletion_goes_on_as_it_began(world: &dyn ContractWorld) {
    let (user, deletions) = (world.new_user(), world.deletions());
    assert_eq!(deletions.get(&user).await.expect("reads"), None);
    let first = deletions.begin(&user, &new("first", 0)).await.expect("begins");
    assert_eq!((first.quiet_at, first.generation), (later(30), Generation(0)));
    let again = deletions.begin(&user, &new("second", 9)).await.expect("is known");
    assert_eq!(again, first);

    let mut noted = first.clone();
    noted.note(Place::Inbox, 3);
    noted.note(Place::Uploads, 0);
    noted.also.insert(world.new_user());
    deletions.note(&noted, later(90)).await.expect("notes");
    assert_eq!(deletions.get(&user).await.expect("reads"), Some(noted.clone()));

    deletions.finish(&noted, later(100), later(200)).await.expect("finishes");
    deletions.finish(&noted, later(101), later(201)).await.expect("is done");
    // Whoever was late changes nothing.
    deletions.note(&first, later(90)).await.expect("is done");
    let done = Deletion { done_at: Some(later(100)), ..noted };
    assert_eq!(deletions.get(&user).await.expect("reads"), Some(done));
    let second = deletions.begin(&user, &new("second", 110)).await.expect("begins");
    assert_eq!((second.id.as_str(), second.done_at), ("second", None));
    assert!(second.deleted.is_empty());
}

pub async fn somebody_looks_after_who_leaves(world: &dyn ContractWorld) {
    let (user, deletions) = (world.new_user(), world.deletions());
    let is_due = async |at| {
        let due = deletions.due(later(at)).await.expect("reads");
        due.iter().filter(|due| **due == user).count() == 1
    };
    assert!(!is_due(1_000).await);
    let deletion = deletions.begin(&user, &new("it", 0)).await.expect("begins");
    assert!(!is_due(59).await && is_due(60).await);
    deletions.note(&deletion, later(90)).await.expect("notes");
    assert!(!is_due(89).await && is_due(90).await);
    deletions.finish(&deletion, later(100), later(500)).await.expect("finishes");
    assert!(!is_due(499).await && is_due(500).await);
    let done = deletions.get(&user).await.expect("reads").expect("is known");
    deletions.forget(&done).await.expect("forgets");
    deletions.forget(&done).await.expect("is forgotten");
    assert!(!is_due(1_000_000).await);
    assert_eq!(deletions.get(&user).await.expect("reads"), None);
}

pub async fn the_fence_of_who_came_back_stays(world: &dyn ContractWorld) {
    let deletions = world.deletions();
    let leave = async |scene: &Scene| {
        scene.launch().await;
        let deletion = deletions.begin(&scene.user, &new("it", 0)).await.expect("begins");
        deletions.finish(&deletion, NOW, NOW).await.expect("finishes");
        deletions.get(&scene.user).await.expect("reads").expect("is known")
    };
    let gone = Scene::of(world);
    let done = leave(&gone).await;
    assert_eq!(gone.task().await.generation, Generation(1));
    deletions.forget(&done).await.expect("forgets");
    assert_eq!(gone.task().await.generation, Generation(0), "as if he had never been here");

    let wrote = Scene::of(world);
    let done = leave(&wrote).await;
    wrote.put("m", "again", NOW).await;
    deletions.forget(&done).await.expect("forgets");
    assert_eq!(wrote.task().await.generation, Generation(1));
    assert_eq!(wrote.row("m").await.id, id("m"));

    let launched = Scene::of(world);
    let done = leave(&launched).await;
    assert_eq!(launched.launch().await, Generation(2));
    deletions.forget(&done).await.expect("forgets");
    assert_eq!(launched.task().await.generation, Generation(2));

    // Who leaves twice: what is known of the first time is no word on the second.
    let twice = Scene::of(world);
    let first = leave(&twice).await;
    deletions.begin(&twice.user, &new("second", 1)).await.expect("begins");
    deletions.forget(&first).await.expect("is another's");
    assert_eq!(twice.task().await.deleting_since, Some(later(1)));
    assert!(deletions.get(&twice.user).await.expect("reads").is_some());
}
