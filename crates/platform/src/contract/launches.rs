//! One task for each user (I2).

use std::time::Duration;

use domain::{Capacity, ConnectionId, Generation, Phase, TaskArn, TaskState, TaskStatus};
use tokio::task::JoinSet;

use super::ContractWorld;
use super::scene::{NOW, Scene, later};
use crate::{ClaimError, Connection, Peer};

pub async fn a_user_without_a_row_is_idle(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    assert_eq!(scene.task().await, TaskState::idle(scene.user.clone()));
}

pub async fn a_claim_starts_the_next_generation(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let seen = scene.task().await;
    let claim = scene.claim_of(&seen, "a hash");
    let won = scene.tasks.claim_launch(&scene.user, &claim).await.expect("alone");
    assert_eq!(won, Generation(1));
    let expect = TaskState {
        status: TaskStatus::Starting,
        generation: Generation(1),
        unreleased: [Generation(1)].into(),
        phase: Some(Phase::Provisioning),
        launched_at: Some(NOW),
        launch_token_sha256: Some("a hash".into()),
        due_at: Some(later(300)),
        ..TaskState::idle(scene.user.clone())
    };
    assert_eq!(scene.task().await, expect);
}

/// Again for a user who has had a task, where the row is there already.
pub async fn of_fifty_claims_one_wins(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    for round in 1..=2 {
        let seen = scene.task().await;
        let mut claims = JoinSet::new();
        for n in 0..50 {
            let (tasks, user) = (scene.tasks.clone(), scene.user.clone());
            let claim = scene.claim_of(&seen, &format!("token {n}"));
            claims.spawn(async move {
                let won = tasks.claim_launch(&user, &claim).await;
                won.map(|generation| (generation, claim.launch_token_sha256))
            });
        }
        let mut won = Vec::new();
        for outcome in claims.join_all().await {
            match outcome {
                Ok(claimed) => won.push(claimed),
                Err(lost) => assert!(matches!(lost, ClaimError::LostRace), "{lost:?}"),
            }
        }
        let [(generation, token)] = won.as_slice() else {
            panic!("one winner, not {won:?}");
        };
        assert_eq!(*generation, Generation(round));
        assert_eq!(scene.task().await.launch_token_sha256.as_ref(), Some(token));
    }
}

pub async fn a_claim_on_an_old_view_loses(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let old_view = scene.task().await;
    let generation = scene.launch().await;
    let lost = |outcome| matches!(outcome, Err(ClaimError::LostRace));
    let other_token = scene.claim_of(&old_view, "another");
    assert!(lost(scene.tasks.claim_launch(&scene.user, &other_token).await));
    let starting = scene.task().await;
    scene.tasks.set_stopping(&scene.user, generation, NOW).await.expect("current");
    assert!(lost(scene.claim(&starting).await), "the status has changed");
    assert_eq!(scene.task().await.generation, generation);
}

pub async fn a_claim_forgets_the_last_task_and_keeps_the_history(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let (tasks, user) = (&scene.tasks, &scene.user);
    let first = scene.launch().await;
    let arn = TaskArn("arn:first".into());
    tasks.record_launched(user, first, &arn, Capacity::Spot).await.expect("current");
    tasks.set_running(user, first, Duration::from_secs(9), NOW).await.expect("current");
    let bridge = Connection {
        id: ConnectionId::new("bridge=").expect("valid"),
        peer: Peer::Bridge(user.clone(), first),
        connected_at: NOW,
    };
    scene.connections.register(&bridge).await.expect("current");
    scene.release(first).await;
    scene.launch().await;
    let second = scene.launch().await;
    let row = scene.task().await;
    assert_eq!((row.generation, row.released), (second, first));
    assert_eq!((row.task_arn, row.capacity, row.bridge_connection), (None, None, None));
    assert_eq!(row.recent_wakes_ms, [9_000]);
    assert_eq!(row.last_activity_at, Some(NOW));
}

pub async fn a_launch_is_recorded(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let generation = scene.launch().await;
    let arn = TaskArn("arn:aws:ecs:eu-west-1:123456789012:task/openclaw/0123".into());
    let recorded = scene.tasks.record_launched(&scene.user, generation, &arn, Capacity::OnDemand);
    recorded.await.expect("current");
    let row = scene.task().await;
    assert_eq!((row.task_arn, row.capacity), (Some(arn), Some(Capacity::OnDemand)));
    assert_eq!(row.status, TaskStatus::Starting);
}

pub async fn a_failed_launch_is_idle_and_due_soon(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let generation = scene.launch().await;
    scene.tasks.launch_failed(&scene.user, generation, later(30)).await.expect("current");
    let expect = TaskState {
        generation,
        released: generation,
        due_at: Some(later(30)),
        failed_launches: 1,
        ..TaskState::idle(scene.user.clone())
    };
    assert_eq!(scene.task().await, expect);
    assert_eq!(scene.launch().await, generation.next());
}

pub async fn failed_launches_are_counted_until_one_is_running(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    for failed in 1..=3 {
        let generation = scene.launch().await;
        assert_eq!(scene.task().await.failed_launches, failed - 1, "a claim forgets none");
        scene.tasks.launch_failed(&scene.user, generation, later(30)).await.expect("current");
        assert_eq!(scene.task().await.failed_launches, failed);
    }
    let generation = scene.launch().await;
    let woke_in = Duration::from_secs(9);
    scene.tasks.set_running(&scene.user, generation, woke_in, NOW).await.expect("current");
    assert_eq!(scene.task().await.failed_launches, 0);
}

pub async fn a_launch_is_due_at_its_time_and_not_before(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    assert!(!scene.is_due(later(9_999)).await, "no row");
    let generation = scene.launch().await;
    assert!(!scene.is_due(later(299)).await);
    assert!(scene.is_due(later(300)).await);
    scene.tasks.launch_failed(&scene.user, generation, later(30)).await.expect("current");
    assert!(!scene.is_due(later(29)).await);
    assert!(scene.is_due(later(30)).await);
}

pub async fn a_user_who_only_wrote_is_launched(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let without_a_row = scene.task().await;
    let accepted = scene.put("m1", "text", NOW).await;
    // Who read before the message came wins as well: nobody else has launched.
    let generation = scene.claim(&without_a_row).await.expect("alone");
    assert_eq!(generation, Generation(1));
    let row = scene.task().await;
    assert_eq!((row.status, row.last_accepted_at), (TaskStatus::Starting, Some(accepted)));
    let other = Scene::of(world);
    other.put("m1", "text", NOW).await;
    assert_eq!(other.launch().await, Generation(1));
    let late = other.claim_of(&without_a_row, "another");
    let late = other.tasks.claim_launch(&other.user, &late).await;
    assert!(matches!(late, Err(ClaimError::LostRace)), "{late:?}");
}

pub async fn the_wake_ups_of_everybody_have_a_median(world: &dyn ContractWorld) {
    let tasks = world.tasks();
    let wake = async |seconds, times| {
        for _ in 0..times {
            tasks.note_wake(Duration::from_secs(seconds)).await.expect("writes");
        }
        tasks.typical_wake().await.expect("reads").map(|wake| wake.as_secs())
    };
    // The last twenty count: whatever was before is forgotten.
    assert_eq!(wake(7, 65).await, Some(7));
    assert_eq!(wake(70, 9).await, Some(7));
    assert_eq!(wake(70, 2).await, Some(70));
}
