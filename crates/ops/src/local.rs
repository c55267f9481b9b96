//! A running local stack in the place of the environment.

use std::collections::HashMap;
use std::path::Path;

use crate::setup::usage;

/// Written by the local stack when it is up.
const ENDPOINT: &str = "aws-endpoint";
/// Made by the local stack.
const KEY_FILE: &str = "snapshot-keys.json";

pub(crate) fn variables(dir: &Path) -> anyhow::Result<HashMap<&'static str, String>> {
    let endpoint = std::fs::read_to_string(dir.join(ENDPOINT)).map_err(|error| {
        let dir = dir.display();
        usage(format!("no local stack runs on {dir} ({error}); start one: make run"))
    })?;
    Ok(HashMap::from([
        ("AWS_REGION", "us-east-1".into()),
        ("AWS_ENDPOINT_URL", endpoint.trim().to_owned()),
        ("AWS_ACCESS_KEY_ID", "local".into()),
        ("AWS_SECRET_ACCESS_KEY", "local".into()),
        ("DATA_BUCKET", "openclaw-data".into()),
        ("TABLE_TASK_STATE", "openclaw-TaskState".into()),
        ("SNAPSHOT_KEY_FILE", dir.join(KEY_FILE).display().to_string()),
    ]))
}
