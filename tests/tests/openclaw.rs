//! The main job with the real OpenClaw: slow to start, so all of it in one test.

use std::path::Path;

use http::Method;
use serde_json::json;
use system_tests::{Stack, StackOptions, message_id};

/// `make test` installs it and says where. Without it the test says that it did nothing.
fn is_installed() -> bool {
    let folder = std::env::var("OPENCLAW_DIR").unwrap_or_else(|_| "../container".into());
    let installed = Path::new(&folder).join("node_modules/openclaw/openclaw.mjs").is_file();
    if !installed {
        println!("SKIPPED: the real OpenClaw is not installed; `make test` installs it");
    }
    installed
}

async fn start(data: Option<std::path::PathBuf>) -> Stack {
    Stack::start(StackOptions { data, real_openclaw: true, ..StackOptions::default() }).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_real_gateway_answers_remembers_and_survives() {
    if !is_installed() {
        return;
    }
    let stack = start(None).await;
    let mut ana = stack.client("ana").await;

    // Asleep: the demo model says that it is one.
    let first = ana.ask("What are you?").await;
    assert_eq!(first.outcome, "complete");
    assert!(first.text.contains("demo model"), "{}", first.text);

    // Awake: the same task, byte for byte what the model wrote.
    let text = "안녕하세요 👩‍👩‍👧‍👦 مرحبا **bold** `code`\n\n- a\n- b";
    let escaped = text.replace('\n', "\\n");
    let second = ana.ask(&format!("[[demo text=\"{escaped}\" chunk=3 delay=5]]")).await;
    assert_eq!(second.text, text);
    assert_eq!(stack.calls("ecs:RunTask").await, 1);

    // A tool call is shown.
    let tool = ana.ask("[[demo tool=exec args='{\"command\":\"echo tool-was-here\"}']]").await;
    assert_eq!(tool.outcome, "complete");
    let steps = |state: &str| ana.frames.iter().any(|f| f["type"] == "tool" && f["state"] == state);
    assert!(steps("start") && steps("end"), "{:?}", ana.frames);

    // A provider that refuses once is only a delay; one that refuses for good is reported.
    assert_eq!(ana.ask("[[demo error=500 once]] retry me").await.outcome, "complete");
    let bad = message_id();
    ana.say(&bad, "[[demo error=400]]").await;
    let failed = ana.until("the failure", |f| f["type"] == "error" && f["messageId"] == bad).await;
    assert_eq!(failed["code"], "run_failed");

    // kill -9 of the whole task mid-reply: the next task's gateway finds the turn in its state.
    let id = message_id();
    ana.say(&id, "[[demo tokens=300 delay=20]]").await;
    ana.until_type("stream_chunk").await;
    let task = stack.live_tasks().await[0]["id"].as_str().expect("an id").to_owned();
    stack.control(Method::POST, &format!("tasks/{task}/kill"), json!({})).await;
    let is_over = |f: &serde_json::Value| {
        f["messageId"] == id && (f["type"] == "stream_end" || f["type"] == "error")
    };
    let end = ana.until("the answer or a clear error", is_over).await;
    assert_eq!(end["outcome"], "complete", "{end}");

    // Ctrl-C and start again: history and the agent's own memory are kept.
    let folder = stack.stop().await.expect("its own folder");
    let stack = start(Some(folder.path().to_owned())).await;
    let mut ana = stack.client("ana").await;
    assert_eq!(ana.ask("hello again").await.outcome, "complete");
    stack.stop().await;
}
