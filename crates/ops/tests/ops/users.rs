//! `ops user` on a local stack.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;

use domain::{Day, InboxState, UsageCounts};
use platform::{Settings, Tasks, UsageBatch, UsageRecords};
use platform_aws::{DynamoSettings, DynamoUsage, Tables};
use serde_json::json;

use crate::scene::{now, user};
use crate::world::World;

fn settings(world: &World) -> DynamoSettings {
    DynamoSettings::new(world.dynamodb(), Tables::prefixed("openclaw-").settings)
}

/// Ana has said something, was answered, and waits for something else.
async fn with_ana() -> World {
    let world = World::start().await;
    world.put("ana", "m1", now()).await;
    let generation = world.wake("ana").await;
    world.end("ana", "m1", generation, InboxState::Done).await;
    let tables = Tables::prefixed("openclaw-");
    let usage = DynamoUsage::new(world.dynamodb(), tables.settings, tables.task_state);
    let counts = UsageCounts { web_messages: 3, input_tokens: 1_200, ..UsageCounts::default() };
    let batch = UsageBatch { day: Day::of(now()), number: 1, counts };
    usage.add(&user("ana"), generation, &batch).await.expect("added");
    world.put("ana", "m2", now()).await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_shown_with_all_that_is_known_and_nothing_that_he_said() {
    let world = with_ana().await;
    let ran = world.local(&["user", "show", "ana"]).await.well();
    for words in [
        "user           ana",
        "Running for",
        "generation 1, on FARGATE_SPOT",
        "1 waiting, 0 being answered, 0 given up",
        "conversations  1",
        "3 messages answered, 1200 tokens in",
        "not linked",
        "0 clients",
    ] {
        assert!(ran.out.contains(words), "{words}: {ran:?}");
    }
    assert!(!ran.out.contains("secret"), "{ran:?}");
    let said = world.local(&["user", "show", "ana", "--json"]).await.well().json();
    assert_eq!(said["task"]["status"], "Running");
    assert_eq!(said["inbox"]["pending"], 1);
    assert_eq!(said["usageThisMonth"]["messages"]["web"], 3);
    let nobody = world.local(&["user", "show", "bob"]).await.well().out;
    assert!(nobody.contains("never started"), "{nobody}");
    world.local(&["user", "show", "ana@example.com"]).await.fails(2, "knows no e-mail addresses");
    world.local(&["user", "show", "a b"]).await.fails(2, "userId must be");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_users_export_is_the_one_that_he_would_get() {
    let world = with_ana().await;
    world.save(&world.agent(), 1, 0).await;
    let zip = world.path("ana.zip");
    let to = zip.to_str().expect("text");
    let ran = world.local(&["user", "export", "ana", "--to", to]).await.well();
    assert!(ran.out.contains("exported `ana` to"), "{ran:?}");
    assert_eq!(fs::metadata(&zip).expect("there").permissions().mode() & 0o777, 0o600);
    let mut bytes = Vec::new();
    File::open(&zip).expect("opens").read_to_end(&mut bytes).expect("reads");
    assert!(bytes.starts_with(b"PK"), "no zip");
    let names = String::from_utf8_lossy(&bytes).into_owned();
    assert!(names.contains("README.txt") && names.contains("waiting.json"), "no such files");

    world.local(&["user", "export", "ana", "--to", to]).await.fails(2, "is there already");
    let other = world.path("other.zip");
    let faults = serde_json::from_str(r#"{"errorRate": {"dynamodb:Query": 1.0}}"#);
    world.stack.set_faults(faults.expect("faults")).expect("set");
    let ran = world.local(&["user", "export", "ana", "--to", other.to_str().expect("text")]).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(!other.exists(), "half an export stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_deleted_only_by_who_means_it() {
    let world = with_ana().await;
    world.local(&["user", "delete", "ana"]).await.fails(2, "nothing was done");
    let state = world.tasks().get(&user("ana")).await.expect("reads");
    assert_eq!(state.deleting_since, None);

    let ran = world.local(&["user", "delete", "ana", "--yes"]).await.well();
    for words in ["deletion ", "all is deleted", "inbox", "what stays for a while"] {
        assert!(ran.out.contains(words), "{words}: {ran:?}");
    }
    let state = world.tasks().get(&user("ana")).await.expect("reads");
    assert!(state.deleting_since.is_some(), "{state:?}");
    let rows = world.local(&["inbox", "list", "--user", "ana"]).await.well().out;
    assert_eq!(rows, "user `ana` has no such message\n");
    let shown = world.local(&["user", "show", "ana"]).await.well().out;
    assert!(shown.contains("leaves         since"), "{shown}");
    let again = world.local(&["user", "delete", "ana", "--yes", "--json"]).await.well().json();
    assert_eq!(again["receipt"]["state"], "closing");
    assert_eq!(world.local(&["status", "--json"]).await.json()["leaving"], json!(["ana"]));
    world.local(&["inbox", "retry", "--user", "ana", "m1"]).await.fails(1, "is not one that was");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_deletion_sees_its_end() {
    let world = with_ana().await;
    settings(&world).set_time_zone(&user("ana"), &domain::TimeZone::utc()).await.expect("set");
    world.local(&["user", "delete", "ana", "--yes"]).await.well();
    world.is_quiet("ana").await;
    let ran = world.local(&["user", "delete", "ana", "--yes", "--wait", "--json"]).await.well();
    assert_eq!(ran.json()["receipt"]["state"], "done");
    let state = world.tasks().get(&user("ana")).await.expect("reads");
    assert_eq!(state.deleting_since, None);
}
