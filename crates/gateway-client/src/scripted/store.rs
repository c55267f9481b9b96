//! What survives a restart: the rows of every session, and which runs were going on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(crate) struct Stored {
    pub(crate) sessions: BTreeMap<String, Vec<Row>>,
    pub(crate) running: Vec<Interrupted>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Interrupted {
    pub(crate) run_id: String,
    pub(crate) session: String,
    pub(crate) message: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) role: String,
    pub(crate) text: String,
    pub(crate) key: Option<String>,
    pub(crate) run_id: Option<String>,
    pub(crate) internal: bool,
    pub(crate) aborted: bool,
}

impl Row {
    pub(crate) fn asked(run_id: &str, text: &str) -> Self {
        Self {
            role: "user".to_owned(),
            text: text.to_owned(),
            key: Some(format!("{run_id}:user")),
            run_id: None,
            internal: false,
            aborted: false,
        }
    }

    pub(crate) fn answered(run_id: &str, text: &str, aborted: bool) -> Self {
        Self {
            role: "assistant".to_owned(),
            text: text.to_owned(),
            key: None,
            run_id: Some(run_id.to_owned()),
            internal: false,
            aborted,
        }
    }

    /// As in `chat.history` and `session.message`.
    pub(crate) fn wire(&self) -> Value {
        let mut row = json!({"role": self.role, "__openclaw": {}});
        if let Some(run_id) = &self.run_id {
            row["__openclaw"]["runId"] = json!(run_id);
            row["content"] = json!([{"type": "text", "text": self.text}]);
            row["stopReason"] = json!("stop");
            row["usage"] = usage(&self.text);
        } else {
            row["content"] = json!(self.text);
        }
        if let Some(key) = &self.key {
            row["idempotencyKey"] = json!(key);
        }
        if self.internal {
            row["provenance"] = json!({"kind": "internal_system"});
        }
        if self.aborted {
            row["openclawAbort"] = json!({"aborted": true, "origin": "rpc"});
        }
        row
    }
}

fn usage(text: &str) -> Value {
    let output = text.len().div_ceil(4);
    json!({"input": 100, "output": output, "totalTokens": 100 + output, "cacheRead": 0,
        "cacheWrite": 0, "cost": {"total": 0.0001 + 0.000_002 * output as f64}})
}

impl Stored {
    pub(crate) fn file(state_dir: &Path) -> PathBuf {
        state_dir.join("scripted-gateway.json")
    }

    pub(crate) fn load(state_dir: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(state_dir)?;
        match std::fs::read(Self::file(state_dir)) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    /// Whole or not at all: a kill in between leaves the file before.
    pub(crate) fn save(&self, state_dir: &Path) -> std::io::Result<()> {
        let file = Self::file(state_dir);
        let new = file.with_extension("new");
        std::fs::write(&new, serde_json::to_vec(self)?)?;
        std::fs::rename(new, file)
    }
}
