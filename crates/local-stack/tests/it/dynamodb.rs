use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::support::{World, eventually};

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.into())
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_go_through_and_are_counted() {
    let world = World::start().await;
    let client = world.dynamodb();
    let put = client.put_item().table_name("things").item("PK", text("a"));
    put.clone().condition_expression("attribute_not_exists(PK)").send().await.expect("new");
    let again = put.condition_expression("attribute_not_exists(PK)").send().await;
    let error = again.expect_err("there already").into_service_error();
    assert!(error.is_conditional_check_failed_exception(), "{error:?}");
    let got = client.get_item().table_name("things").key("PK", text("a")).send().await;
    assert!(got.expect("reads").item().is_some());
    let calls = world.stack.counters().calls;
    assert_eq!((calls["dynamodb:PutItem"], calls["dynamodb:GetItem"]), (2, 1));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_injected_failure_is_counted_and_changes_nothing() {
    let world = World::start().await;
    let client = world.dynamodb();
    let faults = serde_json::json!({"errorRate": {"dynamodb:PutItem": 1.0}});
    world.stack.set_faults(serde_json::from_value(faults).expect("faults")).expect("usable");
    let put = client.put_item().table_name("things").item("PK", text("a")).send().await;
    let error = put.expect_err("told to fail").into_service_error();
    assert!(error.is_provisioned_throughput_exceeded_exception(), "{error:?}");
    let got = client.get_item().table_name("things").key("PK", text("a")).send().await;
    assert!(got.expect("only puts fail").item().is_none());
    assert_eq!(world.stack.reset_counters().calls["dynamodb:PutItem"], 1);
    assert!(world.stack.counters().calls.is_empty());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn latency_is_added_to_the_named_operation() {
    let world = World::start().await;
    let client = world.dynamodb();
    let faults = serde_json::json!({"latencyMs": {"dynamodb:GetItem": 150}});
    world.stack.set_faults(serde_json::from_value(faults).expect("faults")).expect("usable");
    let began = std::time::Instant::now();
    client.get_item().table_name("things").key("PK", text("a")).send().await.expect("answers");
    assert!(began.elapsed() >= Duration::from_millis(150), "{:?}", began.elapsed());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_survive_a_restart_in_a_file() {
    let in_file = |config: &mut local_stack::Config| config.tables_in_memory = false;
    let world = World::with(in_file).await;
    let put = world.dynamodb().put_item().table_name("things").item("PK", text("kept"));
    put.send().await.expect("writes");
    let world = World::on(world.stop().await, in_file).await;
    let got = world.dynamodb().get_item().table_name("things").key("PK", text("kept")).send().await;
    assert!(got.expect("reads").item().is_some());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_items_are_swept() {
    let world = World::with(|config| config.ttl_sweep = Duration::from_millis(50)).await;
    let client = world.dynamodb();
    let long_ago = AttributeValue::N("1000000000".into());
    let put = client.put_item().table_name("things").item("PK", text("old")).item("ttl", long_ago);
    put.send().await.expect("writes");
    eventually("the sweep", || async {
        let got = client.get_item().table_name("things").key("PK", text("old")).send().await;
        match got.map_err(|error| error.to_string())?.item {
            None => Ok(()),
            Some(item) => Err(format!("{item:?}")),
        }
    })
    .await;
    world.stop().await;
}
