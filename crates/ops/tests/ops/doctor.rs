//! `ops doctor`: a deployment as it should be, and every fault one after the other.

use std::time::Duration;

use clap::Parser;
use serde_json::{Value, json};

use crate::stand_in::{Deployed, TOKEN};
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

/// What is wrong, which check says so, and with which words.
type Fault = (&'static str, fn(&Deployed), &'static str, &'static str);

/// Of the answer with this key another one.
macro_rules! fault {
    ($found:literal, $what:literal, $words:literal, $change:expr) => {
        ($found, $change as fn(&Deployed), $what, $words)
    };
}

fn faults() -> Vec<Fault> {
    vec![
        fault!("problem", "model", "no agent can answer", |it| {
            it.refuse("GetParameter /claw/model", "ParameterNotFound")
        }),
        fault!("problem", "model", "`api` is `soap`", |it| {
            it.change_parameter("/claw/model", |model| model["api"] = json!("soap"))
        }),
        fault!("problem", "model key", "/claw/model-key is not there", |it| {
            it.refuse("GetParameter /claw/model-key", "ParameterNotFound")
        }),
        fault!("problem", "model key", "not encrypted", |it| {
            it.change("GetParameter /claw/model-key", |key| {
                key["Parameter"]["Type"] = json!("String")
            })
        }),
        fault!("ok", "model key", "the task's own role", |it| {
            it.change_parameter("/claw/model", |model| {
                *model = json!({ "provider": "bedrock", "api": "anthropic-messages", "model": "m",
                    "baseUrl": "https://bedrock.example", "auth": "aws" });
            })
        }),
        fault!("problem", "Telegram token", "is not one", |it| {
            it.change("GetParameter /claw/telegram-token", |it| {
                it["Parameter"]["Value"] = json!("x")
            })
        }),
        fault!("skipped", "Telegram webhook", "there is no bot", |it| {
            it.refuse("GetParameter /claw/telegram-token", "ParameterNotFound")
        }),
        fault!("problem", "Telegram webhook", "401 Unauthorized", |it| {
            it.change(&format!("POST /bot{TOKEN}/getWebhookInfo"), |it| {
                it["result"]["pending_update_count"] = json!(3);
                it["result"]["last_error_message"] = json!("401 Unauthorized");
            })
        }),
        fault!("problem", "table PendingMessages", "expiry (TTL) is off", |it| {
            it.change("DescribeTimeToLive claw-PendingMessages", |it| {
                it["TimeToLiveDescription"] = json!({ "TimeToLiveStatus": "DISABLED" });
            })
        }),
        fault!("problem", "table TaskState", "its index due-index is missing", |it| {
            it.change("DescribeTable claw-TaskState", |it| {
                it["Table"]["GlobalSecondaryIndexes"] = json!([]);
            })
        }),
        fault!("problem", "table Settings", "point-in-time recovery is off", |it| {
            it.change("DescribeContinuousBackups claw-Settings", |it| {
                it["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"] = json!({});
            })
        }),
        fault!("problem", "table Connections", "there is no table", |it| {
            it.refuse("DescribeTable claw-Connections", "ResourceNotFoundException")
        }),
        fault!("problem", "table Conversations", "deletion protection", |it| {
            it.change("DescribeTable claw-Conversations", |it| {
                it["Table"]["DeletionProtectionEnabled"] = json!(false);
            })
        }),
        fault!("problem", "bucket", "there is no bucket claw-data", |it| {
            it.set("HEAD /claw-data", 404, "")
        }),
        fault!("problem", "bucket: versions", "off", |it| {
            it.set("GET /claw-data?versioning", 200, "<VersioningConfiguration/>")
        }),
        fault!("problem", "bucket: privacy", "could be made public", |it| {
            it.set("GET /claw-data?publicAccessBlock", 200, "<PublicAccessBlockConfiguration/>")
        }),
        fault!("warning", "bucket: lifecycle", "stay for ever", |it| {
            let none = "<Error><Code>NoSuchLifecycleConfiguration</Code></Error>";
            it.set("GET /claw-data?lifecycle", 404, none)
        }),
        fault!("problem", "bucket: CORS", "may not send files", |it| {
            let none = "<Error><Code>NoSuchCORSConfiguration</Code></Error>";
            it.set("GET /claw-data?cors", 404, none)
        }),
        fault!("problem", "snapshot key", "about to be deleted", |it| {
            it.change("DescribeKey", |it| it["KeyMetadata"]["KeyState"] = json!("PendingDeletion"))
        }),
        fault!("warning", "snapshot key", "never renewed", |it| {
            it.set("GetKeyRotationStatus", 200, json!({ "KeyRotationEnabled": false }))
        }),
        fault!("problem", "snapshot key", "there is no parameter /claw/none", |it| {
            it.change_parameter("/claw/deployment", |it| {
                it["SNAPSHOT_KEY_ID"] = json!("");
                it["SNAPSHOT_KEY_PARAMETER"] = json!("/claw/none");
            });
        }),
        fault!("ok", "snapshot key", "it is in /claw/snapshot-key", |it| {
            it.change_parameter("/claw/deployment", |it| {
                it["SNAPSHOT_KEY_ID"] = json!("");
                it["SNAPSHOT_KEY_PARAMETER"] = json!("/claw/snapshot-key");
            });
        }),
        fault!("problem", "cluster", "cannot use FARGATE_SPOT", |it| {
            it.change("DescribeClusters", |it| {
                it["clusters"][0]["capacityProviders"] = json!(["FARGATE"]);
            })
        }),
        fault!("problem", "task definition", "it is INACTIVE", |it| {
            it.change("DescribeTaskDefinition", |it| {
                it["taskDefinition"]["status"] = json!("INACTIVE");
            })
        }),
        fault!("problem", "task definition", "30 s to save itself in", |it| {
            it.change("DescribeTaskDefinition", |it| {
                it["taskDefinition"]["containerDefinitions"][0]["stopTimeout"] = json!(null);
            })
        }),
        fault!("problem", "image", "no task can start", |it| {
            it.refuse("DescribeImages", "ImageNotFoundException")
        }),
        fault!("warning", "Fargate quota", "room for 2 users at once", |it| {
            it.set("GetServiceQuota L-36FBB829", 200, json!({ "Quota": { "Value": 1.0 } }))
        }),
        fault!("problem", "function watchdog", "there is no function claw-watchdog", |it| {
            it.set("GET /2015-03-31/functions/claw-watchdog/configuration", 404, "{}")
        }),
        fault!("problem", "function api", "it is Failed", |it| {
            it.change("GET /2015-03-31/functions/claw-api/configuration", |it| {
                it["State"] = json!("Failed");
            })
        }),
        fault!("problem", "schedules", "`claw-watchdog` is off", |it| {
            it.change("GET /schedules", |it| it["Schedules"][0]["State"] = json!("DISABLED"))
        }),
        fault!("problem", "ECS events", "nobody hears when a task dies", |it| {
            it.set("ListRules", 200, json!({ "Rules": [] }))
        }),
        fault!("problem", "page", "answers 403", |it| it.set("GET /page", 403, "")),
        fault!("problem", "HTTP API", "not 401", |it| it.set("GET /api/status", 200, "{}")),
        fault!("problem", "WebSocket API", "nobody can connect", |it| it.set("GET /ws", 500, "")),
        fault!("problem", "sign-in", "no token will be taken", |it| {
            let other = json!({ "issuer": "https://else.example" });
            it.set("GET /oidc/.well-known/openid-configuration", 200, other)
        }),
        fault!("problem", "sign-in: client", "has no client client", |it| {
            it.refuse("DescribeUserPoolClient", "ResourceNotFoundException")
        }),
        fault!("problem", "ECS events", "cannot be looked at", |it| {
            it.refuse("ListRules", "AccessDeniedException")
        }),
        fault!("problem", "what runs", "cannot be looked at", |it| {
            it.refuse("ListTasks", "ClusterNotFoundException")
        }),
    ]
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
            let mut all: Vec<_> = checks(said).iter().map(|it| it["what"].to_string()).collect();
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
