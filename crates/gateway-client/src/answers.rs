//! What the gateway says of a run when it is asked: to `chat.send` and to `agent.wait`. Pure.

use serde_json::Value;

use crate::{RunError, classify};

#[derive(Debug, PartialEq)]
pub(crate) enum Ack {
    /// `started`, or `in_flight` for a key it is working on.
    Running,
    /// It ran before and is over.
    Ended,
    Failed(RunError),
    /// `/stop` is answered like an abort, and no event follows.
    Stopped,
}

impl Ack {
    pub(crate) fn read(payload: &str) -> Self {
        let ack: Value = serde_json::from_str(payload).unwrap_or_default();
        match ack["status"].as_str() {
            Some("ok") => Self::Ended,
            Some("error") => Self::Failed(error(&ack)),
            None if ack["aborted"].is_boolean() => Self::Stopped,
            _ => Self::Running,
        }
    }
}

#[derive(Debug, PartialEq)]
pub(crate) enum Waited {
    /// `last` is the reply from the last tool call on.
    Answered {
        last: String,
        truncated: bool,
    },
    Failed(RunError),
    /// Still running, unknown, or over without a text of its own.
    NoAnswer,
}

impl Waited {
    pub(crate) fn read(payload: &str) -> Self {
        let waited: Value = serde_json::from_str(payload).unwrap_or_default();
        let text = waited["terminalReply"]["text"].as_str();
        match (waited["status"].as_str(), text) {
            (Some("ok"), Some(last)) => {
                let truncated = waited["stopReason"] == "length";
                Self::Answered { last: last.to_owned(), truncated }
            }
            (Some("error"), _) => Self::Failed(error(&waited)),
            _ => Self::NoAnswer,
        }
    }
}

fn error(answer: &Value) -> RunError {
    let error = &answer["error"];
    let message = error.as_str().or_else(|| error["message"].as_str());
    classify::message_error(message.or_else(|| answer["summary"].as_str()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RunErrorKind;

    #[test]
    fn every_answer_to_a_send_is_known() {
        assert_eq!(Ack::read(r#"{"runId":"r","status":"started"}"#), Ack::Running);
        assert_eq!(Ack::read(r#"{"runId":"r","status":"in_flight"}"#), Ack::Running);
        assert_eq!(Ack::read(r#"{"runId":"r","status":"ok"}"#), Ack::Ended);
        assert_eq!(Ack::read(r#"{"ok":true,"aborted":true,"runIds":[]}"#), Ack::Stopped);
        let failed = Ack::read(r#"{"status":"error","summary":"LLM request timed out."}"#);
        assert!(matches!(failed, Ack::Failed(error) if error.kind == RunErrorKind::Timeout));
    }

    #[test]
    fn only_a_text_answers_a_wait() {
        let answered = r#"{"status":"ok","terminalReply":{"disposition":"visible","text":"yes"}}"#;
        let expected = Waited::Answered { last: "yes".into(), truncated: false };
        assert_eq!(Waited::read(answered), expected);
        assert_eq!(Waited::read(r#"{"status":"ok"}"#), Waited::NoAnswer);
        assert_eq!(Waited::read(r#"{"status":"timeout"}"#), Waited::NoAnswer);
        let failed = Waited::read(r#"{"status":"error","error":"HTTP 401 unauthorized"}"#);
        assert!(matches!(failed, Waited::Failed(error) if error.kind == RunErrorKind::Auth));
    }
}
