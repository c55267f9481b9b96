//! `ops doctor`: a deployment as it should be, and every fault one after the other.

use std::time::Duration;

use clap::Parser;
use serde_json::{Value, json};

use crate::faults::faults;
use crate::stand_in::Deployed;
use crate::world::{World, run};

fn checks(said: &Value) -> Vec<&Value> {
    said["checks"].as_array().expect("a list").iter().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_as_it_should_be_is_well() {
    let deployed = Deployed::start().await;
    let ran = deployed.ops(&["doctor"]).await.well();
    assert!(ran.out.contains("0 warnings, 0 problems, 0 skipped"), "{ran:?}");
    for words in ["room for 64 users at once at 0.5 vCPU", "250.0 MB", "128 MB, arm64"] {
        assert!(ran.out.contains(words), "{words}: {ran:?}");
    }
    let said = deployed.ops(&["doctor", "--json"]).await.well().json();
    assert!(checks(&said).iter().all(|check| check["finding"] == "ok"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_is_found_with_what_to_do_and_stops_no_other_look() {
    let well = Deployed::start().await.ops(&["doctor", "--json"]).await.well().json();
    for (finding, change, what, words) in faults() {
        let deployed = Deployed::start().await;
        change(&deployed);
        let ran = deployed.ops(&["doctor", "--json"]).await;
        let said = ran.json();
        let name = |check: &&Value| check["what"] == what && check["finding"] == finding;
        let found = checks(&said).into_iter().find(name);
        let found = found.unwrap_or_else(|| panic!("{what}, {words}: {said}"));
        assert!(found["found"].as_str().is_some_and(|it| it.contains(words)), "{words}: {found}");
        let to_do = found["toDo"].is_string();
        assert_eq!(to_do, finding == "problem" || finding == "warning", "{found}");
        assert_eq!(ran.code, i32::from(finding == "problem"), "{words}: {said}");
        let of = |said: &Value| -> Vec<String> {
            let all = checks(said).into_iter().map(|it| it["what"].to_string());
            // Of a version that the deployment has no word of otherwise.
            let mut all: Vec<_> = all.filter(|what| !what.contains("version")).collect();
            all.dedup();
            all
        };
        assert_eq!(of(&said), of(&well), "{words}: a look is missing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_not_look_is_told_so() {
    let deployed = Deployed::start().await;
    deployed.refuse("DescribeImages", "AccessDeniedException");
    let ran = deployed.ops(&["doctor"]).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("give your role the right to look"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_local_stack_is_looked_at_as_far_as_it_goes() {
    let world = World::start().await;
    let said = world.local(&["doctor", "--json"]).await.json();
    let finding = |what: &str| {
        let all = checks(&said);
        let found = all.iter().find(|check| check["what"] == what);
        found.unwrap_or_else(|| panic!("{what}: {said}"))["finding"].clone()
    };
    for what in [
        "table TaskState",
        "table PendingMessages",
        "bucket",
        "snapshot key",
        "cluster",
        "sign-in",
        "what runs",
    ] {
        assert_eq!(finding(what), "ok", "{what}: {said}");
    }
    for what in ["Fargate quota", "functions", "schedules", "image", "bucket: versions"] {
        assert_eq!(finding(what), "skipped", "{what}: {said}");
    }
    // No Lambda is behind this one, and nobody has set a model.
    assert_eq!(finding("model"), "problem", "{said}");
}

const ACCEPTED: &str = "POST /api/conversations/ops-doctor/messages";
const REPLY: &str = "GET /api/conversations/ops-doctor/messages/ID/reply";

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_sent_from_one_end_to_the_other_when_it_is_asked_for() {
    let deployed = Deployed::start().await;
    let send = ["doctor", "--send", "--token", "a-token", "--answer-within", "1"];
    deployed.ops(&["doctor", "--send"]).await.fails(2, "--token");
    let ran = deployed.ops(&send).await.well();
    assert!(ran.out.contains("a message"), "{ran:?}");
    assert!(ran.out.contains("answered after 0 s"), "{ran:?}");
    for (key, status, answer, words) in [
        (REPLY, 200, json!({ "outcome": "failed", "error": "no credit" }), "no credit"),
        (REPLY, 404, json!({}), "not answered after 1 s"),
        (ACCEPTED, 401, json!({}), "the token is not taken"),
        (ACCEPTED, 409, json!({ "detail": "the spend cap" }), "the spend cap"),
    ] {
        deployed.set(key, status, answer);
        let ran = deployed.ops(&send).await;
        assert!(ran.code == 1 && ran.out.contains(words), "{words}: {ran:?}");
        assert!(!ran.out.contains("a-token"), "{ran:?}");
    }
}

/// With the real functions, without machines.
#[tokio::test(flavor = "multi_thread")]
async fn a_whole_local_stack_is_well() {
    let dir = tempfile::tempdir().expect("a folder");
    let folder = |name: &str| dir.path().join(name).display().to_string();
    std::fs::create_dir(folder("web")).expect("a folder");
    std::fs::write(dir.path().join("web/index.html"), "<!doctype html>").expect("a page");
    let (data, web) = (folder("data"), folder("web"));
    let arguments = ["local-stack", "--port", "0", "--data", &data, "--web", &web, "--json"];
    let cli = local_stack::cli::Cli::parse_from(arguments);
    let lookup = |name: &str| (name == "OPENCLAW_COMMAND").then(|| "[\"true\"]".to_owned());
    let serving = tokio::spawn(async move {
        local_stack::cli::run(&cli, "/bin/true".as_ref(), lookup).await.expect("it serves");
    });
    let doctor = async || run(&["--local", &data, "doctor", "--json"], &[]).await;
    let up = async {
        // The folder says where everything is once it is there; then the ports are open.
        while !dir.path().join("data/urls.json").exists() || doctor().await.code != 0 {}
    };
    tokio::time::timeout(Duration::from_secs(60), up).await.expect("it comes up, and is well");
    let said = doctor().await.well().json();
    let found = |what: &str| {
        let all = checks(&said);
        let found = all.iter().find(|check| check["what"] == what);
        found.unwrap_or_else(|| panic!("{what}: {said}")).to_string()
    };
    for what in
        ["model", "model key", "page", "HTTP API", "WebSocket API", "sign-in", "Telegram webhook"]
    {
        assert!(found(what).contains("\"finding\":\"ok\""), "{said}");
    }
    serving.abort();
}
