//! A Bot API that answers what it is told, in order, the last one again and again; and remembers
//! what it was asked.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream, StreamExt};
use serde_json::{Value, json};
use telegram::{Api, Server, Token};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

pub(crate) const TOKEN: &str = "4217:AA-secret_key";

#[derive(Clone)]
pub(crate) enum Answer {
    Json(u16, Value),
    Text(u16, &'static str),
    Bytes(&'static [u8]),
    /// Announces more than comes before [`BotApi::cut_off`].
    CutOff,
    Never,
}

impl Answer {
    pub(crate) fn ok(result: Value) -> Self {
        Self::Json(200, json!({ "ok": true, "result": result }))
    }

    pub(crate) fn error(status: u16, description: &str) -> Self {
        let body = json!({ "ok": false, "error_code": status, "description": description });
        Self::Json(status, body)
    }
}

#[derive(Clone, Default)]
struct Shared {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    asked: Arc<Mutex<Vec<(String, Value)>>>,
    cut_off: Arc<Notify>,
}

pub(crate) struct BotApi {
    shared: Shared,
    pub(crate) url: String,
    serving: JoinHandle<()>,
}

impl Drop for BotApi {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl BotApi {
    pub(crate) async fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let shared = Shared::default();
        shared.answers.lock().expect("no panic").extend(answers);
        let app = Router::new().fallback(answer).with_state(shared.clone());
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await;
        let listener = listener.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let serving =
            tokio::spawn(async move { axum::serve(listener, app).await.expect("serves") });
        Self { shared, url, serving }
    }

    pub(crate) fn api(&self) -> Api {
        api_at(&self.url)
    }

    pub(crate) fn cut_off(&self) {
        self.shared.cut_off.notify_one();
    }

    /// Methods and their fields.
    pub(crate) fn asked(&self) -> Vec<(String, Value)> {
        self.shared.asked.lock().expect("no panic").clone()
    }

    #[track_caller]
    pub(crate) fn was_asked(&self, method: &str, fields: Value) {
        let asked = self.asked();
        assert_eq!(asked, [(format!("/bot{TOKEN}/{method}"), fields)]);
    }
}

pub(crate) fn api_at(url: &str) -> Api {
    let server = Server::new(url).expect("an address");
    Api::new(Arc::new(server), Token::new(TOKEN).expect("a token"))
}

async fn answer(State(shared): State<Shared>, request: Request) -> Response {
    let path = request.uri().to_string();
    let body = axum::body::to_bytes(request.into_body(), usize::MAX).await.expect("a body");
    let fields = serde_json::from_slice(&body).unwrap_or(Value::Null);
    shared.asked.lock().expect("no panic").push((path, fields));
    let next = {
        let mut answers = shared.answers.lock().expect("no panic");
        if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() }
    };
    match next.expect("was told an answer") {
        Answer::Json(status, body) => (code(status), body.to_string()).into_response(),
        Answer::Text(status, body) => (code(status), body).into_response(),
        Answer::Bytes(bytes) => bytes.into_response(),
        Answer::CutOff => {
            let headers = [("content-length", "1000")];
            (headers, Body::from_stream(broken(shared.cut_off))).into_response()
        }
        Answer::Never => std::future::pending().await,
    }
}

fn broken(at: Arc<Notify>) -> impl Stream<Item = std::io::Result<&'static str>> + Send {
    let end = async move {
        at.notified().await;
        Err(std::io::Error::other("gone"))
    };
    stream::iter([Ok("the beginning")]).chain(stream::once(end))
}

fn code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).expect("a status")
}
