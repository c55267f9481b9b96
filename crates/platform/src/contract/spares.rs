//! A spare is one user's or nobody's, and nobody gets two (I2).

use std::collections::HashSet;

use domain::{Generation, Phase, Spare, SpareStatus, TaskArn, TaskState, TaskStatus};
use tokio::task::JoinSet;

use super::ContractWorld;
use super::pool::Pool;
use super::scene::{NOW, Scene, assert_fenced, later};
use crate::ClaimSpareError;

pub async fn a_spare_is_launched_ready_and_forgotten(world: &dyn ContractWorld) {
    let pool = Pool::of(world);
    let starting = pool.starting().await;
    let id = &starting.id;
    assert_eq!(pool.read(id).await, starting);
    let arn = TaskArn("arn:spare".into());
    pool.spares.record_launched(id, &arn).await.expect("is there");
    for _ in 0..2 {
        pool.spares.set_ready(id).await.expect("is unclaimed");
    }
    let ready = Spare { status: SpareStatus::Ready, task_arn: Some(arn), ..starting.clone() };
    assert_eq!(pool.read(id).await, ready);
    for _ in 0..2 {
        pool.spares.remove(id).await.expect("writes");
        assert_eq!(pool.spares.get(id).await.expect("reads"), None);
    }
}

pub async fn all_spares_are_found_as_they_are(world: &dyn ContractWorld) {
    let pool = Pool::of(world);
    let (scene, mut expect) = (Scene::of(world), Vec::new());
    expect.push(pool.starting().await);
    expect.push(pool.ready().await);
    let claimed = pool.ready().await;
    pool.claim(&claimed, &scene).await.expect("is ready");
    expect.push(pool.read(&claimed.id).await);
    let (retired, removed) = (pool.ready().await.id, pool.ready().await.id);
    assert!(pool.spares.retire(&retired).await.expect("writes"));
    pool.spares.remove(&removed).await.expect("writes");
    let all = pool.spares.all().await.expect("reads");
    for spare in &expect {
        let found: Vec<_> = all.iter().filter(|found| found.id == spare.id).collect();
        assert_eq!(found, [spare]);
    }
    assert!(all.iter().all(|spare| spare.id != retired && spare.id != removed));
    // A sweep for users does not meet them.
    assert!(!scene.is_due(NOW).await);
}

pub async fn a_spare_that_is_not_there_changes_nothing(world: &dyn ContractWorld) {
    let (scene, pool) = (Scene::of(world), Pool::of(world));
    let known = pool.starting().await;
    let gone = Spare { id: world.new_spare(), ..known };
    assert_fenced(pool.spares.record_launched(&gone.id, &TaskArn("arn".into())).await);
    assert_fenced(pool.spares.set_ready(&gone.id).await);
    assert!(!pool.spares.retire(&gone.id).await.expect("writes"));
    assert_taken(pool.claim(&gone, &scene).await);
    assert_eq!(pool.spares.get(&gone.id).await.expect("reads"), None);
    assert_eq!(scene.task().await, TaskState::idle(scene.user.clone()));
}

pub async fn a_claimed_spare_is_the_users_task(world: &dyn ContractWorld) {
    let (scene, pool) = (Scene::of(world), Pool::of(world));
    let first = scene.launch().await;
    scene.release(first).await;
    scene.put("m1", "text", NOW).await;
    let spare = pool.ready().await;
    let claimed = pool.claim(&spare, &scene).await.expect("is ready");
    assert_eq!(claimed, first.next());
    let expect = TaskState {
        status: TaskStatus::Starting,
        generation: claimed,
        released: first,
        unreleased: [claimed].into(),
        phase: Some(Phase::Restoring),
        task_arn: spare.task_arn.clone(),
        launched_at: Some(NOW),
        launch_token_sha256: Some(spare.launch_token_sha256.clone()),
        due_at: Some(later(300)),
        last_accepted_at: Some(NOW),
        ..TaskState::idle(scene.user.clone())
    };
    assert_eq!(scene.task().await, expect);
    let status = SpareStatus::Claimed(scene.user.clone(), claimed);
    assert_eq!(pool.read(&spare.id).await, Spare { status, ..spare });
    scene.tasks.set_phase(&scene.user, claimed, Phase::Connecting).await.expect("current");
}

pub async fn a_claim_for_a_user_without_a_row_is_his_first_launch(world: &dyn ContractWorld) {
    let (scene, pool) = (Scene::of(world), Pool::of(world));
    let claimed = pool.claim(&pool.ready().await, &scene).await;
    assert_eq!(claimed.expect("is ready"), Generation(1));
}

pub async fn only_a_ready_spare_is_claimed(world: &dyn ContractWorld) {
    let (scene, pool) = (Scene::of(world), Pool::of(world));
    let starting = pool.starting().await;
    assert_taken(pool.claim(&starting, &scene).await);
    assert_eq!(pool.read(&starting.id).await, starting);
    assert_eq!(scene.task().await, TaskState::idle(scene.user.clone()));
}

pub async fn a_claimed_spare_is_never_ready_again(world: &dyn ContractWorld) {
    let (scene, pool) = (Scene::of(world), Pool::of(world));
    let ready = pool.ready().await;
    pool.claim(&ready, &scene).await.expect("is ready");
    let claimed = pool.read(&ready.id).await;
    assert_fenced(pool.spares.set_ready(&ready.id).await);
    assert!(!pool.spares.retire(&ready.id).await.expect("writes"), "it is a user's task");
    // An add whose answer was late does no harm either.
    let _ = pool.spares.add(&Spare { status: SpareStatus::Starting, ..ready.clone() }).await;
    let other = Scene::of(world);
    assert_taken(pool.claim(&ready, &other).await);
    assert_eq!(pool.read(&ready.id).await, claimed);
    assert_eq!(other.task().await, TaskState::idle(other.user.clone()));
}

pub async fn a_retired_spare_is_not_claimed(world: &dyn ContractWorld) {
    let (scene, pool) = (Scene::of(world), Pool::of(world));
    for spare in [pool.starting().await, pool.ready().await] {
        assert!(pool.spares.retire(&spare.id).await.expect("writes"));
        assert!(!pool.spares.retire(&spare.id).await.expect("writes"), "it is gone");
        assert_taken(pool.claim(&spare, &scene).await);
        assert_fenced(pool.spares.set_ready(&spare.id).await);
    }
    assert_eq!(scene.task().await.generation, Generation(0));
}

pub async fn a_lost_race_leaves_the_spare_in_the_pool(world: &dyn ContractWorld) {
    let (scene, pool) = (Scene::of(world), Pool::of(world));
    let spare = pool.ready().await;
    let old_view = scene.claim_of(&scene.task().await, &spare.launch_token_sha256);
    scene.launch().await;
    let before = scene.task().await;
    assert_lost(pool.spares.claim(&spare, &scene.user, &old_view).await);
    assert_eq!(pool.read(&spare.id).await, spare);
    assert_eq!(scene.task().await, before);
    // When somebody has the spare as well, there is still nothing left to launch.
    pool.claim(&spare, &Scene::of(world)).await.expect("is ready");
    assert_lost(pool.spares.claim(&spare, &scene.user, &old_view).await);
}

/// Four spares for each of 25 users, every one asked for twice: two messages of one user see
/// the same spare.
pub async fn of_two_hundred_claims_on_ten_spares_ten_win(world: &dyn ContractWorld) {
    let pool = Pool::of(world);
    let mut spares = Vec::new();
    for _ in 0..10 {
        spares.push(pool.ready().await);
    }
    let scenes: Vec<Scene> = (0..25).map(|_| Scene::of(world)).collect();
    let mut claims = JoinSet::new();
    for n in 0..200 {
        let (scene, spare) = (&scenes[n / 8], spares[n / 2 % 10].clone());
        let seen = TaskState::idle(scene.user.clone());
        let claim = scene.claim_of(&seen, &spare.launch_token_sha256);
        let (pool, user) = (pool.spares.clone(), scene.user.clone());
        claims.spawn(async move {
            let outcome = pool.claim(&spare, &user, &claim).await;
            (outcome, user, spare.id)
        });
    }
    let (mut users, mut taken) = (HashSet::new(), HashSet::new());
    for (outcome, user, spare) in claims.join_all().await {
        match outcome {
            Ok(generation) => {
                let claimed = SpareStatus::Claimed(user.clone(), generation);
                assert_eq!(pool.read(&spare).await.status, claimed);
                assert!(users.insert(user), "a user has two");
                assert!(taken.insert(spare), "a spare has two users");
            }
            Err(lost) => {
                let expected = matches!(lost, ClaimSpareError::Taken | ClaimSpareError::LostRace);
                assert!(expected, "{lost:?}");
            }
        }
    }
    assert_eq!((users.len(), taken.len()), (10, 10));
    for scene in &scenes {
        let generation = u64::from(users.contains(&scene.user));
        assert_eq!(scene.task().await.generation, Generation(generation));
    }
}

pub async fn one_user_gets_one_spare_of_ten(world: &dyn ContractWorld) {
    let (scene, pool) = (Scene::of(world), Pool::of(world));
    scene.put("m1", "text", NOW).await;
    let seen = scene.task().await;
    let (mut ids, mut claims) = (Vec::new(), JoinSet::new());
    for _ in 0..10 {
        let spare = pool.ready().await;
        ids.push(spare.id.clone());
        let claim = scene.claim_of(&seen, &spare.launch_token_sha256);
        let (pool, user) = (pool.spares.clone(), scene.user.clone());
        claims.spawn(async move { pool.claim(&spare, &user, &claim).await });
    }
    let (won, lost): (Vec<_>, Vec<_>) =
        claims.join_all().await.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1);
    lost.into_iter().for_each(assert_lost);
    let mut ready = 0;
    for id in &ids {
        ready += usize::from(pool.read(id).await.status == SpareStatus::Ready);
    }
    assert_eq!(ready, 9);
}

#[track_caller]
fn assert_taken(outcome: Result<Generation, ClaimSpareError>) {
    assert!(matches!(outcome, Err(ClaimSpareError::Taken)), "taken, not {outcome:?}");
}

#[track_caller]
fn assert_lost(outcome: Result<Generation, ClaimSpareError>) {
    assert!(matches!(outcome, Err(ClaimSpareError::LostRace)), "lost, not {outcome:?}");
}
