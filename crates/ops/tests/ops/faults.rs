//! What may be wrong with a deployment.

use serde_json::json;

use crate::stand_in::{Deployed, TOKEN};

/// What is wrong, which check says so, and with which words.
pub(crate) type Fault = (&'static str, fn(&Deployed), &'static str, &'static str);

/// Of the answer with this key another one.
macro_rules! fault {
    ($found:literal, $what:literal, $words:literal, $change:expr) => {
        ($found, $change as fn(&Deployed), $what, $words)
    };
}

pub(crate) fn faults() -> Vec<Fault> {
    vec![
        fault!("problem", "model", "no agent can answer", |it| {
            it.refuse("GetParameter /claw/model", "ParameterNotFound");
        }),
        fault!("problem", "model", "`api` is `soap`", |it| {
            it.change_parameter("/claw/model", |model| model["api"] = json!("soap"));
        }),
        fault!("problem", "model key", "/claw/model-key is not there", |it| {
            it.refuse("GetParameter /claw/model-key", "ParameterNotFound");
        }),
        fault!("problem", "model key", "not encrypted", |it| {
            it.change("GetParameter /claw/model-key", |key| {
                key["Parameter"]["Type"] = json!("String");
            });
        }),
        fault!("ok", "model key", "the task's own role", |it| {
            it.change_parameter("/claw/model", |model| {
                *model = json!({ "provider": "bedrock", "api": "anthropic-messages", "model": "m",
                    "baseUrl": "https://bedrock.example", "auth": "aws" });
            });
        }),
        fault!("problem", "Telegram token", "is not one", |it| {
            it.change("GetParameter /claw/telegram-token", |it| {
                it["Parameter"]["Value"] = json!("x");
            });
        }),
        fault!("skipped", "Telegram webhook", "there is no bot", |it| {
            it.refuse("GetParameter /claw/telegram-token", "ParameterNotFound");
        }),
        fault!("problem", "Telegram webhook", "401 Unauthorized", |it| {
            it.change(&format!("POST /bot{TOKEN}/getWebhookInfo"), |it| {
                it["result"]["pending_update_count"] = json!(3);
                it["result"]["last_error_message"] = json!("401 Unauthorized");
            });
        }),
        fault!("problem", "table PendingMessages", "expiry (TTL) is off", |it| {
            it.change("DescribeTimeToLive claw-PendingMessages", |it| {
                it["TimeToLiveDescription"] = json!({ "TimeToLiveStatus": "DISABLED" });
            });
        }),
        fault!("problem", "table TaskState", "its index due-index is missing", |it| {
            it.change("DescribeTable claw-TaskState", |it| {
                it["Table"]["GlobalSecondaryIndexes"] = json!([]);
            });
        }),
        fault!("problem", "table Settings", "point-in-time recovery is off", |it| {
            it.change("DescribeContinuousBackups claw-Settings", |it| {
                it["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"] = json!({});
            });
        }),
        fault!("problem", "table Connections", "there is no table", |it| {
            it.refuse("DescribeTable claw-Connections", "ResourceNotFoundException");
        }),
        fault!("problem", "table Conversations", "deletion protection", |it| {
            it.change("DescribeTable claw-Conversations", |it| {
                it["Table"]["DeletionProtectionEnabled"] = json!(false);
            });
        }),
        fault!("problem", "bucket", "there is no bucket claw-data", |it| {
            it.set("HEAD /claw-data", 404, "");
        }),
        fault!("problem", "bucket: versions", "off", |it| {
            it.set("GET /claw-data?versioning", 200, "<VersioningConfiguration/>");
        }),
        fault!("problem", "bucket: privacy", "could be made public", |it| {
            it.set("GET /claw-data?publicAccessBlock", 200, "<PublicAccessBlockConfiguration/>");
        }),
        fault!("warning", "bucket: lifecycle", "stay for ever", |it| {
            let none = "<Error><Code>NoSuchLifecycleConfiguration</Code></Error>";
            it.set("GET /claw-data?lifecycle", 404, none);
        }),
        fault!("problem", "bucket: CORS", "may not send files", |it| {
            let none = "<Error><Code>NoSuchCORSConfiguration</Code></Error>";
            it.set("GET /claw-data?cors", 404, none);
        }),
        fault!("problem", "snapshot key", "about to be deleted", |it| {
            it.change("DescribeKey", |it| it["KeyMetadata"]["KeyState"] = json!("PendingDeletion"));
        }),
        fault!("warning", "snapshot key", "never renewed", |it| {
            it.set("GetKeyRotationStatus", 200, json!({ "KeyRotationEnabled": false }));
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
            });
        }),
        fault!("problem", "task definition", "it is INACTIVE", |it| {
            it.change("DescribeTaskDefinition claw", |it| {
                it["taskDefinition"]["status"] = json!("INACTIVE");
            });
        }),
        fault!("problem", "task definition", "30 s to save itself in", |it| {
            it.change("DescribeTaskDefinition claw", |it| {
                it["taskDefinition"]["containerDefinitions"][0]["stopTimeout"] = json!(null);
            });
        }),
        fault!("problem", "version: current", "there is no task definition arn:", |it| {
            let row = json!({ "PK": { "S": "RELEASE" }, "revision": { "N": "1" },
                "current": { "S": "arn:aws:ecs:eu-west-1:1:task-definition/claw:3" } });
            it.set("GetItem", 200, json!({ "Item": row }));
        }),
        fault!("problem", "image", "no task can start", |it| {
            it.refuse("DescribeImages", "ImageNotFoundException");
        }),
        fault!("warning", "Fargate quota", "room for 2 users at once", |it| {
            it.set("GetServiceQuota L-36FBB829", 200, json!({ "Quota": { "Value": 1.0 } }));
        }),
        fault!("problem", "function watchdog", "there is no function claw-watchdog", |it| {
            it.set("GET /2015-03-31/functions/claw-watchdog/configuration", 404, "{}");
        }),
        fault!("problem", "function api", "it is Failed", |it| {
            it.change("GET /2015-03-31/functions/claw-api/configuration", |it| {
                it["State"] = json!("Failed");
            });
        }),
        fault!("problem", "schedules", "`claw-watchdog` is off", |it| {
            it.change("GET /schedules", |it| it["Schedules"][0]["State"] = json!("DISABLED"));
        }),
        fault!("problem", "ECS events", "nobody hears when a task dies", |it| {
            it.set("ListRules", 200, json!({ "Rules": [] }));
        }),
        fault!("problem", "page", "answers 403", |it| it.set("GET /page", 403, "")),
        fault!("problem", "HTTP API", "not 401", |it| it.set("GET /api/status", 200, "{}")),
        fault!("problem", "WebSocket API", "nobody can connect", |it| it.set("GET /ws", 500, "")),
        fault!("problem", "sign-in", "no token will be taken", |it| {
            let other = json!({ "issuer": "https://else.example" });
            it.set("GET /oidc/.well-known/openid-configuration", 200, other);
        }),
        fault!("problem", "sign-in: client", "has no client client", |it| {
            it.refuse("DescribeUserPoolClient", "ResourceNotFoundException");
        }),
        fault!("problem", "ECS events", "cannot be looked at", |it| {
            it.refuse("ListRules", "AccessDeniedException");
        }),
        fault!("problem", "what runs", "cannot be looked at", |it| {
            it.refuse("ListTasks", "ClusterNotFoundException");
        }),
    ]
}
