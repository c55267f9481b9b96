//! `/telegram`: this Telegram as a person sees it. Four files, in the program itself.

use axum::{
    Router,
    http::{HeaderName, header},
    response::IntoResponse,
    routing::get,
};

/// Everything is its own, and nobody may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' data: blob:; media-src 'self'; connect-src 'self'; frame-ancestors 'none'; \
     base-uri 'none'; form-action 'none'";

const HTML: &str = include_str!("page/index.html");
const STYLE: &str = include_str!("page/style.css");
const APP: &str = include_str!("page/app.js");
const RICH: &str = include_str!("page/rich.js");

pub(crate) fn router() -> Router {
    Router::new()
        .route("/telegram", get(|| async { file("text/html; charset=utf-8", HTML) }))
        .route("/telegram/style.css", get(|| async { file("text/css; charset=utf-8", STYLE) }))
        .route("/telegram/app.js", get(|| async { file("text/javascript; charset=utf-8", APP) }))
        .route("/telegram/rich.js", get(|| async { file("text/javascript; charset=utf-8", RICH) }))
}

fn file(kind: &'static str, content: &'static str) -> impl IntoResponse {
    let headers: [(HeaderName, &str); 5] = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, content)
}
