//! What every request meets before its route, and what every failure looks like.

use std::time::Duration;

use api::Api;
use domain::limits::{API_COSTLY_RATE, API_RATE, API_SEARCH_RATE, REST_BODY_MAX_BYTES};
use platform_sim::World;
use serde_json::{Value, json};

use crate::support::{Answered, event, ports, send};

fn get(path: &str) -> Value {
    event("GET", path, &json!({}), None)
}

fn by(user: &str, mut event: Value) -> Value {
    event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] = user.into();
    event
}

#[track_caller]
fn is_problem(answered: &Answered, status: i64, code: &str) {
    let Answered { headers, body, .. } = answered;
    assert_eq!((answered.status, &body["code"]), (status, &json!(code)), "{body}");
    assert_eq!(headers["content-type"], "application/problem+json");
    assert_eq!(headers["cache-control"], "no-store");
    assert_eq!(body["status"], json!(status));
    assert_eq!(body["type"], json!(format!("urn:openclaw:problem:{code}")));
    assert!(body["title"].as_str().is_some_and(|title| title.len() > 4), "{body}");
    assert!(body["detail"].as_str().is_some_and(|detail| detail.len() > 8), "{body}");
}

#[tokio::test]
async fn every_failure_is_a_problem() {
    let api = Api::new(ports(&World::default()));
    let post = |body: &str| event("POST", "/uploads", &json!({}), Some(body.into()));
    let typed = |kind: &str| {
        let mut event = post("{}");
        event["headers"] = json!({"content-type": kind});
        event
    };
    let mut untyped = post("{}");
    untyped["headers"] = json!({});
    let mut stranger = get("/nothing");
    stranger["requestContext"]["authorizer"] = Value::Null;
    let page = |query: Value| event("GET", "/snapshots", &query, None);
    let mut strange_query = get("/snapshots");
    strange_query["rawQueryString"] = "limit=1 <>".into();
    let cases = [
        (get("/nothing"), 404, "not_found"),
        (get("/"), 404, "not_found"),
        (get("/status/"), 404, "not_found"),
        (event("DELETE", "/status", &json!({}), None), 405, "method_not_allowed"),
        (post("{"), 400, "bad_request"),
        (post(""), 400, "bad_request"),
        (post("[]"), 400, "bad_request"),
        (post(&"x".repeat(REST_BODY_MAX_BYTES + 1)), 413, "too_large"),
        (post(&" ".repeat(REST_BODY_MAX_BYTES)), 400, "bad_request"),
        (typed("text/plain"), 415, "unsupported_media_type"),
        (typed("application/jsonx"), 415, "unsupported_media_type"),
        (untyped, 415, "unsupported_media_type"),
        (page(json!({"limit": "many"})), 400, "bad_request"),
        (page(json!({"limit": ["1", "2"]})), 400, "bad_request"),
        (page(json!({"lmit": "1"})), 400, "bad_request"),
        (strange_query, 400, "bad_request"),
        (get("/conversations/a%23b/messages"), 400, "bad_request"),
        (get("/conversations/%FF/messages"), 400, "bad_request"),
        (stranger, 401, "unauthorized"),
    ];
    for (event, status, code) in cases {
        is_problem(&send(&api, event).await, status, code);
    }
    let typed = send(&api, typed("Application/JSON; charset=utf-8")).await;
    is_problem(&typed, 400, "bad_request");
}

#[tokio::test]
async fn a_method_that_is_not_there_hears_of_those_that_are() {
    let api = Api::new(ports(&World::default()));
    let answered = send(&api, event("DELETE", "/conversations", &json!({}), None)).await;
    let allowed = answered.headers["allow"].to_str().expect("text").to_owned();
    assert!(allowed.contains("GET") && allowed.contains("POST"), "{allowed}");
}

#[tokio::test]
async fn headers_that_mean_nothing_change_nothing() {
    let api = Api::new(ports(&World::default()));
    let mut odd = get("/status");
    odd["headers"] = json!({"host": "a b:c", "x-forwarded-proto": "::", "accept": "text/html"});
    odd["requestContext"]["domainName"] = json!("[");
    assert_eq!(send(&api, odd).await.status, 200);
}

#[tokio::test]
async fn only_an_access_token_opens_anything_but_the_document() {
    let api = Api::new(ports(&World::default()));
    let claims = [
        json!(null),
        json!({"token_use": "access"}),
        json!({"sub": "ana"}),
        json!({"sub": "ana", "token_use": "id"}),
        json!({"sub": "a b", "token_use": "access"}),
        json!({"sub": "", "token_use": "access"}),
    ];
    for claims in claims {
        for path in ["/status", "/nothing", "/openapi.json/", "/openapi.jso"] {
            let mut event = get(path);
            event["requestContext"]["authorizer"]["jwt"]["claims"] = claims.clone();
            if claims.is_null() {
                event["requestContext"]["authorizer"] = Value::Null;
            }
            is_problem(&send(&api, event).await, 401, "unauthorized");
        }
    }
    let mut open = get("/openapi.json");
    open["requestContext"]["authorizer"] = Value::Null;
    let document = send(&api, open.clone()).await;
    assert_eq!((document.status, &document.body["openapi"]), (200, &json!("3.1.0")));
    open["requestContext"]["http"]["method"] = "POST".into();
    is_problem(&send(&api, open).await, 401, "unauthorized");
}

/// Asks `burst` times and once more, then waits for one token and asks again twice.
async fn meets_its_limit(method: &str, path: &str, burst: u32, every: Duration) {
    let world = World::default();
    let api = Api::new(ports(&world));
    let request = event(method, path, &json!({}), None);
    for n in 0..burst {
        let answered = send(&api, request.clone()).await;
        assert_ne!(answered.status, 429, "request {n} of {burst} to {path}");
    }
    let refused = send(&api, request.clone()).await;
    is_problem(&refused, 429, "too_many_requests");
    let wait = refused.headers["retry-after"].to_str().expect("text").parse::<u64>();
    assert_eq!(wait.expect("seconds"), every.as_millis().div_ceil(1000) as u64);

    assert_ne!(send(&api, by("ben", request.clone())).await.status, 429, "another user");
    world.clock().advance(every - Duration::from_millis(1));
    assert_eq!(send(&api, request.clone()).await.status, 429);
    world.clock().advance(Duration::from_millis(1));
    assert_ne!(send(&api, request.clone()).await.status, 429);
    assert_eq!(send(&api, request).await.status, 429);
}

#[tokio::test]
async fn a_user_who_asks_too_often_is_told_when_to_come_back() {
    meets_its_limit("GET", "/status", API_RATE.burst, API_RATE.every).await;
}

#[tokio::test]
async fn what_is_dear_has_a_stricter_limit() {
    meets_its_limit("GET", "/search", API_SEARCH_RATE.burst, API_SEARCH_RATE.every).await;
    meets_its_limit("POST", "/agent/wake", API_COSTLY_RATE.burst, API_COSTLY_RATE.every).await;
}

#[tokio::test]
async fn an_outage_says_when_to_come_back() {
    let world = World::default();
    world.fail_next("tasks.get", 1);
    let answered = send(&Api::new(ports(&world)), get("/status")).await;
    is_problem(&answered, 503, "unavailable");
    assert_eq!(answered.headers["retry-after"], "2");
}
