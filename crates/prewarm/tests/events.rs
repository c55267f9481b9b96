//! EventBridge's events, and what the pool makes of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use control_plane::{KeepSpares, PoolPolicy, Wanted};
use domain::{Owner, SpareStatus, TimeZone, Windows};
use platform_sim::World;
use prewarm::Ports;
use serde_json::{Value, json};

/// Never the same twice.
fn entropy() -> [u8; 32] {
    static NEXT: AtomicU8 = AtomicU8::new(0);
    [NEXT.fetch_add(1, Ordering::SeqCst); 32]
}

fn ports(world: &World, spares: usize) -> Ports {
    let wanted = Wanted { spares, windows: Windows::default(), time_zone: TimeZone::utc() };
    let keep = KeepSpares {
        spares: world.spares(),
        tasks: world.tasks(),
        compute: world.compute(),
        releases: world.releases(),
        clock: Arc::new(world.clock().clone()),
        wanted,
        policy: PoolPolicy::default(),
        entropy,
    };
    Ports { keep }
}

async fn handle(world: &World, event: Value) -> Value {
    prewarm::handle(&ports(world, 2), event).await.expect("handled")
}

fn schedule() -> Value {
    json!({"detail-type": "Scheduled Event", "source": "aws.events", "detail": {}})
}

/// The end of a task with these variables, which ran from 10:00 to `until`.
fn stopped(variable: &str, until: &str) -> Value {
    json!({
        "detail-type": "ECS Task State Change", "source": "aws.ecs",
        "detail": {
            "taskArn": "arn:sim:task/1", "lastStatus": "STOPPED", "desiredStatus": "STOPPED",
            "stopCode": "SpotInterruption", "version": 5,
            "createdAt": "2026-11-20T09:59:30.1Z", "startedAt": "2026-11-20T10:00:00.25Z",
            "stoppedAt": until,
            "overrides": {"containerOverrides": [
                {"name": "sidecar"},
                {"name": "bridge", "environment": [{"name": variable, "value": "s1"}]},
            ]},
        },
    })
}

fn spare_stopped() -> Value {
    stopped("SPARE_ID", "2026-11-20T10:30:00Z")
}

/// Both spares are up, and the first one's machine is gone.
async fn one_died() -> World {
    let world = World::default();
    handle(&world, schedule()).await;
    for spare in world.spares_now() {
        world.spares().set_ready(&spare.id).await.expect("is there");
    }
    let first = world.running_tasks().remove(0);
    world.task_dies(&first, "Spot");
    world
}

#[tokio::test]
async fn the_schedule_fills_the_pool_and_says_so() {
    let world = World::default();
    let filled = json!({
        "wanted": 2, "launched": 2, "retired": 0, "forgotten": 0, "stopped": 0, "errors": 0,
    });
    assert_eq!(handle(&world, schedule()).await, filled);
    assert_eq!(handle(&world, schedule()).await["launched"], 0);
    let spares = world.spares_now();
    assert!(spares.iter().all(|spare| spare.status == SpareStatus::Starting));
    let launches = world.launches();
    assert!(launches.iter().all(|launch| matches!(launch.token.owner, Owner::Spare(_))));
    assert_eq!((spares.len(), launches.len()), (2, 2));
}

#[tokio::test]
async fn a_spare_that_died_is_replaced_at_once() {
    let world = one_died().await;
    let answer = handle(&world, spare_stopped()).await;
    assert_eq!((&answer["retired"], &answer["launched"]), (&json!(1), &json!(1)));
    assert_eq!(world.running_tasks().len(), 2);
}

/// Else one that cannot start would be followed by the next one, for ever.
#[tokio::test]
async fn a_spare_that_died_young_waits_for_the_schedule() {
    let mut never_started = spare_stopped();
    never_started["detail"].as_object_mut().expect("an object").remove("startedAt");
    for event in [never_started, stopped("SPARE_ID", "2026-11-20T10:05:00Z")] {
        let world = one_died().await;
        assert_eq!(handle(&world, event).await, Value::Null);
        assert_eq!(world.running_tasks().len(), 1);
        assert_eq!(handle(&world, schedule()).await["launched"], 1);
    }
}

#[tokio::test]
async fn other_events_change_nothing() {
    let mut running = spare_stopped();
    running["detail"]["lastStatus"] = "RUNNING".into();
    let mut odd_time = spare_stopped();
    odd_time["detail"]["stoppedAt"] = "yesterday".into();
    let others = [
        json!(null),
        json!({}),
        json!({"detail-type": "Something Else"}),
        json!({"detail-type": "ECS Task State Change"}),
        json!({"detail-type": "ECS Task State Change", "detail": {"lastStatus": 7}}),
        running,
        odd_time,
        stopped("USER_ID", "2026-11-20T10:30:00Z"),
    ];
    for event in others {
        let world = one_died().await;
        assert_eq!(handle(&world, event.clone()).await, Value::Null, "{event}");
        assert_eq!(world.running_tasks().len(), 1, "{event}");
    }
}

#[tokio::test]
async fn a_pool_that_cannot_be_read_is_an_error_and_changes_nothing() {
    let world = one_died().await;
    world.fail_next("spares.all", 1);
    assert!(prewarm::handle(&ports(&world, 2), schedule()).await.is_err());
    assert_eq!((world.running_tasks().len(), world.spares_now().len()), (1, 2));
}
