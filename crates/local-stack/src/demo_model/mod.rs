//! The demo model: an OpenAI-compatible endpoint that answers when no provider
//! key is set, and that tests and demos direct from within a message with
//! `[[demo …]]`. The same conversation always gets the same answer.

mod answer;
mod directive;
mod reply;
mod request;

use std::{
    collections::HashSet,
    convert::Infallible,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};

use directive::Directive;
use reply::{Ending, Reply};
use request::Conversation;

pub(crate) const MODEL: &str = "demo-model";
/// A conversation with a long history is large; this is OpenClaw's own limit on
/// a frame.
const LARGEST_REQUEST: usize = 25 * 1024 * 1024;

/// The texts whose `once` fault has happened.
#[derive(Debug, Default)]
pub(crate) struct Demo {
    spent: Mutex<HashSet<String>>,
}

/// The routes, to be mounted under `/demo-model`.
pub(crate) fn router() -> Router {
    Router::new()
        .route("/v1/models", get(models))
        .route("/v1/chat/completions", post(complete))
        .layer(DefaultBodyLimit::max(LARGEST_REQUEST))
        .with_state(Arc::new(Demo::default()))
}

async fn models() -> Json<Value> {
    let model = json!({"id": MODEL, "object": "model", "created": 0, "owned_by": "local-stack"});
    Json(json!({"object": "list", "data": [model]}))
}

async fn complete(State(demo): State<Arc<Demo>>, Json(request): Json<Value>) -> Response {
    let conversation = Conversation::of(&request);
    let directive = match Directive::find(&conversation.text) {
        Some(Ok(directive)) => demo.unless_spent(directive, &conversation.text),
        Some(Err(problem)) => Directive { text: Some(problem), ..Directive::default() },
        None => {
            Directive { text: Some(answer::answer(&conversation.text)), ..Directive::default() }
        }
    };
    if let Some(status) = directive.error {
        return error(status);
    }
    let reply = Reply::new(&directive, &conversation);
    match request["stream"].as_bool().unwrap_or(false) {
        true => reply.stream(request["stream_options"]["include_usage"] == true),
        false => whole(reply).await,
    }
}

impl Demo {
    /// A fault marked `once` happens the first time its text is seen.
    fn unless_spent(&self, directive: Directive, text: &str) -> Directive {
        if !directive.once {
            return directive;
        }
        let mut spent = self.spent.lock().expect("remembering a text does not panic");
        match spent.insert(text.to_owned()) {
            true => directive,
            false => directive.without_fault(),
        }
    }
}

async fn whole(reply: Reply) -> Response {
    match reply.ending {
        Ending::Hang => std::future::pending::<Infallible>().await.into_response(),
        // A body that fails is a connection that drops.
        Ending::Cut => reply.stream(false),
        Ending::Stop | Ending::ToolCall { .. } => Json(reply.completion()).into_response(),
    }
}

fn error(status: StatusCode) -> Response {
    let (kind, message) = match status.as_u16() {
        400 => ("invalid_request_error", "The demo model was told to refuse this request."),
        401 => ("authentication_error", "The demo model was told to reject the key."),
        402 => ("insufficient_quota", "The demo model was told to be out of credit."),
        429 => ("rate_limit_error", "The demo model was told to be rate limited."),
        _ => ("server_error", "The demo model was told to fail."),
    };
    let body = json!({"error": {"message": message, "type": kind, "code": kind, "param": null}});
    (status, Json(body)).into_response()
}
