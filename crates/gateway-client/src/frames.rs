//! The wire: the few fields we read of each frame.
//!
//! A delta repeats the whole text so far, twice. So `message` and `data` stay unparsed slices of
//! the frame, and only the one that is needed is ever built.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::RpcError;

/// Changes with every start of the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize, Serialize)]
pub struct BootId(pub String);

impl std::fmt::Display for BootId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Serialize)]
pub(crate) struct Request<'a, P> {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) id: &'a str,
    pub(crate) method: &'a str,
    pub(crate) params: P,
}

#[derive(Deserialize)]
pub(crate) struct Incoming<'a> {
    #[serde(rename = "type")]
    pub(crate) kind: &'a str,
    pub(crate) id: Option<&'a str>,
    pub(crate) event: Option<&'a str>,
    pub(crate) seq: Option<u64>,
    #[serde(default)]
    pub(crate) ok: bool,
    #[serde(borrow)]
    pub(crate) payload: Option<&'a RawValue>,
    pub(crate) error: Option<RpcError>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ChatState {
    Status,
    Delta,
    Final,
    Aborted,
    Error,
    #[serde(other)]
    Unknown,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChatEvent<'a> {
    pub(crate) run_id: String,
    #[serde(default)]
    pub(crate) session_key: String,
    pub(crate) state: ChatState,
    pub(crate) delta_text: Option<String>,
    #[serde(default)]
    pub(crate) replace: bool,
    #[serde(borrow)]
    pub(crate) message: Option<&'a RawValue>,
    pub(crate) stop_reason: Option<String>,
    pub(crate) error_message: Option<String>,
    pub(crate) error_kind: Option<String>,
    pub(crate) error_detail: Option<ErrorDetail>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorDetail {
    pub(crate) failover_reason: Option<String>,
}

impl ChatEvent<'_> {
    /// The text of `message`, which is the whole reply so far.
    pub(crate) fn text(&self) -> Option<String> {
        let message: Message = serde_json::from_str(self.message?.get()).ok()?;
        Some(message.content.map(Content::text).or(message.text).unwrap_or_default())
    }
}

#[derive(Deserialize)]
struct Message {
    content: Option<Content>,
    text: Option<String>,
}

/// A row's or message's content: plain, or in blocks of which we read the text.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Content {
    Plain(String),
    Blocks(Vec<Block>),
}

#[derive(Deserialize)]
pub(crate) struct Block {
    #[serde(rename = "type", default)]
    kind: String,
    text: Option<String>,
}

impl Content {
    pub(crate) fn text(self) -> String {
        match self {
            Self::Plain(text) => text,
            Self::Blocks(blocks) => {
                blocks.into_iter().filter(|b| b.kind == "text").filter_map(|b| b.text).collect()
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AgentEvent<'a> {
    pub(crate) run_id: String,
    pub(crate) stream: String,
    #[serde(borrow)]
    pub(crate) data: Option<&'a RawValue>,
}

/// `stream: "item"`: always sent, with a title; `stream: "tool"` has the arguments and results.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ItemData {
    #[serde(default)]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) phase: String,
    #[serde(default)]
    pub(crate) tool_call_id: String,
    #[serde(default)]
    pub(crate) name: String,
    pub(crate) title: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) error: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RunStatusData {
    #[serde(default)]
    pub(crate) phase: String,
    pub(crate) message: Option<String>,
    pub(crate) retry_attempt: Option<u32>,
    pub(crate) max_retries: Option<u32>,
}

/// `session.message`: a row as it is stored. Only what it cost is of interest.
#[derive(Deserialize)]
pub(crate) struct RowEvent {
    pub(crate) message: StoredRow,
}

#[derive(Deserialize)]
pub(crate) struct StoredRow {
    #[serde(default)]
    pub(crate) role: String,
    pub(crate) usage: Option<RowUsage>,
    #[serde(rename = "__openclaw", default)]
    pub(crate) meta: RowMeta,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RowMeta {
    pub(crate) run_id: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RowUsage {
    pub(crate) input: u64,
    pub(crate) output: u64,
    pub(crate) cache_read: u64,
    pub(crate) cache_write: u64,
    pub(crate) cost: Option<RowCost>,
}

#[derive(Deserialize)]
pub(crate) struct RowCost {
    #[serde(default)]
    pub(crate) total: f64,
}

/// A session key as the gateway writes it: lower case, and under an agent.
pub(crate) fn canonical(session_key: &str) -> String {
    let key = session_key.to_lowercase();
    match key.as_str() {
        "main" | "global" => "agent:main:main".to_owned(),
        _ if key.starts_with("agent:") => key,
        _ => format!("agent:main:{key}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_keys_compare_as_the_gateway_spells_them() {
        assert_eq!(canonical("Bridge User:42"), "agent:main:bridge user:42");
        assert_eq!(canonical("agent:main:UPPER"), "agent:main:upper");
        assert_eq!(canonical("global"), "agent:main:main");
    }

    #[test]
    fn text_is_read_from_blocks_plain_content_and_the_short_form() {
        for message in [
            r#"{"content":[{"type":"text","text":"a"},{"type":"toolCall"},{"type":"text","text":"b"}]}"#,
            r#"{"content":"ab"}"#,
            r#"{"text":"ab"}"#,
        ] {
            let json = format!(r#"{{"runId":"r","state":"final","message":{message}}}"#);
            let event: ChatEvent = serde_json::from_str(&json).expect("a chat event");
            assert_eq!(event.text().as_deref(), Some("ab"));
        }
    }
}
