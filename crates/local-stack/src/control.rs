//! `/local/*`: the controls for drills and for the page's demo. They stand
//! behind the loopback checks, because they can kill and slow things down.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::{aws::Aws, counters::Counted, ecs::Task, faults::Faults, functions::Functions};

pub(crate) fn router(aws: Arc<Aws>, functions: Arc<dyn Functions>) -> Router {
    let schedules = Router::new()
        .route("/local/schedules", get(schedules))
        .route("/local/schedules/{name}/fire", post(fire))
        .with_state((aws.clone(), functions));
    Router::new()
        .route("/local/aws", get(endpoint))
        .route("/local/tasks", get(tasks))
        .route("/local/tasks/{id}/kill", post(kill))
        .route("/local/tasks/{id}/interrupt", post(interrupt))
        .route("/local/tasks/{id}/lose", post(lose))
        .route("/local/faults", get(faults).put(set_faults))
        .route("/local/counters", get(counters).delete(reset))
        .route("/local/counters/reset", post(reset))
        .with_state(aws)
        .merge(schedules)
}

type WithFunctions = State<(Arc<Aws>, Arc<dyn Functions>)>;

async fn schedules(State((aws, _)): WithFunctions) -> Json<Value> {
    Json(aws.scheduler.list())
}

/// Rings now, for `{"scheduledTime": ".."}` or for now, and answers what the function did.
async fn fire(
    State((aws, functions)): WithFunctions,
    Path(name): Path<String>,
    body: Bytes,
) -> Response {
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let at = asked["scheduledTime"].as_str().map(str::parse);
    let Ok(at) = at.transpose() else {
        return problem(StatusCode::BAD_REQUEST, "scheduledTime is not a time in UTC".into());
    };
    match aws.scheduler.fire(&name, at, &*functions).await {
        Some(Ok(answer)) => Json(answer).into_response(),
        Some(Err(error)) => problem(StatusCode::BAD_GATEWAY, error.to_string()),
        None => problem(StatusCode::NOT_FOUND, format!("there is no schedule {name}")),
    }
}

/// Where a Lambda's own binary, or the AWS CLI, finds this stack's tables and tasks.
async fn endpoint(State(aws): State<Arc<Aws>>) -> Json<Value> {
    Json(json!({ "endpoint": aws.endpoint() }))
}

async fn tasks(State(aws): State<Arc<Aws>>) -> Json<Value> {
    Json(aws.ecs.tasks().iter().map(describe).collect())
}

fn describe(task: &Task) -> Value {
    let generation = task.variable("GENERATION");
    let number = generation.and_then(|generation| generation.parse::<u64>().ok());
    let mut described = json!({
        "id": task.id,
        "arn": task.arn,
        "user": task.variable("USER_ID"),
        "spare": task.variable("SPARE_ID"),
        "generation": number,
        "status": task.status,
        "desiredStatus": task.desired,
        "pid": task.pid,
        "capacity": task.capacity,
        "launchedAt": task.created_ms,
        "startedAt": task.started_ms,
        "stoppedAt": task.stopped_ms,
    });
    if let (Some(reason), Some(code)) = (&task.stopped_reason, &task.stop_code) {
        described["stoppedReason"] = json!(reason);
        described["stopCode"] = json!(code);
        described["exitCode"] = json!(task.exit_code);
    }
    described
}

async fn kill(State(aws): State<Arc<Aws>>, Path(id): Path<String>) -> Response {
    outcome(&aws, &id, aws.ecs.kill(&id), "has no process")
}

async fn interrupt(State(aws): State<Arc<Aws>>, Path(id): Path<String>) -> Response {
    outcome(&aws, &id, aws.ecs.interrupt(&id), "is over or stopping already")
}

async fn lose(State(aws): State<Arc<Aws>>, Path(id): Path<String>) -> Response {
    outcome(&aws, &id, aws.ecs.lose(&id), "is over or stopping already")
}

fn outcome(aws: &Aws, id: &str, done: bool, otherwise: &str) -> Response {
    let known = aws.ecs.tasks().iter().any(|task| task.id == id);
    match (done, known) {
        (true, _) => (StatusCode::ACCEPTED, Json(json!({}))).into_response(),
        (false, true) => problem(StatusCode::CONFLICT, format!("task {id} {otherwise}")),
        (false, false) => problem(StatusCode::NOT_FOUND, format!("there is no task {id}")),
    }
}

async fn faults(State(aws): State<Arc<Aws>>) -> Json<Faults> {
    Json(aws.faults.read())
}

/// The body replaces all faults, whatever its content type says; `{}` ends them.
async fn set_faults(State(aws): State<Arc<Aws>>, body: Bytes) -> Response {
    let faults = serde_json::from_slice::<Faults>(&body).map_err(|error| error.to_string());
    match faults.and_then(|faults| aws.faults.set(faults)) {
        Ok(()) => Json(aws.faults.read()).into_response(),
        Err(why) => problem(StatusCode::BAD_REQUEST, why),
    }
}

async fn counters(State(aws): State<Arc<Aws>>) -> Json<Counted> {
    Json(aws.counters.read())
}

/// Answers with what was counted until now.
async fn reset(State(aws): State<Arc<Aws>>) -> Json<Counted> {
    Json(aws.counters.reset())
}

fn problem(status: StatusCode, message: String) -> Response {
    (status, Json(json!({"message": message}))).into_response()
}
