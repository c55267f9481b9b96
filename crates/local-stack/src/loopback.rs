//! Who may talk to the public port: pages of this machine. Any web site can
//! make a browser send requests to 127.0.0.1, and with DNS rebinding even
//! under its own name, so both `Host` and `Origin` are looked at.

use axum::{
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// Refuses requests that were not addressed to this machine by name.
pub(crate) async fn only_loopback_hosts(request: Request, next: Next) -> Response {
    let host = text(request.headers(), header::HOST).or(request.uri().host());
    match host {
        Some(host) if is_loopback_authority(host) => next.run(request).await,
        _ => (StatusCode::MISDIRECTED_REQUEST, "this server answers to localhost only\n")
            .into_response(),
    }
}

/// Refuses requests that a page from elsewhere made. Programs send no `Origin`.
pub(crate) async fn only_loopback_origins(request: Request, next: Next) -> Response {
    let origin = text(request.headers(), header::ORIGIN);
    if origin.is_none_or(is_loopback_origin) && !is_cross_site(request.headers()) {
        return next.run(request).await;
    }
    (StatusCode::FORBIDDEN, "requests from other web sites are refused\n").into_response()
}

fn is_cross_site(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site")
}

pub(crate) fn is_loopback_origin(origin: &str) -> bool {
    origin.strip_prefix("http://").is_some_and(is_loopback_authority)
}

/// `localhost`, `127.0.0.1` or `[::1]`, with or without a port.
pub(crate) fn is_loopback_authority(authority: &str) -> bool {
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|host| {
        let port = authority.strip_prefix(host);
        port.is_some_and(|port| {
            port.is_empty()
                || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok())
        })
    })
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machines_names_are_loopback() {
        for good in
            ["http://localhost", "http://localhost:8787", "http://127.0.0.1:1", "http://[::1]:9"]
        {
            assert!(is_loopback_origin(good), "{good}");
        }
        for bad in [
            "null",
            "https://localhost",
            "http://localhost.example.com",
            "http://localhost:1@example.com",
            "http://127.0.0.10:80",
            "http://example.com",
        ] {
            assert!(!is_loopback_origin(bad), "{bad}");
        }
    }
}
