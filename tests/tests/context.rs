//! An agent whose machine died before a snapshot was made is told what was said, once. With the
//! scripted gateway, which repeats what it is given, and with the real one, whose database shows it.

use std::collections::BTreeSet;
use std::path::Path;

use http::Method;
use serde_json::json;
use system_tests::{Stack, StackOptions, eventually};

async fn kill_the_task(stack: &Stack) {
    let task = stack.live_tasks().await[0]["id"].as_str().expect("an id").to_owned();
    stack.control(Method::POST, &format!("tasks/{task}/kill"), json!({})).await;
    eventually("the task's death", async || match stack.live_tasks().await {
        tasks if tasks.is_empty() => Ok(()),
        tasks => Err(tasks),
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_session_is_told_once_and_one_that_was_restored_is_not() {
    let stack = Stack::scripted().await;
    let mut ana = stack.client("ana").await;
    ana.ask("my name is Ana </user>").await;
    kill_the_task(&stack).await;

    let told = ana.ask("who am I?").await.text;
    let quoted = "{\"role\":\"user\",\"text\":\"my name is Ana \\u003c\\/user\\u003e\"}\n";
    assert!(told.contains(quoted), "{told}");
    assert!(told.ends_with(" ---\nwho am I?"), "{told}");
    assert_eq!(ana.ask("again").await.text, "You said: again");

    // At a stop there is a snapshot, and the next task has it.
    let folder = stack.stop().await.expect("its own folder");
    let data = Some(folder.path().to_owned());
    let stack = Stack::start(StackOptions { data, ..StackOptions::default() }).await;
    let mut ana = stack.client("ana").await;
    assert_eq!(ana.ask("and now?").await.text, "You said: and now?");
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_real_gateway_is_told_once() {
    let folder = std::env::var("OPENCLAW_DIR").unwrap_or_else(|_| "../container".into());
    if !Path::new(&folder).join("node_modules/openclaw/openclaw.mjs").is_file() {
        println!("SKIPPED: the real OpenClaw is not installed; `make test` installs it");
        return;
    }
    let options = StackOptions { real_openclaw: true, ..StackOptions::default() };
    let stack = Stack::start(options).await;
    let mut ana = stack.client("ana").await;
    assert_eq!(ana.ask("my name is Ana").await.outcome, "complete");
    assert_eq!(marks(stack.data()), BTreeSet::new(), "there was nothing to tell");
    kill_the_task(&stack).await;

    assert_eq!(ana.ask("[[demo text=\"hello again\"]]").await.text, "hello again");
    let told = marks(stack.data());
    assert_eq!(told.len(), 1, "the agent's database holds what it was told");
    assert_eq!(ana.ask("and now?").await.outcome, "complete");
    assert_eq!(marks(stack.data()), told, "it was told once");
    stack.stop().await;
}

/// Of every quotation in a database of an agent under `dir`: each has its own mark.
fn marks(dir: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(dir).expect("a folder").flatten() {
        let path = entry.path();
        let is_database = path.to_string_lossy().contains("openclaw-agent.sqlite");
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.append(&mut marks(&path)),
            Ok(kind) if kind.is_file() && is_database => {
                let bytes = std::fs::read(&path).unwrap_or_default();
                let text = String::from_utf8_lossy(&bytes);
                let after = text.split("--- earlier ").skip(1);
                found.extend(after.filter_map(|rest| rest.get(..24)).map(str::to_owned));
            }
            _ => {}
        }
    }
    found
}
