//! The HTTP API at `/api`: the JWT authorizer, the payload 2.0 event, the
//! Lambda, its answer. The `/api` prefix is ours and is cut off, because in
//! production the API has a domain of its own: `rawPath` is `/status`, not
//! `/api/status`. The route is `ANY /{proxy+}`, and `POST /telegram` for Telegram, which
//! brings no token of ours.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::State,
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header, request::Parts,
    },
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use data_encoding::BASE64;
use serde_json::{Map, Value, json};

use crate::{
    clock,
    functions::{Functions, invoke},
    identity::Verifier,
    ws_event::{API_ID, parse_query, request_id},
};

/// API Gateway's limit on a request's payload.
const LARGEST_PAYLOAD: usize = 10 * 1024 * 1024;

/// What anybody may read.
const DOCUMENT: &str = "/api/openapi.json";

#[derive(Clone)]
pub(crate) struct Gateway {
    pub(crate) functions: Arc<dyn Functions>,
    pub(crate) verifier: Arc<Verifier>,
    pub(crate) domain: String,
}

pub(crate) async fn handle(State(gateway): State<Gateway>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let claims = bearer(&parts.headers).and_then(|token| gateway.verifier.access(token));
    let route = match &claims {
        _ if parts.method == Method::GET && parts.uri.path() == DOCUMENT => {
            Route::Open("GET /openapi.json")
        }
        Some(claims) => Route::Proxy(claims),
        None => return answer(StatusCode::UNAUTHORIZED, "Unauthorized"),
    };
    let Some(event) = gateway.event(&parts, body, route).await else {
        return too_large();
    };
    finished(invoke(gateway.functions.api(event)).await)
}

pub(crate) async fn telegram(State(gateway): State<Gateway>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let Some(event) = gateway.event(&parts, body, Route::Open("POST /telegram")).await else {
        return too_large();
    };
    finished(invoke(gateway.functions.telegram_webhook(event)).await)
}

fn too_large() -> Response {
    answer(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large")
}

fn finished(invoked: anyhow::Result<Value>) -> Response {
    match invoked {
        Ok(answer) => response(&answer).unwrap_or_else(failed),
        Err(error) => failed(error),
    }
}

fn failed(error: anyhow::Error) -> Response {
    tracing::error!(%error, "the HTTP API's handler failed");
    answer(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
}

fn answer(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({"message": message}))).into_response()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Which of the API's routes a request came by.
#[derive(Clone, Copy)]
enum Route<'a> {
    /// With the claims of the token that the authorizer let through.
    Proxy(&'a Map<String, Value>),
    /// One of the few without the authorizer.
    Open(&'static str),
}

impl Route<'_> {
    fn key(self) -> &'static str {
        match self {
            Self::Proxy(_) => "ANY /{proxy+}",
            Self::Open(key) => key,
        }
    }
}

impl Gateway {
    /// `None`: the body is larger than API Gateway takes.
    async fn event(&self, parts: &Parts, body: Body, route: Route<'_>) -> Option<Value> {
        let body = axum::body::to_bytes(body, LARGEST_PAYLOAD).await.ok()?;
        Some(self.described(parts, &body, route))
    }

    fn described(&self, parts: &Parts, body: &Bytes, route: Route<'_>) -> Value {
        let path = parts.uri.path().strip_prefix("/api").unwrap_or_default();
        let path = if path.is_empty() { "/" } else { path };
        let query = parts.uri.query().unwrap_or_default();
        let mut event = json!({
            "version": "2.0",
            "routeKey": route.key(),
            "rawPath": path,
            "rawQueryString": query,
            "headers": headers(&parts.headers),
            "requestContext": self.context(parts, path, route),
            "isBase64Encoded": false,
        });
        if let Route::Proxy(_) = route {
            event["pathParameters"] = json!({"proxy": path.trim_start_matches('/')});
        }
        if !query.is_empty() {
            event["queryStringParameters"] = joined(parse_query(query));
        }
        match std::str::from_utf8(body) {
            Ok("") => {}
            Ok(text) => event["body"] = json!(text),
            Err(_) => {
                event["body"] = json!(BASE64.encode(body));
                event["isBase64Encoded"] = json!(true);
            }
        }
        event
    }

    fn context(&self, parts: &Parts, path: &str, route: Route<'_>) -> Value {
        let now = clock::now_ms();
        let agent = parts.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        let mut context = json!({
            "accountId": crate::config::ACCOUNT,
            "apiId": API_ID,
            "domainName": self.domain,
            "domainPrefix": API_ID,
            "stage": "$default",
            "routeKey": route.key(),
            "requestId": request_id(),
            "time": clock::common_log(now),
            "timeEpoch": now,
            "http": {
                "method": parts.method.as_str(),
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": agent.unwrap_or_default(),
            },
        });
        if let Route::Proxy(claims) = route {
            // API Gateway passes every claim as text.
            context["authorizer"] = json!({"jwt": {"claims": texts(claims), "scopes": null}});
        }
        context
    }
}

fn texts(claims: &Map<String, Value>) -> Value {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    claims.iter().map(|(name, value)| (name.clone(), json!(text(value)))).collect()
}

/// Payload 2.0 has lower-case names and joins repeated ones with commas.
fn headers(headers: &HeaderMap) -> Value {
    let pairs = headers.iter().map(|(name, value)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    joined(pairs)
}

fn joined(pairs: impl IntoIterator<Item = (String, String)>) -> Value {
    let mut joined = Map::new();
    for (name, value) in pairs {
        match joined.get_mut(&name) {
            Some(Value::String(before)) => {
                before.push(',');
                before.push_str(&value);
            }
            _ => {
                joined.insert(name, json!(value));
            }
        }
    }
    Value::Object(joined)
}

/// The Lambda's answer as HTTP. One without a `statusCode` is, in payload 2.0,
/// itself the body of a 200.
fn response(answer: &Value) -> anyhow::Result<Response> {
    let Some(status) = answer["statusCode"].as_u64() else {
        return Ok(Json(answer.clone()).into_response());
    };
    let status = StatusCode::from_u16(u16::try_from(status)?)?;
    let body = match (answer["body"].as_str(), answer["isBase64Encoded"].as_bool()) {
        (Some(body), Some(true)) => BASE64.decode(body.as_bytes())?,
        (body, _) => body.unwrap_or_default().as_bytes().to_vec(),
    };
    let mut response = (status, body).into_response();
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        out.insert(HeaderName::try_from(name)?, HeaderValue::try_from(value)?);
    }
    for (name, values) in answer["multiValueHeaders"].as_object().into_iter().flatten() {
        for value in values.as_array().into_iter().flatten().filter_map(Value::as_str) {
            out.append(HeaderName::try_from(name)?, HeaderValue::try_from(value)?);
        }
    }
    for cookie in answer["cookies"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        out.append(header::SET_COOKIE, HeaderValue::try_from(cookie)?);
    }
    Ok(response)
}
