//! What a handler takes out of a request. A failure is a [`Problem`], never axum's own text.

use std::error::Error;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use domain::UserId;
use domain::limits::REST_BODY_MAX_BYTES;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use protocol::ErrorCode;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// Who asks. The gate has put it there.
pub(crate) struct Caller(pub(crate) UserId);

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get().cloned().map(Self).ok_or_else(Problem::unauthorized)
    }
}

/// A JSON body of at most [`REST_BODY_MAX_BYTES`].
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                ErrorCode::UnsupportedMediaType,
                "The body must be sent as application/json.",
            ));
        }
        // The event held it whole, so the limit saves no memory here; it says what is meant.
        let body = axum::body::to_bytes(request.into_body(), usize::MAX).await;
        let body = body.map_err(|error| Problem::bad_request(format!("No body: {error}.")))?;
        if body.len() > REST_BODY_MAX_BYTES {
            return Err(Problem::too_large(format!(
                "The body has {} bytes; at most {REST_BODY_MAX_BYTES} are taken.",
                body.len()
            )));
        }
        serde_json::from_slice(&body)
            .map(Self)
            .map_err(|error| Problem::bad_request(format!("The body is not understood: {error}.")))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// The path's parameters, by name.
pub(crate) struct Path<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let taken = axum::extract::Path::from_request_parts(parts, state).await?;
        Ok(Self(taken.0))
    }
}

impl From<PathRejection> for Problem {
    fn from(error: PathRejection) -> Self {
        use axum::extract::path::ErrorKind::{DeserializeError, Message};
        match error {
            PathRejection::FailedToDeserializePathParams(error) => match error.kind() {
                DeserializeError { message, .. } | Message(message) => {
                    Self::bad_request(format!("{message}."))
                }
                kind => Self::bad_request(format!("{kind}.")),
            },
            error => Self::bad_request(format!("The path is not understood: {error}.")),
        }
    }
}

/// The query's parameters. One we do not know is refused: it was meant to do something.
pub(crate) struct Query<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let taken = axum::extract::Query::from_request_parts(parts, state).await?;
        Ok(Self(taken.0))
    }
}

impl From<QueryRejection> for Problem {
    fn from(error: QueryRejection) -> Self {
        let why = error.source().map_or_else(|| error.to_string(), ToString::to_string);
        Self::bad_request(format!("The query is not understood: {why}."))
    }
}

/// Rows on one page, when the query does not say.
const DEFAULT_PAGE: usize = 50;

/// `?limit=`, from 1 to `most`.
pub(crate) fn page_size(limit: Option<usize>, most: usize) -> Result<usize, Problem> {
    match limit {
        None => Ok(DEFAULT_PAGE.min(most)),
        Some(limit) if (1..=most).contains(&limit) => Ok(limit),
        Some(_) => Err(Problem::bad_request(format!("limit must be 1 to {most}."))),
    }
}
