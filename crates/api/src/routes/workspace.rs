//! The agent's files: what there is, fetch one, send one.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use control_plane::WorkspaceError;
use domain::limits::WORKSPACE_PAGE_MAX;
use domain::{InvalidWorkspacePath, UploadId, WorkspacePath};
use protocol::{
    ErrorCode, WorkspaceFile, WorkspacePage, WorkspaceUploadDone, WorkspaceUploadOffer,
    WorkspaceUploadRequest, WorkspaceUploadState, schemas,
};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{Body, Caller, Path, Query, page_size};
use crate::problem::{Conflict, NotFound, Problem};
use crate::routes::{Accepted, Answer, Shared, accepted};

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list_workspace))
        .routes(routes!(fetch_workspace_file))
        .routes(routes!(offer_workspace_upload))
        .routes(routes!(finish_workspace_upload))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct FolderQuery {
    /// Of a folder, relative to the workspace; the workspace itself without it.
    path: Option<String>,
    /// Entries on the page; 50 without it.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
    /// A place that an earlier page gave.
    cursor: Option<String>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct FileQuery {
    /// Of a file, relative to the workspace.
    path: String,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
struct OfUpload {
    #[param(schema_with = schemas::upload_id)]
    id: UploadId,
}

/// What is in a folder of the workspace.
///
/// Live while your agent is awake, else as it was last saved: `source` says which.
#[utoipa::path(get, path = "/workspace", tag = "workspace", params(FolderQuery),
    responses((status = 200, body = WorkspacePage), NotFound, Conflict))]
async fn list_workspace(
    State(ports): State<Shared>,
    Caller(user): Caller,
    Query(query): Query<FolderQuery>,
) -> Answer<WorkspacePage> {
    let limit = page_size(query.limit, WORKSPACE_PAGE_MAX)?;
    let path = WorkspacePath::parse(query.path.as_deref().unwrap_or_default())?;
    Ok(Json(ports.workspace.list(&user, &path, query.cursor.as_deref(), limit).await?))
}

/// Where a file of the workspace can be fetched, for ten minutes.
#[utoipa::path(get, path = "/workspace/file", tag = "workspace", params(FileQuery),
    responses((status = 200, body = WorkspaceFile), NotFound, Conflict))]
async fn fetch_workspace_file(
    State(ports): State<Shared>,
    Caller(user): Caller,
    Query(query): Query<FileQuery>,
) -> Answer<WorkspaceFile> {
    let path = WorkspacePath::parse(&query.path)?;
    Ok(Json(ports.workspace.fetch(&user, &path).await?))
}

/// Asks where to send a file that is to lie in the workspace.
#[utoipa::path(post, path = "/workspace/uploads", tag = "workspace",
    request_body = WorkspaceUploadRequest, responses((status = 200, body = WorkspaceUploadOffer)))]
async fn offer_workspace_upload(
    State(ports): State<Shared>,
    Caller(user): Caller,
    Body(request): Body<WorkspaceUploadRequest>,
) -> Answer<WorkspaceUploadOffer> {
    let path = WorkspacePath::parse(&request.path)?;
    Ok(Json(ports.workspace.offer(&user, path, request.size).await?))
}

/// Says that the file has been sent.
#[utoipa::path(post, path = "/workspace/uploads/{id}/done", tag = "workspace", params(OfUpload),
    responses(
        (status = 200, description = "It is in the workspace.", body = WorkspaceUploadDone),
        (status = 202, description = "It is put there when the agent next wakes.",
            body = WorkspaceUploadDone),
        NotFound, Conflict))]
async fn finish_workspace_upload(
    State(ports): State<Shared>,
    Caller(user): Caller,
    Path(OfUpload { id }): Path<OfUpload>,
) -> Accepted<WorkspaceUploadDone> {
    let done = ports.workspace.take_in(&user, id).await?;
    match done.state {
        WorkspaceUploadState::Placed => Ok((StatusCode::OK, Json(done))),
        WorkspaceUploadState::Waiting => accepted(done),
    }
}

impl From<InvalidWorkspacePath> for Problem {
    fn from(error: InvalidWorkspacePath) -> Self {
        Self::bad_request(format!("{error}."))
    }
}

impl From<WorkspaceError> for Problem {
    fn from(error: WorkspaceError) -> Self {
        let detail = format!("{error}.");
        match error {
            WorkspaceError::NotFound => Self::not_found(detail),
            WorkspaceError::Refused(why) => Self::conflict(ErrorCode::Conflict, why),
            WorkspaceError::Cursor | WorkspaceError::Name(_) | WorkspaceError::Path(_) => {
                Self::bad_request(detail)
            }
            WorkspaceError::TooLarge(_) => Self::too_large(detail),
            WorkspaceError::Busy => Self::unavailable(detail),
            WorkspaceError::Unavailable(error) => error.into(),
        }
    }
}
