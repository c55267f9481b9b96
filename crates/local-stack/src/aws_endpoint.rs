//! The one port that all AWS SDK clients use as their endpoint. A call is
//! recognised, counted, delayed or failed as the drill in progress says, and
//! only then handed to the service's stand-in.

use std::time::Duration;

use axum::{
    Json, Router,
    body::Body,
    extract::{Path, Request, State},
    http::{HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use serde_json::{Value, json};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use crate::{
    aws::Services,
    aws_error::{AwsError, AwsResult},
    connections::Connections,
    loopback, s3, scheduler,
};

/// Above DynamoDB's 16 MB for a batch, with room for its encoding.
const LARGEST_JSON: usize = 32 * 1024 * 1024;

const TARGETS: [(&str, &str); 4] = [
    ("DynamoDB_20120810.", "dynamodb"),
    ("AmazonEC2ContainerServiceV20141113.", "ecs"),
    ("AmazonSSM.", "ssm"),
    ("AWSCognitoIdentityProviderService.", "cognito"),
];

/// Which service a request is for, and the operation's name there.
enum Call {
    DynamoDb(String),
    Ecs(String),
    Ssm(String),
    Cognito(String),
    Scheduler(scheduler::Request),
    Connection { id: String, operation: &'static str },
    S3(&'static str),
}

pub(crate) fn router(services: Services) -> Router {
    Router::new()
        .route("/ecs-metadata/{id}/task", get(task_metadata))
        .fallback(handle)
        .layer(cors())
        .with_state(services)
}

/// The bucket's CORS rule, as docs/workspace.md has it: a page may send a file and learn what
/// became of it, and fetch one that it has an address for.
fn cors() -> CorsLayer {
    let origins = AllowOrigin::predicate(|origin: &HeaderValue, _| {
        origin.to_str().is_ok_and(loopback::is_loopback_origin)
    });
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(AllowHeaders::any())
        .max_age(Duration::from_secs(3600))
}

async fn handle(State(services): State<Services>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let call = Call::of(&parts);
    // SDKs send no Origin; a page that found this port does. It may do what was signed for it.
    if parts.headers.contains_key(header::ORIGIN) && !call.is_for_pages(&parts) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let operation = call.operation();
    services.counters.count(&operation);
    let latency = services.faults.latency(&operation);
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    if let Some(failure) = services.faults.failure(&operation) {
        return match call {
            Call::S3(_) => failure.xml(),
            _ => failure.into_response(),
        };
    }
    dispatch(&services, call, parts, body).await
}

async fn dispatch(services: &Services, call: Call, parts: Parts, body: Body) -> Response {
    if let Call::S3(_) = call {
        return through_s3(services, Request::from_parts(parts, body)).await;
    }
    let Ok(body) = axum::body::to_bytes(body, LARGEST_JSON).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    match call {
        Call::DynamoDb(_) => {
            let request = Request::from_parts(parts, body);
            services.dynamodb.forward(request).await.unwrap_or_else(AwsError::into_response)
        }
        Call::Ecs(name) => json_answer(&body, |input| services.ecs.call(&name, input)),
        Call::Ssm(name) => json_answer(&body, |input| services.ssm.call(&name, input)),
        Call::Cognito(name) => json_answer(&body, |input| services.cognito.call(&name, input)),
        Call::Scheduler(request) => {
            json_answer(&body, |input| services.scheduler.call(&request, input))
        }
        Call::Connection { id, .. } => services.connections.call(&parts.method, &id, body),
        Call::S3(_) => unreachable!("answered above"),
    }
}

impl Call {
    fn of(parts: &Parts) -> Self {
        let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
        for (prefix, service) in TARGETS {
            if let Some(name) = target.and_then(|target| target.strip_prefix(prefix)) {
                return match service {
                    "dynamodb" => Self::DynamoDb(name.to_owned()),
                    "ecs" => Self::Ecs(name.to_owned()),
                    "cognito" => Self::Cognito(name.to_owned()),
                    _ => Self::Ssm(name.to_owned()),
                };
            }
        }
        let signed = parts.headers.get(header::AUTHORIZATION).and_then(|it| it.to_str().ok());
        if signed.is_some_and(scheduler::is_signed_for_it) {
            let (path, query) = (parts.uri.path(), parts.uri.query());
            return Self::Scheduler(scheduler::Request::of(&parts.method, path, query));
        }
        match connection_id(parts.uri.path()) {
            Some(id) => Self::Connection { id, operation: Connections::operation(&parts.method) },
            None => Self::S3(s3::operation(parts)),
        }
    }

    /// A form is checked by the store, and so is a signature.
    fn is_for_pages(&self, parts: &Parts) -> bool {
        match self {
            Self::S3(s3::POST_OBJECT) => true,
            Self::S3(s3::GET_OBJECT) => s3::is_signed_address(parts),
            _ => false,
        }
    }

    fn operation(&self) -> String {
        match self {
            Self::DynamoDb(name) => format!("dynamodb:{name}"),
            Self::Ecs(name) => format!("ecs:{name}"),
            Self::Ssm(name) => format!("ssm:{name}"),
            Self::Cognito(name) => format!("cognito-idp:{name}"),
            Self::Scheduler(request) => format!("scheduler:{}", request.operation),
            Self::Connection { operation, .. } => format!("execute-api:{operation}"),
            Self::S3(name) => format!("s3:{name}"),
        }
    }
}

/// `/@connections/{id}`, with the stage before it or not.
fn connection_id(path: &str) -> Option<String> {
    let (stage, id) =
        path.split_once("/@connections/").or_else(|| path.split_once("/%40connections/"))?;
    let is_stage = stage.is_empty() || stage.rfind('/') == Some(0);
    (is_stage && !id.is_empty()).then(|| percent_decoded(id))
}

/// Connection ids end in `=`, which SDKs encode.
fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match escape.and_then(|hex| data_encoding::HEXUPPER_PERMISSIVE.decode(hex).ok()) {
            Some(byte) => {
                decoded.extend(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn json_answer(body: &Bytes, call: impl FnOnce(&Value) -> AwsResult) -> Response {
    let input = if body.is_empty() { b"{}" } else { &body[..] };
    let Ok(input) = serde_json::from_slice(input) else {
        return AwsError::bad_request("SerializationException", "not JSON").into_response();
    };
    match call(&input) {
        Ok(answer) => ([(header::CONTENT_TYPE, "application/x-amz-json-1.1")], answer.to_string())
            .into_response(),
        Err(error) => error.into_response(),
    }
}

async fn through_s3(services: &Services, request: Request) -> Response {
    let head = request.method() == Method::HEAD;
    let request = request.map(s3s::Body::http_body_unsync);
    match services.s3.call(request).await {
        Ok(response) => response.map(Body::new),
        Err(error) => {
            let error: Box<dyn std::error::Error + Send + Sync> = error.into();
            tracing::error!(%error, head, "the S3 stand-in failed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The task metadata endpoint, version 4, as far as a task knows itself.
async fn task_metadata(State(services): State<Services>, Path(id): Path<String>) -> Response {
    let Some(task) = services.ecs.tasks().into_iter().find(|task| task.id == id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    Json(json!({
        "Cluster": task.cluster,
        "TaskARN": task.arn,
        "Family": task.definition.rsplit('/').next().and_then(|it| it.split(':').next()),
        "Revision": task.definition.rsplit(':').next(),
        "DesiredStatus": task.desired,
        "KnownStatus": task.status,
        "LaunchType": "FARGATE",
        "Containers": [{"Name": task.container, "KnownStatus": task.status}],
    }))
    .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_found_with_and_without_a_stage() {
        assert_eq!(connection_id("/@connections/abc%3D").as_deref(), Some("abc="));
        assert_eq!(connection_id("/prod/%40connections/a%2Fb=").as_deref(), Some("a/b="));
        assert_eq!(connection_id("/bucket/some/@connections/x"), None);
        assert_eq!(connection_id("/@connections/"), None);
    }
}
