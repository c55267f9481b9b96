//! A new version is tried by some, and goes back by itself.

mod world;

use std::time::Duration;

use control_plane::TaskEvent;
use domain::{Capacity, Generation, Release, Share, TaskDefinition, TaskPolicy, TaskStatus};
use platform::{Metric, note_release};
use protocol::Nudge;
use world::{Cases, arn, cases, failed_to_start, stopped};

fn version(n: u32) -> TaskDefinition {
    TaskDefinition(format!("arn:task-definition/openclaw:{n}"))
}

/// Version 1 for all, and version 2 for this share of the launches.
async fn canary(percent: u64) -> Cases {
    let cases = cases();
    let share = |percent| Share::new(percent).expect("valid");
    for (n, percent) in [(1, 100), (2, percent)] {
        let begin = |seen: &Release| Some(seen.begin(version(n), share(percent)));
        note_release(&*cases.world.releases(), begin).await.expect("no faults");
    }
    cases
}

impl Cases {
    async fn launch(&self) -> Option<TaskDefinition> {
        let nudge = Nudge::Inbox { message_id: "m1".into() };
        self.ensure().run(&self.user, &nudge).await.expect("works");
        self.launched()
    }

    /// What the last launch runs.
    fn launched(&self) -> Option<TaskDefinition> {
        self.world.launches().pop().expect("a launch").definition
    }

    async fn happens(&self, event: TaskEvent) {
        self.follow().task_changed(&event).await.expect("taken");
    }

    async fn release(&self) -> Release {
        self.world.releases().get().await.expect("no faults")
    }

    /// The n-th launch dies before it is up.
    async fn dies(&self, n: u64, definition: TaskDefinition, reason: &str) {
        let mut event = stopped(&self.user, n);
        event.task.definition = Some(definition);
        event.task.stopped_reason = Some(reason.into());
        self.world.task_dies(&arn(n), reason);
        self.happens(event).await;
    }
}

#[tokio::test]
async fn without_a_word_the_newest_version_is_launched() {
    assert_eq!(cases().launch().await, None);
}

#[tokio::test]
async fn a_candidate_that_dies_is_followed_by_what_is_known_to_work_and_withdrawn_the_second_time()
{
    let cases = canary(100).await;
    cases.say("m1").await;
    assert_eq!(cases.launch().await, Some(version(2)));
    cases.dies(1, version(2), "Essential container in task exited").await;
    assert_eq!(cases.launched(), Some(version(1)), "its user does not wait for the next failure");
    assert_eq!(cases.release().await.candidate.map(|one| one.failed), Some(1));
    assert_eq!(cases.world.counted(Metric::ReleasesWithdrawn), 0);

    // Somebody else's.
    let ben = Cases { user: domain::UserId::new("ben").expect("valid"), ..cases };
    ben.say("m1").await;
    assert_eq!(ben.launch().await, Some(version(2)));
    ben.world.task_dies(&arn(3), "Essential container in task exited");
    let mut event = stopped(&ben.user, 1);
    event.task.arn = arn(3);
    event.task.definition = Some(version(2));
    ben.happens(event).await;
    let release = ben.release().await;
    assert_eq!((release.candidate, release.withdrawn), (None, Some(version(2))));
    assert_eq!(ben.world.counted(Metric::ReleasesWithdrawn), 1);
    assert_eq!(ben.launched(), Some(version(1)));
}

#[tokio::test]
async fn a_candidate_that_does_not_come_up_in_time_is_charged() {
    let cases = canary(100).await;
    cases.say("m1").await;
    cases.launch().await;
    let overdue = TaskPolicy::default().start_within + Duration::from_secs(1);
    cases.world.clock().advance(overdue);
    assert_eq!(cases.follow().sweep().await.errors, 0);
    assert_eq!(cases.release().await.candidate.map(|one| one.failed), Some(1));
}

#[tokio::test]
async fn a_machine_that_is_taken_away_or_not_to_be_had_is_not_charged() {
    for reason in ["Your Spot Task was interrupted.", "Capacity is unavailable at this time"] {
        let cases = canary(100).await;
        cases.say("m1").await;
        cases.launch().await;
        cases.dies(1, version(2), reason).await;
        assert_eq!(cases.release().await.candidate.map(|one| one.failed), Some(0), "{reason}");
    }
}

#[tokio::test]
async fn an_image_that_cannot_be_pulled_is_charged_where_no_other_machine_is_tried() {
    let cases = canary(100).await;
    cases.say("m1").await;
    cases.launch().await;
    let mut event = failed_to_start(&cases.user, 1);
    event.task.definition = Some(version(2));
    event.task.stopped_reason = Some("CannotPullContainerError: not found".into());
    cases.world.task_fails_to_start(&arn(1), "CannotPullContainerError: not found");
    cases.happens(event.clone()).await;
    let task = cases.world.task(&cases.user);
    assert_eq!((task.generation, task.capacity), (Generation(2), Some(Capacity::OnDemand)));
    assert_eq!(cases.launched(), Some(version(2)), "on Spot it may have been the machine");
    event.task = platform::ObservedTask {
        arn: arn(2),
        owner: Some(domain::Owner::User(cases.user.clone(), Generation(2))),
        capacity: Some(Capacity::OnDemand),
        ..event.task
    };
    cases.world.task_fails_to_start(&arn(2), "CannotPullContainerError: not found");
    cases.happens(event).await;
    assert_eq!(cases.release().await.candidate.map(|one| one.failed), Some(1));
}

#[tokio::test]
async fn what_cannot_be_read_launches_nothing_and_claims_nothing() {
    let cases = canary(25).await;
    cases.say("m1").await;
    cases.world.fail_next("releases.get", 1);
    let nudge = Nudge::Inbox { message_id: "m1".into() };
    cases.ensure().run(&cases.user, &nudge).await.expect_err("it is not known what to launch");
    assert_eq!(cases.world.task(&cases.user).status, TaskStatus::Idle);
    assert_eq!(cases.world.launches().len(), 0);
    // The message waits, and the watchdog comes.
    cases.world.clock().advance(TaskPolicy::default().follow_up);
    assert_eq!(cases.follow().sweep().await.errors, 0);
    assert_eq!(cases.world.launches().len(), 1);
}

#[tokio::test]
async fn who_wants_spot_alone_waits_for_it() {
    let cases = cases();
    let client = cases.client("phone").await;
    cases.say("m1").await;
    cases.world.set_capacity(Capacity::Spot, false);
    let policy = TaskPolicy { spot_only: true, ..TaskPolicy::default() };
    let ensure = control_plane::EnsureTask { policy, ..cases.ensure() };
    let nudge = Nudge::Inbox { message_id: "m1".into() };
    let ensured = ensure.run(&cases.user, &nudge).await.expect("works");
    assert!(matches!(ensured, control_plane::Ensured::Postponed { .. }), "{ensured:?}");
    let ensured = ensure.run_on(&cases.user, &nudge, Capacity::OnDemand).await.expect("works");
    assert!(matches!(ensured, control_plane::Ensured::Postponed { .. }), "{ensured:?}");
    assert_eq!((cases.world.launches().len(), cases.world.pushed(&client).len()), (0, 0));
}
