//! DynamoDB throttles.

use std::time::Duration;

use serde_json::json;
use system_tests::Stack;

use crate::hands::faults;
use crate::ledger::Ledger;
use crate::person::Person;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn throttled_tables_cost_only_time() {
    let stack = Stack::scripted().await;
    let people = ["ana", "ben", "cho"].map(|name| Person::on(&stack, name));
    let people = futures_util::future::join_all(people).await;
    faults(&stack, json!({"errorRate": {"dynamodb:*": 0.15}, "seed": 11})).await;
    let before = calls(&stack).await;
    let chats = people.into_iter().zip([7, 7, 6]).map(|(person, messages)| chat(person, messages));
    let people = futures_util::future::join_all(chats).await;
    let throttled = (calls(&stack).await - before) * 15 / 100;
    faults(&stack, json!({})).await;
    let times = usize::try_from(throttled).expect("few");
    Ledger::close("DynamoDB: 15 % are throttled", times, &stack, people).await;
}

async fn chat(mut person: Person, messages: usize) -> Person {
    for _ in 0..messages {
        person.say(10, Duration::from_millis(100)).await;
    }
    person.until("half of the answers", |p| p.waits_for() <= messages / 2).await;
    person
}

async fn calls(stack: &Stack) -> u64 {
    let counters = stack.local("counters").await;
    let calls = counters["calls"].as_object().expect("counts").iter();
    let dynamodb = calls.filter(|(name, _)| name.starts_with("dynamodb:"));
    dynamodb.filter_map(|(_, count)| count.as_u64()).sum()
}
