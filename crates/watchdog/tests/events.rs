//! EventBridge's events, good and bad.

use std::sync::Arc;

use control_plane::{EnsureTask, FollowTask, Tell};
use domain::{Generation, TaskPolicy, TaskStatus, UserId};
use platform::Clock;
use platform_sim::World;
use protocol::Nudge;
use serde_json::{Value, json};
use watchdog::Ports;

fn ensure(world: &World) -> EnsureTask {
    EnsureTask {
        tasks: world.tasks(),
        compute: world.compute(),
        push: world.push(),
        clock: Arc::new(world.clock().clone()),
        policy: TaskPolicy::default(),
        entropy: || [7; 32],
    }
}

async fn handle(world: &World, event: Value) {
    let clock: Arc<dyn Clock> = Arc::new(world.clock().clone());
    let tell = Tell { connections: world.connections(), push: world.push(), clock: clock.clone() };
    let follow = FollowTask {
        tasks: world.tasks(),
        inbox: world.inbox(),
        ensure: ensure(world),
        tell,
        clock,
    };
    watchdog::handle(&Ports { follow }, event).await.expect("handled");
}

fn stopped(user: &str, generation: &str) -> Value {
    json!({
        "detail-type": "ECS Task State Change", "source": "aws.ecs",
        "detail": {
            "taskArn": "arn:aws:ecs:us-east-1:0:task/c/1", "lastStatus": "STOPPED",
            "desiredStatus": "STOPPED", "stopCode": "EssentialContainerExited", "version": 5,
            "overrides": {"containerOverrides": [{"name": "bridge", "environment": [
                {"name": "USER_ID", "value": user}, {"name": "GENERATION", "value": generation},
            ]}]},
        },
    })
}

async fn launched() -> (World, UserId) {
    let world = World::default();
    let user = UserId::new("ana").expect("valid");
    let nudge = Nudge::Inbox { message_id: "m".into() };
    ensure(&world).run(&user, &nudge).await.expect("works");
    (world, user)
}

#[tokio::test]
async fn a_stopped_task_frees_its_generation() {
    let (world, user) = launched().await;
    handle(&world, stopped("ana", "1")).await;
    let state = world.task(&user);
    assert_eq!((state.status, state.released), (TaskStatus::Idle, Generation(1)));
}

#[tokio::test]
async fn events_that_make_no_sense_change_nothing() {
    let nonsense = [
        json!(null),
        json!({}),
        json!({"detail-type": "Something Else"}),
        json!({"detail-type": "ECS Task State Change"}),
        json!({"detail-type": "ECS Task State Change", "detail": {"taskArn": 7}}),
        stopped("not a user id!", "1"),
        stopped("ana", "many"),
        stopped("ana", "-1"),
    ];
    for event in nonsense {
        let (world, user) = launched().await;
        let before = world.task(&user);
        handle(&world, event.clone()).await;
        assert_eq!(world.task(&user), before, "{event}");
    }
}

#[tokio::test]
async fn a_warning_is_not_an_end() {
    let (world, user) = launched().await;
    let mut event = stopped("ana", "1");
    event["detail"]["lastStatus"] = "RUNNING".into();
    event["detail"]["stopCode"] = "SpotInterruption".into();
    handle(&world, event).await;
    assert_eq!(world.task(&user).status, TaskStatus::Starting);
}
