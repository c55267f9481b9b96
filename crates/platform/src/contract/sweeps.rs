//! Whoever sweeps writes only to rows that are still as he saw them (I9), and nobody who waits
//! is forgotten (I10).

use std::collections::HashMap;

use domain::{Generation, TaskState, TaskStatus, Timestamp};

use super::ContractWorld;
use super::scene::{NOW, Scene, assert_conflict, assert_fenced, later};
use crate::DUE_SHARDS;

impl Scene {
    async fn settle(&self, seen: &TaskState) -> bool {
        self.tasks.settle(seen).await.expect("writes")
    }

    async fn look_again(&self, seen: &TaskState, due_at: Timestamp) -> bool {
        self.tasks.look_again(seen, due_at).await.expect("writes")
    }
}

pub async fn an_idle_user_to_whom_nothing_came_is_settled(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    scene.put("m1", "text", NOW).await;
    let generation = scene.launch().await;
    scene.release(generation).await;
    let seen = scene.task().await;
    assert!(scene.settle(&seen).await);
    assert_eq!(scene.task().await, TaskState { due_at: None, ..seen });
    assert!(!scene.is_due(later(9_999)).await);
}

pub async fn a_user_who_never_wrote_is_settled(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let generation = scene.launch().await;
    scene.tasks.launch_failed(&scene.user, generation, later(30)).await.expect("current");
    let seen = scene.task().await;
    assert!(scene.settle(&seen).await);
    assert_eq!(scene.task().await.due_at, None);
}

pub async fn a_user_with_a_task_is_not_settled(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let (tasks, user) = (&scene.tasks, &scene.user);
    let generation = scene.launch().await;
    let refused = async || {
        let seen = scene.task().await;
        assert!(!scene.settle(&seen).await, "{:?}", seen.status);
        assert_eq!(scene.task().await, seen);
    };
    refused().await;
    let starting = scene.task().await;
    let woke_in = std::time::Duration::from_secs(9);
    tasks.set_running(user, generation, woke_in, NOW).await.expect("current");
    refused().await;
    tasks.set_stopping(user, generation, later(180)).await.expect("current");
    refused().await;
    scene.release(generation).await;
    assert!(!scene.settle(&starting).await, "who saw a task has not looked since it ended");
    assert_eq!(scene.task().await.due_at, Some(later(60)));
}

pub async fn a_message_after_the_look_keeps_the_mark(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    scene.put("m1", "text", NOW).await;
    let seen = scene.task().await;
    scene.put("m2", "text", NOW).await;
    assert!(!scene.settle(&seen).await);
    assert_eq!(scene.task().await.due_at, seen.due_at);
    // The first message of all, too.
    let other = Scene::of(world);
    let generation = other.launch().await;
    other.release(generation).await;
    let seen = other.task().await;
    other.put("m1", "text", NOW).await;
    assert!(!other.settle(&seen).await);
    assert_eq!(other.task().await.due_at, seen.due_at);
}

pub async fn a_launch_after_the_look_keeps_the_mark(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    scene.put("m1", "text", NOW).await;
    let seen = scene.task().await;
    let generation = scene.launch().await;
    assert!(!scene.settle(&seen).await);
    assert_eq!(scene.task().await.due_at, Some(later(300)));
    scene.release(generation).await;
    assert!(!scene.settle(&seen).await, "another generation has been");
    assert_eq!(scene.task().await.due_at, Some(later(60)));
}

pub async fn who_is_as_seen_is_looked_at_again(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    scene.launch().await;
    // Whether that is later than it was, or sooner.
    for seconds in [600, 20] {
        let seen = scene.task().await;
        assert!(scene.look_again(&seen, later(seconds)).await);
        assert_eq!(scene.task().await, TaskState { due_at: Some(later(seconds)), ..seen });
        assert!(!scene.is_due(later(seconds - 1)).await);
        assert!(scene.is_due(later(seconds)).await);
    }
}

pub async fn who_is_no_longer_as_seen_keeps_his_mark(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let refused = async |seen: &TaskState, why| {
        let before = scene.task().await;
        assert!(!scene.look_again(seen, later(9_999)).await, "{why}");
        assert_eq!(scene.task().await, before, "{why}");
    };
    let generation = scene.launch().await;
    let starting = scene.task().await;
    scene.tasks.set_stopping(&scene.user, generation, later(180)).await.expect("current");
    refused(&starting, "another status").await;
    scene.launch().await;
    refused(&starting, "another generation of the same status").await;
    scene.release(generation.next()).await;
    let idle = scene.task().await;
    assert!(scene.settle(&idle).await);
    refused(&idle, "settled").await;
    refused(&TaskState::idle(world.new_user()), "without a row").await;
}

pub async fn a_warning_counts_once_and_an_older_one_not_at_all(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let warn = async |generation, version, due_at| {
        scene.tasks.note_warning(&scene.user, generation, version, due_at).await
    };
    assert_fenced(warn(Generation(0), 1, NOW).await);
    let old = scene.launch().await;
    let generation = scene.launch().await;
    warn(generation, 3, later(3)).await.expect("the first");
    let noted = scene.task().await;
    assert_eq!((noted.event_version, noted.due_at), (Some(3), Some(later(3))));
    assert!(scene.is_due(later(3)).await);
    assert_conflict(warn(generation, 3, later(9)).await);
    assert_conflict(warn(generation, 2, later(9)).await);
    assert_fenced(warn(old, 4, later(9)).await);
    assert_eq!(scene.task().await, noted);
    warn(generation, 4, later(4)).await.expect("a newer one");
    assert_eq!(scene.task().await.event_version, Some(4));
    let next = scene.launch().await;
    assert_eq!(scene.task().await.event_version, None, "another task's events");
    warn(next, 1, later(9)).await.expect("the first of this task");
    scene.release(next).await;
    assert_eq!(scene.task().await.event_version, None);
    assert_fenced(warn(next, 2, later(9)).await);
}

pub async fn due_users_are_found_whoever_they_are(world: &dyn ContractWorld) {
    let scenes: Vec<Scene> = (0..40).map(|_| Scene::of(world)).collect();
    for scene in &scenes {
        scene.launch().await;
    }
    let mut found = Vec::new();
    for shard in 0..DUE_SHARDS {
        let due = scenes[0].tasks.due(shard, later(300)).await.expect("reads");
        assert_eq!(due.unreadable, Vec::<String>::new());
        found.extend(due.users);
    }
    for scene in &scenes {
        let times = found.iter().filter(|user| **user == scene.user).count();
        assert_eq!(times, 1, "{} is due", scene.user);
    }
}

/// More than DynamoDB answers at once.
pub async fn many_users_are_read_at_once(world: &dyn ContractWorld) {
    let tasks = world.tasks();
    let mut expect = HashMap::new();
    for n in 0..120 {
        let scene = Scene::of(world);
        if n % 2 == 0 {
            scene.put("m1", "text", later(n)).await;
        } else {
            scene.launch().await;
        }
        expect.insert(scene.user.clone(), scene.task().await);
    }
    let mut asked: Vec<_> = expect.keys().cloned().collect();
    asked.push(asked[0].clone());
    asked.push(world.new_user());
    let read = tasks.get_many(&asked).await.expect("reads");
    let read: Vec<TaskState> = read.into_iter().map(|row| row.expect("readable")).collect();
    assert_eq!(read.len(), 120);
    let read: HashMap<_, _> = read.into_iter().map(|row| (row.user.clone(), row)).collect();
    assert_eq!(read, expect);
    assert!(read.values().any(|row| row.status == TaskStatus::Starting));
    assert_eq!(tasks.get_many(&[]).await.expect("reads"), []);
}
