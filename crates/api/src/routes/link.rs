//! The user's Telegram account.

use axum::Json;
use axum::extract::State;
use control_plane::IssueError;
use protocol::{Changed, IssuedLinkCode, LinkStatus, Unlinked};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::Caller;
use crate::problem::{NotFound, Problem};
use crate::routes::{Answer, Shared};

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(issue_link_code))
        .routes(routes!(read_link_status))
        .routes(routes!(unlink))
}

/// A code for the bot. It is good once and for five minutes, and the one before no longer.
#[utoipa::path(post, path = "/link/generate-otp", tag = "link",
    responses((status = 200, body = IssuedLinkCode), NotFound))]
async fn issue_link_code(
    State(ports): State<Shared>,
    Caller(user): Caller,
) -> Answer<IssuedLinkCode> {
    Ok(Json(ports.links.issue(&user).await?))
}

/// Which Telegram account is yours, and whether a code is outstanding.
#[utoipa::path(get, path = "/link/status", tag = "link",
    responses((status = 200, body = LinkStatus)))]
async fn read_link_status(State(ports): State<Shared>, Caller(user): Caller) -> Answer<LinkStatus> {
    Ok(Json(ports.links.status(&user).await?))
}

/// No Telegram account is yours any more, and no code is good. Nothing that was said is lost.
#[utoipa::path(post, path = "/link/unlink", tag = "link",
    responses((status = 200, body = Unlinked)))]
async fn unlink(State(ports): State<Shared>, Caller(user): Caller) -> Answer<Unlinked> {
    let unlinked = ports.links.unlink(&user).await?;
    ports.tell.changed(&user, Changed::Link).await;
    Ok(Json(Unlinked { unlinked }))
}

impl From<IssueError> for Problem {
    fn from(error: IssueError) -> Self {
        match error {
            IssueError::NoBot => Self::not_found("There is no Telegram bot to link with here."),
            IssueError::Unavailable(error) => error.into(),
        }
    }
}
