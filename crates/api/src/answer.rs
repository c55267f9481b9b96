//! HTTP answers: JSON, `{code, message}` on failure.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::encodings::Body;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use domain::InvalidId;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use platform::Unavailable;
use protocol::{ApiError, ErrorCode, Restore};
use serde::Serialize;
use tracing::warn;

pub(crate) struct Answer {
    status: i64,
    body: String,
}

impl Answer {
    pub(crate) fn ok(body: &impl Serialize) -> Result<Self, Failure> {
        Ok(Self { status: 200, body: json(body) })
    }

    pub(crate) fn accepted(body: &impl Serialize) -> Result<Self, Failure> {
        Ok(Self { status: 202, body: json(body) })
    }

    pub(crate) fn into_response(self) -> ApiGatewayV2httpResponse {
        let mut response = ApiGatewayV2httpResponse::default();
        response.status_code = self.status;
        response.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response.body = Some(Body::Text(self.body));
        response
    }
}

fn json(body: &impl Serialize) -> String {
    serde_json::to_string(body).expect("a body serializes")
}

#[derive(Debug)]
pub(crate) struct Failure {
    status: i64,
    error: ApiError,
}

impl Failure {
    pub(crate) fn new(status: i64, code: ErrorCode, message: impl Into<String>) -> Self {
        Self { status, error: ApiError { code, message: message.into(), restore: None } }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, ErrorCode::BadRequest, message)
    }

    pub(crate) fn unauthorized() -> Self {
        Self::new(401, ErrorCode::Unauthorized, "Sign in again.")
    }

    pub(crate) fn restore_under_way(message: impl Into<String>, open: Box<Restore>) -> Self {
        let failure = Self::new(409, ErrorCode::RestoreUnderWay, message);
        Self { error: ApiError { restore: Some(open), ..failure.error }, ..failure }
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, ErrorCode::NotFound, message)
    }

    pub(crate) fn too_large(message: impl Into<String>) -> Self {
        Self::new(413, ErrorCode::TooLarge, message)
    }

    pub(crate) fn into_response(self) -> ApiGatewayV2httpResponse {
        Answer { status: self.status, body: json(&self.error) }.into_response()
    }
}

impl From<InvalidId> for Failure {
    fn from(error: InvalidId) -> Self {
        Self::bad_request(format!("{error}."))
    }
}

impl From<Unavailable> for Failure {
    fn from(error: Unavailable) -> Self {
        warn!(error = &error as &dyn std::error::Error, "could not answer a request");
        Self::new(503, ErrorCode::Unavailable, "That did not work just now. Try again in a moment.")
    }
}

/// HTTP APIs may hand a body over in base64.
pub(crate) fn body_of(event: &ApiGatewayV2httpRequest) -> Result<Vec<u8>, Failure> {
    let body = event.body.as_deref().unwrap_or_default();
    if !event.is_base64_encoded {
        return Ok(body.as_bytes().to_vec());
    }
    BASE64_STANDARD.decode(body).map_err(|_| Failure::bad_request("The body is not base64."))
}
