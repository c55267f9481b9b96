//! Going back in time: asked for once, carried out now, and looked after until it is done (I10).

mod world;

use std::sync::Arc;
use std::time::Duration;

use control_plane::{Ensured, ReadSnapshots, RequestRestore, RequestSnapshot, RestoreError};
use domain::{
    Capacity, Generation, RequestId, RestoreOutcome, Snapshot, SnapshotId, SnapshotReason,
    TaskPolicy, TaskStatus, Timestamp,
};
use platform::Clock;
use protocol::{Nudge, PostRestore, Restore, RestorePlace, RestoreState, SaveState};
use world::{Cases, cases, stopped};

/// 2026-11-21, 18:15 UTC.
const THEN: Timestamp = Timestamp(1_795_284_905_000);

fn id(text: &str) -> SnapshotId {
    SnapshotId::new(text).expect("valid")
}

fn into_place() -> PostRestore {
    PostRestore { request_id: "r1".into(), into: RestorePlace::Place, folder: None }
}

fn into_folder(folder: Option<&str>) -> PostRestore {
    let folder = folder.map(str::to_owned);
    PostRestore { request_id: "r1".into(), into: RestorePlace::Folder, folder }
}

fn nudge() -> Nudge {
    Nudge::Restore { request_id: "r1".into() }
}

impl Cases {
    fn asker(&self) -> RequestRestore {
        RequestRestore {
            snapshots: self.world.snapshots(),
            tasks: self.world.tasks(),
            ensure: self.ensure(),
            clock: Arc::new(self.world.clock().clone()),
            follow_up: TaskPolicy::default().follow_up,
        }
    }

    async fn ask(
        &self,
        snapshot: &str,
        asked: &PostRestore,
    ) -> Result<(Restore, Option<Ensured>), RestoreError> {
        let request = RequestId::new(asked.request_id.as_str()).expect("valid");
        self.asker().run(&self.user, id(snapshot), request, asked).await
    }

    /// A first life that left the snapshot `a1`, and Idle.
    async fn has_slept(&self) {
        self.ensure().run(&self.user, &nudge()).await.expect("works");
        self.bridge_is_up().await;
        let (snapshots, first) = (self.world.snapshots(), Generation(1));
        let now = self.world.clock().now();
        snapshots.begin_from(&self.user, first, None, now).await.expect("current");
        let saved = Snapshot {
            id: id("a1"),
            generation: first,
            at: THEN,
            reason: SnapshotReason::Stop,
            files: 1,
            bytes: 2,
            added_bytes: 3,
        };
        snapshots.record(&self.user, &saved).await.expect("may save");
        self.world.tasks().release(&self.user, first, now).await.expect("writes");
        self.follow().task_changed(&stopped(&self.user, 1)).await.expect("works");
        assert_eq!(self.world.task(&self.user).due_at, None, "nothing waits");
    }

    fn launches(&self) -> usize {
        self.world.launches().len()
    }

    async fn shown(&self) -> Option<Restore> {
        let (snapshots, tasks) = (self.world.snapshots(), self.world.tasks());
        let read = ReadSnapshots { snapshots, tasks };
        read.run(&self.user, None, 10).await.expect("reads").restore
    }
}

#[tokio::test]
async fn a_restore_wakes_who_is_asleep_though_nobody_wrote() {
    let cases = cases();
    cases.has_slept().await;
    let (restore, ensured) = cases.ask("a1", &into_place()).await.expect("works");
    assert!(matches!(ensured, Some(Ensured::Launched { .. })), "{ensured:?}");
    assert_eq!((restore.state, restore.snapshot_id.as_str()), (RestoreState::Pending, "a1"));
    assert_eq!(cases.world.task(&cases.user).generation, Generation(2));
    // Asked again, it is the same one, and nothing more is launched.
    let (again, _) = cases.ask("a1", &into_folder(None)).await.expect("works");
    assert_eq!((again, cases.launches()), (restore, 2));
}

#[tokio::test]
async fn a_bridge_that_is_up_is_told() {
    let cases = cases();
    cases.has_slept().await;
    cases.ensure().run(&cases.user, &nudge()).await.expect("works");
    let bridge = cases.bridge_is_up().await;
    let (_, ensured) = cases.ask("a1", &into_folder(None)).await.expect("works");
    assert_eq!((ensured, cases.world.nudged(&bridge)), (Some(Ensured::Running), vec![nudge()]));
}

#[tokio::test]
async fn a_folder_that_is_not_named_is_named_after_the_snapshot() {
    let cases = cases();
    cases.has_slept().await;
    let (restore, _) = cases.ask("a1", &into_folder(None)).await.expect("works");
    assert_eq!(restore.folder.as_deref(), Some("restored-2026-11-21-1815"));
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_and_nothing_is_kept() {
    let cases = cases();
    cases.has_slept().await;
    let mut both = into_folder(Some("old"));
    both.into = RestorePlace::Place;
    for (snapshot, asked) in [
        ("a2", into_place()),
        ("a1", into_folder(Some(".."))),
        ("a1", into_folder(Some("a/b"))),
        ("a1", into_folder(Some(&"x".repeat(101)))),
        ("a1", both),
    ] {
        let refused = cases.ask(snapshot, &asked).await.expect_err("refused");
        assert!(!matches!(refused, RestoreError::Unavailable(_)), "{refused:?}");
    }
    assert_eq!((cases.shown().await, cases.launches()), (None, 1));
    assert!(cases.ask("a1", &into_folder(Some(&"x".repeat(100)))).await.is_ok());
}

#[tokio::test]
async fn a_second_restore_is_told_of_the_first() {
    let cases = cases();
    cases.has_slept().await;
    let (first, _) = cases.ask("a1", &into_place()).await.expect("works");
    let second = PostRestore { request_id: "r2".into(), ..into_place() };
    match cases.ask("a1", &second).await {
        Err(RestoreError::Busy(open)) => assert_eq!(*open, first),
        other => panic!("busy, not {other:?}"),
    }
    let failed = RestoreOutcome::Failed { at: THEN, why: "It is damaged.".into() };
    let snapshots = cases.world.snapshots();
    let finished = snapshots.finish_restore(&cases.user, Generation(2), "r1", &failed).await;
    finished.expect("is open");
    let shown = cases.shown().await.expect("asked for");
    assert_eq!(
        (shown.state, shown.detail.as_deref()),
        (RestoreState::Failed, Some("It is damaged."))
    );
    let (again, ensured) = cases.ask("a1", &into_place()).await.expect("works");
    assert_eq!((again, ensured), (shown, None), "it is over, and nobody is woken");
    cases.ask("a1", &second).await.expect("nothing is open");
}

/// We die, or ECS has no machine, right after the request was kept.
#[tokio::test]
async fn a_request_that_nobody_launched_for_is_found_by_the_sweep() {
    let cases = cases();
    cases.has_slept().await;
    cases.world.fail_next("tasks.get", 1);
    cases.ask("a1", &into_place()).await.expect_err("unavailable");
    assert_eq!(cases.launches(), 1);
    cases.world.clock().advance(TaskPolicy::default().follow_up);
    cases.follow().sweep().await;
    assert_eq!((cases.launches(), cases.world.task(&cases.user).status), (2, TaskStatus::Starting));
}

#[tokio::test]
async fn a_restore_without_a_machine_is_tried_again_by_itself() {
    let cases = cases();
    cases.has_slept().await;
    for capacity in [Capacity::Spot, Capacity::OnDemand] {
        cases.world.set_capacity(capacity, false);
    }
    let (restore, ensured) = cases.ask("a1", &into_place()).await.expect("works");
    let Some(Ensured::Postponed { retry_in }) = ensured else { panic!("{ensured:?}") };
    assert_eq!(restore.state, RestoreState::Pending);
    cases.world.set_capacity(Capacity::Spot, true);
    cases.world.clock().advance(retry_in);
    cases.follow().sweep().await;
    assert_eq!(cases.launches(), 2);
}

#[tokio::test]
async fn a_task_that_dies_over_a_restore_is_followed_by_another_until_it_is_done() {
    let cases = cases();
    cases.has_slept().await;
    cases.ask("a1", &into_place()).await.expect("works");
    cases.bridge_is_up().await;
    cases.follow().task_changed(&stopped(&cases.user, 2)).await.expect("works");
    assert_eq!((cases.launches(), cases.world.task(&cases.user).generation), (3, Generation(3)));
    cases.bridge_is_up().await;
    let (snapshots, third) = (cases.world.snapshots(), Generation(3));
    let done = RestoreOutcome::Done { at: THEN };
    snapshots.finish_restore(&cases.user, third, "r1", &done).await.expect("is open");
    cases.follow().task_changed(&stopped(&cases.user, 3)).await.expect("works");
    assert_eq!((cases.launches(), cases.world.task(&cases.user).status), (3, TaskStatus::Idle));
    cases.world.clock().advance(Duration::from_secs(3_600));
    assert_eq!(cases.follow().sweep().await.looked_at, 0, "nothing waits");
}

/// As with a message: told again, then given up.
#[tokio::test]
async fn a_bridge_that_is_silent_over_a_restore_is_told_again_and_then_given_up() {
    let cases = cases();
    cases.has_slept().await;
    cases.ensure().run(&cases.user, &nudge()).await.expect("works");
    let bridge = cases.bridge_is_up().await;
    cases.ask("a1", &into_place()).await.expect("works");
    assert_eq!(cases.world.nudged(&bridge).len(), 1);
    let soon = cases.world.clock().now() + TaskPolicy::default().follow_up;
    let seen = cases.world.task(&cases.user);
    assert!(cases.world.tasks().look_again(&seen, soon).await.expect("writes"));
    let mut sweeps = 0;
    while cases.world.task(&cases.user).generation == Generation(2) {
        sweeps += 1;
        assert!(sweeps < 20, "it is given up at some time");
        cases.world.clock().advance(Duration::from_secs(61));
        cases.follow().sweep().await;
    }
    assert!(cases.world.nudged(&bridge).len() > 1, "it was told again");
    assert_eq!(cases.launches(), 3);
}

async fn save(cases: &Cases) -> (SaveState, Option<u64>) {
    let asker = RequestSnapshot { tasks: cases.world.tasks(), ensure: cases.ensure() };
    let saving = asker.run(&cases.user).await.expect("reads");
    (saving.state, saving.saved_at)
}

#[tokio::test]
async fn saving_now_wakes_nobody_and_tells_who_is_awake() {
    let cases = cases();
    assert_eq!(save(&cases).await, (SaveState::Saved, None));
    assert_eq!(cases.launches(), 0);
    cases.has_slept().await;
    let at = Some(THEN.millis());
    assert_eq!(save(&cases).await, (SaveState::Saved, at));
    assert_eq!(cases.launches(), 1);
    cases.ensure().run(&cases.user, &nudge()).await.expect("works");
    assert_eq!(save(&cases).await, (SaveState::Starting, at));
    let bridge = cases.bridge_is_up().await;
    assert_eq!(save(&cases).await, (SaveState::Saving, at));
    assert_eq!(cases.world.nudged(&bridge), [Nudge::Snapshot]);
    let tasks = cases.world.tasks();
    tasks.set_stopping(&cases.user, Generation(2), THEN).await.expect("current");
    assert_eq!(save(&cases).await, (SaveState::Stopping, at));
    assert_eq!(cases.world.nudged(&bridge).len(), 1);
}
