//! The scheduler's events, good and bad.

use std::sync::Arc;

use control_plane::{
    AcceptMessage, CheckSpending, EnsureTask, KeepSchedules, NewSchedule, RunSchedule, Tell,
};
use domain::{
    Channel, ConversationId, Missed, Prompt, Recurrence, ScheduleId, SpendRules, TaskPolicy,
    TimeZone, UserId,
};
use platform::Clock;
use platform_sim::World;
use scheduled_message::{Ports, handle};
use serde_json::{Value, json};

fn ports(world: &World) -> Ports {
    let clock: Arc<dyn Clock> = Arc::new(world.clock().clone());
    let policy = TaskPolicy::default();
    Ports {
        run: RunSchedule {
            keep: KeepSchedules {
                schedules: world.schedules(),
                alarms: world.alarms(),
                clock: clock.clone(),
            },
            accept: AcceptMessage {
                inbox: world.inbox(),
                clock: clock.clone(),
                spending: CheckSpending {
                    usage: world.usage(),
                    settings: world.settings(),
                    clock: clock.clone(),
                    rules: SpendRules::none(),
                },
                follow_up: policy.follow_up,
            },
            ensure: EnsureTask {
                tasks: world.tasks(),
                spares: None,
                compute: world.compute(),
                releases: world.releases(),
                push: world.push(),
                clock: clock.clone(),
                metrics: world.metrics(),
                policy,
                entropy: || [7; 32],
            },
            tell: Tell { connections: world.connections(), push: world.push(), clock },
        },
    }
}

fn ana() -> UserId {
    UserId::new("ana").expect("valid")
}

/// A world at the first time of a schedule, and the event that then comes.
async fn due() -> (World, Value) {
    let world = World::default();
    let new = NewSchedule {
        id: ScheduleId::new("s1").expect("valid"),
        prompt: Prompt::new("What is new?").expect("valid"),
        conversation: ConversationId::default(),
        recurrence: Recurrence::Daily { time: "08:00".parse().expect("a time") },
        time_zone: TimeZone::utc(),
        missed: Missed::CatchUp,
        enabled: true,
    };
    let keep = ports(&world).run.keep;
    keep.make(&ana(), new).await.expect("made");
    let now = world.clock().now();
    let time = world.alarm(&ana(), &ScheduleId::new("s1").expect("valid")).expect("set");
    let time = time.next_runs(now, 1)[0];
    world.clock().advance(time.since(now));
    let millis = i64::try_from(time.millis()).expect("fits");
    let at = jiff::Timestamp::from_millisecond(millis).expect("fits");
    let event =
        json!({ "user": "ana", "schedule": "s1", "revision": 0, "scheduledTime": at.to_string() });
    (world, event)
}

#[tokio::test]
async fn an_alarm_asks_once_however_often_it_comes() {
    let (world, event) = due().await;
    for _ in 0..50 {
        let answer = handle(&ports(&world), event.clone()).await.expect("handled");
        assert_eq!(answer, json!({ "ran": "asked" }));
    }
    let inbox = world.inbox_of(&ana());
    assert_eq!(inbox.len(), 1);
    assert_eq!((inbox[0].text.as_str(), inbox[0].channel), ("What is new?", Channel::Schedule));
    assert_eq!(world.launches().len(), 1, "somebody is woken to answer it");
}

#[tokio::test]
async fn what_fails_is_for_the_scheduler_to_try_again() {
    for operation in ["schedules.get", "inbox.put", "schedules.note_run", "tasks.get"] {
        for lost in [false, true] {
            let (world, event) = due().await;
            match lost {
                true => world.lose_next(operation, 1),
                false => world.fail_next(operation, 1),
            }
            handle(&ports(&world), event.clone()).await.expect_err(operation);
            handle(&ports(&world), event).await.expect("the second time");
            assert_eq!(world.inbox_of(&ana()).len(), 1, "{operation}");
            assert_eq!(world.launches().len(), 1, "{operation}");
        }
    }
}

#[tokio::test]
async fn an_event_that_makes_no_sense_is_taken() {
    let (world, event) = due().await;
    for field in ["user", "schedule", "revision", "scheduledTime"] {
        let mut odd = event.clone();
        odd[field] = json!("no such thing!");
        assert_eq!(handle(&ports(&world), odd).await.expect("taken"), Value::Null);
    }
    assert_eq!(world.inbox_of(&ana()).len(), 0);
}
