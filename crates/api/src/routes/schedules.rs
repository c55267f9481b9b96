//! What the user asks of his agent at times to come.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use control_plane::{Made, NewSchedule, ScheduleChange, ScheduleError};
use domain::limits::NEXT_RUNS_SHOWN;
use domain::{
    ConversationId, InvalidPrompt, InvalidRecurrence, Prompt, Recurrence, Schedule, ScheduleId,
    TimeZone, UserId, schedule,
};
use protocol::{
    Changed, ErrorCode, PatchSchedule, PostPreview, PostSchedule, SchedulePreview, ScheduleSummary,
    SchedulesList, schemas,
};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Ports;
use crate::extract::{Body, Caller, Path};
use crate::problem::{Conflict, NotFound, Problem};
use crate::routes::{Answer, Shared};

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list_schedules, make_schedule))
        .routes(routes!(preview_schedule))
        .routes(routes!(read_schedule, change_schedule, remove_schedule))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
struct OfSchedule {
    #[param(schema_with = schemas::schedule_id)]
    id: ScheduleId,
}

/// Your schedules.
#[utoipa::path(get, path = "/schedules", tag = "schedules",
    responses((status = 200, body = SchedulesList)))]
async fn list_schedules(
    State(ports): State<Shared>,
    Caller(user): Caller,
) -> Answer<SchedulesList> {
    let schedules = ports.schedules.list(&user).await?;
    let schedules = schedules.into_iter().map(|one| summary(&ports, one)).collect();
    Ok(Json(SchedulesList { schedules }))
}

/// Makes a schedule.
///
/// The same one again is the same one: ask again when you do not know what became of it.
#[utoipa::path(post, path = "/schedules", tag = "schedules", request_body = PostSchedule,
    responses(
        (status = 200, description = "It was made before.", body = ScheduleSummary),
        (status = 201, description = "It is made.", body = ScheduleSummary),
        Conflict))]
async fn make_schedule(
    State(ports): State<Shared>,
    Caller(user): Caller,
    Body(post): Body<PostSchedule>,
) -> Result<(StatusCode, Json<ScheduleSummary>), Problem> {
    let new = NewSchedule {
        id: ScheduleId::new(post.id)?,
        prompt: Prompt::new(post.prompt)?,
        conversation: post
            .conversation_id
            .map(ConversationId::new)
            .transpose()?
            .unwrap_or_default(),
        recurrence: post.recurrence.try_into()?,
        time_zone: zone(&ports, &user, post.time_zone).await?,
        missed: post.missed,
        enabled: post.enabled,
    };
    match ports.schedules.make(&user, new).await? {
        Made::New(made) => {
            ports.tell.changed(&user, Changed::Schedules).await;
            Ok((StatusCode::CREATED, Json(summary(&ports, made))))
        }
        Made::Known(known) => Ok((StatusCode::OK, Json(summary(&ports, known)))),
    }
}

/// When a schedule would run. Makes none.
#[utoipa::path(post, path = "/schedules/preview", tag = "schedules", request_body = PostPreview,
    responses((status = 200, body = SchedulePreview)))]
async fn preview_schedule(
    State(ports): State<Shared>,
    Caller(user): Caller,
    Body(post): Body<PostPreview>,
) -> Answer<SchedulePreview> {
    let recurrence: Recurrence = post.recurrence.try_into()?;
    let zone = zone(&ports, &user, post.time_zone).await?;
    let now = ports.schedules.clock.now();
    let runs = schedule::next_runs(&recurrence, &zone, now, NEXT_RUNS_SHOWN);
    Ok(Json(SchedulePreview {
        description: schedule::description(&recurrence, &zone),
        time_zone: zone.name().to_owned(),
        next_runs: runs.into_iter().map(|run| run.millis()).collect(),
    }))
}

/// One schedule.
#[utoipa::path(get, path = "/schedules/{id}", tag = "schedules", params(OfSchedule),
    responses((status = 200, body = ScheduleSummary), NotFound))]
async fn read_schedule(
    State(ports): State<Shared>,
    Caller(user): Caller,
    Path(OfSchedule { id }): Path<OfSchedule>,
) -> Answer<ScheduleSummary> {
    let found = ports.schedules.get(&user, &id).await?;
    Ok(Json(summary(&ports, found)))
}

/// Changes what is named.
#[utoipa::path(patch, path = "/schedules/{id}", tag = "schedules", params(OfSchedule),
    request_body = PatchSchedule,
    responses((status = 200, body = ScheduleSummary), NotFound, Conflict))]
async fn change_schedule(
    State(ports): State<Shared>,
    Caller(user): Caller,
    Path(OfSchedule { id }): Path<OfSchedule>,
    Body(patch): Body<PatchSchedule>,
) -> Answer<ScheduleSummary> {
    let change = ScheduleChange {
        prompt: patch.prompt.map(Prompt::new).transpose()?,
        conversation: patch.conversation_id.map(ConversationId::new).transpose()?,
        recurrence: patch.recurrence.map(TryInto::try_into).transpose()?,
        time_zone: patch.time_zone.map(|name| TimeZone::new(&name)).transpose()?,
        missed: patch.missed,
        enabled: patch.enabled,
    };
    let changed = ports.schedules.change(&user, &id, &change).await?;
    ports.tell.changed(&user, Changed::Schedules).await;
    Ok(Json(summary(&ports, changed)))
}

/// Removes a schedule. What it asked for already stays asked.
#[utoipa::path(delete, path = "/schedules/{id}", tag = "schedules", params(OfSchedule),
    responses((status = 204, description = "It is gone."), NotFound))]
async fn remove_schedule(
    State(ports): State<Shared>,
    Caller(user): Caller,
    Path(OfSchedule { id }): Path<OfSchedule>,
) -> Result<StatusCode, Problem> {
    ports.schedules.remove(&user, &id).await?;
    ports.tell.changed(&user, Changed::Schedules).await;
    Ok(StatusCode::NO_CONTENT)
}

async fn zone(ports: &Ports, user: &UserId, said: Option<String>) -> Result<TimeZone, Problem> {
    match said {
        Some(name) => Ok(TimeZone::new(&name)?),
        None => Ok(ports.settings.time_zone(user).await?),
    }
}

fn summary(ports: &Ports, schedule: Schedule) -> ScheduleSummary {
    let runs = ports.schedules.next_runs(&schedule);
    ScheduleSummary::of(schedule, &runs)
}

impl From<InvalidPrompt> for Problem {
    fn from(error: InvalidPrompt) -> Self {
        Self::bad_request(format!("{error}."))
    }
}

impl From<InvalidRecurrence> for Problem {
    fn from(error: InvalidRecurrence) -> Self {
        Self::bad_request(format!("{error}."))
    }
}

impl From<ScheduleError> for Problem {
    fn from(error: ScheduleError) -> Self {
        let detail = format!("{error}.");
        match error {
            ScheduleError::Past => Self::bad_request(detail),
            ScheduleError::NotFound => Self::not_found(detail),
            ScheduleError::TooMany => Self::conflict(ErrorCode::TooManySchedules, detail),
            ScheduleError::Taken | ScheduleError::Busy => {
                Self::conflict(ErrorCode::Conflict, detail)
            }
            ScheduleError::Unavailable(error) => error.into(),
        }
    }
}
