//! One task per user (I2), and nobody left waiting (I10).

mod world;

use std::time::Duration;

use control_plane::Ensured;
use domain::{Capacity, Generation, LaunchToken, Owner, TaskPolicy, TaskStatus, UserId};
use platform::Clock;
use protocol::{Nudge, ServerFrame};
use world::{arn, cases, failed_to_start, stopped};

fn nudge() -> Nudge {
    Nudge::Inbox { message_id: "m1".into() }
}

#[tokio::test]
async fn a_first_message_launches_on_spot() {
    let cases = cases();
    let ensured = cases.ensure().run(&cases.user, &nudge()).await.expect("works");
    assert_eq!(ensured, Ensured::Launched { capacity: Capacity::Spot, eta: None });
    let state = cases.world.task(&cases.user);
    assert_eq!((state.status, state.generation), (TaskStatus::Starting, Generation(1)));
}

#[tokio::test]
async fn a_hundred_messages_at_once_launch_once() {
    let cases = cases();
    let ensure = cases.ensure();
    let nudge = nudge();
    let all = (0..100).map(|_| ensure.run(&cases.user, &nudge));
    let outcomes = futures_util::future::join_all(all).await;
    let launched = |o: &&Result<Ensured, _>| matches!(o, Ok(Ensured::Launched { .. }));
    assert_eq!(outcomes.iter().filter(launched).count(), 1);
    assert_eq!(cases.world.launches().len(), 1);
}

#[tokio::test]
async fn a_running_bridge_is_nudged_and_nothing_is_launched() {
    let cases = cases();
    cases.ensure().run(&cases.user, &nudge()).await.expect("works");
    let bridge = cases.bridge_is_up().await;
    assert_eq!(cases.ensure().run(&cases.user, &nudge()).await.expect("works"), Ensured::Running);
    assert_eq!(cases.world.nudged(&bridge), [nudge()]);
    assert_eq!(cases.world.launches().len(), 1);
}

#[tokio::test]
async fn a_nudge_that_finds_the_bridge_between_connections_is_no_error() {
    let cases = cases();
    cases.ensure().run(&cases.user, &nudge()).await.expect("works");
    let bridge = cases.bridge_is_up().await;
    cases.world.hang_up(&bridge);
    assert_eq!(cases.ensure().run(&cases.user, &nudge()).await.expect("works"), Ensured::Running);
}

#[tokio::test]
async fn without_spot_it_is_on_demand() {
    let cases = cases();
    cases.world.set_capacity(Capacity::Spot, false);
    let ensured = cases.ensure().run(&cases.user, &nudge()).await.expect("works");
    assert!(matches!(ensured, Ensured::Launched { capacity: Capacity::OnDemand, .. }));
}

#[tokio::test]
async fn without_any_capacity_it_is_postponed_and_the_sweep_tries_again() {
    let cases = cases();
    let client = cases.client("phone").await;
    cases.say("m1").await;
    cases.world.set_capacity(Capacity::Spot, false);
    cases.world.set_capacity(Capacity::OnDemand, false);
    let ensured = cases.ensure().run(&cases.user, &nudge()).await.expect("works");
    let Ensured::Postponed { retry_in } = ensured else { panic!("{ensured:?}") };
    assert_eq!(cases.world.task(&cases.user).status, TaskStatus::Idle);

    cases.world.set_capacity(Capacity::Spot, true);
    assert_eq!(cases.follow().sweep().await.looked_at, 0, "not due yet");
    cases.world.clock().advance(retry_in);
    assert_eq!(cases.follow().sweep().await.looked_at, 1);
    assert_eq!(cases.world.task(&cases.user).status, TaskStatus::Starting);
    let told = cases.world.pushed(&client);
    assert!(matches!(told.last(), Some(ServerFrame::Status { status: TaskStatus::Starting, .. })));
}

#[tokio::test]
async fn the_sweep_forgets_a_user_for_whom_nothing_is_left_to_do() {
    let cases = cases();
    cases.world.set_capacity(Capacity::Spot, false);
    cases.world.set_capacity(Capacity::OnDemand, false);
    cases.ensure().run(&cases.user, &nudge()).await.expect("works");
    cases.world.clock().advance(Duration::from_secs(60));
    assert_eq!(cases.follow().sweep().await.looked_at, 1);
    assert_eq!(cases.follow().sweep().await.looked_at, 0);
}

#[tokio::test]
async fn a_start_that_takes_too_long_is_followed_by_another() {
    let cases = cases();
    cases.ensure().run(&cases.user, &nudge()).await.expect("works");
    cases.world.clock().advance(Duration::from_secs(301));
    cases.ensure().run(&cases.user, &nudge()).await.expect("works");
    assert_eq!(cases.world.task(&cases.user).generation, Generation(2));
}

#[tokio::test]
async fn a_state_that_cannot_be_read_launches_nothing() {
    let cases = cases();
    cases.world.fail_next("tasks.get", 1);
    assert!(cases.ensure().run(&cases.user, &nudge()).await.is_err());
    assert!(cases.world.launches().is_empty());
}

#[tokio::test]
async fn a_dead_task_with_an_open_message_is_replaced_once_however_often_ecs_says_so() {
    let cases = cases();
    cases.say("m1").await;
    cases.ensure().run(&cases.user, &nudge()).await.expect("works");
    cases.bridge_is_up().await;
    let end = stopped(&cases.user, 1);
    for _ in 0..3 {
        cases.follow().task_changed(&end).await.expect("works");
    }
    let state = cases.world.task(&cases.user);
    assert_eq!((state.generation, state.released), (Generation(2), Generation(1)));
    assert_eq!(cases.world.launches().len(), 2);
}

#[tokio::test]
async fn a_dead_task_without_open_messages_leaves_the_user_idle() {
    let cases = cases();
    cases.ensure().run(&cases.user, &nudge()).await.expect("works");
    let end = stopped(&cases.user, 1);
    cases.follow().task_changed(&end).await.expect("works");
    assert_eq!(cases.world.task(&cases.user).status, TaskStatus::Idle);
    assert_eq!(cases.world.launches().len(), 1);
}

#[tokio::test]
async fn a_late_event_about_an_old_generation_does_not_touch_the_new_one() {
    let cases = cases();
    cases.ensure().run(&cases.user, &nudge()).await.expect("works");
    cases.world.clock().advance(Duration::from_secs(301));
    cases.ensure().run(&cases.user, &nudge()).await.expect("works");
    let end = stopped(&cases.user, 1);
    cases.follow().task_changed(&end).await.expect("works");
    let state = cases.world.task(&cases.user);
    assert_eq!((state.status, state.generation), (TaskStatus::Starting, Generation(2)));
}

#[tokio::test]
async fn a_task_that_failed_to_start_on_spot_is_tried_on_demand() {
    let cases = cases();
    cases.say("m1").await;
    cases.ensure().run(&cases.user, &nudge()).await.expect("works");
    let end = failed_to_start(&cases.user, 1);
    cases.follow().task_changed(&end).await.expect("works");
    assert_eq!(cases.world.launches()[1].capacity, Capacity::OnDemand);
}

#[tokio::test]
async fn only_the_current_launch_token_opens_the_bridges_door() {
    let cases = cases();
    cases.ensure().run(&cases.user, &nudge()).await.expect("works");
    let id = domain::ConnectionId::new("b").expect("valid");
    let forged = LaunchToken::new(Owner::User(cases.user.clone(), Generation(1)), [8; 32]);
    assert!(cases.connect().bridge(&forged, id.clone()).await.is_err());
    let old = cases.world.launches()[0].token.clone();
    cases.world.clock().advance(Duration::from_secs(301));
    cases.ensure().run(&cases.user, &nudge()).await.expect("works");
    assert!(cases.connect().bridge(&old, id.clone()).await.is_err());
    let current = cases.world.launches()[1].token.clone();
    assert!(cases.connect().bridge(&current, id).await.is_ok());
}

#[tokio::test]
async fn a_bridge_that_cannot_be_told_is_looked_at_soon() {
    let cases = cases();
    cases.ensure().run(&cases.user, &nudge()).await.expect("works");
    let bridge = cases.bridge_is_up().await;
    let due_at = || cases.world.task(&cases.user).due_at.expect("a task is due at some time");
    let before = due_at();
    cases.ensure().run(&cases.user, &nudge()).await.expect("works");
    assert_eq!(due_at(), before, "it was told");
    cases.world.hang_up(&bridge);
    cases.ensure().run(&cases.user, &nudge()).await.expect("works");
    assert_eq!(due_at(), cases.world.clock().now() + TaskPolicy::default().follow_up);
}

#[tokio::test]
async fn a_message_in_the_pause_after_a_failed_launch_launches_nothing() {
    let cases = cases();
    cases.world.set_capacity(Capacity::Spot, false);
    cases.world.set_capacity(Capacity::OnDemand, false);
    let first = cases.ensure().run(&cases.user, &nudge()).await.expect("works");
    let Ensured::Postponed { retry_in } = first else { panic!("{first:?}") };
    cases.world.set_capacity(Capacity::Spot, true);
    let left = retry_in - Duration::from_secs(1);
    cases.world.clock().advance(Duration::from_secs(1));
    let again = cases.ensure().run(&cases.user, &nudge()).await.expect("works");
    assert_eq!(again, Ensured::Postponed { retry_in: left });
    assert!(cases.world.launches().is_empty());
}

#[tokio::test]
async fn a_spare_that_is_up_is_the_users_at_once_and_one_users_only() {
    let cases = cases();
    cases.spare_is_up("s-1").await;
    let ensured = cases.ensure().run(&cases.user, &nudge()).await.expect("works");
    assert_eq!(ensured, Ensured::Claimed);
    let state = cases.world.task(&cases.user);
    assert_eq!((state.status, state.task_arn), (TaskStatus::Starting, Some(arn(1))));
    let other = UserId::new("ben").expect("valid");
    let ensured = cases.ensure().run(&other, &nudge()).await.expect("works");
    assert!(matches!(ensured, Ensured::Launched { .. }), "{ensured:?}");
}

#[tokio::test]
async fn without_a_spare_that_can_be_had_it_is_launched() {
    for operation in ["spares.all", "spares.claim"] {
        let cases = cases();
        cases.spare_is_up("s-1").await;
        cases.world.fail_next(operation, 1);
        let ensured = cases.ensure().run(&cases.user, &nudge()).await.expect("works");
        assert!(matches!(ensured, Ensured::Launched { .. }), "{operation}: {ensured:?}");
    }
    let cases = cases();
    cases.spare_is_up("s-1").await;
    cases.world.clock().advance(Duration::from_secs(86_400 - 60));
    let ensured = cases.ensure().run(&cases.user, &nudge()).await.expect("works");
    assert!(matches!(ensured, Ensured::Launched { .. }), "it may stop any moment: {ensured:?}");
}

#[tokio::test]
async fn a_claim_whose_answer_was_lost_is_not_launched_beside() {
    let cases = cases();
    cases.spare_is_up("s-1").await;
    cases.world.lose_next("spares.claim", 1);
    let ensured = cases.ensure().run(&cases.user, &nudge()).await.expect("works");
    assert_eq!(ensured, Ensured::Starting { eta: None });
    assert_eq!(cases.world.running_tasks(), [arn(1)], "the spare, and nothing else");
}
