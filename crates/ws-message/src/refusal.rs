//! Why a frame is not taken, as the `error` frame that says so.

use domain::InvalidId;
use platform::Unavailable;
use protocol::{ErrorCode, ServerFrame};
use serde::Deserialize;
use tracing::warn;

#[derive(Debug)]
pub(crate) struct Refusal {
    code: ErrorCode,
    reason: String,
    message_id: Option<String>,
    conversation_id: Option<String>,
    retryable: bool,
}

impl Refusal {
    pub(crate) fn new(code: ErrorCode, reason: impl Into<String>) -> Self {
        Self {
            code,
            reason: reason.into(),
            message_id: None,
            conversation_id: None,
            retryable: false,
        }
    }

    pub(crate) fn unavailable(reason: &str) -> Self {
        Self { retryable: true, ..Self::new(ErrorCode::Unavailable, reason) }
    }

    /// Names the message that is refused, as the client wrote it. A name too long to be one of
    /// ours is left out, so that the answer fits a frame.
    pub(crate) fn about(mut self, ids: Option<(String, String)>) -> Self {
        if let Some((message, conversation)) = ids {
            let named = |id: String| (!id.is_empty() && id.len() <= 256).then_some(id);
            self.message_id = named(message);
            self.conversation_id = named(conversation);
        }
        self
    }

    /// JSON we do not know: says whether it is no JSON, no known action, or lacks a field, and
    /// repeats the ids if they can be read.
    pub(crate) fn of_unreadable(body: &str, error: &serde_json::Error) -> Self {
        #[derive(Deserialize, Default)]
        #[serde(rename_all = "camelCase", default)]
        struct Hints {
            action: Option<String>,
            message_id: Option<String>,
            conversation_id: Option<String>,
        }
        let Ok(hints) = serde_json::from_str::<Hints>(body) else {
            return Self::new(
                ErrorCode::BadRequest,
                format!("The frame is not understood: {error}."),
            );
        };
        let ids = (hints.message_id.unwrap_or_default(), hints.conversation_id.unwrap_or_default());
        const KNOWN: [&str; 5] = ["sendMessage", "cancel", "resume", "getStatus", "ping"];
        let refusal = match hints.action.as_deref() {
            Some(action) if !KNOWN.contains(&action) => {
                let shown: String = action.chars().take(40).collect();
                Self::new(
                    ErrorCode::UnknownAction,
                    format!("There is no action `{shown}`; there are {}.", KNOWN.join(", ")),
                )
            }
            _ => Self::new(ErrorCode::BadRequest, format!("The frame is not understood: {error}.")),
        };
        refusal.about(Some(ids))
    }

    pub(crate) fn into_frame(self) -> ServerFrame {
        ServerFrame::Error {
            code: self.code,
            message: self.reason,
            message_id: self.message_id,
            conversation_id: self.conversation_id,
            retryable: self.retryable,
        }
    }
}

impl From<InvalidId> for Refusal {
    fn from(error: InvalidId) -> Self {
        Self::new(ErrorCode::BadRequest, format!("{error}."))
    }
}

impl From<Unavailable> for Refusal {
    fn from(error: Unavailable) -> Self {
        warn!(error = &error as &dyn std::error::Error, "could not answer a frame");
        Self::unavailable(
            "That did not work just now. Try again in a moment; what you sent is not lost.",
        )
    }
}
