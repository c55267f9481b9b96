//! What goes wrong, as `application/problem+json` (RFC 9457).

use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use domain::limits::API_RETRY_AFTER;
use domain::time::seconds_up;
use domain::{InvalidId, UnknownTimeZone};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use platform::Unavailable;
use protocol::{ErrorCode, Restore};
use tracing::warn;
use utoipa::IntoResponses;

pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// Boxed: a handler's `Result` carries it in every case.
#[derive(Debug)]
pub(crate) struct Problem(Box<Told>);

#[derive(Debug)]
struct Told {
    status: StatusCode,
    problem: protocol::Problem,
    retry_after: Option<Duration>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: ErrorCode, detail: impl Into<String>) -> Self {
        let problem = protocol::Problem {
            kind: format!("urn:openclaw:problem:{}", name(code)),
            title: status.canonical_reason().unwrap_or("Problem").into(),
            status: status.as_u16(),
            detail: detail.into(),
            code,
            restore: None,
        };
        Self(Box::new(Told { status, problem, retry_after: None }))
    }

    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, ErrorCode::BadRequest, detail)
    }

    pub(crate) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, ErrorCode::Unauthorized, "Sign in again.")
    }

    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, ErrorCode::NotFound, detail)
    }

    pub(crate) fn conflict(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    pub(crate) fn too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::TooLarge, detail)
    }

    pub(crate) fn too_many(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, code, detail)
    }

    /// Until all of the user is gone.
    pub(crate) fn deleting() -> Self {
        let detail = "Everything of yours is being deleted. You may begin anew in a few minutes.";
        Self::new(StatusCode::GONE, ErrorCode::Deleting, detail)
    }

    pub(crate) fn unavailable(detail: impl Into<String>) -> Self {
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, ErrorCode::Unavailable, detail);
        problem.after(API_RETRY_AFTER)
    }

    pub(crate) fn after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    pub(crate) fn about(mut self, open: Box<Restore>) -> Self {
        self.0.problem.restore = Some(open);
        self
    }
}

fn name(code: ErrorCode) -> String {
    let name = serde_json::to_value(code).expect("a code serializes");
    name.as_str().expect("a code is a name").to_owned()
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.0.status, Json(self.0.problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some(wait) = self.0.retry_after {
            headers.insert(RETRY_AFTER, seconds_up(wait).into());
        }
        response
    }
}

impl From<InvalidId> for Problem {
    fn from(error: InvalidId) -> Self {
        Self::bad_request(format!("{error}."))
    }
}

impl From<UnknownTimeZone> for Problem {
    fn from(error: UnknownTimeZone) -> Self {
        Self::bad_request(format!("{error}."))
    }
}

impl From<Unavailable> for Problem {
    fn from(error: Unavailable) -> Self {
        warn!(error = &error as &dyn std::error::Error, "could not answer a request");
        Self::unavailable("That did not work just now. Try again in a moment.")
    }
}

/// For `responses(…)` of a route on something with an id.
#[derive(IntoResponses)]
#[response(
    status = 404,
    description = "There is no such thing of yours.",
    content_type = "application/problem+json"
)]
#[expect(dead_code, reason = "stands for an answer in the OpenAPI document")]
pub(crate) struct NotFound(protocol::Problem);

/// For `responses(…)` of a route that can come at a bad moment.
#[derive(IntoResponses)]
#[response(
    status = 409,
    description = "Not now; `code` says why.",
    content_type = "application/problem+json"
)]
#[expect(dead_code, reason = "stands for an answer in the OpenAPI document")]
pub(crate) struct Conflict(protocol::Problem);
