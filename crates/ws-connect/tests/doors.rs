//! Who gets in, with the headers as API Gateway hands them over.

use std::sync::Arc;

use async_trait::async_trait;
use control_plane::Connect;
use domain::{ConnectionId, Timestamp, UserId};
use platform::{AccessTokens, TokenError, Unavailable};
use platform_sim::World;
use serde_json::{Value, json};
use ws_connect::Ports;

/// Knows one token.
struct Issuer;

#[async_trait]
impl AccessTokens for Issuer {
    async fn verify(&self, token: &str, _now: Timestamp) -> Result<UserId, TokenError> {
        match token {
            "good" => Ok(UserId::new("ana").expect("valid")),
            "outage" => Err(Unavailable::new("tokens.verify", "the issuer is away").into()),
            _ => Err(TokenError::Refused("token has expired".into())),
        }
    }
}

async fn connect(world: &World, headers: Value) -> (i64, Option<String>) {
    let clock = Arc::new(world.clock().clone());
    let ports = Ports {
        connect: Connect {
            connections: world.connections(),
            tasks: world.tasks(),
            spares: world.spares(),
            clock: clock.clone(),
        },
        tokens: Arc::new(Issuer),
        clock,
        allowed_origins: vec!["https://chat.example".into()],
    };
    let event = json!({
        "headers": headers,
        "requestContext": {
            "routeKey": "$connect", "eventType": "CONNECT", "connectionId": "c1=",
            "connectedAt": 1_795_000_000_000_u64, "requestTimeEpoch": 1_795_000_000_001_u64,
            "identity": {"sourceIp": "127.0.0.1"},
        },
        "isBase64Encoded": false,
    });
    let event = serde_json::from_value(event).expect("API Gateway's shape");
    let response = ws_connect::handle(&ports, event).await.expect("handled");
    let chosen = response.headers.get("sec-websocket-protocol");
    (response.status_code, chosen.map(|v| v.to_str().expect("text").to_owned()))
}

async fn is_registered(world: &World) -> bool {
    let id = ConnectionId::new("c1=").expect("valid");
    let now = platform::Clock::now(world.clock());
    world.connections().get(&id, now).await.expect("works").is_some()
}

#[tokio::test]
async fn a_good_token_gets_in_and_is_not_echoed() {
    let world = World::default();
    let headers = json!({"Sec-WebSocket-Protocol": "openclaw.v1, bearer.good", "Origin": "https://chat.example"});
    assert_eq!(connect(&world, headers).await, (200, Some("openclaw.v1".into())));
    assert!(is_registered(&world).await);
}

#[tokio::test]
async fn the_case_of_a_header_does_not_matter() {
    let world = World::default();
    let headers = json!({"sec-websocket-protocol": "openclaw.v1,bearer.good", "ORIGIN": "https://chat.example"});
    assert_eq!(connect(&world, headers).await.0, 200);
}

#[tokio::test]
async fn everybody_else_is_refused_and_not_registered() {
    let cases = [
        (json!({}), 401),
        (json!({"Sec-WebSocket-Protocol": "openclaw.v1"}), 401),
        (json!({"Sec-WebSocket-Protocol": "bearer.good"}), 401),
        (json!({"Sec-WebSocket-Protocol": "openclaw.v1, bearer.stale"}), 401),
        (json!({"Sec-WebSocket-Protocol": "openclaw.v1, bearer.outage"}), 503),
        (
            json!({"Sec-WebSocket-Protocol": "openclaw.v1, bearer.good", "Origin": "https://evil.example"}),
            403,
        ),
        (json!({"Sec-WebSocket-Protocol": "openclaw.v1, bearer.good", "Origin": "null"}), 403),
        (json!({"Authorization": "Bearer nonsense"}), 401),
    ];
    for (headers, status) in cases {
        let world = World::default();
        assert_eq!(connect(&world, headers.clone()).await.0, status, "{headers}");
        assert!(!is_registered(&world).await, "{headers}");
    }
}

#[tokio::test]
async fn a_bridge_of_no_launch_is_refused() {
    let world = World::default();
    let user = UserId::new("ana").expect("valid");
    let token = domain::LaunchToken::new(domain::Owner::User(user, domain::Generation(1)), [1; 32]);
    let headers = json!({"Authorization": format!("Bearer {}", token.expose())});
    assert_eq!(connect(&world, headers).await.0, 403);
}
