//! What a bridge says about its task, and what it may no longer say (I3).

use std::time::Duration;

use domain::{
    ActivityHistory, Capacity, Generation, LocalHour, Phase, TaskArn, TaskState, TaskStatus, Wake,
    WakeHistory, WokeOn,
};

use super::ContractWorld;
use super::scene::{NOW, Scene, assert_fenced, later};

pub async fn a_bridge_reports_its_life(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let (tasks, user) = (&scene.tasks, &scene.user);
    let generation = scene.launch().await;
    tasks.set_phase(user, generation, Phase::StartingGateway).await.expect("current");
    let row = scene.task().await;
    assert_eq!((row.status, row.phase), (TaskStatus::Starting, Some(Phase::StartingGateway)));

    let woke_in = Duration::from_millis(12_345);
    tasks.set_running(user, generation, woke_in, later(12)).await.expect("current");
    let row = scene.task().await;
    assert_eq!((row.status, row.phase), (TaskStatus::Running, Some(Phase::Ready)));
    assert_eq!(row.recent_wakes_ms, [12_345]);
    assert_eq!(row.last_activity_at, Some(later(12)));

    let mut activity = ActivityHistory::default();
    tasks.touch(user, generation, later(98), &activity).await.expect("current");
    activity.note(LocalHour { day: 21_990, hour: 23 });
    tasks.touch(user, generation, later(99), &activity).await.expect("current");
    let row = scene.task().await;
    assert_eq!((row.last_activity_at, &row.activity), (Some(later(99)), &activity));

    tasks.set_stopping(user, generation, later(180)).await.expect("current");
    let row = scene.task().await;
    assert_eq!((row.status, row.phase), (TaskStatus::Stopping, Some(Phase::Stopping)));
    assert_eq!((row.generation, row.due_at), (generation, Some(later(180))));
    assert!(scene.release(generation).await);
    let generation = scene.launch().await;
    assert_eq!(scene.task().await.activity, activity, "what the user does outlives his tasks");
    let unknown = ActivityHistory::default();
    tasks.touch(user, generation, later(200), &unknown).await.expect("current");
    assert_eq!(scene.task().await.activity, activity, "no history is no news");
}

pub async fn the_last_ten_wake_ups_are_kept(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    for millis in 1..=13 {
        let generation = scene.launch().await;
        let woke_in = Duration::from_millis(millis);
        scene.tasks.set_running(&scene.user, generation, woke_in, NOW).await.expect("current");
    }
    let expect: Vec<u64> = (4..=13).collect();
    assert_eq!(scene.task().await.recent_wakes_ms, expect);
}

pub async fn a_wake_up_is_remembered_with_its_time_and_machine(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let (tasks, user) = (&scene.tasks, &scene.user);
    let wake = async |generation: Generation| {
        let woke_in = Duration::from_secs(generation.0);
        tasks.set_running(user, generation, woke_in, NOW).await
    };
    let first = scene.launch().await;
    let arn = TaskArn("arn:first".into());
    tasks.record_launched(user, first, &arn, Capacity::OnDemand).await.expect("current");
    wake(first).await.expect("current");
    let remembered = scene.task().await.wakes;
    let expect = Wake { at: NOW, ready_after: Duration::from_secs(1), on: Some(WokeOn::OnDemand) };
    assert_eq!(remembered.newest_first().copied().collect::<Vec<_>>(), [expect]);
    scene.release(first).await;
    assert_fenced(wake(first).await);
    scene.launch().await;
    assert_eq!(scene.task().await.wakes, remembered, "it outlives its task, and no zombie adds");
}

pub async fn an_older_generation_changes_nothing(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let old = scene.launch().await;
    scene.launch().await;
    assert_all_fenced(&scene, old).await;
}

/// A write that was still under way when its bridge was given up must not bring the row back.
pub async fn a_released_generation_changes_nothing(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let generation = scene.launch().await;
    scene.release(generation).await;
    assert_all_fenced(&scene, generation).await;
}

async fn assert_all_fenced(scene: &Scene, generation: Generation) {
    let (tasks, user) = (&scene.tasks, &scene.user);
    let before = scene.task().await;
    let arn = TaskArn("arn:zombie".into());
    assert_fenced(tasks.record_launched(user, generation, &arn, Capacity::Spot).await);
    assert_fenced(tasks.launch_failed(user, generation, NOW).await);
    assert_fenced(tasks.abandon(user, generation, NOW, false).await);
    assert_fenced(tasks.set_phase(user, generation, Phase::Connecting).await);
    assert_fenced(tasks.set_running(user, generation, Duration::ZERO, NOW).await);
    assert_fenced(tasks.touch(user, generation, NOW, &ActivityHistory::default()).await);
    assert_fenced(tasks.set_stopping(user, generation, NOW).await);
    assert_fenced(tasks.note_warning(user, generation, 1, NOW).await);
    assert_eq!(scene.task().await, before);
}

pub async fn a_release_makes_the_user_idle(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let (tasks, user) = (&scene.tasks, &scene.user);
    let generation = scene.launch().await;
    let arn = TaskArn("arn:task".into());
    tasks.record_launched(user, generation, &arn, Capacity::Spot).await.expect("current");
    tasks.set_running(user, generation, Duration::from_secs(9), NOW).await.expect("current");
    assert!(scene.release(generation).await, "it was current");
    let expect = TaskState {
        generation,
        released: generation,
        last_activity_at: Some(NOW),
        due_at: Some(later(60)),
        recent_wakes_ms: vec![9_000],
        wakes: WakeHistory::from_numbers(&[NOW.millis(), 9_000, 1]).expect("three numbers"),
        ..TaskState::idle(user.clone())
    };
    assert_eq!(scene.task().await, expect);
    assert!(scene.is_due(later(60)).await, "somebody looks into the inbox once more");
    let again = tasks.release(user, generation, later(90)).await;
    assert!(again.expect("writes"), "it is still the current one");
    assert_eq!(scene.task().await, expect, "and nothing changes");
}

pub async fn a_release_of_an_older_generation_leaves_the_current_one(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let old = scene.launch().await;
    let new = scene.launch().await;
    let before = scene.task().await;
    assert!(!scene.release(old).await);
    let unreleased = [new].into();
    assert_eq!(scene.task().await, TaskState { released: old, unreleased, ..before });
    scene.tasks.set_phase(&scene.user, new, Phase::Restoring).await.expect("still current");
}

pub async fn what_is_released_never_falls(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let first = scene.launch().await;
    let second = scene.launch().await;
    scene.launch().await;
    for generation in [second, first] {
        assert!(!scene.release(generation).await);
        assert_eq!(scene.task().await.released, second);
    }
}

/// It may live. It writes no more, and whoever comes next waits for it all the same.
pub async fn an_abandoned_generation_is_fenced_and_waited_for(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let (tasks, user) = (&scene.tasks, &scene.user);
    let stuck = scene.launch().await;
    tasks.set_running(user, stuck, Duration::from_secs(9), NOW).await.expect("current");
    tasks.abandon(user, stuck, later(60), false).await.expect("current");
    let row = scene.task().await;
    assert_eq!((row.status, row.released, row.failed_launches), (TaskStatus::Idle, stuck, 0));
    assert_eq!(row.due_at, Some(later(60)));
    assert_all_fenced(&scene, stuck).await;
    let next = scene.launch().await;
    assert!(!scene.task().await.is_turn_of(next));
    assert!(!scene.release(stuck).await, "its last word");
    assert!(scene.task().await.is_turn_of(next));
}

pub async fn an_abandoned_generation_that_is_still_the_last_one_can_be_released(
    world: &dyn ContractWorld,
) {
    let scene = Scene::of(world);
    let stuck = scene.launch().await;
    scene.tasks.abandon(&scene.user, stuck, later(90), true).await.expect("current");
    let before = scene.task().await;
    assert_eq!((before.failed_launches, before.unreleased.len()), (1, 1));
    assert!(scene.release(stuck).await);
    let unreleased = [].into();
    assert_eq!(scene.task().await, TaskState { unreleased, ..before }, "the mark stays");
}

/// Found by the drills: the next launch waited for a word that had been said already.
pub async fn a_release_is_heard_whoever_launches_meanwhile(world: &dyn ContractWorld) {
    for _ in 0..20 {
        let scene = Scene::of(world);
        let gone = scene.launch().await;
        scene.tasks.abandon(&scene.user, gone, later(60), true).await.expect("current");
        let (_, next) = tokio::join!(scene.release(gone), scene.launch());
        assert!(scene.task().await.is_turn_of(next));
    }
}

/// Found by the simulation: the answer to RunTask was lost, and the bridge was up already.
pub async fn a_launch_whose_bridge_was_heard_of_has_not_failed(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let generation = scene.launch().await;
    scene.tasks.set_phase(&scene.user, generation, Phase::Restoring).await.expect("current");
    let before = scene.task().await;
    assert_fenced(scene.tasks.launch_failed(&scene.user, generation, later(30)).await);
    assert_eq!(scene.task().await, before);
}

/// Found by the simulation: the one between them was launched in vain, and the youngest took its
/// end for the word of the oldest.
pub async fn a_younger_end_says_nothing_of_an_older_task(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let saving = scene.launch().await;
    let in_vain = scene.launch().await;
    let failed = scene.tasks.launch_failed(&scene.user, in_vain, later(30));
    failed.await.expect("current");
    let youngest = scene.launch().await;
    assert!(!scene.task().await.is_turn_of(youngest), "the oldest is still saving");
    assert!(!scene.release(saving).await);
    let task = scene.task().await;
    assert!(task.is_turn_of(youngest));
    assert_eq!((task.released, task.unreleased), (in_vain, [youngest].into()));
}

pub async fn releasing_a_user_without_a_task_does_nothing(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    for generation in [Generation(0), Generation(1)] {
        assert!(!scene.release(generation).await);
    }
    assert_eq!(scene.task().await, TaskState::idle(scene.user.clone()));
    scene.launch().await;
    assert!(!scene.release(Generation(9)).await, "a generation that has not been launched");
    assert_eq!(scene.task().await.released, Generation(0));
}
