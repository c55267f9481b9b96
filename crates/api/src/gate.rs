//! What every request passes before its route: who asks, and how often.

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::UserId;
use http::Method;
use lambda_http::request::RequestContext;
use protocol::ErrorCode;

use crate::problem::Problem;
use crate::rate::Kind;
use crate::routes::Shared;

/// The one route that needs no token: what there is, not whose.
pub(crate) const OPENAPI: &str = "/openapi.json";

pub(crate) async fn gate(State(ports): State<Shared>, request: Request, next: Next) -> Response {
    let admitted = match admit(&ports, request) {
        Ok(request) => refuse_who_leaves(&ports, request).await,
        Err(problem) => Err(problem),
    };
    match admitted {
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn admit(ports: &Shared, mut request: Request) -> Result<Request, Problem> {
    if request.method() == Method::GET && request.uri().path() == OPENAPI {
        return Ok(request);
    }
    let user = caller(&request)?;
    let route = request.extensions().get::<MatchedPath>();
    let kind = route.and_then(|route| Kind::of(request.method(), route.as_str()));
    for kind in std::iter::once(Kind::Any).chain(kind) {
        ports.buckets.take(&user, kind).map_err(|wait| {
            Problem::too_many(ErrorCode::TooManyRequests, "That was often. Try again in a moment.")
                .after(wait)
        })?;
    }
    request.extensions_mut().insert(user);
    Ok(request)
}

/// The one route by which somebody who leaves changes anything.
pub(crate) const ME: &str = "/me";

/// While everything of the user is being deleted, nothing new comes. Reading needs no look: what
/// is not there any more is not found.
async fn refuse_who_leaves(ports: &Shared, request: Request) -> Result<Request, Problem> {
    let changes = request.method() != Method::GET && request.uri().path() != ME;
    if let Some(user) = request.extensions().get::<UserId>().filter(|_| changes)
        && ports.status.tasks.get(user).await?.deleting_since.is_some()
    {
        return Err(Problem::deleting());
    }
    Ok(request)
}

/// The authorizer has checked the token; a route without it is a mistake of the deployment.
fn caller(request: &Request) -> Result<UserId, Problem> {
    let Some(RequestContext::ApiGatewayV2(context)) = request.extensions().get() else {
        return Err(Problem::unauthorized());
    };
    let authorizer = context.authorizer.as_ref();
    let jwt = authorizer.and_then(|a| a.jwt.as_ref()).ok_or_else(Problem::unauthorized)?;
    let of_access_token = jwt.claims.get("token_use").is_some_and(|u| u == "access");
    let sub =
        jwt.claims.get("sub").filter(|_| of_access_token).ok_or_else(Problem::unauthorized)?;
    UserId::new(sub).map_err(|_| Problem::unauthorized())
}
