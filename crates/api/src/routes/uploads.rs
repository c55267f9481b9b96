//! Where files may be sent that a message will name.

use axum::Json;
use axum::extract::State;
use control_plane::OfferError;
use protocol::{UploadOffer, UploadRequest};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{Body, Caller};
use crate::problem::Problem;
use crate::routes::{Answer, Shared};

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(offer_upload))
}

/// Asks where to send one file.
#[utoipa::path(post, path = "/uploads", tag = "conversations", request_body = UploadRequest,
    responses((status = 200, body = UploadOffer)))]
async fn offer_upload(
    State(ports): State<Shared>,
    Caller(user): Caller,
    Body(request): Body<UploadRequest>,
) -> Answer<UploadOffer> {
    Ok(Json(ports.offer_upload.run(&user, &request).await?))
}

impl From<OfferError> for Problem {
    fn from(error: OfferError) -> Self {
        match error {
            OfferError::Name(_) => Self::bad_request(format!("{error}.")),
            OfferError::TooLarge(_) => Self::too_large(format!("{error}.")),
            OfferError::Unavailable(error) => error.into(),
        }
    }
}
