//! Where a memory stands, who may move it (I3), and the list that people see.

use domain::{
    Generation, RestoreInto, Snapshot, SnapshotId, SnapshotReason, SnapshotRef, TaskState,
    candidates,
};

use super::ContractWorld;
use super::memory::{Memory, names, request, snapshot};
use super::scene::{NOW, assert_conflict, assert_fenced, later};
use crate::{SnapshotPage, WriteError};

pub async fn the_base_is_what_the_next_one_reads(world: &dyn ContractWorld) {
    let memory = Memory::of(world);
    let first = memory.launch().await;
    assert_eq!(memory.scene.task().await.base, None);
    memory.begin(first, None).await.expect("current");
    assert_eq!(memory.base().await, (first, None));
    let saved = memory.saved("a1", first, 10).await;
    assert_eq!(memory.base().await, (first, Some(SnapshotRef::from(&saved))));
    let saved = memory.saved("a2", first, 20).await;
    memory.scene.release(first).await;
    let second = memory.launch().await;
    assert_eq!(memory.base().await, (first, Some(SnapshotRef::from(&saved))));
    memory.begin(second, Some(&saved)).await.expect("current");
    assert_eq!(memory.base().await, (second, Some(SnapshotRef::from(&saved))));
}

pub async fn a_recorded_snapshot_reads_back_whole(world: &dyn ContractWorld) {
    let memory = Memory::of(world);
    let generation = memory.launch().await;
    memory.begin(generation, None).await.expect("current");
    let reasons = [SnapshotReason::Periodic, SnapshotReason::Stop, SnapshotReason::Requested];
    for (n, reason) in (0..).zip(reasons) {
        let plain = snapshot(&format!("a{n}"), generation, later(n));
        let given = Snapshot { reason, added_bytes: n, ..plain };
        memory.record(&given).await.expect("may save");
        let found = memory.snapshots.find(&memory.scene.user, &given.id).await.expect("reads");
        assert_eq!(found, Some(given.clone()));
        assert_eq!(memory.page(None, 1).await.snapshots, [given]);
    }
    let unknown = SnapshotId::new("a").expect("valid");
    assert_eq!(memory.snapshots.find(&memory.scene.user, &unknown).await.expect("reads"), None);
    let stranger = Memory::of(world);
    let id = SnapshotId::new("a0").expect("valid");
    assert_eq!(stranger.snapshots.find(&stranger.scene.user, &id).await.expect("reads"), None);
    assert_eq!(stranger.page(None, 9).await, SnapshotPage::default());
}

pub async fn a_released_generation_neither_begins_nor_records(world: &dyn ContractWorld) {
    let memory = Memory::of(world);
    let generation = memory.launch().await;
    memory.begin(generation, None).await.expect("current");
    let saved = memory.saved("a1", generation, 10).await;
    memory.scene.release(generation).await;
    let before = memory.scene.task().await;
    assert_fenced(memory.begin(generation, None).await);
    assert_fenced(memory.record(&snapshot("a2", generation, later(20))).await);
    assert_eq!(memory.scene.task().await, before);
    assert_eq!(memory.page(None, 9).await.snapshots, [saved]);
}

pub async fn a_generation_that_was_never_launched_neither_begins_nor_records(
    world: &dyn ContractWorld,
) {
    let memory = Memory::of(world);
    for generation in [Generation(0), Generation(1)] {
        assert_fenced(memory.begin(generation, None).await);
        assert_fenced(memory.record(&snapshot("a1", generation, NOW)).await);
    }
    assert_eq!(memory.scene.task().await, TaskState::idle(memory.scene.user.clone()));
    memory.launch().await;
    assert_fenced(memory.begin(Generation(2), None).await);
    assert_fenced(memory.record(&snapshot("a1", Generation(2), NOW)).await);
    assert_eq!(memory.page(None, 9).await, SnapshotPage::default());
}

/// It may be saving its work, and whoever comes next waits for it.
pub async fn an_abandoned_generation_records_and_does_not_begin(world: &dyn ContractWorld) {
    let memory = Memory::of(world);
    let stuck = memory.launch().await;
    memory.begin(stuck, None).await.expect("current");
    memory.scene.tasks.abandon(&memory.scene.user, stuck, NOW, false).await.expect("current");
    let next = memory.launch().await;
    assert_fenced(memory.begin(stuck, None).await);
    let saved = memory.saved("a1", stuck, 10).await;
    assert_eq!(memory.base().await, (stuck, Some(SnapshotRef::from(&saved))));
    memory.begin(next, Some(&saved)).await.expect("current");
}

/// The fence of I3 for what no row can take back: a snapshot lies in the bucket.
pub async fn a_zombie_records_nothing_once_a_younger_one_has_begun(world: &dyn ContractWorld) {
    let memory = Memory::of(world);
    let zombie = memory.launch().await;
    memory.begin(zombie, None).await.expect("current");
    let saved = memory.saved("a1", zombie, 10).await;
    let next = memory.launch().await;
    memory.begin(next, Some(&saved)).await.expect("current");
    assert!(memory.scene.task().await.may_save(zombie), "nobody has said that it is gone");
    let late = snapshot("a2", zombie, later(99));
    assert_fenced(memory.record(&late).await);
    assert_eq!(memory.base().await, (next, Some(SnapshotRef::from(&saved))));
    assert_eq!(memory.page(None, 9).await.snapshots, std::slice::from_ref(&saved));
    // And the rows say enough to know it among what the bucket lists, whatever comes after.
    let own = memory.saved("b1", next, 20).await;
    let listed = [&saved, &late, &own].map(SnapshotRef::from);
    let base = memory.scene.task().await.base;
    let expect = [&own, &saved].map(SnapshotRef::from);
    assert_eq!(candidates(base.as_ref(), &listed), expect);
}

pub async fn recording_again_changes_nothing(world: &dyn ContractWorld) {
    let memory = Memory::of(world);
    let generation = memory.launch().await;
    memory.begin(generation, None).await.expect("current");
    let first = memory.saved("a1", generation, 10).await;
    memory.record(&first).await.expect("the same again");
    let second = memory.saved("a2", generation, 20).await;
    memory.record(&first).await.expect("the same again");
    assert_eq!(memory.base().await, (generation, Some(SnapshotRef::from(&second))));
    memory.scene.release(generation).await;
    memory.record(&second).await.expect("it was recorded in time");
    assert_eq!(memory.page(None, 9).await.snapshots, [second, first]);
}

pub async fn a_snapshot_that_comes_after_a_later_one_is_listed_and_not_the_base(
    world: &dyn ContractWorld,
) {
    let memory = Memory::of(world);
    let generation = memory.launch().await;
    memory.begin(generation, None).await.expect("current");
    let second = memory.saved("b", generation, 20).await;
    let first = memory.saved("c", generation, 10).await;
    let twin = memory.saved("a", generation, 20).await;
    assert_eq!(memory.base().await, (generation, Some(SnapshotRef::from(&second))));
    assert_eq!(memory.page(None, 9).await.snapshots, [second, twin, first]);
}

/// It chose one that turned out to be damaged. After its own snapshot it has no choice.
pub async fn a_generation_may_begin_anew_until_it_has_recorded(world: &dyn ContractWorld) {
    let memory = Memory::of(world);
    let first = memory.launch().await;
    memory.begin(first, None).await.expect("current");
    let (older, newer) = (memory.saved("a1", first, 10).await, memory.saved("a2", first, 20).await);
    let second = memory.launch().await;
    for with in [&newer, &newer, &older] {
        memory.begin(second, Some(with)).await.expect("current");
        assert_eq!(memory.base().await, (second, Some(SnapshotRef::from(with))));
    }
    let own = memory.saved("b1", second, 30).await;
    for with in [None, Some(&newer), Some(&own)] {
        assert_conflict(memory.begin(second, with).await);
    }
    assert_eq!(memory.base().await, (second, Some(SnapshotRef::from(&own))));
}

pub async fn snapshots_are_listed_newest_first_by_the_page(world: &dyn ContractWorld) {
    let memory = Memory::of(world);
    let generation = memory.launch().await;
    memory.begin(generation, None).await.expect("current");
    assert_eq!(memory.page(None, 3).await, SnapshotPage::default());
    for n in 0..7 {
        memory.saved(&format!("s{n}"), generation, n).await;
    }
    let whole = memory.page(None, 7).await;
    assert_eq!(names(&whole), ["s6", "s5", "s4", "s3", "s2", "s1", "s0"]);
    assert_eq!(whole.before, None, "a page that just fits is the last");
    for limit in 1..=8 {
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let page = memory.page(before.as_deref(), limit).await;
            assert!(!page.snapshots.is_empty() && page.snapshots.len() <= limit, "{limit}");
            seen.extend(page.snapshots);
            before = page.before;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(seen, whole.snapshots, "{limit}");
    }
    for nowhere in ["", "nonsense", "%00", "Q09OViNi"] {
        assert_eq!(names(&memory.page(Some(nowhere), 1).await), ["s6"], "{nowhere}");
    }
}

pub async fn a_place_in_the_list_outlives_its_snapshot(world: &dyn ContractWorld) {
    let memory = Memory::of(world);
    let generation = memory.launch().await;
    memory.begin(generation, None).await.expect("current");
    let mut saved = Vec::new();
    for n in 0..4 {
        saved.push(memory.saved(&format!("s{n}"), generation, n).await);
    }
    let place = memory.page(None, 2).await.before.expect("there is more");
    let gone = [SnapshotRef::from(&saved[2])];
    memory.snapshots.forget(&memory.scene.user, &gone).await.expect("writes");
    assert_eq!(names(&memory.page(Some(&place), 9).await), ["s1", "s0"]);
}

pub async fn what_is_forgotten_is_no_longer_listed(world: &dyn ContractWorld) {
    let memory = Memory::of(world);
    let generation = memory.launch().await;
    memory.begin(generation, None).await.expect("current");
    let mut gone = vec![SnapshotRef::from(&snapshot("unknown", generation, later(1)))];
    // More than DynamoDB takes at once.
    for n in 0..60 {
        gone.push(SnapshotRef::from(&memory.saved(&format!("s{n}"), generation, n).await));
    }
    let kept = memory.saved("kept", generation, 60).await;
    let (snapshots, user) = (&memory.snapshots, &memory.scene.user);
    for _ in 0..2 {
        snapshots.forget(user, &gone).await.expect("writes");
        assert_eq!(memory.page(None, 100).await.snapshots, std::slice::from_ref(&kept));
    }
    assert_eq!(snapshots.find(user, &gone[3].id).await.expect("reads"), None);
    assert_eq!(snapshots.find(user, &kept.id).await.expect("reads"), Some(kept.clone()));
    snapshots.forget(user, &[]).await.expect("nothing to do");
    assert_eq!(memory.base().await, (generation, Some(SnapshotRef::from(&kept))));
}

/// Zombies, successors and a person who asks, all at once: whatever the order, what is recorded
/// after the younger one began is its own.
pub async fn of_two_generations_at_once_the_younger_one_wins(world: &dyn ContractWorld) {
    for _ in 0..10 {
        let memory = Memory::of(world);
        let old = memory.launch().await;
        memory.begin(old, None).await.expect("current");
        let saved = memory.saved("a1", old, 10).await;
        let new = memory.launch().await;
        let (late, own) = (snapshot("a2", old, later(20)), snapshot("b1", new, later(11)));
        let asked = request("r1", "a1", RestoreInto::Place);
        let young = async {
            memory.begin(new, Some(&saved)).await?;
            memory.record(&own).await
        };
        let (zombie, young, asked) = tokio::join!(memory.record(&late), young, memory.ask(&asked));
        young.expect("current");
        asked.expect("nothing is open");
        assert!(matches!(zombie, Ok(()) | Err(WriteError::Fenced)), "{zombie:?}");
        assert_eq!(memory.base().await, (new, Some(SnapshotRef::from(&own))));
        let listed = [&saved, &late, &own].map(SnapshotRef::from);
        let base = memory.scene.task().await.base;
        let expect = [&own, &saved].map(SnapshotRef::from);
        assert_eq!(candidates(base.as_ref(), &listed), expect);
    }
}
