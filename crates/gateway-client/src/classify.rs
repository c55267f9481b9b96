//! What kind of failure an `error` event is. `errorKind` is mostly missing, so three sources are
//! asked in turn: the provider's own reason, the kind, and the words of the message.

use crate::error::RpcError;
use crate::frames::ChatEvent;
use crate::{RunError, RunErrorKind};

pub(crate) fn chat_error(event: &ChatEvent<'_>) -> RunError {
    let reason = event.error_detail.as_ref().and_then(|d| d.failover_reason.as_deref());
    let message = event.error_message.clone().unwrap_or_default();
    let kind = reason
        .and_then(by_word)
        .or_else(|| event.error_kind.as_deref().and_then(by_word))
        .unwrap_or_else(|| by_message(&message));
    RunError::new(kind, message)
}

pub(crate) fn message_error(message: impl Into<String>) -> RunError {
    let message = message.into();
    RunError::new(by_message(&message), message)
}

/// A refused `chat.send`. Retryable refusals never get here.
pub(crate) fn refused(error: &RpcError) -> RunError {
    let kind = match error.code.as_str() {
        "INVALID_REQUEST" => RunErrorKind::Format,
        "FORBIDDEN" | "NOT_PAIRED" => RunErrorKind::Auth,
        _ => RunErrorKind::Unknown,
    };
    RunError::new(kind, error.to_string())
}

fn by_word(word: &str) -> Option<RunErrorKind> {
    Some(match word {
        "rate_limit" => RunErrorKind::RateLimit,
        "auth" | "auth_permanent" => RunErrorKind::Auth,
        "billing" => RunErrorKind::Billing,
        "timeout" => RunErrorKind::Timeout,
        "server_error" | "overloaded" => RunErrorKind::ServerError,
        "format" | "model_not_found" => RunErrorKind::Format,
        "context_length" | "context_overflow" => RunErrorKind::ContextLength,
        "refusal" => RunErrorKind::Refusal,
        _ => return None,
    })
}

/// The first kind one of whose phrases the message holds.
fn by_message(message: &str) -> RunErrorKind {
    let message = message.to_lowercase();
    PHRASES
        .iter()
        .find(|(_, phrases)| phrases.iter().any(|phrase| message.contains(phrase)))
        .map_or(RunErrorKind::Unknown, |(kind, _)| *kind)
}

const PHRASES: &[(RunErrorKind, &[&str])] = &[
    (RunErrorKind::Billing, &["billing", "out of credits", "insufficient balance"]),
    (RunErrorKind::RateLimit, &["rate limit", "rate-limit", "too many requests", "429"]),
    // A key that failed is switched off for a while; then no other detail comes along.
    (
        RunErrorKind::Auth,
        &["authentication failed", "unauthorized", "api key", "http 401", "http 403"],
    ),
    (
        RunErrorKind::ContextLength,
        &["context length", "context window", "prompt is too long", "maximum context"],
    ),
    (RunErrorKind::Timeout, &["timed out", "timeout"]),
    (
        RunErrorKind::ServerError,
        &["internal error", "overloaded", "temporarily unavailable", "http 5"],
    ),
    (RunErrorKind::Format, &["rejected the request"]),
    (RunErrorKind::Refusal, &["refused to answer", "content policy"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(json: &str) -> RunErrorKind {
        chat_error(&serde_json::from_str(json).expect("a chat event")).kind
    }

    #[test]
    fn the_providers_reason_comes_before_the_kind_and_the_words() {
        let json = r#"{"runId":"r","state":"error","errorMessage":"LLM request timed out.",
            "errorKind":"unknown","errorDetail":{"failoverReason":"server_error"}}"#;
        assert_eq!(kind(json), RunErrorKind::ServerError);
        let json = r#"{"runId":"r","state":"error","errorMessage":"x","errorKind":"refusal"}"#;
        assert_eq!(kind(json), RunErrorKind::Refusal);
    }

    #[test]
    fn an_unknown_kind_is_decided_by_the_words() {
        let json = r#"{"runId":"r","state":"error","errorKind":"unknown",
            "errorMessage":"Inline API key for provider \"x\" is temporarily disabled"}"#;
        assert_eq!(kind(json), RunErrorKind::Auth);
        assert_eq!(kind(r#"{"runId":"r","state":"error"}"#), RunErrorKind::Unknown);
    }

    #[test]
    fn only_failures_that_may_pass_are_retryable() {
        assert!(message_error("The model request was rate-limited.").retryable);
        assert!(message_error("LLM request timed out.").retryable);
        assert!(message_error("nobody knows").retryable);
        assert!(!message_error("API provider returned a billing error").retryable);
        assert!(!message_error("provider rejected the request schema").retryable);
    }
}
