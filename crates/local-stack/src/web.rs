//! The page: its built files, its configuration, and the headers it is served
//! with. Routes of the page itself all lead to `index.html`.

use std::path::Path;

use axum::{
    Json, Router,
    extract::Request,
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use serde_json::{Value, json};
use tower_http::services::{ServeDir, ServeFile};

use crate::{config::PageConfig, stack::Urls};

/// As CloudFront sends it, but for `connect-src`: files go to and come from the bucket, which is
/// on a port of its own here.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' data: blob:; font-src 'self'; manifest-src 'self'; worker-src 'self'; \
     connect-src 'self' ws://localhost:* ws://127.0.0.1:* http://127.0.0.1:*; frame-ancestors 'none'; \
     base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types openclaw";
/// Of what a browser can do for a page, ours needs none of these.
const PERMISSIONS: &str = "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), \
     geolocation=(), gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), payment=(), \
     serial=(), usb=()";
const SAME_ORIGIN: &str = "same-origin";
/// Vite puts a hash into these files' names, so they never change.
const ASSETS: &str = "/assets";
/// The service worker. A browser asks for it again to learn of a new page, so it is never kept, and the page does
/// not stand in for it.
const WORKER: &str = "/sw.js";

pub(crate) fn router(dist: Option<&Path>, page: &PageConfig, urls: &Urls) -> Router {
    let config = page_config(page, urls);
    let router = Router::new().route("/config.json", get(move || async move { Json(config) }));
    let files = match dist.filter(|dist| dist.join("index.html").is_file()) {
        Some(dist) => {
            let index = ServeFile::new(dist.join("index.html"));
            router
                .nest_service(ASSETS, ServeDir::new(dist.join("assets")))
                .route_service(WORKER, ServeFile::new(dist.join("sw.js")))
                .fallback_service(ServeDir::new(dist).fallback(index))
        }
        None => router.fallback(not_built),
    };
    let canonical = urls.url.clone();
    files.layer(middleware::from_fn(headers)).layer(middleware::from_fn(move |request, next| {
        one_origin(canonical.clone(), request, next)
    }))
}

fn page_config(page: &PageConfig, urls: &Urls) -> Value {
    let mut config = json!({
        "issuer": urls.issuer, "clientId": page.client_id, "ws": urls.ws, "api": urls.api,
        "demo": page.demo,
    });
    if let Some(model) = &page.model {
        config["model"] = json!(model);
    }
    config
}

async fn headers(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let mut response = next.run(request).await;
    let found = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
    let cache = match path.starts_with(ASSETS) && found {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, cache),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
        (HeaderName::from_static("cross-origin-opener-policy"), SAME_ORIGIN),
        (HeaderName::from_static("cross-origin-resource-policy"), SAME_ORIGIN),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The issuer, the API and stored sessions belong to one origin, so a page
/// opened as 127.0.0.1 moves to it.
async fn one_origin(canonical: String, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let here = host.map(|host| format!("http://{host}"));
    let navigates = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    if navigates && here.is_some_and(|here| here != canonical) {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        return Redirect::temporary(&format!("{canonical}{path}")).into_response();
    }
    next.run(request).await
}

async fn not_built() -> Response {
    let page = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
        <title>The page is not built · OpenClaw</title><h1>The page is not built yet</h1>\
        <p>The stack is running; only its page is missing. In the project, run</p>\
        <pre>cd web && npm ci && npm run build</pre>\
        <p>and start again, or run <code>make run</code>, which does all of it.</p>";
    (StatusCode::SERVICE_UNAVAILABLE, Html(page)).into_response()
}
