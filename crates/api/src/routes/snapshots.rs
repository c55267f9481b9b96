//! Snapshots: what there is, save now, go back to one.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use control_plane::read_status::waiting;
use control_plane::{Ensured, RestoreError};
use domain::limits::SNAPSHOT_PAGE_MAX;
use domain::{RequestId, SnapshotId};
use protocol::{
    Changed, ErrorCode, PostRestore, PostSnapshot, Restore, SaveState, Saving, SnapshotsPage,
    schemas,
};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{Body, Caller, Path, Query, page_size};
use crate::problem::{Conflict, NotFound, Problem};
use crate::routes::{Accepted, Answer, Shared, accepted};

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list_snapshots, save_snapshot))
        .routes(routes!(restore_snapshot))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SnapshotsQuery {
    /// Rows on the page; 50 without it.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
    /// A place that an earlier page gave.
    before: Option<String>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
struct OfSnapshot {
    #[param(schema_with = schemas::snapshot_id)]
    id: SnapshotId,
}

/// Your snapshots, and how the restore stands that you asked for last.
#[utoipa::path(get, path = "/snapshots", tag = "snapshots", params(SnapshotsQuery),
    responses((status = 200, body = SnapshotsPage)))]
async fn list_snapshots(
    State(ports): State<Shared>,
    Caller(user): Caller,
    Query(query): Query<SnapshotsQuery>,
) -> Answer<SnapshotsPage> {
    let limit = page_size(query.limit, SNAPSHOT_PAGE_MAX)?;
    Ok(Json(ports.snapshots.run(&user, query.before.as_deref(), limit).await?))
}

/// Saves now what your agent knows.
#[utoipa::path(post, path = "/snapshots", tag = "snapshots", request_body = PostSnapshot,
    responses(
        (status = 200, description = "There is nothing that is not saved.", body = Saving),
        (status = 202, description = "It is being saved, or will be.", body = Saving)))]
async fn save_snapshot(
    State(ports): State<Shared>,
    Caller(user): Caller,
    Body(PostSnapshot { request_id }): Body<PostSnapshot>,
) -> Accepted<Saving> {
    // Asking twice does no harm: what has not changed is not saved again.
    RequestId::new(request_id)?;
    let saving = ports.save.run(&user).await?;
    match saving.state {
        SaveState::Saved => Ok((StatusCode::OK, Json(saving))),
        SaveState::Saving | SaveState::Starting | SaveState::Stopping => accepted(saving),
    }
}

/// Goes back to a snapshot, or puts its workspace into a folder.
#[utoipa::path(post, path = "/snapshots/{id}/restore", tag = "snapshots", params(OfSnapshot),
    request_body = PostRestore, responses((status = 202, body = Restore), NotFound, Conflict))]
async fn restore_snapshot(
    State(ports): State<Shared>,
    Caller(user): Caller,
    Path(OfSnapshot { id: snapshot }): Path<OfSnapshot>,
    Body(asked): Body<PostRestore>,
) -> Accepted<Restore> {
    let id = RequestId::new(asked.request_id.as_str())?;
    let (restore, ensured) = ports.restore.run(&user, snapshot, id, &asked).await?;
    // The frame of a launch that is put off speaks of a message; the answer here says enough.
    let ensured = ensured.filter(|ensured| !matches!(ensured, Ensured::Postponed { .. }));
    if let Some(frame) = ensured.as_ref().and_then(waiting) {
        ports.tell.all(&user, &frame).await;
    }
    ports.tell.changed(&user, Changed::Snapshots).await;
    accepted(restore)
}

impl From<RestoreError> for Problem {
    fn from(error: RestoreError) -> Self {
        let detail = format!("{error}.");
        match error {
            RestoreError::NoSnapshot(_) => Self::not_found(detail),
            RestoreError::Folder(_) | RestoreError::FolderUnasked => Self::bad_request(detail),
            RestoreError::Busy(open) => {
                Self::conflict(ErrorCode::RestoreUnderWay, detail).about(open)
            }
            RestoreError::Unavailable(error) => error.into(),
        }
    }
}
