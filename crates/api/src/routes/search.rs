//! Words in what was said.

use axum::Json;
use axum::extract::State;
use domain::limits::SEARCH_PAGE_MAX;
use domain::{InvalidNeedle, Needle};
use protocol::SearchPage;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{Caller, Query, page_size};
use crate::problem::Problem;
use crate::routes::{Answer, Shared};

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(search_messages))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SearchQuery {
    /// At least two characters; white space at its ends does not count. Case does not matter.
    #[param(min_length = 2, max_length = 200, pattern = r"\S[\s\S]*\S")]
    q: String,
    /// Hits on the page; 50 without it.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<usize>,
    /// A place that an earlier page gave.
    before: Option<String>,
}

/// Looks for words in your messages and their replies.
///
/// One request looks at 500 rows. Then `before` says where to go on, hits or not.
#[utoipa::path(get, path = "/search", tag = "conversations", params(SearchQuery),
    responses((status = 200, body = SearchPage)))]
async fn search_messages(
    State(ports): State<Shared>,
    Caller(user): Caller,
    Query(query): Query<SearchQuery>,
) -> Answer<SearchPage> {
    let limit = page_size(query.limit, SEARCH_PAGE_MAX)?;
    let needle = Needle::new(&query.q)?;
    Ok(Json(ports.search.run(&user, &needle, query.before.as_deref(), limit).await?))
}

impl From<InvalidNeedle> for Problem {
    fn from(error: InvalidNeedle) -> Self {
        Self::bad_request(format!("{error}."))
    }
}
