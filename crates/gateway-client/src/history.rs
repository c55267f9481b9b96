//! `chat.history`: the stored rows of a session and what runs in it.

use serde::Deserialize;

use crate::Usage;
use crate::frames::{Content, RowMeta, RowUsage};

#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// Oldest first.
    pub rows: Vec<HistoryRow>,
    pub in_flight: Option<InFlightRun>,
    /// A run is active, or one that was interrupted is about to be resumed.
    pub has_active_run: bool,
    pub pending_inputs: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct HistoryRow {
    pub role: Role,
    pub text: String,
    pub run_id: Option<String>,
    /// `<our key>:user` on the row of a message we sent.
    pub idempotency_key: Option<String>,
    pub stop_reason: Option<String>,
    pub aborted: bool,
    /// Written by the gateway itself, such as the note that it resumes a turn.
    pub internal: bool,
    pub usage: Option<Usage>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    User,
    Assistant,
    Other,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InFlightRun {
    pub run_id: String,
    #[serde(default)]
    pub text: String,
}

impl History {
    pub(crate) fn parse(payload: &str) -> Result<Self, serde_json::Error> {
        let wire: Wire = serde_json::from_str(payload)?;
        Ok(Self {
            rows: wire.messages.into_iter().map(HistoryRow::from).collect(),
            in_flight: wire.in_flight_run,
            has_active_run: wire.session_info.unwrap_or_default().has_active_run,
            pending_inputs: wire.pending_inputs.unwrap_or_default().total,
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(default)]
    messages: Vec<WireRow>,
    in_flight_run: Option<InFlightRun>,
    session_info: Option<SessionInfo>,
    pending_inputs: Option<PendingInputs>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct SessionInfo {
    has_active_run: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct PendingInputs {
    total: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireRow {
    #[serde(default)]
    role: String,
    content: Option<Content>,
    idempotency_key: Option<String>,
    stop_reason: Option<String>,
    usage: Option<RowUsage>,
    provenance: Option<Provenance>,
    openclaw_abort: Option<Abort>,
    #[serde(rename = "__openclaw", default)]
    meta: RowMeta,
}

#[derive(Deserialize)]
struct Provenance {
    #[serde(default)]
    kind: String,
}

#[derive(Deserialize)]
struct Abort {
    #[serde(default)]
    aborted: bool,
}

impl From<WireRow> for HistoryRow {
    fn from(row: WireRow) -> Self {
        let mut usage = Usage::default();
        row.usage.iter().for_each(|row| usage.add(row));
        Self {
            role: match row.role.as_str() {
                "user" => Role::User,
                "assistant" => Role::Assistant,
                _ => Role::Other,
            },
            text: row.content.map(Content::text).unwrap_or_default(),
            run_id: row.meta.run_id,
            idempotency_key: row.idempotency_key,
            stop_reason: row.stop_reason,
            aborted: row.openclaw_abort.is_some_and(|abort| abort.aborted),
            internal: row.provenance.is_some_and(|p| p.kind == "internal_system"),
            usage: row.usage.map(|_| usage),
        }
    }
}
