//! How the Bot API answers, and in which words it refuses.

use axum::{
    Json,
    body::Body,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde_json::{Value, json};

/// What a method gave, and for some a sentence about it.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) result: Value,
    pub(super) description: Option<&'static str>,
}

#[derive(Debug, PartialEq)]
pub(super) struct Refusal {
    code: u16,
    description: String,
    parameters: Option<Value>,
}

impl From<Value> for Answer {
    fn from(result: Value) -> Self {
        Self { result, description: None }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut answer = json!({"ok": true, "result": self.result});
        if let Some(description) = self.description {
            answer["description"] = json!(description);
        }
        Json(answer).into_response()
    }
}

impl Refusal {
    fn new(code: u16, description: impl Into<String>) -> Self {
        Self { code, description: description.into(), parameters: None }
    }

    pub(super) fn bad_request(why: impl AsRef<str>) -> Self {
        Self::new(400, format!("Bad Request: {}", why.as_ref()))
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(401, "Unauthorized")
    }

    pub(super) fn forbidden(why: &str) -> Self {
        Self::new(403, format!("Forbidden: {why}"))
    }

    pub(super) fn not_found() -> Self {
        Self::new(404, "Not Found")
    }

    pub(super) fn no_such_method() -> Self {
        Self::new(404, "Not Found: method not found")
    }

    pub(super) fn conflict(why: &str) -> Self {
        Self::new(409, format!("Conflict: {why}"))
    }

    pub(super) fn too_many(seconds: u64) -> Self {
        let parameters = Some(json!({"retry_after": seconds}));
        let refusal = Self::new(429, format!("Too Many Requests: retry after {seconds}"));
        Self { parameters, ..refusal }
    }

    pub(super) fn moved(to: i64) -> Self {
        let parameters = Some(json!({"migrate_to_chat_id": to}));
        let refusal = Self::bad_request("group chat was upgraded to a supergroup chat");
        Self { parameters, ..refusal }
    }

    pub(super) fn broken() -> Self {
        Self::new(500, "Internal Server Error")
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut answer =
            json!({"ok": false, "error_code": self.code, "description": self.description});
        if let Some(parameters) = self.parameters {
            answer["parameters"] = parameters;
        }
        let status = StatusCode::from_u16(self.code).expect("a code of ours");
        (status, Json(answer)).into_response()
    }
}

/// An answer that ends before it has begun: its caller cannot know what was done.
pub(super) fn cut_off() -> Response {
    let nothing = futures_util::stream::once(async {
        Err::<Bytes, _>(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
    });
    Body::from_stream(nothing).into_response()
}
