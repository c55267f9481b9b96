use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use serde_json::json;

use crate::support::{World, get, send};

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_a_payload_2_event_with_the_tokens_claims() {
    let world = World::start().await;
    let token = format!("Bearer {}", world.access_token("Ana").await);
    let url = world.url("/api/conversations/default/messages?limit=5&before=a%20b");
    let headers = [("authorization", token.as_str()), ("content-type", "application/json")];
    let answer = send("POST", &url, &headers, r#"{"x":1}"#).await;
    assert_eq!(answer.status, 202);
    assert_eq!(answer.headers["x-from"], "lambda");
    assert_eq!(
        answer.json(),
        json!({"path": "/conversations/default/messages", "body": "{\"x\":1}"})
    );
    let event = world.lambdas.events("api").remove(0);
    assert_eq!(event["queryStringParameters"], json!({"limit": "5", "before": "a b"}));
    let claims = &event["requestContext"]["authorizer"]["jwt"]["claims"];
    assert_eq!((&claims["username"], &claims["token_use"]), (&json!("Ana"), &json!("access")));
    let parsed: ApiGatewayV2httpRequest = serde_json::from_value(event).expect("parses");
    assert_eq!(parsed.raw_path.as_deref(), Some("/conversations/default/messages"));
    assert_eq!(parsed.request_context.http.method.as_str(), "POST");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_good_access_token_the_lambda_is_not_asked() {
    let world = World::start().await;
    let url = world.url("/api/status");
    let anonymous = get(&url).await;
    assert_eq!((anonymous.status, anonymous.json()), (401, json!({"message": "Unauthorized"})));
    let token = world.access_token("ana").await;
    let forged = format!("Bearer {}x", &token[..token.len() - 2]);
    assert_eq!(send("GET", &url, &[("authorization", &forged)], "").await.status, 401);
    let form = "grant_type=password&username=ana";
    let tokens = crate::support::post_form(&world.url("/oidc/token"), form).await.json();
    let identity = format!("Bearer {}", tokens["id_token"].as_str().expect("an id token"));
    assert_eq!(send("GET", &url, &[("authorization", &identity)], "").await.status, 401);
    assert!(world.lambdas.events("api").is_empty());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_and_large_bodies_are_api_gateways_answers() {
    let world = World::start().await;
    let token = format!("Bearer {}", world.access_token("ana").await);
    let headers = [("authorization", token.as_str())];
    let failed = send("GET", &world.url("/api/fails"), &headers, "").await;
    assert_eq!((failed.status, failed.json()), (500, json!({"message": "Internal Server Error"})));
    let large =
        send("POST", &world.url("/api/x"), &headers, vec![b'x'; 10 * 1024 * 1024 + 1]).await;
    assert_eq!(large.status, 413);
    let binary = send("POST", &world.url("/api/x"), &headers, vec![0xff, 0xfe]).await;
    assert_eq!(binary.status, 202);
    let event = world.lambdas.events("api").pop().expect("an event");
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("//4="), &json!(true)));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_on_this_machine_may_call_from_another_port() {
    let world = World::start().await;
    let preflight = |origin: &'static str| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "authorization,content-type"),
        ];
        let url = world.url("/api/status");
        async move { send("OPTIONS", &url, &headers, "").await }
    };
    let ours = preflight("http://localhost:5173").await;
    assert_eq!(
        ours.headers.get("access-control-allow-origin").map(String::as_str),
        Some("http://localhost:5173")
    );
    let other = preflight("https://evil.example").await;
    assert_eq!(other.headers.get("access-control-allow-origin"), None);
    world.stop().await;
}
