//! ECS's events: repeated, out of order, of tasks that nobody knows.

mod world;

use std::time::Duration;

use control_plane::plan::DEAD_WITHIN;
use control_plane::{TaskChange, TaskEvent};
use domain::{Generation, Owner, SpareId, SpareStatus, TaskStatus};
use platform::{Clock, Metric};
use protocol::Nudge;
use world::{Cases, arn, cases, failed_to_start, stopped};

fn warned(cases: &Cases, generation: u64, version: u64) -> TaskEvent {
    let mut event = stopped(&cases.user, generation);
    event.task.stopped = false;
    TaskEvent { change: TaskChange::Warned, version, ..event }
}

async fn serving() -> Cases {
    let cases = cases();
    cases.say("m1").await;
    launch(&cases).await;
    cases.bridge_is_up().await;
    cases
}

async fn launch(cases: &Cases) {
    let nudge = Nudge::Inbox { message_id: "m1".into() };
    cases.ensure().run(&cases.user, &nudge).await.expect("launches");
}

async fn happens(cases: &Cases, event: &TaskEvent) {
    cases.follow().task_changed(event).await.expect("taken");
}

#[tokio::test]
async fn a_warning_is_counted_once_however_often_it_comes() {
    let cases = serving().await;
    for _ in 0..3 {
        happens(&cases, &warned(&cases, 1, 5)).await;
    }
    happens(&cases, &warned(&cases, 1, 4)).await;
    assert_eq!(cases.world.counted(Metric::SpotInterruptions), 1);
    let state = cases.world.task(&cases.user);
    assert_eq!(state.status, TaskStatus::Running);
    assert_eq!(state.due_at, Some(cases.world.clock().now() + DEAD_WITHIN));
}

#[tokio::test]
async fn a_warning_that_comes_after_the_end_changes_nothing() {
    let cases = serving().await;
    cases.world.task_dies(&arn(1), "Your Spot Task was interrupted.");
    happens(&cases, &stopped(&cases.user, 1)).await;
    let before = cases.world.task(&cases.user);
    assert_eq!(before.generation, Generation(2));
    happens(&cases, &warned(&cases, 1, 5)).await;
    assert_eq!(cases.world.task(&cases.user), before);
    assert_eq!(cases.world.counted(Metric::SpotInterruptions), 0);
}

#[tokio::test]
async fn every_order_of_the_same_events_ends_the_same() {
    let orders =
        [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0], [2, 2, 2], [1, 2, 2]];
    for order in orders {
        let cases = serving().await;
        cases.world.task_dies(&arn(1), "gone");
        let end = stopped(&cases.user, 1);
        let events = [warned(&cases, 1, 4), warned(&cases, 1, 5), end];
        for n in order {
            happens(&cases, &events[n]).await;
        }
        let state = cases.world.task(&cases.user);
        assert_eq!(
            (state.status, state.generation, state.released),
            (TaskStatus::Starting, Generation(2), Generation(1)),
            "{order:?}"
        );
        assert_eq!(cases.world.launches().len(), 2, "{order:?}");
    }
}

#[tokio::test]
async fn an_event_that_could_not_be_acted_upon_fails_and_comes_again() {
    for operation in ["tasks.get", "tasks.release", "inbox.outline", "tasks.claim_launch"] {
        for lost in [false, true] {
            let cases = serving().await;
            cases.world.task_dies(&arn(1), "gone");
            if lost {
                cases.world.lose_next(operation, 1);
            } else {
                cases.world.fail_next(operation, 1);
            }
            let event = stopped(&cases.user, 1);
            assert!(cases.follow().task_changed(&event).await.is_err(), "{operation}");
            happens(&cases, &event).await;
            let state = cases.world.task(&cases.user);
            assert_eq!(
                (state.status, state.generation),
                (TaskStatus::Starting, Generation(2)),
                "{operation}, lost: {lost}"
            );
        }
    }
}

#[tokio::test]
async fn the_end_after_a_bridges_last_word_has_the_inbox_read() {
    let cases = serving().await;
    // It could not answer, and released into the future.
    let later = cases.world.clock().now() + Duration::from_secs(60);
    cases.world.tasks().release(&cases.user, Generation(1), later).await.expect("works");
    happens(&cases, &stopped(&cases.user, 1)).await;
    assert_eq!(cases.world.task(&cases.user).generation, Generation(2));
}

#[tokio::test]
async fn without_any_machine_it_is_paused_and_then_tried_again() {
    let cases = cases();
    cases.say("m1").await;
    launch(&cases).await;
    happens(&cases, &failed_to_start(&cases.user, 1)).await;
    let launches = cases.world.launches();
    assert_eq!(launches[1].capacity, domain::Capacity::OnDemand);
    let mut on_demand = failed_to_start(&cases.user, 2);
    on_demand.task.capacity = Some(domain::Capacity::OnDemand);
    happens(&cases, &on_demand).await;
    assert_eq!(cases.world.launches().len(), 3, "the first failure of all is bad luck");
    let state = cases.world.task(&cases.user);
    assert_eq!((state.failed_launches, state.generation), (1, Generation(3)));
    assert_eq!(cases.world.counted(Metric::FailedLaunches), 2);
}

fn of_spare(mut event: TaskEvent, id: &SpareId) -> TaskEvent {
    event.task.owner = Some(Owner::Spare(id.clone()));
    event
}

#[tokio::test]
async fn a_spare_that_ends_is_claimed_by_nobody() {
    for event in [TaskChange::Stopped, TaskChange::Warned] {
        let cases = cases();
        let id = cases.spare_is_up("s-1").await;
        let event = TaskEvent { change: event, ..of_spare(stopped(&cases.user, 1), &id) };
        for _ in 0..2 {
            happens(&cases, &event).await;
            assert!(cases.world.spares_now().is_empty());
        }
    }
}

#[tokio::test]
async fn the_end_of_a_claimed_spare_is_the_end_of_its_users_task() {
    let cases = cases();
    let id = cases.spare_is_up("s-1").await;
    cases.say("m1").await;
    launch(&cases).await;
    let claimed = SpareStatus::Claimed(cases.user.clone(), Generation(1));
    assert_eq!(cases.world.spares_now()[0].status, claimed);
    happens(&cases, &of_spare(warned(&cases, 1, 3), &id)).await;
    assert_eq!(cases.world.counted(Metric::SpotInterruptions), 1);
    for _ in 0..2 {
        happens(&cases, &of_spare(stopped(&cases.user, 1), &id)).await;
    }
    let state = cases.world.task(&cases.user);
    assert_eq!((state.generation, state.released), (Generation(2), Generation(1)));
    assert!(cases.world.spares_now().is_empty());
}
