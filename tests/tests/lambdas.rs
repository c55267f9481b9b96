//! Each Lambda's real binary against a Lambda runtime API, with an event as AWS sends it, on the
//! stack's tables.

use serde_json::{Value, json};
use system_tests::runtime_api::Function;
use system_tests::{Stack, eventually, message_id};

async fn start(stack: &Stack, name: &str) -> Function {
    Function::start(name, &stack.lambda_environment()).await
}

fn socket_event(kind: &str, route: &str, body: Value, headers: Value) -> Value {
    json!({
        "headers": headers,
        "requestContext": {
            "routeKey": route, "eventType": kind, "connectionId": "Real+Conn/1=", "stage": "prod",
            "connectedAt": 1_795_000_000_000_u64, "requestTimeEpoch": 1_795_000_000_001_u64,
            "requestId": "r", "apiId": "a", "domainName": "localhost",
            "identity": {"sourceIp": "127.0.0.1"},
        },
        "body": body, "isBase64Encoded": false,
    })
}

fn api_event(path: &str, sub: &str) -> Value {
    json!({
        "version": "2.0", "routeKey": "ANY /{proxy+}", "rawPath": path, "rawQueryString": "", "headers": {},
        "requestContext": {
            "accountId": "0", "apiId": "a", "stage": "$default", "timeEpoch": 0, "time": "",
            "http": {"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": ""},
            "authorizer": {"jwt": {"claims": {"sub": sub, "token_use": "access"}, "scopes": null}},
        },
        "isBase64Encoded": false,
    })
}

/// The subject of an access token, unverified.
fn subject(token: &str) -> String {
    use data_encoding::BASE64URL_NOPAD;
    let claims = token.split('.').nth(1).expect("a JWT").as_bytes();
    let claims = BASE64URL_NOPAD.decode(claims).expect("base64url");
    let claims: Value = serde_json::from_slice(&claims).expect("JSON");
    claims["sub"].as_str().expect("a subject").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_real_binaries_carry_a_message_from_connect_to_history() {
    let stack = Stack::scripted().await;
    let token = stack.token("ana").await;
    let headers = json!({"Sec-WebSocket-Protocol": format!("openclaw.v1, bearer.{token}"), "Origin": stack.url});
    let connect = socket_event("CONNECT", "$connect", Value::Null, headers);
    let mut ws_connect = start(&stack, "ws-connect").await;
    let answer = ws_connect.invoke(connect.clone()).await.expect("answered");
    assert_eq!(answer["statusCode"], 200, "{answer}");
    assert_eq!(answer["headers"]["sec-websocket-protocol"], "openclaw.v1");

    // Nothing is said to a socket that does not exist: the post finds it gone, and the message
    // is durable and wakes a task all the same.
    let id = message_id();
    let said = json!({"action": "sendMessage", "messageId": id, "message": "from a real Lambda"});
    let message = socket_event("MESSAGE", "$default", said.to_string().into(), json!({}));
    let mut ws_message = start(&stack, "ws-message").await;
    assert_eq!(ws_message.invoke(message.clone()).await.expect("answered")["statusCode"], 200);

    let mut api = start(&stack, "api").await;
    let path = format!("/conversations/default/messages/{id}/reply");
    let sub = subject(&token);
    eventually("the reply", async || {
        let answer = api.invoke(api_event(&path, &sub)).await.expect("answered");
        if answer["statusCode"] == 200 { Ok(()) } else { Err(answer) }
    })
    .await;

    let mut ws_disconnect = start(&stack, "ws-disconnect").await;
    ws_connect.invoke(connect).await.expect("answered");
    let bye = socket_event("DISCONNECT", "$disconnect", Value::Null, json!({}));
    assert_eq!(ws_disconnect.invoke(bye).await.expect("answered")["statusCode"], 200);
    assert_eq!(ws_message.invoke(message).await.expect("answered")["statusCode"], 403);

    // Neither Telegram nor the scheduler is behind these, and nobody is let in by mistake.
    let mut webhook = start(&stack, "telegram-webhook").await;
    let update = api_event("/telegram", &sub);
    let answer = webhook.invoke(update).await.expect("answered");
    assert_eq!(answer["statusCode"], 404, "there is no bot: {answer}");
    let mut scheduled = start(&stack, "scheduled-message").await;
    let alarm = json!({
        "user": sub, "schedule": "gone", "revision": 1, "scheduledTime": "2026-11-22T08:00:00Z",
    });
    assert_eq!(scheduled.invoke(alarm).await.expect("answered")["ran"], "nothing");

    let mut watchdog = start(&stack, "watchdog").await;
    let tick = json!({"detail-type": "Scheduled Event", "source": "aws.events", "detail": {}});
    assert!(watchdog.invoke(tick).await.expect("answered")["lookedAt"].is_u64());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_without_its_configuration_says_which_variable_is_missing() {
    let names = [
        "ws-connect",
        "ws-message",
        "ws-disconnect",
        "api",
        "scheduled-message",
        "watchdog",
        "prewarm",
    ];
    for name in names {
        let output = tokio::process::Command::new(system_tests::binary(name))
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1")
            .env("AWS_REGION", "us-east-1")
            .output()
            .await
            .expect("runs");
        assert!(!output.status.success());
        let said =
            String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
        let named = said.split_once("environment variable ").is_some_and(|(_, rest)| {
            rest.split_once(" is not set").is_some_and(|(name, _)| !name.contains(' '))
        });
        assert!(named, "{name}: {said}");
    }
}
