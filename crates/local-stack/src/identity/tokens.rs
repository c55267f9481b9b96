//! The token endpoint: authorization code with PKCE, refresh with rotation,
//! and, for scripts, a password grant that needs no password.

use std::sync::Arc;

use axum::{
    Form, Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Issuer, sessions::Grant, subject, valid_name};
use crate::clock;

const TOKEN_SECONDS: i64 = 15 * 60;
const SCOPE: &str = "openid profile";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TokenRequest {
    grant_type: String,
    client_id: Option<String>,
    code: Option<String>,
    code_verifier: Option<String>,
    redirect_uri: Option<String>,
    refresh_token: Option<String>,
    username: Option<String>,
}

/// An error as RFC 6749 section 5.2 has it.
struct Refused(&'static str, &'static str);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let body = json!({"error": self.0, "error_description": self.1});
        (StatusCode::BAD_REQUEST, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
    }
}

pub(super) async fn token(
    State(issuer): State<Arc<Issuer>>,
    Form(request): Form<TokenRequest>,
) -> Response {
    match issuer.grant(&request) {
        Ok(tokens) => ([(header::CACHE_CONTROL, "no-store")], Json(tokens)).into_response(),
        Err(refused) => refused.into_response(),
    }
}

pub(super) async fn userinfo(State(issuer): State<Arc<Issuer>>, headers: HeaderMap) -> Response {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = bearer.and_then(|value| value.strip_prefix("Bearer "));
    match token.and_then(|token| issuer.verifier().access(token)) {
        Some(claims) => Json(json!({
            "sub": claims["sub"], "username": claims["username"], "name": claims["username"],
        }))
        .into_response(),
        None => {
            let challenge = [(header::WWW_AUTHENTICATE, r#"Bearer error="invalid_token""#)];
            (StatusCode::UNAUTHORIZED, challenge).into_response()
        }
    }
}

impl Issuer {
    fn grant(&self, request: &TokenRequest) -> Result<Value, Refused> {
        let password = request.grant_type == "password";
        match &request.client_id {
            Some(id) if *id == self.client_id => {}
            None if password => {}
            _ => return Err(Refused("invalid_client", "unknown client_id")),
        }
        match request.grant_type.as_str() {
            "authorization_code" => self.redeem(request),
            "refresh_token" => self.renew(request),
            "password" => {
                let name = request.username.as_deref().and_then(valid_name);
                let name = name.ok_or(Refused("invalid_grant", "username is not a local name"))?;
                let (grant, refresh) = self.sessions.begin(name);
                Ok(self.tokens(&grant, refresh, None))
            }
            _ => Err(Refused("unsupported_grant_type", "see grant_types_supported")),
        }
    }

    fn redeem(&self, request: &TokenRequest) -> Result<Value, Refused> {
        let code = request.code.as_deref().ok_or(Refused("invalid_request", "code is missing"))?;
        // Taken whatever comes next: a code is good for one attempt.
        let code = self.sessions.take_code(code);
        let code = code.ok_or(Refused("invalid_grant", "the code is unknown, used or too old"))?;
        if request.redirect_uri.as_ref() != Some(&code.redirect_uri) {
            return Err(Refused("invalid_grant", "redirect_uri is not the one the code is for"));
        }
        let verifier = request.code_verifier.as_deref().unwrap_or_default();
        if BASE64URL_NOPAD.encode(&Sha256::digest(verifier.as_bytes())) != code.challenge {
            return Err(Refused("invalid_grant", "code_verifier does not match"));
        }
        let (grant, refresh) = self.sessions.begin(&code.name);
        Ok(self.tokens(&grant, refresh, code.nonce.as_deref()))
    }

    fn renew(&self, request: &TokenRequest) -> Result<Value, Refused> {
        let token = request.refresh_token.as_deref().unwrap_or_default();
        let renewed = self.sessions.rotate(token);
        let (grant, refresh) =
            renewed.ok_or(Refused("invalid_grant", "the refresh token is unknown or too old"))?;
        Ok(self.tokens(&grant, refresh, None))
    }

    fn tokens(&self, grant: &Grant, refresh: String, nonce: Option<&str>) -> Value {
        json!({
            "access_token": self.key.sign(&self.access_claims(grant)),
            "id_token": self.key.sign(&self.id_claims(grant, nonce)),
            "refresh_token": refresh,
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
            "scope": SCOPE,
        })
    }

    fn access_claims(&self, grant: &Grant) -> Value {
        let mut claims = self.common_claims(grant, "access");
        claims["client_id"] = json!(self.client_id);
        claims["scope"] = json!(SCOPE);
        claims["username"] = json!(grant.name);
        claims
    }

    fn id_claims(&self, grant: &Grant, nonce: Option<&str>) -> Value {
        let mut claims = self.common_claims(grant, "id");
        claims["aud"] = json!(self.client_id);
        claims["cognito:username"] = json!(grant.name);
        claims["name"] = json!(grant.name);
        if let Some(nonce) = nonce {
            claims["nonce"] = json!(nonce);
        }
        claims
    }

    fn common_claims(&self, grant: &Grant, kind: &str) -> Value {
        let now = clock::now_seconds();
        json!({
            "sub": subject(&grant.name),
            "iss": self.url,
            "token_use": kind,
            "auth_time": grant.auth_time,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "jti": uuid::Uuid::new_v4(),
            "origin_jti": grant.origin_jti,
        })
    }
}
