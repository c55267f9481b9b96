//! Snapshots: what there is, save now, go back to one.

use std::collections::HashMap;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use control_plane::read_status::waiting;
use control_plane::{Ensured, RestoreError};
use domain::limits::SNAPSHOT_PAGE_MAX;
use domain::{RequestId, SnapshotId, UserId};
use protocol::{PostRestore, PostSnapshot, SaveState};

use crate::answer::{Answer, Failure};
use crate::{Ports, limit_of, read_body};

pub(crate) async fn list(
    ports: &Ports,
    user: &UserId,
    query: &HashMap<&str, &str>,
) -> Result<Answer, Failure> {
    let limit = limit_of(query, SNAPSHOT_PAGE_MAX)?;
    let before = query.get("before").copied();
    Answer::ok(&ports.snapshots.run(user, before, limit).await?)
}

pub(crate) async fn save(
    ports: &Ports,
    user: &UserId,
    event: &ApiGatewayV2httpRequest,
) -> Result<Answer, Failure> {
    let PostSnapshot { request_id } = read_body(event)?;
    // Asking twice does no harm: what has not changed is not saved again.
    RequestId::new(request_id)?;
    let saving = ports.save.run(user).await?;
    match saving.state {
        SaveState::Saved => Answer::ok(&saving),
        SaveState::Saving | SaveState::Starting | SaveState::Stopping => Answer::accepted(&saving),
    }
}

pub(crate) async fn restore(
    ports: &Ports,
    user: &UserId,
    snapshot: SnapshotId,
    event: &ApiGatewayV2httpRequest,
) -> Result<Answer, Failure> {
    let asked: PostRestore = read_body(event)?;
    let id = RequestId::new(asked.request_id.as_str())?;
    let (restore, ensured) = ports.restore.run(user, snapshot, id, &asked).await?;
    // The frame of a launch that is put off speaks of a message; the answer here says enough.
    let ensured = ensured.filter(|ensured| !matches!(ensured, Ensured::Postponed { .. }));
    if let Some(frame) = ensured.as_ref().and_then(waiting) {
        ports.tell.all(user, &frame).await;
    }
    Answer::accepted(&restore)
}

impl From<RestoreError> for Failure {
    fn from(error: RestoreError) -> Self {
        let message = format!("{error}.");
        match error {
            RestoreError::NoSnapshot(_) => Failure::not_found(message),
            RestoreError::Folder(_) | RestoreError::FolderUnasked => Failure::bad_request(message),
            RestoreError::Busy(open) => Failure::restore_under_way(message, open),
            RestoreError::Unavailable(error) => error.into(),
        }
    }
}
