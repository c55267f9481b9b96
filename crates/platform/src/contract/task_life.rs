//! What a bridge says about its task, and what it may no longer say (I3).

use std::time::Duration;

use domain::{Capacity, Generation, Phase, TaskArn, TaskState, TaskStatus};

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

    tasks.touch(user, generation, later(99)).await.expect("current");
    assert_eq!(scene.task().await.last_activity_at, Some(later(99)));

    tasks.set_stopping(user, generation).await.expect("current");
    let row = scene.task().await;
    assert_eq!((row.status, row.phase), (TaskStatus::Stopping, Some(Phase::Stopping)));
    assert_eq!(row.generation, generation);
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
    scene.tasks.release(&scene.user, generation).await.expect("writes");
    assert_all_fenced(&scene, generation).await;
}

async fn assert_all_fenced(scene: &Scene, generation: Generation) {
    let (tasks, user) = (&scene.tasks, &scene.user);
    let before = scene.task().await;
    let arn = TaskArn("arn:zombie".into());
    assert_fenced(tasks.record_launched(user, generation, &arn, Capacity::Spot).await);
    assert_fenced(tasks.launch_failed(user, generation, NOW).await);
    assert_fenced(tasks.set_phase(user, generation, Phase::Connecting).await);
    assert_fenced(tasks.set_running(user, generation, Duration::ZERO, NOW).await);
    assert_fenced(tasks.touch(user, generation, NOW).await);
    assert_fenced(tasks.set_stopping(user, generation).await);
    assert_eq!(scene.task().await, before);
}

pub async fn a_release_makes_the_user_idle(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let (tasks, user) = (&scene.tasks, &scene.user);
    let generation = scene.launch().await;
    let arn = TaskArn("arn:task".into());
    tasks.record_launched(user, generation, &arn, Capacity::Spot).await.expect("current");
    tasks.set_running(user, generation, Duration::from_secs(9), NOW).await.expect("current");
    assert!(tasks.release(user, generation).await.expect("writes"), "it was current");
    let expect = TaskState {
        generation,
        released: generation,
        last_activity_at: Some(NOW),
        recent_wakes_ms: vec![9_000],
        ..TaskState::idle(user.clone())
    };
    assert_eq!(scene.task().await, expect);
    assert!(tasks.release(user, generation).await.expect("writes"), "again changes nothing");
    assert_eq!(scene.task().await, expect);
}

pub async fn a_release_of_an_older_generation_leaves_the_current_one(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let old = scene.launch().await;
    let new = scene.launch().await;
    let before = scene.task().await;
    assert!(!scene.tasks.release(&scene.user, old).await.expect("writes"));
    assert_eq!(scene.task().await, TaskState { released: old, ..before });
    scene.tasks.set_phase(&scene.user, new, Phase::Restoring).await.expect("still current");
}

pub async fn what_is_released_never_falls(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let first = scene.launch().await;
    let second = scene.launch().await;
    scene.launch().await;
    for generation in [second, first] {
        let current = scene.tasks.release(&scene.user, generation).await.expect("writes");
        assert!(!current);
        assert_eq!(scene.task().await.released, second);
    }
}

pub async fn releasing_a_user_without_a_task_does_nothing(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    for generation in [Generation(0), Generation(1)] {
        assert!(!scene.tasks.release(&scene.user, generation).await.expect("writes"));
    }
    assert_eq!(scene.task().await, TaskState::idle(scene.user.clone()));
    scene.launch().await;
    let unknown = scene.tasks.release(&scene.user, Generation(9)).await.expect("writes");
    assert!(!unknown, "a generation that has not been launched");
    assert_eq!(scene.task().await.released, Generation(0));
}
