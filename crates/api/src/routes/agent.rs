//! Waking the agent, sending it to sleep, and starting it anew.

use axum::Json;
use axum::extract::State;
use control_plane::read_status::waiting;
use control_plane::{Ensured, SteerError};
use domain::UserId;
use protocol::{ErrorCode, StatusResponse, WakesList};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Ports;
use crate::extract::Caller;
use crate::problem::{Conflict, Problem};
use crate::routes::{Accepted, Answer, Shared, accepted};

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list_wakes))
        .routes(routes!(wake_agent))
        .routes(routes!(stop_agent))
        .routes(routes!(restart_agent))
}

/// When your agent woke, and how long that took.
///
/// A wake-up that came to nothing is not there.
#[utoipa::path(get, path = "/agent/wakes", tag = "agent",
    responses((status = 200, body = WakesList)))]
async fn list_wakes(State(ports): State<Shared>, Caller(user): Caller) -> Answer<WakesList> {
    Ok(Json(ports.status.wakes(&user).await?))
}

/// Wakes your agent before you write to it.
#[utoipa::path(post, path = "/agent/wake", tag = "agent",
    responses((status = 202, body = StatusResponse), Conflict))]
async fn wake_agent(State(ports): State<Shared>, Caller(user): Caller) -> Accepted<StatusResponse> {
    let ensured = ports.steer.wake(&user).await?;
    told(&ports, &user, Some(ensured)).await
}

/// Has your agent save what it knows, and sleep.
///
/// What it is answering may end first.
#[utoipa::path(post, path = "/agent/stop", tag = "agent",
    responses((status = 202, body = StatusResponse), Conflict))]
async fn stop_agent(State(ports): State<Shared>, Caller(user): Caller) -> Accepted<StatusResponse> {
    ports.steer.stop(&user).await?;
    told(&ports, &user, None).await
}

/// Starts your agent anew, on another machine.
///
/// What it is answering is answered again by the new one.
#[utoipa::path(post, path = "/agent/restart", tag = "agent",
    responses((status = 202, body = StatusResponse), Conflict))]
async fn restart_agent(
    State(ports): State<Shared>,
    Caller(user): Caller,
) -> Accepted<StatusResponse> {
    let ensured = ports.steer.restart(&user).await?;
    told(&ports, &user, Some(ensured)).await
}

/// The frame of a launch that is put off speaks of a message; the answer here says enough.
async fn told(ports: &Ports, user: &UserId, ensured: Option<Ensured>) -> Accepted<StatusResponse> {
    let ensured = ensured.filter(|ensured| !matches!(ensured, Ensured::Postponed { .. }));
    if let Some(frame) = ensured.as_ref().and_then(waiting) {
        ports.tell.all(user, &frame).await;
    }
    accepted(ports.status.response(user).await?)
}

impl From<SteerError> for Problem {
    fn from(error: SteerError) -> Self {
        let detail = format!("{error}.");
        match error {
            SteerError::Asleep | SteerError::Starting => {
                Self::conflict(ErrorCode::NotRunning, detail)
            }
            SteerError::SpendCapReached(_) => Self::conflict(ErrorCode::SpendCapReached, detail),
            SteerError::Untold => Self::unavailable(detail),
            SteerError::Unavailable(error) => error.into(),
        }
    }
}
