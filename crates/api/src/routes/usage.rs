//! What your agent did and used.

use axum::Json;
use axum::extract::State;
use control_plane::UsageError;
use domain::Day;
use protocol::UsageReport;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{Caller, Query};
use crate::problem::Problem;
use crate::routes::{Answer, Shared};

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(read_usage))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Days {
    /// The first day, in UTC; thirty days before the last one if it is left out.
    #[param(value_type = Option<String>, format = Date, nullable = false)]
    from: Option<Day>,
    /// The last day, in UTC; today if it is left out.
    #[param(value_type = Option<String>, format = Date, nullable = false)]
    to: Option<Day>,
}

/// What your agent did and used, by day and month.
///
/// At most 400 days, which is how long they are kept. Days are UTC's.
#[utoipa::path(get, path = "/usage", tag = "me", params(Days),
    responses((status = 200, body = UsageReport)))]
async fn read_usage(
    State(ports): State<Shared>,
    Caller(user): Caller,
    Query(days): Query<Days>,
) -> Answer<UsageReport> {
    Ok(Json(ports.usage.run(&user, days.from, days.to).await?))
}

impl From<UsageError> for Problem {
    fn from(error: UsageError) -> Self {
        match error {
            UsageError::Backwards | UsageError::TooMany(_) => {
                Self::bad_request(format!("{error}."))
            }
            UsageError::Unavailable(error) => error.into(),
        }
    }
}
