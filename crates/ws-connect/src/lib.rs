//! `$connect` on the WebSocket API: a browser with an access token, or a bridge with its
//! launch token.
//!
//! Reads the task state; writes connections. 401: no or a bad token. 403: a page from a foreign
//! origin, or a bridge whose generation is over. 503: ask again.

use std::sync::Arc;

use aws_lambda_events::apigw::{ApiGatewayProxyResponse, ApiGatewayWebsocketProxyRequest};
use control_plane::{Connect, ConnectError};
use domain::{ConnectionId, LaunchToken};
use http::HeaderMap;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue, ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use platform::{AccessTokens, Clock, TokenError};
use protocol::{DEFAULT_SUBPROTOCOL, bearer_of_subprotocols};
use tracing::{info, warn};

mod ports;

pub struct Ports {
    pub connect: Connect,
    pub tokens: Arc<dyn AccessTokens>,
    pub clock: Arc<dyn Clock>,
    /// Origins of our own pages: another page must not connect with a person's token.
    pub allowed_origins: Vec<String>,
}

pub async fn handle(
    ports: &Ports,
    event: ApiGatewayWebsocketProxyRequest,
) -> anyhow::Result<ApiGatewayProxyResponse> {
    let id = ConnectionId::new(event.request_context.connection_id.unwrap_or_default())?;
    let headers = merged(event.headers, event.multi_value_headers);
    match header(&headers, &AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer ")) {
        Some(token) => Ok(connect_bridge(ports, id, token).await),
        None => Ok(connect_client(ports, id, &headers).await),
    }
}

/// API Gateway gives both maps, in whatever case the client wrote; `HeaderMap` folds the case.
fn merged(single: HeaderMap, mut multi: HeaderMap) -> HeaderMap {
    for (name, value) in single {
        if let Some(name) = name
            && !multi.contains_key(&name)
        {
            multi.append(name, value);
        }
    }
    multi
}

fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

async fn connect_bridge(ports: &Ports, id: ConnectionId, token: &str) -> ApiGatewayProxyResponse {
    let Some(token) = LaunchToken::parse(token) else {
        return status(401);
    };
    match ports.connect.bridge(&token, id.clone()).await {
        Ok(()) => {
            info!(owner = ?token.owner, connection.id = %id, "bridge connected");
            status(200)
        }
        Err(ConnectError::Refused) => status(403),
        Err(ConnectError::Unavailable(error)) => {
            warn!(owner = ?token.owner, error = &error as &dyn std::error::Error, "could not connect a bridge");
            status(503)
        }
    }
}

async fn connect_client(
    ports: &Ports,
    id: ConnectionId,
    headers: &HeaderMap,
) -> ApiGatewayProxyResponse {
    if !origin_is_ours(ports, headers) {
        return status(403);
    }
    let Some(token) = header(headers, &SEC_WEBSOCKET_PROTOCOL).and_then(bearer_of_subprotocols)
    else {
        return status(401);
    };
    let user = match ports.tokens.verify(token, ports.clock.now()).await {
        Ok(user) => user,
        Err(TokenError::Refused(reason)) => {
            info!(connection.id = %id, reason, "access token refused");
            return status(401);
        }
        Err(TokenError::Unavailable(error)) => {
            warn!(error = &error as &dyn std::error::Error, "could not check an access token");
            return status(503);
        }
    };
    match ports.connect.client(user, id).await {
        Ok(()) => accepted(),
        // Everything of his is being deleted.
        Err(ConnectError::Refused) => status(410),
        Err(ConnectError::Unavailable(error)) => {
            warn!(error = &error as &dyn std::error::Error, "could not register a connection");
            status(503)
        }
    }
}

/// A browser always says where its page came from; a program may leave it out.
fn origin_is_ours(ports: &Ports, headers: &HeaderMap) -> bool {
    match headers.get(ORIGIN) {
        None => true,
        Some(origin) => {
            ports.allowed_origins.iter().any(|ours| ours.as_bytes() == origin.as_bytes())
        }
    }
}

/// The fixed subprotocol only: the token's entry is never echoed.
fn accepted() -> ApiGatewayProxyResponse {
    let mut response = status(200);
    response.headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(DEFAULT_SUBPROTOCOL));
    response
}

fn status(code: i64) -> ApiGatewayProxyResponse {
    let mut response = ApiGatewayProxyResponse::default();
    response.status_code = code;
    response
}
