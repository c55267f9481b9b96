//! A server that gives the answers it was told, in order, the last one again and again; and
//! remembers what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::server::Server;

#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn ok(body: Value) -> Self {
        Self { status: 200, body }
    }

    /// An exception as AWS's JSON protocols write it.
    pub(crate) fn exception(name: &str, mut body: Value) -> Self {
        body["__type"] = name.into();
        Self { status: 400, body }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) authorization: String,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a JSON body")
    }
}

#[derive(Clone, Default)]
struct Shared {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

pub(crate) struct Answers {
    shared: Shared,
    server: Server,
}

impl Answers {
    pub(crate) fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let shared = Shared::default();
        shared.answers.lock().expect("no panic").extend(answers);
        let app = Router::new().fallback(answer).with_state(shared.clone());
        let server = Server::start(|listener| async move {
            axum::serve(listener, app).await.expect("serves");
        });
        Self { shared, server }
    }

    pub(crate) fn url(&self) -> &str {
        &self.server.url
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().expect("no panic").clone()
    }
}

async fn answer(State(shared): State<Shared>, request: Request) -> Response {
    let path = request.uri().to_string();
    let authorization = request.headers().get("authorization");
    let authorization = authorization.map(|value| value.to_str().expect("text").to_owned());
    let body = axum::body::to_bytes(request.into_body(), usize::MAX).await.expect("a body");
    shared.asked.lock().expect("no panic").push(Asked {
        path,
        authorization: authorization.unwrap_or_default(),
        body: body.to_vec(),
    });
    let mut answers = shared.answers.lock().expect("no panic");
    let next = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
    let Answer { status, body } = next.expect("was told an answer");
    let status = http::StatusCode::from_u16(status).expect("a status");
    (status, [("content-type", "application/x-amz-json-1.1")], body.to_string()).into_response()
}
