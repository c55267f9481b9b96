//! API Gateway's event as a request, and the answer as its event again.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::encodings::Body as EventBody;
use axum::body::Body;
use axum::response::Response;
use http::header::{CACHE_CONTROL, HOST};
use http::{HeaderValue, Request, Uri};
use lambda_http::request::LambdaRequest;

use crate::problem::Problem;

pub(crate) fn request(mut event: ApiGatewayV2httpRequest) -> Result<Request<Body>, Problem> {
    let query = event.raw_query_string.as_deref().unwrap_or_default();
    if !query.is_empty() && format!("/?{query}").parse::<Uri>().is_err() {
        return Err(Problem::bad_request("The query is not understood."));
    }
    let path = event.raw_path.take().unwrap_or_default();
    event.raw_path = Some(if path.starts_with('/') { path } else { format!("/{path}") });
    // lambda_http makes an absolute address of what clients say of themselves, and panics on
    // nonsense. Ours are paths.
    event.headers.remove(HOST);
    event.request_context.domain_name = None;
    let request: lambda_http::Request = LambdaRequest::ApiGatewayV2(event).into();
    Ok(request.map(|body| match body {
        EventBody::Text(text) => Body::from(text),
        EventBody::Binary(bytes) => Body::from(bytes),
        _ => Body::empty(),
    }))
}

pub(crate) async fn response(response: Response) -> anyhow::Result<ApiGatewayV2httpResponse> {
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await?;
    let mut event = ApiGatewayV2httpResponse::default();
    event.status_code = i64::from(parts.status.as_u16());
    event.headers = parts.headers;
    event.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if !body.is_empty() {
        // Everything we answer is JSON.
        event.body = Some(EventBody::Text(String::from_utf8(body.into())?));
    }
    Ok(event)
}
