//! Skills: what you have taught your agent.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use control_plane::skills::InvalidSkill;
use control_plane::{PutSkillError, SentSkill};
use domain::SkillName;
use protocol::{Changed, ErrorCode, SkillSummary, SkillsList, schemas};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{Caller, Path};
use crate::problem::{Conflict, NotFound, Problem};
use crate::routes::{Answer, Shared};

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list_skills, put_skill)).routes(routes!(remove_skill))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
struct OfSkill {
    #[param(schema_with = schemas::skill_name)]
    name: SkillName,
}

const ZIP: &str = "application/zip";
const MARKDOWN: &str = "text/markdown";

/// A skill as it was sent.
struct Sent {
    is_zip: bool,
    content: Bytes,
}

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        let is = |known: &str| kind.eq_ignore_ascii_case(known);
        let is_zip = is(ZIP) || is("application/x-zip-compressed");
        if !is_zip && !is(MARKDOWN) {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                ErrorCode::UnsupportedMediaType,
                format!("A skill must be sent as {ZIP}, or as {MARKDOWN} if it is one file."),
            ));
        }
        // The event held it whole.
        let content = axum::body::to_bytes(request.into_body(), usize::MAX).await;
        let content =
            content.map_err(|error| Problem::bad_request(format!("No body: {error}.")))?;
        Ok(Self { is_zip, content })
    }
}

/// Your skills.
#[utoipa::path(get, path = "/skills", tag = "skills", responses((status = 200, body = SkillsList)))]
async fn list_skills(State(ports): State<Shared>, Caller(user): Caller) -> Answer<SkillsList> {
    Ok(Json(ports.skills.list(&user).await?))
}

/// Sends a skill: a zip, or a `SKILL.md` alone.
///
/// It takes the place of the one with its name. Your agent has it from its next message on if it
/// is awake, and else when it wakes.
#[utoipa::path(post, path = "/skills", tag = "skills",
    request_body(content((Vec<u8> = "application/zip"), (String = "text/markdown"))),
    responses((status = 200, body = SkillSummary), Conflict))]
async fn put_skill(
    State(ports): State<Shared>,
    Caller(user): Caller,
    Sent { is_zip, content }: Sent,
) -> Answer<SkillSummary> {
    let sent = match is_zip {
        true => SentSkill::Archive(&content),
        false => SentSkill::Document(&content),
    };
    let put = ports.skills.put(&user, sent).await?;
    ports.tell.changed(&user, Changed::Skills).await;
    Ok(Json(put))
}

/// Takes a skill away from your agent.
#[utoipa::path(delete, path = "/skills/{name}", tag = "skills", params(OfSkill),
    responses((status = 204, description = "It is gone."), NotFound))]
async fn remove_skill(
    State(ports): State<Shared>,
    Caller(user): Caller,
    Path(OfSkill { name }): Path<OfSkill>,
) -> Result<StatusCode, Problem> {
    match ports.skills.remove(&user, &name).await? {
        true => {
            ports.tell.changed(&user, Changed::Skills).await;
            Ok(StatusCode::NO_CONTENT)
        }
        false => Err(Problem::not_found(format!("You have no skill {name}."))),
    }
}

impl From<PutSkillError> for Problem {
    fn from(error: PutSkillError) -> Self {
        let detail = format!("{error}.");
        match error {
            PutSkillError::Invalid(InvalidSkill::TooLarge(_) | InvalidSkill::TooLargeUnpacked) => {
                Self::too_large(detail)
            }
            PutSkillError::Invalid(_) => Self::bad_request(detail),
            PutSkillError::TooMany => Self::conflict(ErrorCode::TooManySkills, detail),
            PutSkillError::Unavailable(error) => error.into(),
        }
    }
}
