//! The authorization endpoint and the page behind it. Codes go only to
//! loopback addresses; anything else is explained on a page, never redirected.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use super::{Issuer, page, sessions::Code, valid_name};
use crate::{clock, loopback};

const COOKIE: &str = "local_user";

#[derive(Debug, Default, Clone, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct AuthorizeRequest {
    pub(super) response_type: String,
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) scope: String,
    pub(super) state: String,
    pub(super) nonce: String,
    pub(super) code_challenge: String,
    pub(super) code_challenge_method: String,
    pub(super) prompt: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct SignIn {
    #[serde(default)]
    name: String,
    #[serde(flatten)]
    request: AuthorizeRequest,
}

pub(super) async fn show(
    State(issuer): State<Arc<Issuer>>,
    headers: HeaderMap,
    Query(request): Query<AuthorizeRequest>,
) -> Response {
    if let Err(answer) = issuer.check(&request) {
        return *answer;
    }
    let known =
        remembered(&headers).filter(|(name, since)| issuer.sessions.remembers(name, *since));
    let known = known.map(|(name, _)| name);
    if request.prompt.split(' ').any(|prompt| prompt == "none") {
        return match known {
            Some(name) => issuer.send_code(&request, &name),
            None => send_error(&request, "login_required", "nobody is signed in"),
        };
    }
    issuer.form(&request, known.as_deref(), None)
}

pub(super) async fn submit(
    State(issuer): State<Arc<Issuer>>,
    headers: HeaderMap,
    Form(SignIn { name, request }): Form<SignIn>,
) -> Response {
    if let Err(answer) = issuer.check(&request) {
        return *answer;
    }
    // Otherwise any page could sign a visitor in as somebody else.
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    if !origin.is_none_or(loopback::is_loopback_origin) {
        return explain("This form was sent by another web site.");
    }
    match valid_name(&name) {
        Some(name) => issuer.send_code(&request, name),
        None => {
            let problem = "Use 1 to 64 letters, digits, dots, dashes and underscores.";
            issuer.form(&request, None, Some(problem))
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Logout {
    post_logout_redirect_uri: Option<String>,
    /// Cognito's name for it.
    logout_uri: Option<String>,
    state: Option<String>,
}

pub(super) async fn logout(Query(request): Query<Logout>) -> Response {
    let target = request.post_logout_redirect_uri.or(request.logout_uri);
    let mut response = match target.filter(|uri| is_allowed_target(uri)) {
        Some(uri) => {
            let state = request.state.unwrap_or_default();
            redirect(&uri, &[("state", &state)])
        }
        None => html(StatusCode::OK, page::message("Signed out", "You can close this page.")),
    };
    set_cookie(&mut response, "", 0);
    response
}

impl Issuer {
    fn check(&self, request: &AuthorizeRequest) -> Result<(), Box<Response>> {
        let explained = |why: &str| Err(Box::new(explain(why)));
        if request.client_id != self.client_id {
            return explained("The application is unknown (client_id).");
        }
        if !is_allowed_target(&request.redirect_uri) {
            return explained("The address to return to is not on this machine (redirect_uri).");
        }
        let refused = |code, why| Err(Box::new(send_error(request, code, why)));
        if request.response_type != "code" {
            return refused("unsupported_response_type", "response_type must be code");
        }
        if request.code_challenge.len() != 43 || request.code_challenge_method != "S256" {
            return refused("invalid_request", "PKCE with S256 is required");
        }
        Ok(())
    }

    fn send_code(&self, request: &AuthorizeRequest, name: &str) -> Response {
        let code = self.sessions.issue_code(Code {
            name: name.to_owned(),
            redirect_uri: request.redirect_uri.clone(),
            challenge: request.code_challenge.clone(),
            nonce: Some(request.nonce.clone()).filter(|nonce| !nonce.is_empty()),
            issued: clock::now_seconds(),
        });
        let parameters = [("code", code.as_str()), ("state", &request.state)];
        let mut response = redirect(&request.redirect_uri, &parameters);
        const YEAR: u32 = 365 * 24 * 60 * 60;
        set_cookie(&mut response, name, YEAR);
        response
    }

    fn form(
        &self,
        request: &AuthorizeRequest,
        known: Option<&str>,
        problem: Option<&str>,
    ) -> Response {
        let body = page::sign_in(request, known, &self.sessions.users(), problem);
        let mut response = html(StatusCode::OK, body);
        // Chrome holds the redirect that follows a form to `form-action` too.
        let target = origin_of(&request.redirect_uri).unwrap_or_default();
        let policy = format!("{} form-action 'self' {target}", page::POLICY);
        let policy = policy.parse().expect("an origin checked above and a constant");
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        response
    }
}

fn explain(why: &str) -> Response {
    html(StatusCode::BAD_REQUEST, page::message("This sign-in cannot go on", why))
}

fn html(status: StatusCode, body: String) -> Response {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, page::POLICY),
        (header::CACHE_CONTROL, "no-store"),
        // With `no-referrer`, the form would be sent with `Origin: null`.
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, Html(body)).into_response()
}

fn send_error(request: &AuthorizeRequest, code: &str, why: &str) -> Response {
    let parameters =
        [("error", code), ("error_description", why), ("state", request.state.as_str())];
    redirect(&request.redirect_uri, &parameters)
}

fn redirect(uri: &str, parameters: &[(&str, &str)]) -> Response {
    let mut target = uri.to_owned();
    for (name, value) in parameters.iter().filter(|(_, value)| !value.is_empty()) {
        target.push(if target.contains('?') { '&' } else { '?' });
        target.push_str(&format!("{name}={}", encoded(value)));
    }
    let headers = [(header::LOCATION, target), (header::CACHE_CONTROL, "no-store".into())];
    (StatusCode::SEE_OTHER, headers).into_response()
}

fn encoded(value: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encode = |byte: u8| match keep(byte) {
        true => (byte as char).to_string(),
        false => format!("%{byte:02X}"),
    };
    value.bytes().map(encode).collect()
}

/// `http://localhost:PORT/...` and its two relatives: no credentials, no
/// fragment, nothing that could break out of a header.
fn is_allowed_target(uri: &str) -> bool {
    let plain = uri.bytes().all(|byte| byte.is_ascii_graphic()) && !uri.contains(['#', '\\']);
    plain && origin_of(uri).is_some_and(loopback::is_loopback_origin)
}

fn origin_of(uri: &str) -> Option<&str> {
    let rest = uri.strip_prefix("http://")?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    Some(&uri[.."http://".len() + end])
}

/// Who has signed in in this browser, and when.
fn remembered(headers: &HeaderMap) -> Option<(String, i64)> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs =
        cookies.flat_map(|value| value.split(';')).filter_map(|it| it.trim().split_once('='));
    let (_, value) = pairs.into_iter().find(|(name, _)| *name == COOKIE)?;
    let (name, since) = value.split_once('.')?;
    let name = data_encoding::HEXLOWER.decode(name.as_bytes()).ok()?;
    let name = valid_name(&String::from_utf8(name).ok()?).map(str::to_owned);
    Some((name?, since.parse().ok()?))
}

/// The name as hex, since a cookie cannot hold every letter; and now.
fn set_cookie(response: &mut Response, name: &str, seconds: u32) {
    let name = data_encoding::HEXLOWER.encode(name.as_bytes());
    let value = format!("{name}.{}", clock::now_ms());
    let cookie = format!("{COOKIE}={value}; Path=/oidc; Max-Age={seconds}; HttpOnly; SameSite=Lax");
    let cookie = cookie.parse().expect("hex digits and constants");
    response.headers_mut().append(header::SET_COOKIE, cookie);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_go_to_this_machine_only() {
        for good in
            ["http://localhost:8787/callback", "http://127.0.0.1/x?y=z", "http://[::1]:5173"]
        {
            assert!(is_allowed_target(good), "{good}");
        }
        for bad in [
            "",
            "https://localhost/callback",
            "http://localhost.example.com/",
            "http://localhost:1@example.com/",
            "http://localhost\\@example.com/",
            "http://localhost/#fragment",
            "http://localhost/\r\nSet-Cookie: x=y",
            "javascript:alert(1)",
        ] {
            assert!(!is_allowed_target(bad), "{bad}");
        }
    }
}
