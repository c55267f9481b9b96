//! The development issuer: enough OpenID Connect for the page's sign-in, with
//! Cognito's claims. It asks for a name and no password, so it exists here
//! only, and everything it redirects to is on this machine.

mod authorize;
mod keys;
mod page;
mod sessions;
mod tokens;

use std::{path::Path, sync::Arc};

use axum::{
    Json, Router,
    extract::State,
    http::header,
    response::IntoResponse,
    routing::{get, post},
};
use serde_json::{Value, json};
use uuid::Uuid;

use keys::Key;
pub(crate) use keys::Verifier;
use sessions::Sessions;

const LONGEST_NAME: usize = 64;

#[derive(Debug)]
pub(crate) struct Issuer {
    /// `http://localhost:PORT/oidc`: the `iss` of every token.
    url: String,
    client_id: String,
    key: Key,
    sessions: Sessions,
}

impl Issuer {
    pub(crate) fn open(data: &Path, url: String, client_id: String) -> anyhow::Result<Arc<Self>> {
        let key = Key::open(&data.join("issuer-key.der"))?;
        let sessions = Sessions::open(data.join("issuer-sessions.json"))?;
        Ok(Arc::new(Self { url, client_id, key, sessions }))
    }

    /// Of a user who has signed in.
    pub(crate) fn name_of(&self, sub: &str) -> Option<String> {
        let users = self.sessions.users();
        users.into_iter().find(|name| subject(name).to_string() == sub)
    }

    /// Ends every session of a user; with `for_good` nobody remembers that there was one. `false`:
    /// there is none.
    pub(crate) fn forget(&self, name: &str, for_good: bool) -> bool {
        self.sessions.forget(name, for_good)
    }

    pub(crate) fn verifier(&self) -> Verifier {
        Verifier::new(&self.key, self.url.clone(), self.client_id.clone())
    }

    pub(crate) fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/oidc/.well-known/openid-configuration", get(discovery))
            .route("/oidc/jwks", get(jwks))
            // Where Cognito has them; verifiers may build this from the issuer.
            .route("/oidc/.well-known/jwks.json", get(jwks))
            .route("/oidc/authorize", get(authorize::show).post(authorize::submit))
            .route("/oidc/token", post(tokens::token))
            .route("/oidc/userinfo", get(tokens::userinfo).post(tokens::userinfo))
            .route("/oidc/logout", get(authorize::logout))
            .route("/oidc/style.css", get(style))
            .with_state(self)
    }
}

async fn discovery(State(issuer): State<Arc<Issuer>>) -> Json<Value> {
    let at = |path: &str| format!("{}/{path}", issuer.url);
    Json(json!({
        "issuer": issuer.url,
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("token"),
        "userinfo_endpoint": at("userinfo"),
        "jwks_uri": at(".well-known/jwks.json"),
        "end_session_endpoint": at("logout"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "password"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["openid", "profile"],
    }))
}

async fn jwks(State(issuer): State<Arc<Issuer>>) -> Json<Value> {
    Json(json!({"keys": [issuer.key.jwk()]}))
}

async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("style.css"))
}

/// A local user's name as it is shown, or `None` if it is not one.
fn valid_name(name: &str) -> Option<&str> {
    let name = name.trim();
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
    let fits = (1..=LONGEST_NAME).contains(&name.chars().count());
    (fits && name.chars().all(allowed)).then_some(name)
}

/// The user key everywhere behind the gateways. The same name is the same user
/// whatever its case, on every machine and after every restart.
fn subject(name: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("openclaw-local:{}", name.to_lowercase()).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_letters_digits_and_three_signs() {
        for good in ["ana", " Ana.B_c-1 ", "민수", "x"] {
            assert!(valid_name(good).is_some(), "{good}");
        }
        let long = "a".repeat(65);
        for bad in ["", "  ", "a b", "a<b", "a/b", "\u{202e}a", long.as_str()] {
            assert!(valid_name(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn case_does_not_make_another_user() {
        assert_eq!(subject("Ana"), subject("ana"));
        assert_ne!(subject("ana"), subject("anb"));
    }
}
