//! The bridge's own HTTP server, on loopback: for the container health check and for people
//! inside the task. Nothing outside the task can reach it (I6).

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, OnceLock};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header::AUTHORIZATION};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::LaunchToken;
use protocol::Nudge;
use serde_json::json;
use tokio::net::TcpListener;

use crate::bridge::Bridge;
use crate::halt::{Halt, Reason};
use crate::health::Health;
use crate::nudged::nudged;

#[derive(Clone)]
pub struct Server {
    pub token_sha256: Arc<str>,
    pub health: Health,
    pub halt: Halt,
    /// Empty until it is known that this launch is wanted.
    pub bridge: Arc<OnceLock<Arc<Bridge>>>,
}

pub(crate) async fn listen(port: u16) -> std::io::Result<TcpListener> {
    TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await
}

impl Server {
    pub async fn serve(self, listener: TcpListener) {
        // An accept error is retried by axum; it never returns one.
        let _ = axum::serve(listener, self.router()).await;
    }

    fn router(self) -> Router {
        Router::new()
            .route("/status", get(status))
            .route("/message", post(message))
            .route("/shutdown", post(shutdown))
            .layer(middleware::from_fn_with_state(self.clone(), authorize))
            .route("/health", get(health))
            .with_state(self)
    }
}

async fn authorize(State(server): State<Server>, request: Request, next: Next) -> Response {
    if knows_the_token(&server.token_sha256, request.headers()) {
        return next.run(request).await;
    }
    StatusCode::UNAUTHORIZED.into_response()
}

/// Compares hashes: the time it takes tells nothing about the token.
fn knows_the_token(sha256: &str, headers: &HeaderMap) -> bool {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = header.and_then(|value| value.strip_prefix("Bearer "));
    token.and_then(LaunchToken::parse).is_some_and(|token| token.matches(sha256))
}

async fn health(State(server): State<Server>) -> StatusCode {
    if server.health.is_green() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

async fn status(State(server): State<Server>) -> Response {
    let bridge = server.bridge.get();
    Json(json!({
        "healthy": server.health.is_green(),
        "stopping": server.halt.is_closing(),
        "user": bridge.map(|bridge| bridge.user.to_string()),
        "generation": bridge.map(|bridge| bridge.generation),
        "running": bridge.map(|bridge| bridge.running.all().len()),
    }))
    .into_response()
}

/// The same path as a nudge over the socket.
async fn message(State(server): State<Server>, Json(nudge): Json<Nudge>) -> StatusCode {
    match server.bridge.get() {
        Some(bridge) => {
            nudged(bridge, nudge).await;
            StatusCode::ACCEPTED
        }
        None => StatusCode::SERVICE_UNAVAILABLE,
    }
}

async fn shutdown(State(server): State<Server>) -> StatusCode {
    server.halt.request(Reason::Asked);
    StatusCode::ACCEPTED
}
