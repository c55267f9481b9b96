//! EventBridge's events, good and bad.

use std::sync::Arc;

use control_plane::{DeleteUser, EnsureTask, FollowTask, Tell};
use domain::{Capacity, Generation, TaskPolicy, TaskStatus, UserId};
use platform::{Clock, Metric};
use platform_sim::World;
use protocol::Nudge;
use serde_json::{Value, json};
use watchdog::Ports;

fn ensure(world: &World) -> EnsureTask {
    EnsureTask {
        tasks: world.tasks(),
        spares: Some(world.spares()),
        compute: world.compute(),
        releases: world.releases(),
        push: world.push(),
        clock: Arc::new(world.clock().clone()),
        metrics: world.metrics(),
        policy: TaskPolicy::default(),
        entropy: || [7; 32],
    }
}

fn ports(world: &World) -> Ports {
    let clock: Arc<dyn Clock> = Arc::new(world.clock().clone());
    let tell = Tell { connections: world.connections(), push: world.push(), clock: clock.clone() };
    let follow = FollowTask {
        tasks: world.tasks(),
        inbox: world.inbox(),
        ensure: ensure(world),
        tell,
        clock,
    };
    let delete = DeleteUser {
        deletions: world.deletions(),
        belongings: world.belongings(),
        connections: world.connections(),
        links: world.links(),
        schedules: world.schedules(),
        alarms: world.alarms(),
        push: world.push(),
        compute: world.compute(),
        accounts: None,
        clock: Arc::new(world.clock().clone()),
        entropy: || [9; 16],
    };
    Ports { follow, delete }
}

async fn handle(world: &World, event: Value) -> Value {
    watchdog::handle(&ports(world), event).await.expect("handled")
}

/// Of the task with these variables.
fn changed(variables: Value) -> Value {
    json!({
        "detail-type": "ECS Task State Change", "source": "aws.ecs",
        "detail": {
            "taskArn": "arn:sim:task/1", "lastStatus": "STOPPED", "desiredStatus": "STOPPED",
            "stopCode": "EssentialContainerExited", "version": 5,
            "capacityProviderName": "FARGATE_SPOT",
            "overrides": {"containerOverrides": [
                {"name": "sidecar"}, {"name": "bridge", "environment": variables},
            ]},
        },
    })
}

fn stopped(user: &str, generation: &str) -> Value {
    changed(json!([
        {"name": "USER_ID", "value": user}, {"name": "GENERATION", "value": generation},
    ]))
}

fn warned(code: &str) -> Value {
    let mut event = stopped("ana", "1");
    event["detail"]["lastStatus"] = "RUNNING".into();
    event["detail"]["stopCode"] = code.into();
    event
}

/// The event without one field of its detail.
fn without(field: &str) -> Value {
    let mut event = stopped("ana", "1");
    event["detail"].as_object_mut().expect("an object").remove(field);
    event
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
async fn events_that_cannot_be_read_are_counted_taken_and_change_nothing() {
    let nonsense = [
        json!({"detail-type": "ECS Task State Change"}),
        json!({"detail-type": "ECS Task State Change", "detail": {"taskArn": 7}}),
        without("taskArn"),
        without("lastStatus"),
        without("desiredStatus"),
        without("version"),
        without("overrides"),
        stopped("not a user id!", "1"),
        stopped("ana", "many"),
        stopped("ana", "-1"),
        changed(json!([{"name": "USER_ID", "value": "ana"}])),
        changed(json!([{"name": "SPARE_ID", "value": "not a spare!"}])),
    ];
    for event in nonsense {
        let (world, user) = launched().await;
        let before = world.task(&user);
        handle(&world, event.clone()).await;
        assert_eq!(world.task(&user), before, "{event}");
        assert_eq!(world.counted(Metric::Unreadable), 1, "{event}");
    }
}

#[tokio::test]
async fn events_that_are_not_ours_change_nothing() {
    let mut running = warned("EssentialContainerExited");
    running["detail"]["desiredStatus"] = "RUNNING".into();
    let mut wanted = warned("SpotInterruption");
    wanted["detail"]["desiredStatus"] = "RUNNING".into();
    let others = [
        json!(null),
        json!({}),
        json!({"detail-type": "Something Else"}),
        running,
        wanted,
        warned("UserInitiated"),
        stopped("nobody", "1"),
        stopped("ana", "2"),
        changed(json!([{"name": "SPARE_ID", "value": "gone"}])),
    ];
    for event in others {
        let (world, user) = launched().await;
        let before = world.task(&user);
        handle(&world, event.clone()).await;
        assert_eq!(world.task(&user), before, "{event}");
        assert_eq!(world.counted(Metric::Unreadable), 0, "{event}");
        assert_eq!(world.counted(Metric::SpotInterruptions), 0, "{event}");
    }
}

#[tokio::test]
async fn a_warning_by_either_name_is_noted_and_is_not_an_end() {
    for code in ["SpotInterruption", "TerminationNotice"] {
        let (world, user) = launched().await;
        for _ in 0..2 {
            handle(&world, warned(code)).await;
        }
        let state = world.task(&user);
        assert_eq!((state.status, state.event_version), (TaskStatus::Starting, Some(5)));
        assert_eq!(world.counted(Metric::SpotInterruptions), 1);
    }
}

#[tokio::test]
async fn what_the_event_says_of_the_machine_is_read() {
    let (world, user) = launched().await;
    let message = platform::NewMessage {
        id: domain::MessageId::new("m").expect("valid"),
        conversation: domain::ConversationId::default(),
        channel: domain::Channel::Web,
        reply_to: domain::ReplyTo::None,
        text: "hello".into(),
        attachments: Vec::new(),
        album: None,
        received_at: world.clock().now(),
        due_at: world.clock().now(),
    };
    world.inbox().put(&user, &message).await.expect("put");
    let mut event = stopped("ana", "1");
    event["detail"]["stopCode"] = "TaskFailedToStart".into();
    handle(&world, event).await;
    assert_eq!(world.launches()[1].capacity, Capacity::OnDemand);
}

#[tokio::test]
async fn an_event_that_could_not_be_acted_upon_fails() {
    let (world, user) = launched().await;
    world.fail_next("tasks.abandon", 1);
    assert!(watchdog::handle(&ports(&world), stopped("ana", "1")).await.is_err());
    handle(&world, stopped("ana", "1")).await;
    assert_eq!(world.task(&user).status, TaskStatus::Idle);
}

#[tokio::test]
async fn the_schedule_is_answered_with_what_was_done() {
    let (world, _) = launched().await;
    world.clock().advance(std::time::Duration::from_secs(301));
    let answer = handle(&world, json!({"detail-type": "Scheduled Event", "detail": {}})).await;
    assert_eq!(answer, json!({"lookedAt": 1, "errors": 0, "actions": {"failStart": 1}}));
    world.fail_next("compute.list", 1);
    let answer = handle(&world, json!({"detail-type": "Scheduled Event", "detail": {}})).await;
    assert_eq!(answer, json!({"lookedAt": 0, "errors": 1, "actions": {}}));
}

#[tokio::test]
async fn a_deletion_that_its_request_did_not_end_goes_on_by_schedule() {
    let world = World::default();
    let user = UserId::new("ana").expect("valid");
    world.settings().put(&user, &language()).await.expect("writes");
    let delete = ports(&world).delete;
    world.fail_next("belongings.remove", 1);
    delete.run(&user).await.expect_err("breaks off");
    assert_eq!(world.traces_of(&user).len(), 1);
    for _ in 0..3 {
        world.clock().advance(std::time::Duration::from_secs(60));
        let answer =
            handle(&world, json!({ "detail-type": "Scheduled Event", "detail": {} })).await;
        assert_eq!(answer["errors"], 0);
    }
    assert_eq!(world.traces_of(&user), []);
    let deletion = world.deletions().get(&user).await.expect("reads").expect("is known");
    assert!(deletion.is_done());
}

fn language() -> domain::Setting {
    let value = serde_json::from_str("\"de\"").expect("JSON");
    domain::Setting::parse(domain::SettingKey::Language, &value).expect("valid")
}
