//! `/local/telegram/*`: what the page and tests do with this Telegram, and see of it.

use std::{future::Future, sync::Arc};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use bytes::Bytes;
use futures_util::future::join_all;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use super::{Telegram, faults::Faults, people::Done};

/// A file of 25 MB in base64, and some words.
const LARGEST_BODY: usize = 40 * 1024 * 1024;
/// How often an update can be redelivered with one request.
const MOST_TIMES: usize = 1_000;

type Hub = State<Arc<Telegram>>;

pub(crate) fn router(telegram: Arc<Telegram>) -> Router {
    Router::new()
        .route("/local/telegram", get(overview))
        .route("/local/telegram/changes", get(changes))
        .route("/local/telegram/chats/{id}", get(chat).put(change_chat))
        .route("/local/telegram/chats/{id}/messages", post(say))
        .route("/local/telegram/chats/{id}/stop", post(stop_draft))
        .route("/local/telegram/updates", get(updates).post(inject))
        .route("/local/telegram/updates/{id}/redeliver", post(redeliver))
        .route("/local/telegram/files/{id}", get(file))
        .route("/local/telegram/faults", get(faults).put(set_faults))
        .route("/local/telegram/speed", put(set_speed))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(telegram)
}

async fn overview(State(telegram): Hub) -> Json<Value> {
    let mut overview = telegram.identity();
    overview["webhook"] = telegram.webhook_info();
    overview["speed"] = json!(telegram.clock.speed());
    overview["version"] = json!(*telegram.changes.borrow());
    telegram.read(|state| {
        overview["commands"] = json!(state.commands);
        overview["people"] = state.people.values().map(|person| json!(person)).collect();
        let chats = state.chats.values().map(|chat| {
            let mut view = chat.view(state, telegram.clock.now_ms());
            let last = view["messages"].as_array().and_then(|all| all.last().cloned());
            view["last"] = json!(last);
            if let Some(fields) = view.as_object_mut() {
                fields.remove("messages");
            }
            view
        });
        overview["chats"] = chats.collect();
    });
    Json(overview)
}

#[derive(Deserialize)]
struct After {
    #[serde(default)]
    after: u64,
}

/// Answers when there is something newer than what the asker has seen, or after half a minute.
async fn changes(State(telegram): Hub, Query(After { after }): Query<After>) -> Json<Value> {
    let mut changes = telegram.changes.subscribe();
    let wait = async {
        tokio::select! {
            _ = changes.wait_for(|version| *version != after) => {}
            () = telegram.closing.cancelled() => {}
        }
    };
    let _ = tokio::time::timeout(std::time::Duration::from_secs(30), wait).await;
    let version = *telegram.changes.borrow();
    Json(json!({"version": version}))
}

async fn chat(State(telegram): Hub, Path(id): Path<i64>) -> Response {
    let now_ms = telegram.clock.now_ms();
    let view = telegram.read(|state| state.chats.get(&id).map(|chat| chat.view(state, now_ms)));
    view.map_or_else(
        || problem(StatusCode::NOT_FOUND, "there is no such chat"),
        |view| Json(view).into_response(),
    )
}

async fn say(State(telegram): Hub, Path(id): Path<i64>, body: Bytes) -> Response {
    with(&body, |said| async move { done(telegram.say(id, said)) }).await
}

async fn change_chat(State(telegram): Hub, Path(id): Path<i64>, body: Bytes) -> Response {
    with(&body, |change| async move { done(telegram.change_chat(id, &change)) }).await
}

async fn stop_draft(State(telegram): Hub, Path(id): Path<i64>) -> Response {
    match telegram.stop_draft(id) {
        Err(why) => problem(StatusCode::CONFLICT, &why),
        pressed => done(pressed),
    }
}

/// What waits, what was taken, and what nobody took for a day.
async fn updates(State(telegram): Hub) -> Json<Value> {
    Json(telegram.read(|state| {
        let waiting = state.waiting().into_iter();
        let waiting = waiting.map(|update| json!({"id": update.id, "failures": update.failures}));
        json!({
            "waiting": waiting.collect::<Vec<_>>(),
            "delivered": state.delivered.iter().map(|update| update.id).collect::<Vec<_>>(),
            "dropped": state.dropped,
        })
    }))
}

/// Queues an update as it is, even one that Telegram would not send.
async fn inject(State(telegram): Hub, body: Bytes) -> Response {
    with(&body, |fields: Map<String, Value>| async move {
        let chat = fields.values().find_map(|payload| {
            let message = payload.get("message").unwrap_or(payload);
            message["chat"]["id"].as_i64()
        });
        let now_ms = telegram.clock.now_ms();
        let id = telegram.change(|state| state.queue(now_ms, chat.unwrap_or(0), fields));
        (StatusCode::ACCEPTED, Json(json!({"updateId": id}))).into_response()
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Again {
    times: usize,
}

/// All at once, also beside a delivery that is under way, and answers with what the webhook
/// answered to each.
async fn redeliver(State(telegram): Hub, Path(id): Path<i64>, body: Bytes) -> Response {
    with(&body, |Again { times }| async move {
        if times > MOST_TIMES {
            return problem(StatusCode::BAD_REQUEST, "at most 1000 `times`");
        }
        let known = telegram.read(|state| {
            let waiting = state.queues.values().flatten();
            let found = state.delivered.iter().chain(waiting).find(|update| update.id == id);
            found.map(|update| update.body.clone())
        });
        let Some(update) = known else {
            return problem(StatusCode::NOT_FOUND, "there was no such update lately");
        };
        let outcomes = join_all((0..times).map(|_| telegram.post_again(&update))).await;
        let statuses = outcomes.into_iter().map(|outcome| {
            outcome.and_then(|outcome| outcome.status).map(|status| status.as_u16())
        });
        Json(json!({"statuses": statuses.collect::<Vec<_>>()})).into_response()
    })
    .await
}

async fn file(State(telegram): Hub, Path(id): Path<String>) -> Response {
    let mime = telegram.read(|state| state.files.get(&id).map(|file| file.mime.clone()));
    let Some(mime) = mime else {
        return problem(StatusCode::NOT_FOUND, "there is no such file");
    };
    // What is not a picture is taken home, never run here.
    let (mime, disposition) = match mime.as_str() {
        "image/jpeg" | "image/png" | "image/gif" | "image/webp" | "audio/ogg" => (mime, "inline"),
        _ => ("application/octet-stream".to_owned(), "attachment"),
    };
    match telegram.content(&id).await {
        Ok(bytes) => {
            let headers = [
                (header::CONTENT_TYPE, mime),
                (header::CONTENT_DISPOSITION, disposition.to_owned()),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
            ];
            (headers, bytes).into_response()
        }
        Err(error) => problem(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

async fn faults(State(telegram): Hub) -> Json<Faults> {
    Json(telegram.read(|state| state.faults.clone()))
}

/// The body replaces all faults; `{}` ends them.
async fn set_faults(State(telegram): Hub, body: Bytes) -> Response {
    with(&body, |faults: Faults| async move {
        telegram.change(|state| state.faults = faults.clone());
        Json(faults).into_response()
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Speed {
    speed: f64,
}

async fn set_speed(State(telegram): Hub, body: Bytes) -> Response {
    with(&body, |Speed { speed }| async move {
        if !(0.01..=100_000.0).contains(&speed) {
            return problem(StatusCode::BAD_REQUEST, "`speed` is from 0.01 to 100000");
        }
        telegram.clock.set_speed(speed);
        Json(json!({"speed": speed})).into_response()
    })
    .await
}

/// Whatever its content type says, as with the other controls.
async fn with<T, F>(body: &Bytes, use_it: impl FnOnce(T) -> F) -> Response
where
    T: DeserializeOwned,
    F: Future<Output = Response>,
{
    match serde_json::from_slice(body) {
        Ok(parsed) => use_it(parsed).await,
        Err(error) => problem(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

fn done(outcome: Result<Done, String>) -> Response {
    match outcome {
        Ok(done) => Json(done.describe()).into_response(),
        Err(why) => problem(StatusCode::BAD_REQUEST, &why),
    }
}

fn problem(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({"message": message}))).into_response()
}
