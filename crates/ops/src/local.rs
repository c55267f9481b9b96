//! A running local stack in the place of the environment.

use std::collections::HashMap;
use std::path::Path;

use platform_aws::Tables;
use serde_json::Value;

use crate::setup::usage;

/// Written by the local stack when it is up.
const ENDPOINT: &str = "aws-endpoint";
/// The same: where what is public is.
const URLS: &str = "urls.json";
/// Made by the local stack.
const KEY_FILE: &str = "snapshot-keys.json";

pub(crate) fn variables(dir: &Path) -> anyhow::Result<HashMap<String, String>> {
    let endpoint = std::fs::read_to_string(dir.join(ENDPOINT)).map_err(|error| {
        let dir = dir.display();
        usage(format!("no local stack runs on {dir} ({error}); start one: make run"))
    })?;
    let endpoint = endpoint.trim().to_owned();
    let tables = Tables::prefixed("openclaw-");
    let mut told = HashMap::from(
        [
            ("AWS_REGION", "us-east-1".into()),
            ("AWS_ENDPOINT_URL", endpoint.clone()),
            ("AWS_ACCESS_KEY_ID", "local".into()),
            ("AWS_SECRET_ACCESS_KEY", "local".into()),
            ("DATA_BUCKET", "openclaw-data".into()),
            ("TABLE_TASK_STATE", tables.task_state),
            ("TABLE_PENDING_MESSAGES", tables.pending_messages),
            ("TABLE_CONVERSATIONS", tables.conversations),
            ("TABLE_CONNECTIONS", tables.connections),
            ("TABLE_SETTINGS", tables.settings),
            ("ECS_CLUSTER", "openclaw".into()),
            ("ECS_TASK_DEFINITION", "openclaw-agent".into()),
            ("WS_MANAGEMENT_URL", endpoint),
            ("SCHEDULE_GROUP", "openclaw".into()),
            ("USER_POOL_ID", "local_users".into()),
            ("OIDC_CLIENT_ID", "openclaw-web".into()),
            ("MODEL_PARAMETER", "/openclaw/model".into()),
            ("TELEGRAM_TOKEN_PARAMETER", "/openclaw/telegram-token".into()),
            ("TELEGRAM_SECRET_PARAMETER", "/openclaw/telegram-secret".into()),
            ("SNAPSHOT_KEY_FILE", dir.join(KEY_FILE).display().to_string()),
        ]
        .map(|(name, value): (&str, String)| (name.to_owned(), value)),
    );
    told.extend(public(dir));
    Ok(told)
}

/// Of a stack of an older version nothing is known.
fn public(dir: &Path) -> Vec<(String, String)> {
    const NAMES: [(&str, &str); 5] = [
        ("PAGE_URL", "url"),
        ("WS_URL", "ws"),
        ("API_URL", "api"),
        ("OIDC_ISSUER", "issuer"),
        ("TELEGRAM_API_URL", "telegramApi"),
    ];
    let urls = std::fs::read(dir.join(URLS)).unwrap_or_default();
    let urls: Value = serde_json::from_slice(&urls).unwrap_or_default();
    let known = |(name, field): (&str, &str)| Some((name.to_owned(), urls[field].as_str()?.into()));
    NAMES.into_iter().filter_map(known).collect()
}
