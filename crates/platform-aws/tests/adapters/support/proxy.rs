//! In front of the embedded database: what DynamoDB does to its callers, and it never does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode, request::Parts};
use axum::response::IntoResponse;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::server::Server;

/// How long a transaction takes: others come meanwhile.
const TRANSACTION: Duration = Duration::from_millis(3);

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A transaction that meets another is cancelled, as if all were about one row.
    Conflicts,
    /// The first write is done, its answer is lost, and its idempotency token forgotten.
    LosesAnAnswer,
}

pub(crate) struct Proxy {
    server: Server,
    shared: Arc<Shared>,
}

struct Shared {
    fault: Fault,
    database: String,
    client: Client<HttpConnector, Body>,
    transaction: Mutex<()>,
    /// Conflicts, or answers lost.
    faults: AtomicUsize,
}

impl Proxy {
    pub(crate) fn start(database: &str, fault: Fault) -> Self {
        let shared = Arc::new(Shared {
            fault,
            database: database.into(),
            client: Client::builder(TokioExecutor::new()).build_http(),
            transaction: Mutex::default(),
            faults: AtomicUsize::default(),
        });
        let app = Router::new().fallback(answer).with_state(shared.clone());
        let server = Server::start(|listener| async move {
            axum::serve(listener, app).await.expect("serves");
        });
        Self { server, shared }
    }

    pub(crate) fn url(&self) -> &str {
        &self.server.url
    }

    pub(crate) fn faults(&self) -> usize {
        self.shared.faults.load(Ordering::SeqCst)
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
    let target = parts.headers.get("x-amz-target").expect("an operation").to_str().expect("text");
    let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
    match shared.fault {
        Fault::Conflicts if operation == "TransactWriteItems" => {
            let Ok(_alone) = shared.transaction.try_lock() else {
                shared.faults.fetch_add(1, Ordering::SeqCst);
                return conflict(&body);
            };
            tokio::time::sleep(TRANSACTION).await;
            shared.forward(parts, body).await
        }
        Fault::LosesAnAnswer if is_write(&operation) => {
            let done = shared.forward(parts, without_token(&body)).await;
            let first = done.status().is_success()
                && shared
                    .faults
                    .fetch_update(Ordering::SeqCst, Ordering::SeqCst, only_once)
                    .is_ok();
            if first { StatusCode::INTERNAL_SERVER_ERROR.into_response() } else { done }
        }
        _ => shared.forward(parts, body).await,
    }
}

fn is_write(operation: &str) -> bool {
    ["PutItem", "UpdateItem", "TransactWriteItems"].contains(&operation)
}

fn only_once(faults: usize) -> Option<usize> {
    (faults == 0).then_some(1)
}

impl Shared {
    async fn forward(&self, mut parts: Parts, body: Bytes) -> Response<Body> {
        parts.uri = format!("{}/", self.database).parse().expect("an address");
        for header in ["host", "content-length"] {
            parts.headers.remove(header);
        }
        let answer = self.client.request(Request::from_parts(parts, body.into())).await;
        answer.expect("the database answers").map(Body::new)
    }
}

fn conflict(body: &[u8]) -> Response<Body> {
    let items = json_of(body)["TransactItems"].as_array().map_or(0, Vec::len);
    let reason = json!({ "Code": "TransactionConflict", "Message": "Transaction is ongoing" });
    let exception = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "message": "Transaction cancelled",
        "CancellationReasons": vec![reason; items],
    });
    let headers = [("content-type", "application/x-amz-json-1.0")];
    (StatusCode::BAD_REQUEST, headers, exception.to_string()).into_response()
}

fn without_token(body: &[u8]) -> Bytes {
    let mut body = json_of(body);
    body.as_object_mut().expect("an object").remove("ClientRequestToken");
    body.to_string().into()
}

fn json_of(body: &[u8]) -> Value {
    serde_json::from_slice(body).expect("a JSON body")
}
