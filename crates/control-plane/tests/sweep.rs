//! The scheduled look: nobody is forgotten (I10), nobody who serves is harmed, and what fails
//! fails alone.

mod world;

use std::sync::Arc;
use std::time::Duration;

use control_plane::{EnsureTask, FollowTask, Swept};
use domain::{Generation, InboxState, Phase, SpareStatus, TaskPolicy, TaskStatus, UserId};
use platform::{Claim, Clock, Metric, WriteError};
use platform_sim::{MachineEvent, World};
use protocol::{Nudge, ServerFrame};
use world::odd::{OddCompute, OddRows, Oddity};
use world::{Cases, arn, cases, message_id, stopped};

const MINUTE: Duration = Duration::from_secs(60);

fn policy() -> TaskPolicy {
    TaskPolicy::default()
}

fn nudge() -> Nudge {
    Nudge::Inbox { message_id: "m1".into() }
}

impl Cases {
    async fn launch(&self) {
        self.ensure().run(&self.user, &nudge()).await.expect("launches");
    }

    /// A task that serves, with a message that waits.
    async fn serving(&self) {
        self.say("m1").await;
        self.launch().await;
        self.bridge_is_up().await;
    }

    async fn touch(&self, generation: u64) {
        let (tasks, now) = (self.world.tasks(), self.world.clock().now());
        let activity = self.state().activity;
        tasks.touch(&self.user, Generation(generation), now, &activity).await.expect("current");
    }

    fn state(&self) -> domain::TaskState {
        self.world.task(&self.user)
    }

    fn wait(&self, span: Duration) {
        self.world.clock().advance(span);
    }

    async fn sweep(&self) -> usize {
        let swept = self.follow().sweep().await;
        assert_eq!(swept.errors, 0, "{swept:?}");
        swept.looked_at
    }
}

#[tokio::test]
async fn with_nobody_due_and_no_task_it_asks_each_shard_and_lists_once() {
    let cases = cases();
    cases.world.fail_next("tasks.due", 17);
    cases.world.fail_next("compute.list", 2);
    for operation in
        ["tasks.get_many", "tasks.get", "compute.describe", "spares.all", "inbox.outline"]
    {
        cases.world.fail_next(operation, 1);
    }
    assert_eq!(cases.follow().sweep().await.errors, 16 + 1, "one call each");
    assert_eq!(cases.follow().sweep().await.errors, 1 + 1, "and nothing else");
    assert_eq!(cases.follow().sweep().await.errors, 0);
}

#[tokio::test]
async fn a_message_whose_lambda_died_after_the_put_is_found() {
    let cases = cases();
    cases.say("m1").await;
    assert_eq!(cases.sweep().await, 0, "not due yet");
    cases.wait(policy().follow_up);
    assert_eq!(cases.sweep().await, 1);
    assert_eq!(cases.state().status, TaskStatus::Starting);
}

#[tokio::test]
async fn a_launch_that_was_cut_off_is_found_and_the_user_told() {
    let cases = cases();
    let client = cases.client("phone").await;
    cases.say("m1").await;
    let now = cases.world.clock().now();
    let claim = Claim {
        seen_status: TaskStatus::Idle,
        seen_generation: Generation(0),
        launch_token_sha256: "of a token".into(),
        now,
        due_at: now + policy().start_within,
    };
    cases.world.tasks().claim_launch(&cases.user, &claim).await.expect("wins");
    cases.wait(policy().start_within + MINUTE);
    cases.sweep().await;
    let state = cases.state();
    assert_eq!((state.status, state.generation), (TaskStatus::Starting, Generation(2)));
    assert_eq!(state.released, Generation(1), "the next one need not wait");
    let told = cases.world.pushed(&client);
    assert!(matches!(told.last(), Some(ServerFrame::Status { status: TaskStatus::Starting, .. })));
}

#[tokio::test]
async fn an_overdue_start_is_stopped_and_followed() {
    let cases = cases();
    cases.say("m1").await;
    cases.launch().await;
    cases.wait(policy().start_within + MINUTE);
    cases.sweep().await;
    assert_eq!(cases.world.running_tasks(), [arn(2)]);
    assert_eq!(cases.world.counted(Metric::FailedLaunches), 1);
}

#[tokio::test]
async fn starts_that_fail_again_and_again_are_tried_less_and_less_often() {
    let cases = cases();
    let client = cases.client("phone").await;
    cases.say("m1").await;
    cases.launch().await;
    for n in 1..=3 {
        cases.world.task_dies(&arn(n), "exited with 1");
        cases.follow().task_changed(&stopped(&cases.user, n)).await.expect("works");
        if n > 1 {
            let state = cases.state();
            assert_eq!((state.status, state.failed_launches), (TaskStatus::Idle, n as u32));
            let told = cases.world.pushed(&client);
            let waits = |frame: Option<&ServerFrame>| {
                matches!(frame, Some(ServerFrame::Status { phase: Some(Phase::Retrying), .. }))
            };
            assert!(waits(told.last()), "{told:?}");
            let pause = policy().restart_pause(n as u32);
            cases.wait(pause - Duration::from_millis(1));
            assert_eq!(cases.sweep().await, 0, "not yet");
            cases.wait(Duration::from_millis(1));
            assert_eq!(cases.sweep().await, 1);
        }
        assert_eq!(cases.world.launches().len() as u64, n + 1);
    }
}

#[tokio::test]
async fn a_task_that_died_unheard_is_replaced() {
    let cases = cases();
    cases.serving().await;
    cases.world.task_dies(&arn(1), "the event of this was lost");
    cases.wait(policy().start_within);
    assert_eq!(cases.sweep().await, 1);
    let state = cases.state();
    assert_eq!((state.generation, state.released), (Generation(2), Generation(1)));
    assert_eq!(cases.world.counted(Metric::DeadTasksReleased), 1);
}

#[tokio::test]
async fn a_task_that_ecs_has_forgotten_is_replaced() {
    let cases = cases();
    cases.serving().await;
    cases.world.forget_task(&arn(1));
    cases.wait(policy().start_within);
    cases.sweep().await;
    assert_eq!(cases.state().generation, Generation(2));
}

#[tokio::test]
async fn a_task_that_serves_is_looked_at_and_left_alone() {
    let cases = cases();
    cases.serving().await;
    for _ in 0..20 {
        cases.wait(MINUTE);
        cases.touch(1).await;
        cases.sweep().await;
    }
    assert_eq!(cases.world.running_tasks(), [arn(1)]);
    assert_eq!(cases.state().generation, Generation(1));
    let due_at = cases.state().due_at.expect("a task is due at some time");
    assert!(due_at > cases.world.clock().now());
}

#[tokio::test]
async fn an_idle_bridge_that_says_nothing_is_left_alone() {
    let cases = cases();
    cases.launch().await;
    cases.bridge_is_up().await;
    for _ in 0..20 {
        cases.wait(MINUTE);
        cases.sweep().await;
    }
    assert_eq!(cases.world.running_tasks(), [arn(1)]);
}

#[tokio::test]
async fn a_lost_nudge_is_sent_again_before_anybody_is_given_up() {
    let cases = cases();
    cases.launch().await;
    let bridge = cases.bridge_is_up().await;
    cases.wait(policy().start_within);
    cases.sweep().await;
    // The bridge does nothing, and nobody tells it of this one.
    cases.say("m1").await;
    cases.wait(policy().look_every);
    cases.sweep().await;
    assert_eq!(cases.world.nudged(&bridge), [nudge()]);
    assert_eq!(cases.state().generation, Generation(1));
    cases.wait(policy().follow_up);
    cases.touch(1).await;
    cases.sweep().await;
    assert_eq!(cases.state().generation, Generation(1), "it woke up");
}

#[tokio::test]
async fn a_stuck_bridge_is_fenced_stopped_and_followed() {
    let cases = cases();
    cases.serving().await;
    cases.wait(policy().start_within);
    cases.sweep().await;
    let state = cases.state();
    assert_eq!((state.status, state.generation), (TaskStatus::Starting, Generation(2)));
    assert_eq!(cases.world.running_tasks(), [arn(2)]);
    let inbox = cases.world.inbox();
    let zombie = inbox.lease(&cases.user, &message_id("m1"), Generation(1)).await;
    assert!(matches!(zombie, Err(WriteError::Fenced)));
    assert_eq!(cases.world.inbox_of(&cases.user)[0].state, InboxState::Pending);
}

#[tokio::test]
async fn a_stuck_bridge_is_not_given_up_while_ecs_does_not_answer() {
    let cases = cases();
    cases.serving().await;
    cases.wait(policy().start_within);
    cases.world.fail_next("compute.list", 1);
    cases.world.fail_next("compute.describe", 1);
    assert_eq!(cases.follow().sweep().await.errors, 2);
    assert_eq!(cases.state().generation, Generation(1));
    assert_eq!(cases.world.running_tasks(), [arn(1)]);
}

#[tokio::test]
async fn a_task_that_was_not_recorded_is_not_dead_while_ecs_does_not_answer() {
    for operation in ["compute.list", "compute.describe"] {
        let cases = cases();
        cases.world.fail_next("tasks.record_launched", 1);
        cases.serving().await;
        cases.wait(policy().start_within);
        cases.world.fail_next(operation, 1);
        assert_eq!(cases.follow().sweep().await.errors, 1, "{operation}");
        assert_eq!(cases.state().status, TaskStatus::Running, "{operation}");
        assert_eq!(cases.world.running_tasks(), [arn(1)], "{operation}");
    }
}

#[tokio::test]
async fn a_task_that_does_not_stop_is_stopped_from_outside() {
    let cases = cases();
    cases.serving().await;
    let mut machines = cases.world.watch_machines();
    let tasks = cases.world.tasks();
    let due_at = cases.world.clock().now() + policy().stop_within;
    tasks.set_stopping(&cases.user, Generation(1), due_at).await.expect("current");
    cases.wait(policy().stop_within);
    for _ in 0..2 {
        assert_eq!(cases.sweep().await, 1);
        assert!(matches!(machines.try_recv(), Ok(MachineEvent::StopAsked(task)) if task == arn(1)));
        assert_eq!(cases.sweep().await, 0, "it has its time to die");
        cases.wait(control_plane::plan::DEAD_WITHIN);
    }
    cases.world.task_dies(&arn(1), "killed");
    assert_eq!(cases.sweep().await, 1);
    assert_eq!(cases.state().generation, Generation(2), "the message still waits");
}

#[tokio::test]
async fn an_older_task_is_an_orphan_once_it_had_its_time() {
    let cases = cases();
    cases.serving().await;
    let (tasks, now) = (cases.world.tasks(), cases.world.clock().now());
    tasks.set_stopping(&cases.user, Generation(1), now + policy().stop_within).await.expect("ok");
    cases.launch().await;
    cases.wait(policy().stop_within);
    cases.sweep().await;
    assert_eq!(cases.world.running_tasks(), [arn(1), arn(2)]);
    cases.wait(Duration::from_millis(1));
    cases.sweep().await;
    assert_eq!(cases.world.running_tasks(), [arn(2)]);
    assert_eq!(cases.world.counted(Metric::OrphansStopped), 1);
}

#[tokio::test]
async fn a_task_whose_launch_was_given_up_is_an_orphan() {
    let cases = cases();
    cases.say("m1").await;
    cases.world.lose_next("compute.launch", 1);
    cases.launch().await;
    assert_eq!(cases.state().status, TaskStatus::Idle);
    cases.sweep().await;
    assert!(cases.world.running_tasks().is_empty());
    cases.wait(policy().relaunch_after);
    cases.sweep().await;
    assert_eq!(cases.world.running_tasks(), [arn(2)]);
}

#[tokio::test]
async fn a_task_that_nobody_wrote_down_is_written_down() {
    let cases = cases();
    cases.world.fail_next("tasks.record_launched", 1);
    cases.launch().await;
    cases.bridge_is_up().await;
    assert_eq!(cases.state().task_arn, None);
    cases.wait(policy().start_within);
    cases.sweep().await;
    assert_eq!(cases.state().task_arn, Some(arn(1)));
}

#[tokio::test]
async fn who_needs_nothing_is_not_looked_at_any_more() {
    let cases = cases();
    cases.launch().await;
    cases.bridge_is_up().await;
    let now = cases.world.clock().now();
    cases.world.tasks().release(&cases.user, Generation(1), now).await.expect("works");
    assert_eq!(cases.sweep().await, 1);
    assert_eq!(cases.state().due_at, None);
    assert_eq!(cases.sweep().await, 0);
}

/// A spare that is up, and the user's since he spoke.
async fn claimed(cases: &Cases) {
    cases.spare_is_up("s-1").await;
    cases.say("m1").await;
    cases.launch().await;
    let claimed = SpareStatus::Claimed(cases.user.clone(), Generation(1));
    assert_eq!(cases.world.spares_now()[0].status, claimed);
}

#[tokio::test]
async fn an_unclaimed_spare_is_not_the_watchdogs() {
    let cases = cases();
    cases.spare_is_up("s-1").await;
    cases.wait(Duration::from_secs(3_600));
    cases.sweep().await;
    assert_eq!(cases.world.running_tasks(), [arn(1)]);
    assert_eq!(cases.world.counted(Metric::Unreadable), 0);
}

#[tokio::test]
async fn a_claimed_spare_is_its_users_task() {
    let cases = cases();
    claimed(&cases).await;
    cases.wait(policy().start_within + MINUTE);
    cases.sweep().await;
    assert_eq!(cases.world.running_tasks(), [arn(2)], "its start is overdue");
    assert_eq!(cases.state().generation, Generation(2));
}

#[tokio::test]
async fn a_claimed_spare_whose_user_has_gone_on_is_an_orphan() {
    let cases = cases();
    claimed(&cases).await;
    let now = cases.world.clock().now();
    let tasks = cases.world.tasks();
    tasks.abandon(&cases.user, Generation(1), now, false).await.expect("current");
    cases.world.fail_next("spares.all", 1);
    assert_eq!(cases.follow().sweep().await.errors, 1);
    assert_eq!(cases.world.running_tasks(), [arn(1), arn(2)], "nobody knew whose it is");
    cases.sweep().await;
    assert_eq!(cases.world.running_tasks(), [arn(1), arn(2)], "it may be saving");
    cases.wait(policy().stop_within + Duration::from_secs(1));
    cases.sweep().await;
    assert_eq!(cases.world.running_tasks(), [arn(2)]);
}

/// `n` users with a task that serves, all due.
async fn many(n: usize) -> (World, Vec<UserId>) {
    let world = World::default();
    let users: Vec<UserId> =
        (0..n).map(|n| UserId::new(format!("user-{n}")).expect("valid")).collect();
    for user in &users {
        let cases = Cases { world: world.clone(), user: user.clone() };
        cases.launch().await;
        cases.bridge_is_up().await;
    }
    world.clock().advance(policy().start_within);
    (world, users)
}

async fn sweep(world: &World) -> Swept {
    Cases { world: world.clone(), user: UserId::new("nobody").expect("valid") }
        .follow()
        .sweep()
        .await
}

fn due_in(world: &World, users: &[UserId]) -> usize {
    let now = world.clock().now();
    users.iter().filter(|user| world.task(user).due_at.is_some_and(|at| at <= now)).count()
}

#[tokio::test]
async fn a_thousand_users_are_looked_at_in_one_go() {
    let (world, users) = many(1_000).await;
    let swept = sweep(&world).await;
    assert_eq!((swept.looked_at, swept.errors), (1_000, 0));
    assert_eq!(due_in(&world, &users), 0);
    assert_eq!(world.running_tasks().len(), 1_000);
}

#[tokio::test]
async fn what_fails_fails_alone_and_is_seen_again() {
    // Whose shard cannot be read is found by his task.
    let operations = [
        ("tasks.due", 0..=0),
        ("tasks.get_many", 1..=100),
        ("tasks.look_again", 1..=1),
        ("inbox.outline", 1..=1),
    ];
    for (operation, left_over) in operations {
        let (world, users) = many(250).await;
        world.fail_next(operation, 1);
        let swept = sweep(&world).await;
        assert_eq!(swept.errors, 1, "{operation}");
        let left = due_in(&world, &users);
        assert!(left_over.contains(&left), "{operation}: {left} left");
        assert_eq!(sweep(&world).await.errors, 0, "{operation}");
        assert_eq!(due_in(&world, &users), 0, "{operation}");
    }
}

#[tokio::test]
async fn a_batch_that_ecs_does_not_describe_is_not_dead() {
    let (world, users) = many(250).await;
    world.fail_next("compute.describe", 9);
    sweep(&world).await;
    let current = users.iter().filter(|user| world.task(user).status == TaskStatus::Running);
    assert_eq!(current.count(), 250);
    assert_eq!(world.running_tasks().len(), 250);
}

/// By one task, and not the first.
fn is_served_anew(cases: &Cases) -> bool {
    let state = cases.state();
    state.status == TaskStatus::Starting
        && state.generation > Generation(1)
        && cases.world.running_tasks().len() == 1
}

/// A message waits, its task dies or does nothing, and one call of one operation goes wrong: he is served all
/// the same, by one task.
#[tokio::test]
async fn whatever_call_goes_wrong_the_user_is_served_in_the_end() {
    let operations = [
        "tasks.due",
        "tasks.get_many",
        "tasks.get",
        "tasks.release",
        "tasks.launch_failed",
        "tasks.look_again",
        "tasks.claim_launch",
        "tasks.record_launched",
        "compute.list",
        "compute.describe",
        "compute.launch",
        "compute.stop",
        "inbox.outline",
        "spares.all",
        "push",
        "connections.clients_of",
    ];
    for operation in operations {
        for lost in [false, true] {
            for scene in ["died", "died at start", "stuck", "overdue"] {
                let cases = cases();
                cases.client("phone").await;
                cases.say("m1").await;
                cases.launch().await;
                if matches!(scene, "died" | "stuck") {
                    cases.bridge_is_up().await;
                }
                if scene.starts_with("died") {
                    cases.world.task_dies(&arn(1), "gone");
                }
                if lost {
                    cases.world.lose_next(operation, 1);
                } else {
                    cases.world.fail_next(operation, 1);
                }
                let mut sweeps = 0;
                while !is_served_anew(&cases) {
                    sweeps += 1;
                    let state = cases.state();
                    assert!(sweeps < 15, "{scene}, {operation}, lost: {lost}: {state:?}");
                    cases.wait(MINUTE);
                    cases.follow().sweep().await;
                }
            }
        }
    }
}

async fn sweep_odd(cases: &Cases, oddity: Oddity) -> Swept {
    let tasks = Arc::new(OddRows { tasks: cases.world.tasks(), oddity });
    let ensure = EnsureTask { tasks: tasks.clone(), ..cases.ensure() };
    FollowTask { tasks, ensure, ..cases.follow() }.sweep().await
}

#[tokio::test]
async fn a_task_that_comes_up_at_the_last_moment_is_left_alone() {
    let cases = cases();
    cases.say("m1").await;
    cases.launch().await;
    cases.wait(policy().start_within + MINUTE);
    let before = cases.state();
    cases.bridge_is_up().await;
    let swept = sweep_odd(&cases, Oddity::Outdated(before.into())).await;
    assert_eq!((swept.errors, swept.actions["failStart"]), (0, 1));
    assert_eq!(cases.state().status, TaskStatus::Running);
    assert_eq!(cases.world.running_tasks(), [arn(1)]);
}

#[tokio::test]
async fn a_bridge_that_wakes_up_at_the_last_moment_is_left_alone() {
    let cases = cases();
    cases.serving().await;
    cases.wait(policy().start_within);
    let before = cases.state();
    cases.touch(1).await;
    let swept = sweep_odd(&cases, Oddity::Outdated(before.into())).await;
    assert_eq!((swept.errors, swept.actions["askInbox"]), (0, 1));
    assert_eq!(cases.state().status, TaskStatus::Running);
    assert_eq!(cases.world.running_tasks(), [arn(1)]);
}

#[tokio::test]
async fn what_cannot_be_read_is_reported_and_the_sweep_goes_on() {
    let (world, users) = many(5).await;
    let cases = Cases { world: world.clone(), user: users[0].clone() };
    let swept = sweep_odd(&cases, Oddity::Unreadable(users[0].clone())).await;
    assert_eq!((swept.looked_at, swept.errors), (4, 0));
    assert_eq!(due_in(&world, &users), 1, "his row is as it was");
    assert_eq!(world.counted(Metric::Unreadable), 2, "the key in the index, and the row");
    assert_eq!(world.running_tasks().len(), 5);
}

#[tokio::test]
async fn a_task_without_an_owner_is_reported_and_left_alone() {
    let (world, users) = many(3).await;
    let cases = Cases { world: world.clone(), user: users[0].clone() };
    let compute = Arc::new(OddCompute { compute: world.compute(), unreadable: arn(2) });
    let ensure = EnsureTask { compute, ..cases.ensure() };
    let follow = FollowTask { ensure, ..cases.follow() };
    world.clock().advance(policy().idle_at_most - policy().start_within - MINUTE);
    let swept = follow.sweep().await;
    assert_eq!((swept.errors, swept.actions["report"]), (0, 1));
    assert_eq!(world.counted(Metric::Unreadable), 1);
    assert_eq!(world.running_tasks().len(), 3);
}
