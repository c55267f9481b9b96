//! The OpenAPI document: what the routes say of themselves, and what is true of all of them.

use http::StatusCode;
use protocol::Problem;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    Content, ContentBuilder, HeaderBuilder, ObjectBuilder, Ref, Response, ResponseBuilder, Type,
};
use utoipa::{Modify, OpenApi};

use crate::gate;
use crate::problem::PROBLEM_JSON;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Serverless OpenClaw",
        description = "What the page asks for, and anybody else who may. See docs/api.md."
    ),
    components(schemas(Problem)),
    security(("bearer" = [])),
    modifiers(&Bearer)
)]
pub(crate) struct Document;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some("An access token of the issuer that /config.json names."));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(scheme.build()));
    }
}

/// Adds the answers that any route may give.
pub(crate) fn complete(document: &mut utoipa::openapi::OpenApi) {
    for (path, item) in &mut document.paths.paths {
        let is_me = path == gate::ME;
        for (changes, operation) in operations(item).filter(|_| path != gate::OPENAPI) {
            add_answers(operation, changes && !is_me);
        }
    }
}

/// With whether they change something.
/// API Gateway looks at the token first, and answers in its own words.
fn gateways_own() -> Content {
    let message = ObjectBuilder::new().schema_type(Type::String);
    let body = ObjectBuilder::new().property("message", message).required("message");
    ContentBuilder::new().schema(Some(body)).build()
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (bool, &mut Operation)> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    let reading = get.iter_mut().map(|operation| (false, operation));
    let changing = [put, post, delete, patch].into_iter().flatten();
    reading.chain(changing.map(|operation| (true, operation)))
}

fn add_answers(operation: &mut Operation, changes: bool) {
    let (body, parameters) = (operation.request_body.is_some(), operation.parameters.is_some());
    let answers = [
        (body || parameters, 400, "Not understood, or against a limit; `detail` says which."),
        (true, 401, "No access token, or one that is not good any more."),
        (changes, 410, "Everything of yours is being deleted; begin anew when that is done."),
        (body, 413, "Over a limit in bytes."),
        (body, 415, "Not sent as application/json."),
        (true, 429, "Too often; come back after Retry-After."),
        (true, 503, "Not now; nothing is lost, and the same request may work."),
    ];
    for (_, status, why) in answers.into_iter().filter(|(may, ..)| *may) {
        let known = &mut operation.responses.responses;
        known.entry(status.to_string()).or_insert_with(|| problem(status, why).into());
    }
}

fn problem(status: u16, why: &str) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let mut answer = ResponseBuilder::new().description(why).content(PROBLEM_JSON, content);
    if status == StatusCode::UNAUTHORIZED.as_u16() {
        answer = answer.content("application/json", gateways_own());
    }
    let comes_back = [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE];
    if !comes_back.iter().any(|code| code.as_u16() == status) {
        return answer.build();
    }
    let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0));
    let header = HeaderBuilder::new().schema(Some(seconds)).description(Some("In seconds."));
    answer.header("Retry-After", header.build()).build()
}
