//! Taking everything along, and leaving nothing behind.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use protocol::{Confirmation, DeleteMe, DeletionReceipt, ExportOffer};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{Body, Caller};
use crate::problem::Problem;
use crate::routes::{Answer, Shared};

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(export_me))
        .routes(routes!(sign_out))
        .routes(routes!(delete_me))
}

/// Everything of yours, as a zip.
///
/// It is made while you wait, in 20 seconds at most; `leftOut` names what is missing, and how to
/// get it. The link works for 15 minutes.
#[utoipa::path(get, path = "/me/export", tag = "me",
    responses((status = 200, body = ExportOffer)))]
async fn export_me(State(ports): State<Shared>, Caller(user): Caller) -> Answer<ExportOffer> {
    Ok(Json(ports.export.run(&user).await?))
}

/// Signs you out on every device.
///
/// No session is renewed any more, and every connection is closed. An access token that was given
/// out before is good until it expires.
#[utoipa::path(post, path = "/me/sign-out", tag = "me",
    responses((status = 204, description = "You are signed out.")))]
async fn sign_out(
    State(ports): State<Shared>,
    Caller(user): Caller,
) -> Result<StatusCode, Problem> {
    ports.sign_out.run(&user).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes everything of yours, everywhere.
///
/// There is no way back. While `state` is not `done`, nothing is accepted of you: messages,
/// changes and connections are answered with 410. Asked again, it says how far it is.
#[utoipa::path(delete, path = "/me", tag = "me", request_body = DeleteMe,
    responses((status = 200, body = DeletionReceipt)))]
async fn delete_me(
    State(ports): State<Shared>,
    Caller(user): Caller,
    Body(DeleteMe { confirm: Confirmation::DeleteEverything }): Body<DeleteMe>,
) -> Answer<DeletionReceipt> {
    Ok(Json(ports.delete.run(&user).await?))
}
