//! One message and its reply, as a caller sees them.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::registry::{Popped, Registry, Ticket};

#[derive(Debug, Clone)]
pub struct RunRequest {
    /// Lower-cased by the gateway: two keys that differ in case are one conversation.
    pub session_key: String,
    pub message: String,
    /// Names the run. Sending it again is safe; a restarted gateway has forgotten it, though.
    pub idempotency_key: String,
    pub timeout: Duration,
    pub attachments: Vec<Attachment>,
    /// Take `/new`, `/model …` and the like as text. Off only for operators.
    pub suppress_commands: bool,
    /// An earlier gateway or task may already have run this key: look before sending.
    pub resuming: bool,
}

impl RunRequest {
    pub fn new(
        session_key: impl Into<String>,
        message: impl Into<String>,
        idempotency_key: impl Into<String>,
    ) -> Self {
        Self {
            session_key: session_key.into(),
            message: message.into(),
            idempotency_key: idempotency_key.into(),
            timeout: Duration::from_secs(600),
            attachments: Vec::new(),
            suppress_commands: true,
            resuming: false,
        }
    }
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// `image`, …
    #[serde(rename = "type")]
    pub kind: String,
    pub mime_type: String,
    pub file_name: String,
    /// Base64 or a `data:` URL.
    pub content: String,
}

/// The reply as a stream. Dropping it stops listening; it does not stop the agent.
pub struct Run {
    ticket: Ticket,
    registry: Arc<Registry>,
    ready: Arc<Notify>,
    driver: AbortHandle,
}

impl Run {
    pub(crate) fn new(
        ticket: Ticket,
        registry: Arc<Registry>,
        ready: Arc<Notify>,
        driver: AbortHandle,
    ) -> Self {
        Self { ticket, registry, ready, driver }
    }

    /// The next event; `None` after `RunEvent::End`. Cancel-safe.
    pub async fn next(&mut self) -> Option<RunEvent> {
        loop {
            match self.registry.pop(&self.ticket) {
                Popped::Event(event) => return Some(event),
                Popped::Over => return None,
                Popped::Empty => self.ready.notified().await,
            }
        }
    }

    pub fn run_id(&self) -> &str {
        &self.ticket.id
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.driver.abort();
        self.registry.remove(&self.ticket);
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum RunEvent {
    Started,
    Text {
        delta: String,
    },
    /// Throw away the text so far; this is the text now.
    Replace {
        text: String,
    },
    Tool {
        call_id: String,
        name: String,
        state: ToolState,
        summary: String,
    },
    /// The gateway tries the provider again by itself.
    Retrying {
        message: String,
        attempt: u32,
        max: u32,
    },
    /// What the run has cost so far, over all its model calls.
    Usage(Usage),
    End(RunEnd),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolState {
    Start,
    End,
    Error,
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Usage {
    pub input_tokens: u64,
    pub output_tokens: u64,
    pub cache_read_tokens: u64,
    pub cache_write_tokens: u64,
    pub cost_usd: Option<f64>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum RunEnd {
    /// `truncated`: the provider cut the answer at its length limit.
    Complete {
        text: String,
        truncated: bool,
        usage: Option<Usage>,
    },
    Aborted {
        text: String,
    },
    Failed(RunError),
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct RunError {
    pub kind: RunErrorKind,
    pub message: String,
    pub retryable: bool,
}

impl RunError {
    pub(crate) fn new(kind: RunErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), retryable: kind.is_retryable() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunErrorKind {
    RateLimit,
    Auth,
    Billing,
    Timeout,
    ServerError,
    Format,
    ContextLength,
    Refusal,
    Unknown,
    /// The gateway went away and what became of the run could not be found out.
    Lost,
}

impl RunErrorKind {
    pub fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::RateLimit | Self::Timeout | Self::ServerError | Self::Unknown | Self::Lost
        )
    }
}
