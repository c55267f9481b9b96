//! EventBridge Scheduler, as the SDK speaks with it.

use std::sync::atomic::Ordering;

use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::operation::create_schedule::builders::CreateScheduleFluentBuilder;
use aws_sdk_scheduler::types::{
    ActionAfterCompletion, FlexibleTimeWindow, FlexibleTimeWindowMode, Target,
};
use serde_json::{Value, json};

use crate::support::{World, eventually, get, send};

const INPUT: &str = r#"{"for":"ana","time":"<aws.scheduler.scheduled-time>"}"#;

fn create(client: &Client, expression: &str) -> CreateScheduleFluentBuilder {
    let target = Target::builder().arn("arn:aws:lambda:x:y:function:scheduled-message");
    let target = target.role_arn("arn:aws:iam::1:role/scheduler").input(INPUT).build();
    let window = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off).build();
    client
        .create_schedule()
        .name("s1")
        .group_name("openclaw")
        .schedule_expression(expression)
        .schedule_expression_timezone("UTC")
        .flexible_time_window(window.expect("complete"))
        .action_after_completion(ActionAfterCompletion::Delete)
        .target(target.expect("complete"))
}

async fn rung(world: &World, times: usize) -> Vec<Value> {
    eventually("it rings", || async {
        let rung = world.lambdas.events("scheduled");
        if rung.len() >= times { Ok(rung) } else { Err(format!("{rung:?}")) }
    })
    .await
}

/// `at(..)` a moment from now, to the second.
fn soon() -> (String, String) {
    let at = jiff::Timestamp::now() + jiff::SignedDuration::from_millis(1_500);
    let at = at.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    (format!("at({at})"), format!("{at}Z"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_is_created_changed_and_deleted_with_the_services_own_errors() {
    let world = World::start().await;
    let client = world.scheduler();
    let daily = create(&client, "cron(0 8 * * ? *)");
    daily.clone().send().await.expect("created");
    let again = daily.clone().send().await.expect_err("it is there").into_service_error();
    assert!(again.is_conflict_exception());
    let odd = daily.clone().name("s2").schedule_expression("daily").send().await;
    assert!(odd.expect_err("odd").into_service_error().is_validation_exception());
    let elsewhere = daily.clone().group_name("others").send().await;
    assert!(
        elsewhere.expect_err("no group").into_service_error().is_resource_not_found_exception()
    );
    let read = client.get_schedule().name("s1").group_name("openclaw");
    let found = read.clone().send().await.expect("read");
    assert_eq!(found.schedule_expression(), Some("cron(0 8 * * ? *)"));
    let delete = client.delete_schedule().name("s1").group_name("openclaw");
    delete.clone().send().await.expect("deleted");
    let gone = delete.send().await.expect_err("gone").into_service_error();
    assert!(gone.is_resource_not_found_exception());
    assert!(
        read.send().await.expect_err("gone").into_service_error().is_resource_not_found_exception()
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_rings_until_it_was_taken_and_then_goes() {
    let world = World::start().await;
    world.lambdas.scheduled_failures.store(1, Ordering::SeqCst);
    let (expression, time) = soon();
    create(&world.scheduler(), &expression).send().await.expect("created");
    let rung = rung(&world, 2).await;
    assert_eq!(rung, [json!({"for": "ana", "time": time}), json!({"for": "ana", "time": time})]);
    eventually("it is deleted", || async {
        let listed = get(&world.url("/local/schedules")).await.json();
        if listed == json!([]) { Ok(()) } else { Err(listed.to_string()) }
    })
    .await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_due_while_the_stack_was_down_rings_once_with_its_time() {
    let world = World::start().await;
    create(&world.scheduler(), "cron(* * * * ? *)").send().await.expect("created");
    let dir = world.stop().await;
    // As if it had been down for five minutes.
    let path = dir.path().join("schedules.json");
    let mut stored: Value =
        serde_json::from_slice(&std::fs::read(&path).expect("there")).expect("JSON");
    let until = stored["s1"]["until_ms"].as_i64().expect("a time");
    stored["s1"]["until_ms"] = json!(until - 300_000);
    std::fs::write(&path, stored.to_string()).expect("written");

    let world = World::on(dir, |_| {}).await;
    let rung = rung(&world, 1).await;
    let time: jiff::Timestamp = rung[0]["time"].as_str().expect("a time").parse().expect("a time");
    let late = jiff::Timestamp::now().duration_since(time).as_secs();
    assert!((0..70).contains(&late), "the last one of them, not {late} s ago");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_control_rings_for_any_time() {
    let world = World::start().await;
    create(&world.scheduler(), "cron(0 8 * * ? *)").send().await.expect("created");
    let listed = get(&world.url("/local/schedules")).await.json();
    assert_eq!(listed[0]["input"]["for"], "ana");
    let fire = world.url("/local/schedules/s1/fire");
    let body = r#"{"scheduledTime":"2026-11-22T08:00:00Z"}"#;
    let answer = send("POST", &fire, &[], body).await;
    assert_eq!((answer.status, answer.json()), (200, json!({"ran": "asked"})));
    assert_eq!(rung(&world, 1).await[0]["time"], "2026-11-22T08:00:00Z");
    let none = send("POST", &world.url("/local/schedules/s2/fire"), &[], "").await;
    assert_eq!(none.status, 404);
    world.stop().await;
}
