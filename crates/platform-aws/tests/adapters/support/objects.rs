//! The least of S3 that texts and uploads need: PUT and GET of an object, in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};

use super::server::Server;

type Stored = Arc<Mutex<HashMap<String, Bytes>>>;

pub(crate) struct Objects {
    stored: Stored,
    server: Server,
}

impl Objects {
    pub(crate) fn start() -> Self {
        let stored = Stored::default();
        let app = Router::new().fallback(answer).with_state(stored.clone());
        let server = Server::start(|listener| async move {
            axum::serve(listener, app).await.expect("serves");
        });
        Self { stored, server }
    }

    pub(crate) fn url(&self) -> &str {
        &self.server.url
    }

    /// `/<bucket>/<key>`, sorted.
    pub(crate) fn paths(&self) -> Vec<String> {
        let mut paths: Vec<_> = self.stored.lock().expect("no panic").keys().cloned().collect();
        paths.sort();
        paths
    }
}

async fn answer(State(stored): State<Stored>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let method = request.method().clone();
    let body = axum::body::to_bytes(request.into_body(), usize::MAX).await.expect("a body");
    let mut stored = stored.lock().expect("no panic");
    if method == Method::PUT {
        stored.insert(path, body);
        return StatusCode::OK.into_response();
    }
    match stored.get(&path) {
        Some(body) if method == Method::GET => Body::from(body.clone()).into_response(),
        _ => {
            const NO_SUCH_KEY: &str = "<Error><Code>NoSuchKey</Code></Error>";
            (StatusCode::NOT_FOUND, NO_SUCH_KEY).into_response()
        }
    }
}
