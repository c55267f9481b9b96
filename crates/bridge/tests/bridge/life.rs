//! How a bridge begins and how it leaves.

use std::time::Duration;

use crate::support::{Scripted, Stage, Step, claim, ports, say_slowly, user, world_at};
use bridge::{Halt, Reason, Relay, wait_for_turn, wake, wind_down};
use domain::{Generation, InboxState, Phase, TaskStatus};
use platform::{Clock, Metric};
use protocol::ServerFrame;
use tokio::time::{Instant, sleep};
use tokio_util::task::TaskTracker;

async fn turn(world: &platform_sim::World, generation: u64) -> Option<domain::TaskState> {
    let ports = ports(world, world.push());
    let relay = Relay::new(user(), ports.clone(), TaskTracker::new());
    let identity = (&user(), Generation(generation));
    wait_for_turn(&ports, &relay, identity, &Halt::default()).await
}

#[tokio::test(start_paused = true)]
async fn a_launch_that_was_overtaken_does_nothing() {
    let world = world_at(2).await;
    assert!(turn(&world, 1).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_launch_that_was_taken_for_dead_does_nothing() {
    let world = world_at(1).await;
    world.tasks().release(&user(), Generation(1), world.clock().now()).await.expect("no faults");
    assert!(turn(&world, 1).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_first_launch_goes_on_at_once() {
    let world = world_at(1).await;
    let began = Instant::now();
    assert!(turn(&world, 1).await.is_some());
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_launch_waits_for_its_predecessor_to_release() {
    let world = world_at(2).await;
    let began = Instant::now();
    let (state, ()) = tokio::join!(turn(&world, 2), async {
        sleep(Duration::from_secs(20)).await;
        world
            .tasks()
            .release(&user(), Generation(1), world.clock().now())
            .await
            .expect("no faults");
    });
    assert!(state.is_some());
    assert!((20..25).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_predecessor_that_never_releases_is_waited_for_130_seconds() {
    let world = world_at(2).await;
    let began = Instant::now();
    assert!(turn(&world, 2).await.is_some());
    assert!((130..136).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn each_stage_of_a_wake_up_is_told_and_recorded() {
    let stage = Stage::new(Scripted::echo()).await;
    let state = stage.world.task(&user());
    stage.world.clock().advance(Duration::from_secs(9));
    wake(&stage.bridge, &state, sleep(Duration::from_secs(6))).await;
    stage.settle().await;
    let stages = stage.frames(0).into_iter().map(|frame| match frame {
        ServerFrame::Status { status, phase, .. } => (status, phase),
        other => panic!("not a status: {other:?}"),
    });
    let stages: Vec<_> = stages.collect();
    let expect = [
        (TaskStatus::Starting, Some(Phase::StartingGateway)),
        (TaskStatus::Starting, Some(Phase::Connecting)),
        (TaskStatus::Running, Some(Phase::Ready)),
    ];
    assert_eq!(stages, expect);
    let task = stage.world.task(&user());
    assert_eq!((task.status, task.recent_wakes_ms), (TaskStatus::Running, vec![9_000]));
}

fn etas(stage: &Stage) -> Vec<Option<u32>> {
    let etas = stage.frames(0).into_iter().filter_map(|frame| match frame {
        ServerFrame::Status { status: TaskStatus::Starting, eta_seconds, .. } => Some(eta_seconds),
        _ => None,
    });
    etas.collect()
}

#[tokio::test(start_paused = true)]
async fn who_is_here_for_the_first_time_is_told_how_long_others_waited() {
    let stage = Stage::new(Scripted::echo()).await;
    for others in [35, 40, 90] {
        stage.world.tasks().note_wake(Duration::from_secs(others)).await.expect("no faults");
    }
    let state = stage.world.task(&user());
    stage.world.clock().advance(Duration::from_millis(8_500));
    wake(&stage.bridge, &state, async {}).await;
    stage.settle().await;
    assert_eq!(etas(&stage), [Some(32), Some(32)], "40 s less 8.5 s");
}

#[tokio::test(start_paused = true)]
async fn a_users_own_wake_ups_say_more_than_those_of_others() {
    let stage = Stage::new(Scripted::echo()).await;
    stage.world.tasks().note_wake(Duration::from_secs(40)).await.expect("no faults");
    let state = domain::TaskState { recent_wakes_ms: vec![20_000], ..stage.world.task(&user()) };
    wake(&stage.bridge, &state, async {}).await;
    stage.settle().await;
    assert_eq!(etas(&stage), [Some(20), Some(20)]);
}

#[tokio::test(start_paused = true)]
async fn a_wake_up_is_noted_for_others_and_does_not_depend_on_it() {
    let stage = Stage::new(Scripted::echo()).await;
    let state = stage.world.task(&user());
    stage.world.clock().advance(Duration::from_secs(9));
    for operation in ["tasks.typical_wake", "tasks.note_wake"] {
        stage.world.fail_next(operation, 1);
    }
    wake(&stage.bridge, &state, async {}).await;
    assert_eq!(stage.status(), TaskStatus::Running);
    wake(&stage.bridge, &state, async {}).await;
    stage.settle().await;
    let typical = stage.world.tasks().typical_wake().await.expect("no faults");
    assert_eq!(typical, Some(Duration::from_secs(9)));
    assert_eq!(etas(&stage), [None; 4], "nobody knew");
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_never_listens_ends_the_wake_up_with_a_reason() {
    let stage = Stage::new(Scripted::echo()).await;
    let state = stage.world.task(&user());
    wake(&stage.bridge, &state, std::future::pending()).await;
    assert!(matches!(stage.bridge.halt.reason(), Some(Reason::Broken(_))));
}

/// A reply of this many seconds, and one that waits behind it.
async fn busy(seconds: u64) -> Stage {
    let stage = Stage::new(Scripted::new(move |_| {
        say_slowly((0..seconds).map(|n| format!("{n} ")), Duration::from_secs(1))
    }))
    .await;
    stage.put("m1", "default").await;
    stage.put("m2", "default").await;
    stage.start();
    sleep(Duration::from_secs(3)).await;
    stage
}

async fn stop(stage: &Stage) -> Duration {
    let began = Instant::now();
    stage.bridge.halt.request(Reason::Signal);
    wind_down(&stage.bridge).await;
    bridge::release(&stage.bridge).await;
    began.elapsed()
}

fn told_that_it_moves(stage: &Stage, message: &str) -> bool {
    stage.frames(0).iter().any(|frame| {
        matches!(frame, ServerFrame::Status { message_id: Some(id), phase: Some(Phase::Stopping), detail: Some(_), .. }
            if id == message)
    })
}

#[tokio::test(start_paused = true)]
async fn a_running_reply_may_finish_and_the_next_message_waits_for_the_next_machine() {
    let stage = busy(60).await;
    let took = stop(&stage).await;
    assert!((55..60).contains(&took.as_secs()), "{took:?}");
    assert_eq!(stage.row("m1").state, InboxState::Done);
    assert_eq!(stage.row("m2").state, InboxState::Pending);
    assert_eq!(stage.agent.run_ids(), ["m1"]);
    assert!(told_that_it_moves(&stage, "m2"));
    assert_eq!(stage.status(), TaskStatus::Idle);
    assert_eq!(stage.world.task(&user()).released, Generation(1));
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_cannot_finish_in_time_goes_back_and_the_user_is_told() {
    let stage = busy(10_000).await;
    let took = stop(&stage).await;
    assert!((70..90).contains(&took.as_secs()), "{took:?}");
    let row = stage.row("m1");
    assert_eq!((row.state, row.attempts), (InboxState::Pending, 1));
    assert!(told_that_it_moves(&stage, "m1"));
    assert!(stage.history("default").await.is_empty());
    assert_eq!(stage.status(), TaskStatus::Idle);
}

#[tokio::test(start_paused = true)]
async fn a_stop_while_the_agent_does_not_react_still_ends_in_time() {
    let stage = Stage::new(Scripted::new(|_| vec![Step::Forever])).await;
    stage.put("m1", "default").await;
    stage.start();
    sleep(Duration::from_secs(1)).await;
    stage.world.fail_next("tasks.set_stopping", 100);
    stage.world.fail_next("tasks.release", 2);
    assert!(stop(&stage).await < Duration::from_secs(93));
    assert_eq!(stage.row("m1").state, InboxState::Pending);
}

#[tokio::test(start_paused = true)]
async fn the_user_is_told_at_the_end_that_the_agent_sleeps() {
    let stage = Stage::new(Scripted::echo()).await;
    stage.put("m1", "default").await;
    stage.start();
    stage.until("m1", InboxState::Done).await;
    stop(&stage).await;
    let last = stage.frames(0).pop();
    assert!(matches!(last, Some(ServerFrame::Status { status: TaskStatus::Idle, .. })), "{last:?}");
}

#[tokio::test(start_paused = true)]
async fn activity_is_noted_while_somebody_is_answered_and_fences_a_zombie() {
    let stage = Stage::new(Scripted::new(|_| vec![Step::Forever])).await;
    stage.put("m1", "default").await;
    stage.start();
    stage.world.clock().advance(Duration::from_secs(100));
    let noon = stage.world.clock().now();
    crate::support::until(|| stage.world.task(&user()).last_activity_at == Some(noon)).await;
    claim(&stage.world).await;
    let began = Instant::now();
    stage.bridge.halt.fenced.cancelled().await;
    assert!(began.elapsed() <= Duration::from_secs(90));
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_cannot_start_costs_three_machines_and_then_says_why() {
    let mut world = world_at(1).await;
    for machine in 1..=3 {
        let push = world.push();
        let stage = Stage::in_world(world.clone(), Scripted::echo(), push).await;
        if machine == 1 {
            stage.put("m1", "default").await;
        }
        stage.bridge.halt.request(Reason::Broken("its configuration was refused".into()));
        wind_down(&stage.bridge).await;
        let expect = if machine < 3 { InboxState::Pending } else { InboxState::Dead };
        assert_eq!(stage.row("m1").state, expect, "machine {machine}");
        let dead = stage.world.counted(Metric::DeadMessages);
        assert_eq!(dead, u64::from(machine == 3), "machine {machine}");
        world = stage.world.clone();
        claim(&world).await;
    }
}
