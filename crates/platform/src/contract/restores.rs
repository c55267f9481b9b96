//! What a user asks back, until it is done.

use domain::{Generation, RestoreInto, RestoreOutcome, RestoreRequest, SnapshotRef, TaskStatus};

use super::ContractWorld;
use super::memory::{Memory, folder, request};
use super::scene::{NOW, assert_conflict, assert_fenced, later};
use crate::RequestError;

pub async fn one_restore_is_asked_for_at_a_time(world: &dyn ContractWorld) {
    let memory = Memory::of(world);
    let generation = memory.launch().await;
    let first = request("r1", "a1", RestoreInto::Place);
    assert_eq!(memory.ask(&first).await.expect("nothing is open"), first);
    assert_eq!(memory.restore().await, Some(first.clone()));
    // Whatever else it says: the id is the asker's word that it is the same.
    let again = request("r1", "a2", folder());
    assert_eq!(memory.ask(&again).await.expect("the same"), first);
    let second = request("r2", "a2", folder());
    match memory.ask(&second).await {
        Err(RequestError::Busy(open)) => assert_eq!(*open, first),
        other => panic!("busy, not {other:?}"),
    }
    let failed = RestoreOutcome::Failed { at: later(3), why: "It is damaged.".into() };
    memory.finish(generation, "r1", &failed).await.expect("is open");
    let finished = RestoreRequest { outcome: Some(failed), ..first };
    assert_eq!(memory.restore().await, Some(finished.clone()));
    assert_eq!(memory.ask(&again).await.expect("the same"), finished);
    assert_eq!(memory.ask(&second).await.expect("nothing is open"), second);
    assert_eq!(memory.restore().await, Some(second));
}

pub async fn a_request_survives_its_task(world: &dyn ContractWorld) {
    let memory = Memory::of(world);
    let generation = memory.launch().await;
    memory.begin(generation, None).await.expect("current");
    let saved = memory.saved("a1", generation, 1).await;
    let asked = request("r1", "a1", RestoreInto::Place);
    memory.ask(&asked).await.expect("nothing is open");
    memory.scene.release(generation).await;
    memory.launch().await;
    let task = memory.scene.task().await;
    assert_eq!(task.restore, Some(asked));
    assert_eq!(task.base.and_then(|base| base.snapshot), Some(SnapshotRef::from(&saved)));
}

/// He waits for it as for an answer: somebody must look after it.
pub async fn who_asks_for_a_restore_is_due_until_it_is_done(world: &dyn ContractWorld) {
    let memory = Memory::of(world);
    let scene = &memory.scene;
    memory.ask(&request("r1", "a1", folder())).await.expect("nothing is open");
    assert!(scene.is_due(later(60)).await && !scene.is_due(later(59)).await);
    let seen = scene.task().await;
    assert_eq!((seen.status, seen.generation), (TaskStatus::Idle, Generation(0)));
    assert!(!scene.tasks.settle(&seen).await.expect("writes"), "it is open");
    assert!(scene.is_due(later(60)).await);
    let generation = memory.launch().await;
    memory.ask(&request("r1", "a1", folder())).await.expect("the same");
    assert_eq!(scene.task().await.due_at, Some(later(300)), "the mark of who is due stays");
    memory.finish(generation, "r1", &RestoreOutcome::Done { at: NOW }).await.expect("is open");
    scene.release(generation).await;
    let seen = scene.task().await;
    assert!(scene.tasks.settle(&seen).await.expect("writes"));
}

/// The row was read before the request came.
pub async fn a_request_after_the_look_keeps_the_mark(world: &dyn ContractWorld) {
    let memory = Memory::of(world);
    let generation = memory.launch().await;
    memory.scene.release(generation).await;
    let seen = memory.scene.task().await;
    memory.ask(&request("r1", "a1", RestoreInto::Place)).await.expect("nothing is open");
    assert!(!memory.scene.tasks.settle(&seen).await.expect("writes"));
    assert!(memory.scene.is_due(later(60)).await);
}

pub async fn beginning_with_what_was_asked_for_is_the_restore(world: &dyn ContractWorld) {
    let done = |memory: Memory| async move { memory.restore().await.and_then(|r| r.outcome) };
    for (into, named, expect) in [
        (RestoreInto::Place, "a1", Some(RestoreOutcome::Done { at: later(5) })),
        (RestoreInto::Place, "a2", None),
        (folder(), "a1", None),
    ] {
        let memory = Memory::of(world);
        let first = memory.launch().await;
        memory.begin(first, None).await.expect("current");
        let then = memory.saved("a1", first, 10).await;
        memory.saved("a2", first, 20).await;
        memory.ask(&request("r1", named, into.clone())).await.expect("nothing is open");
        memory.scene.release(first).await;
        assert_fenced(memory.begin(first, Some(&then)).await);
        assert!(memory.restore().await.is_some_and(|r| r.is_open()), "the fenced do nothing");
        let second = memory.launch().await;
        memory.begin(second, Some(&then)).await.expect("current");
        assert_eq!(done(memory).await, expect, "{named} {into:?}");
    }
}

pub async fn a_restore_that_failed_stays_failed(world: &dyn ContractWorld) {
    let memory = Memory::of(world);
    let first = memory.launch().await;
    memory.begin(first, None).await.expect("current");
    let then = memory.saved("a1", first, 10).await;
    memory.ask(&request("r1", "a1", RestoreInto::Place)).await.expect("nothing is open");
    let second = memory.launch().await;
    let failed = RestoreOutcome::Failed { at: NOW, why: "It is damaged.".into() };
    memory.finish(second, "r1", &failed).await.expect("is open");
    memory.begin(second, Some(&then)).await.expect("current");
    assert_eq!(memory.restore().await.and_then(|r| r.outcome), Some(failed));
}

pub async fn a_restore_ends_once_by_the_current_generation(world: &dyn ContractWorld) {
    let memory = Memory::of(world);
    let old = memory.launch().await;
    let new = memory.launch().await;
    let done = RestoreOutcome::Done { at: later(9) };
    assert_conflict(memory.finish(new, "r1", &done).await);
    memory.ask(&request("r1", "a1", folder())).await.expect("nothing is open");
    assert_fenced(memory.finish(old, "r1", &done).await);
    assert_conflict(memory.finish(new, "r2", &done).await);
    assert!(memory.restore().await.is_some_and(|request| request.is_open()));
    memory.finish(new, "r1", &done).await.expect("is open");
    let failed = RestoreOutcome::Failed { at: NOW, why: "late".into() };
    assert_conflict(memory.finish(new, "r1", &failed).await);
    assert_eq!(memory.restore().await.and_then(|request| request.outcome), Some(done));
}
