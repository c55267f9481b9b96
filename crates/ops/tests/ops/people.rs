//! `ops status`, `ops inbox` and `ops task` on a local stack.

use std::time::Duration;

use domain::{InboxState, Timestamp};
use platform::{Conversations, Tasks};
use platform_aws::config::{Bucket, Retention};
use platform_aws::{DynamoConversations, Tables, Texts};
use serde_json::json;

use crate::scene::{now, user};
use crate::world::{BUCKET, World};

fn ago(seconds: u64) -> Timestamp {
    Timestamp(now().millis() - seconds * 1_000)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_where_nothing_happens_is_fine_and_says_so() {
    let world = World::start().await;
    let ran = world.local(&["status"]).await.well();
    for words in ["0 running", "no message", "--all counts everybody's"] {
        assert!(ran.out.contains(words), "{words}: {ran:?}");
    }
    let said = world.local(&["status", "--json"]).await.well().json();
    assert_eq!(said["tasks"], json!({ "spot": 0, "onDemand": 0, "all": 0 }));
    assert_eq!(said["problems"], json!([]));
    assert_eq!(world.local(&["task", "list"]).await.well().out, "nothing runs\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_awake_and_who_waits_is_seen_without_reading_who_sleeps() {
    let world = World::start().await;
    world.put("ana", "m1", ago(10)).await;
    world.wake("ana").await;
    world.stack.reset_counters();
    let ran = world.local(&["status"]).await.well();
    for words in ["1 running", "1 message; the oldest for 1", "(`ana`)", "FARGATE_SPOT"] {
        assert!(ran.out.contains(words), "{words}: {ran:?}");
    }
    let counted = serde_json::to_value(world.stack.counters()).expect("JSON").to_string();
    assert!(counted.contains("dynamodb:Query") && !counted.contains("Scan"), "{counted}");
    let said = world.local(&["status", "--json"]).await.well().json();
    assert_eq!(said["awake"][0]["user"], "ana");
    assert_eq!(said["oldestPending"]["user"], "ana");
    assert_eq!(said["users"]["running"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_waits_too_long_and_launches_that_fail_are_problems() {
    let world = World::start().await;
    world.put("ben", "m1", ago(600)).await;
    let ran = world.local(&["status"]).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("PROBLEM a message of `ben` waits for 10 min"), "{ran:?}");

    let generation = world.claim("ben").await;
    world.tasks().launch_failed(&user("ben"), generation, now()).await.expect("current");
    let ran = world.local(&["status"]).await;
    assert!(ran.out.contains("the last launch for `ben` came to nothing"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_sleepers_have_is_counted_when_it_is_asked_for() {
    let world = World::start().await;
    world.given_up("cem", "m1").await;
    world.settle("cem").await;
    world.local(&["status"]).await.well();
    let ran = world.local(&["status", "--all"]).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    for words in ["given up  1 message\n", "PROBLEM 1 message of `cem` given up"] {
        assert!(ran.out.contains(words), "{words}: {ran:?}");
    }
    let said = world.local(&["status", "--all", "--json"]).await.json();
    assert_eq!(said["everybody"]["dead"], json!({ "cem": 1 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_listed_and_never_what_they_say() {
    let world = World::start().await;
    world.given_up("ana", "m1").await;
    world.put("ana", "m2", now()).await;
    let ran = world.local(&["inbox", "list", "--user", "ana"]).await.well();
    for words in ["m1", "Dead", "m2", "Pending"] {
        assert!(ran.out.contains(words), "{words}: {ran:?}");
    }
    assert!(!ran.out.contains("secret"), "{ran:?}");
    let dead = ["inbox", "list", "--user", "ana", "--state", "dead", "--json"];
    let said = world.local(&dead).await.well().json();
    let messages = said["messages"].as_array().expect("a list");
    assert_eq!((messages.len(), &messages[0]["id"]), (1, &json!("m1")));
    let none = world.local(&["inbox", "list", "--user", "bob"]).await.well().out;
    assert_eq!(none, "user `bob` has no such message\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_message_is_tried_again_by_the_next_launch() {
    let world = World::start().await;
    world.given_up("ana", "m1").await;
    world.settle("ana").await;
    let retry = ["inbox", "retry", "--user", "ana", "m1"];
    let ran = world.local(&retry).await.well();
    assert!(ran.out.contains("1 message of `ana` will be tried again"), "{ran:?}");
    let row = world.state_of("ana", "m1").await;
    assert_eq!(
        (row.state, row.attempts, row.text.as_str()),
        (InboxState::Pending, 0, "the secret of ana")
    );
    let state = world.tasks().get(&user("ana")).await.expect("reads");
    assert!(state.due_at.is_some_and(|due| due <= now()), "nobody would look: {state:?}");

    // As any other message it is answered now, once.
    let generation = world.wake("ana").await;
    world.end("ana", "m1", generation, InboxState::Done).await;
    world.sleep("ana", generation).await;
    world.local(&retry).await.fails(1, "is not one that was given up");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_not_tried_again_by_the_gateway_that_gave_it_up() {
    let world = World::start().await;
    world.put("ana", "m1", now()).await;
    let generation = world.wake("ana").await;
    world.end("ana", "m1", generation, InboxState::Dead).await;
    world.local(&["inbox", "retry", "--user", "ana", "m1"]).await.fails(1, "ops task stop");
    assert_eq!(world.state_of("ana", "m1").await.state, InboxState::Dead);

    world.sleep("ana", generation).await;
    let all = ["inbox", "retry", "--user", "ana", "--all-dead", "--json"];
    assert_eq!(world.local(&all).await.well().json()["retried"], json!(["m1"]));
    let none = world.local(&["inbox", "retry", "--user", "ana", "--all-dead"]).await.well();
    assert!(none.out.contains("nothing that can be tried again"), "{none:?}");
    world.local(&["inbox", "retry", "--user", "ana"]).await.fails(2, "--all-dead");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_waits_is_dropped_and_its_conversation_says_so() {
    let world = World::start().await;
    world.put("ana", "m1", now()).await;
    world.local(&["inbox", "drop", "--user", "ana", "m1"]).await.fails(2, "nothing was done");
    assert_eq!(world.state_of("ana", "m1").await.state, InboxState::Pending);

    let ran = world.local(&["inbox", "drop", "--user", "ana", "m1", "--yes"]).await.well();
    assert!(ran.out.contains("its conversation says so"), "{ran:?}");
    let row = world.state_of("ana", "m1").await;
    assert_eq!((row.state, row.text.as_str()), (InboxState::Done, ""));
    let texts = Texts::new(world.s3(), &Bucket { name: BUCKET.into() });
    let table = Tables::prefixed("openclaw-").conversations;
    let talks = DynamoConversations::new(world.dynamodb(), table, texts, Retention::default());
    let page = talks.history(&user("ana"), &row.conversation, None, 10, now()).await;
    let messages = page.expect("reads").messages;
    assert_eq!(messages[0].text, "the secret of ana");
    let error = messages[1].error.as_deref().expect("it says why");
    assert!(error.contains("operator removed this message"), "{error}");

    world
        .local(&["inbox", "drop", "--user", "ana", "m1", "--yes"])
        .await
        .fails(1, "answered before");
    world
        .local(&["inbox", "drop", "--user", "ana", "no", "--yes"])
        .await
        .fails(1, "no message `no`");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_living_bridge_answers_is_not_dropped_and_what_a_dead_one_held_is() {
    let world = World::start().await;
    world.put("ana", "m1", now()).await;
    let generation = world.wake("ana").await;
    world.lease("ana", "m1", generation).await;
    let drop = ["inbox", "drop", "--user", "ana", "m1", "--yes", "--json"];
    world.local(&drop).await.fails(1, "generation 1 of the agent of `ana` is answering");
    world.sleep("ana", generation).await;
    assert_eq!(world.local(&drop).await.well().json()["was"], "waiting");

    world.given_up("ben", "m1").await;
    let drop = ["inbox", "drop", "--user", "ben", "m1", "--yes", "--json"];
    assert_eq!(world.local(&drop).await.well().json()["was"], "dead");
    assert_eq!(world.state_of("ben", "m1").await.state, InboxState::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_is_stopped_well_or_its_machine_is() {
    let world = World::start().await;
    let stop = ["task", "stop", "--user", "ana"];
    world.local(&stop).await.fails(1, "is asleep");
    world.local(&["task", "stop", "--user", "ana", "--now"]).await.fails(1, "is asleep");
    world.claim("ana").await;
    world.local(&stop).await.fails(1, "--now");
    world.local(&["task", "stop", "--user", "ana", "--now"]).await.fails(1, "which task `ana` has");

    let arn = world.launch("ben").await;
    world.local(&["task", "stop", "--user", "ben"]).await.fails(1, "could not be told");
    let list = world.local(&["task", "list"]).await.well();
    for words in ["ben", "its user", "FARGATE_SPOT"] {
        assert!(list.out.contains(words), "{words}: {list:?}");
    }
    let tasks = world.local(&["task", "list", "--json"]).await.well().json();
    assert_eq!(tasks["tasks"][0]["task"], arn.0.as_str());
    let now = ["task", "stop", "--user", "ben", "--now", "--json"];
    assert_eq!(world.local(&now).await.well().json()["task"], "stopping");
    let stopped = async { while world.local(&["task", "list"]).await.out != "nothing runs\n" {} };
    tokio::time::timeout(Duration::from_secs(10), stopped).await.expect("it stops");
}
