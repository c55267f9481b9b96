//! The routes, one file an area. To add one:
//!
//! 1. Types: `protocol/src/rest/<area>.rs`, deriving `Serialize, Deserialize, ToSchema`, with
//!    `#[serde(rename_all = "camelCase")]`; bodies of requests `deny_unknown_fields` as well.
//!    An `Option` of an answer is left out when `None`: `skip_serializing_if` and
//!    `#[schema(nullable = false)]`. Ids and names say their form: `protocol::schemas`.
//! 2. Handlers: `routes/<area>.rs` with `pub(crate) fn router() -> OpenApiRouter<Shared>`, merged
//!    in [`open`]. Take `State<Shared>` (the ports), `Caller` (the user), and of [`crate::extract`]
//!    `Path`, `Query` and, last, `Body`; give `Answer<T>` (200) or `Accepted<T>` (202). A
//!    function's name is its operation's id, and unique: `list_snapshots`, not `list`. Write
//!    `utoipa::IntoParams` out: imported, the macro trips `unused_qualifications`.
//! 3. `#[utoipa::path(…)]` names the 2xx answers, and `NotFound` and `Conflict` where they may
//!    come. 400, 401, 413, 415, 429 and 503 are added to every route that can give them.
//! 4. Failures: `impl From<YourError> for Problem` in the same file. A new `ErrorCode` goes to
//!    `protocol::browser`. Another user's thing is `Problem::not_found`, like one that is not.
//! 5. What is dear gets a stricter rate: one line in `rate::Kind::of`.
//! 6. Tests: `tests/it/<area>.rs`. `tests/it/idor.rs` fails until it has a row for the route;
//!    `make generate` writes `docs/openapi.json` and the page's types.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::{Json, Router, middleware};
use protocol::ErrorCode;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::problem::Problem;
use crate::{Ports, gate, openapi};

mod agent;
mod conversations;
mod link;
mod me;
mod messages;
mod schedules;
mod search;
mod settings;
mod skills;
mod snapshots;
mod status;
mod uploads;
mod usage;
mod workspace;

/// What handlers share: the ports.
pub(crate) type Shared = Arc<Ports>;

/// 200 and a body.
pub(crate) type Answer<T> = Result<Json<T>, Problem>;

/// 202 and a body.
pub(crate) type Accepted<T> = Result<(StatusCode, Json<T>), Problem>;

pub(crate) fn accepted<T>(body: T) -> Accepted<T> {
    Ok((StatusCode::ACCEPTED, Json(body)))
}

fn open() -> OpenApiRouter<Shared> {
    OpenApiRouter::with_openapi(openapi::Document::openapi())
        .routes(routes!(openapi_document))
        .merge(status::router())
        .merge(agent::router())
        .merge(search::router())
        .merge(conversations::router())
        .merge(messages::router())
        .merge(uploads::router())
        .merge(snapshots::router())
        .merge(settings::router())
        .merge(schedules::router())
        .merge(skills::router())
        .merge(workspace::router())
        .merge(link::router())
        .merge(usage::router())
        .merge(me::router())
}

pub(crate) fn router(ports: Shared) -> Router {
    let (router, _) = open().split_for_parts();
    router
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .layer(middleware::from_fn_with_state(ports.clone(), gate::gate))
        .with_state(ports)
}

/// As it is served and kept in `docs/openapi.json`.
pub(crate) fn text() -> String {
    let mut text = document().to_pretty_json().expect("a document serializes");
    text.push('\n');
    text
}

fn document() -> utoipa::openapi::OpenApi {
    let mut document = open().into_openapi();
    openapi::complete(&mut document);
    document
}

/// This document.
///
/// The one route that needs no token.
#[utoipa::path(get, path = "/openapi.json", tag = "about", security(()),
    responses((status = 200, description = "An OpenAPI 3.1 document.", body = serde_json::Value)))]
async fn openapi_document() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], text())
}

async fn no_route(request: Request) -> Problem {
    let (method, path) = (request.method(), request.uri().path());
    Problem::not_found(format!("There is no {method} {path}."))
}

async fn no_method(request: Request) -> Problem {
    let (method, path) = (request.method(), request.uri().path());
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::MethodNotAllowed,
        format!("There is no {method} {path}; the header Allow says what there is."),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::Value;

    /// `make generate` writes it; CI fails when it differs from what is committed.
    #[test]
    fn export_document() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
        std::fs::write(path, super::text()).expect("writes the document");
    }

    #[test]
    fn every_operation_has_a_name_of_its_own_and_a_summary() {
        let document: Value = serde_json::from_str(&super::text()).expect("JSON");
        let paths = document["paths"].as_object().expect("paths").values();
        let operations = paths.flat_map(|item| item.as_object().expect("operations").values());
        let mut names = HashSet::new();
        for operation in operations {
            let name = operation["operationId"].as_str().expect("a name");
            assert!(names.insert(name.to_owned()), "{name} is there twice");
            assert!(operation["summary"].is_string(), "{name} does not say what it is for");
        }
        assert!(names.len() > 10, "{names:?}");
    }
}
