use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair as KeyPair};
use data_encoding::BASE64URL_NOPAD;
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
async fn an_expired_token_is_none() {
    let world = World::start().await;
    let ask = async |token: &str| {
        let bearer = format!("Bearer {token}");
        send("GET", &world.url("/api/status"), &[("authorization", &bearer)], "").await.status
    };
    let fresh = world.access_token("ana").await;
    let key = std::fs::read(world.dir.path().join("issuer-key.der")).expect("the issuer's key");
    let key = KeyPair::from_pkcs8(&key).expect("a key");
    let mut parts = fresh.split('.').map(str::to_owned);
    let (header, claims) = (parts.next().expect("a header"), parts.next().expect("claims"));
    let claims = BASE64URL_NOPAD.decode(claims.as_bytes()).expect("base64");
    let mut claims: serde_json::Value = serde_json::from_slice(&claims).expect("JSON");
    let sign = |claims: &serde_json::Value| {
        let signed = format!("{header}.{}", BASE64URL_NOPAD.encode(claims.to_string().as_bytes()));
        let mut signature = vec![0; key.public_modulus_len()];
        let random = SystemRandom::new();
        key.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).expect("signs");
        format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature))
    };
    assert_eq!(ask(&sign(&claims)).await, 202, "our own signature is good");
    claims["exp"] = json!(claims["iat"].as_i64().expect("a time") - 120);
    assert_eq!(ask(&sign(&claims)).await, 401);
    assert_eq!(world.lambdas.events("api").len(), 1);
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
async fn the_document_alone_needs_no_token() {
    let world = World::start().await;
    let open = get(&world.url("/api/openapi.json")).await;
    assert_eq!((open.status, &open.json()["path"]), (202, &json!("/openapi.json")));
    let event = world.lambdas.events("api").remove(0);
    assert_eq!(event["requestContext"].get("authorizer"), None);
    let closed = [
        ("POST", "/api/openapi.json"),
        ("HEAD", "/api/openapi.json"),
        ("GET", "/api/openapi.json/"),
        ("GET", "/api/x/openapi.json"),
        ("GET", "/api/x/../openapi.json"),
        ("GET", "/api//openapi.json"),
        ("GET", "/api"),
    ];
    for (method, path) in closed {
        assert_eq!(send(method, &world.url(path), &[], "").await.status, 401, "{method} {path}");
    }
    assert_eq!(world.lambdas.events("api").len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_page_and_the_one_under_development_may_call() {
    let world = World::start().await;
    let preflight = |origin: String| {
        let headers = [
            ("origin", origin.clone()),
            ("access-control-request-method", "POST".into()),
            ("access-control-request-headers", "authorization,content-type".into()),
        ];
        let url = world.url("/api/status");
        async move {
            let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
            let answer = send("OPTIONS", &url, &headers, "").await;
            (origin, answer.headers.get("access-control-allow-origin").cloned())
        }
    };
    for ours in [world.url(""), "http://localhost:5173".into()] {
        let (origin, allowed) = preflight(ours).await;
        assert_eq!(allowed, Some(origin));
    }
    let port = world.url("").rsplit(':').next().expect("a port").to_owned();
    let others = [
        "https://evil.example".into(),
        "null".into(),
        "http://localhost:5174".into(),
        "http://localhost:51730".into(),
        "https://localhost:5173".into(),
        format!("http://127.0.0.1:{port}"),
        format!("http://localhost:{port}.evil.example"),
    ];
    for other in others {
        let (origin, allowed) = preflight(other).await;
        assert_eq!(allowed, None, "{origin}");
    }
    world.stop().await;
}
