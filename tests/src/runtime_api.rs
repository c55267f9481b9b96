//! The Lambda runtime API, as a function's own process meets it: it asks for the next event and
//! posts its answer.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, mpsc};

use crate::binary;

/// One running Lambda function.
pub struct Function {
    /// When its process was started.
    pub started: Instant,
    events: mpsc::Sender<Value>,
    answers: mpsc::Receiver<Result<Value, Value>>,
    asked: mpsc::Receiver<Instant>,
    child: Child,
    server: tokio::task::JoinHandle<()>,
}

struct Api {
    events: Mutex<mpsc::Receiver<Value>>,
    answers: mpsc::Sender<Result<Value, Value>>,
    asked: mpsc::Sender<Instant>,
}

impl Function {
    pub async fn start(name: &str, env: &[(String, String)]) -> Function {
        Self::start_program(binary(name), env).await
    }

    pub async fn start_program(program: std::path::PathBuf, env: &[(String, String)]) -> Function {
        let (events, next) = mpsc::channel(1);
        let (answer, answers) = mpsc::channel(1);
        let (ask, asked) = mpsc::channel(1024);
        let api = Api { events: Mutex::new(next), answers: answer, asked: ask };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound").to_string();
        let server = tokio::spawn(async move {
            axum::serve(listener, router(api)).await.expect("serves");
        });
        let mut command = Command::new(&program);
        command
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .env("AWS_LAMBDA_FUNCTION_NAME", program.file_name().expect("a program"))
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "local")
            .envs(env.iter().cloned())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let started = Instant::now();
        let child = command.spawn().expect("the function starts");
        Function { started, events, answers, asked, child, server }
    }

    /// Waits until the function asks for an event; says when it did.
    pub async fn asks(&mut self) -> Instant {
        self.asked.recv().await.expect("the function runs")
    }

    /// One event in, one answer out. `Err`: what the function reported as its failure.
    pub async fn invoke(&mut self, event: Value) -> Result<Value, Value> {
        self.events.send(event).await.expect("the function runs");
        tokio::select! {
            answer = self.answers.recv() => answer.expect("the server runs"),
            ended = self.child.wait() => panic!("the function ended: {ended:?}"),
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id().expect("the function runs")
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        // Before its server is gone, or its last words are that it cannot reach it. An error
        // means that it has ended.
        self.child.start_kill().ok();
        self.server.abort();
    }
}

fn router(api: Api) -> Router {
    const PREFIX: &str = "/2018-06-01/runtime";
    Router::new()
        .route(&format!("{PREFIX}/invocation/next"), get(next))
        .route(&format!("{PREFIX}/invocation/{{id}}/response"), post(response))
        .route(&format!("{PREFIX}/invocation/{{id}}/error"), post(error))
        .route(&format!("{PREFIX}/init/error"), post(init_error))
        .with_state(Arc::new(api))
}

async fn next(State(api): State<Arc<Api>>) -> impl IntoResponse {
    // Full only if nobody looks at it.
    api.asked.try_send(Instant::now()).ok();
    let Some(event) = api.events.lock().await.recv().await else {
        // The test is over; the function is about to be killed.
        return std::future::pending().await;
    };
    let mut headers = HeaderMap::new();
    let mut set = |name: &'static str, value: &str| {
        headers.insert(name, value.parse().expect("a header"));
    };
    set("lambda-runtime-aws-request-id", &uuid::Uuid::new_v4().to_string());
    set("lambda-runtime-deadline-ms", "4102444800000");
    set("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:000000000000:function:f");
    set("lambda-runtime-trace-id", "Root=1-00000000-000000000000000000000000;Sampled=0");
    (headers, event.to_string()).into_response()
}

fn json(body: &Bytes) -> Value {
    serde_json::from_slice(body).unwrap_or(Value::Null)
}

async fn response(State(api): State<Arc<Api>>, Path(_id): Path<String>, body: Bytes) -> StatusCode {
    answer(&api, Ok(json(&body))).await
}

async fn error(State(api): State<Arc<Api>>, Path(_id): Path<String>, body: Bytes) -> StatusCode {
    answer(&api, Err(json(&body))).await
}

async fn init_error(State(api): State<Arc<Api>>, body: Bytes) -> StatusCode {
    answer(&api, Err(json(&body))).await
}

async fn answer(api: &Api, answer: Result<Value, Value>) -> StatusCode {
    match api.answers.send(answer).await {
        Ok(()) => StatusCode::ACCEPTED,
        Err(_) => StatusCode::GONE,
    }
}
