//! How the user's agent is.

use axum::Json;
use axum::extract::State;
use protocol::StatusResponse;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::Caller;
use crate::routes::{Answer, Shared};

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(read_status))
}

/// How your agent is.
#[utoipa::path(get, path = "/status", tag = "agent",
    responses((status = 200, body = StatusResponse)))]
async fn read_status(State(ports): State<Shared>, Caller(user): Caller) -> Answer<StatusResponse> {
    Ok(Json(ports.status.response(&user).await?))
}
