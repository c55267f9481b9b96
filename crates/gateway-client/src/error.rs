//! What can go wrong between us and the gateway, as far as callers tell it apart.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::limits;

/// A refusal that retrying cannot change.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum HandshakeError {
    #[error("the gateway refused our credentials ({code}): {message}")]
    Auth { code: String, message: String },
    #[error("the gateway does not speak protocol 4: {message}")]
    Protocol { message: String },
    #[error("the gateway refused connect ({code}): {message}")]
    Rejected { code: String, message: String },
    /// The gateway lets unknown identities in without any right.
    #[error("the gateway granted scopes {granted:?}, without `{missing}`")]
    Scopes { granted: Vec<String>, missing: String },
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum GatewayError {
    #[error("not connected to the gateway")]
    NotConnected,
    #[error("the connection was lost before `{method}` was answered")]
    ConnectionLost { method: String },
    #[error("`{method}` was not answered within {after:?}")]
    Timeout { method: String, after: Duration },
    #[error("`{method}` was refused: {error}")]
    Rejected { method: String, error: Box<RpcError> },
    #[error("`{method}` is {size} bytes long, and the gateway takes {limit}")]
    RequestTooLarge { method: String, size: usize, limit: usize },
    #[error("the answer to `{method}` is not what was expected: {reason}")]
    Malformed { method: String, reason: String },
    #[error("the run in `{session_key}` did not complete: {reason}")]
    Run { session_key: String, reason: String },
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
    #[error("the client is closed")]
    Closed,
}

impl GatewayError {
    /// When to try again, if the gateway said that trying again helps.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Rejected { error, .. } => error.retry_after(),
            _ => None,
        }
    }
}

/// The `error` of a response. Branch on `code` and `reason`, never on `message`.
#[derive(Debug, Clone, PartialEq, Deserialize, thiserror::Error)]
#[error("{code}: {message}")]
#[serde(rename_all = "camelCase")]
pub struct RpcError {
    pub code: String,
    #[serde(default)]
    pub message: String,
    #[serde(default)]
    pub retryable: bool,
    #[serde(default)]
    pub retry_after_ms: Option<u64>,
    #[serde(default)]
    pub details: Option<Value>,
}

impl RpcError {
    /// `details.code`, or `details.reason`.
    pub fn reason(&self) -> Option<&str> {
        let details = self.details.as_ref()?;
        details.get("code").or_else(|| details.get("reason"))?.as_str()
    }

    pub(crate) fn retry_after(&self) -> Option<Duration> {
        let wait = self.retry_after_ms.map_or(limits::STARTING_RETRY, Duration::from_millis);
        let (least, most) = (*limits::RETRY_AFTER.start(), *limits::RETRY_AFTER.end());
        self.retryable.then(|| wait.clamp(least, most))
    }
}
