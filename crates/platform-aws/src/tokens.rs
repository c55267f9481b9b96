//! Access tokens, as Cognito signs them: RS256, `iss`, `client_id`, `token_use=access`.
//!
//! The id token is refused although the same issuer signed it: it says who somebody is, not
//! what he may call.

use async_trait::async_trait;
use domain::{Timestamp, UserId};
use jsonwebtoken::{Algorithm, Validation};
use platform::Unavailable;
use serde::Deserialize;

use crate::config::{ConfigError, Lookup, Oidc};
use crate::jwks::{FetchKeys, HttpKeys, Keys};

/// Clocks differ.
const LEEWAY_SECONDS: u64 = 60;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedToken {
    pub user: UserId,
    pub expires_at: Timestamp,
}

#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error("token is malformed")]
    Malformed,
    #[error("token is not signed with RS256")]
    WrongAlgorithm,
    #[error("token is signed with a key that the issuer does not have")]
    UnknownKey,
    #[error("token's signature is wrong")]
    WrongSignature,
    #[error("token is from another issuer")]
    WrongIssuer,
    #[error("token is for another client")]
    WrongClient,
    #[error("token is not an access token")]
    NotAnAccessToken,
    #[error("token has expired")]
    Expired,
    #[error("token is not valid yet")]
    NotYetValid,
    /// The issuer's keys could not be read: says nothing about the token.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

pub struct AccessTokens {
    oidc: Oidc,
    keys: Keys,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    iss: String,
    exp: u64,
    nbf: Option<u64>,
    token_use: Option<String>,
    client_id: Option<String>,
}

impl AccessTokens {
    pub fn new(oidc: Oidc, source: Box<dyn FetchKeys>) -> Self {
        let keys = Keys::new(&oidc.issuer, source);
        Self { oidc, keys }
    }

    pub fn from_lookup(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        Ok(Self::new(Oidc::from_lookup(lookup)?, Box::<HttpKeys>::default()))
    }

    pub async fn verify(&self, token: &str, now: Timestamp) -> Result<VerifiedToken, TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| unreadable(token))?;
        if header.alg != Algorithm::RS256 {
            return Err(TokenError::WrongAlgorithm);
        }
        let id = header.kid.ok_or(TokenError::UnknownKey)?;
        let key = self.keys.find(&id, now).await?.ok_or(TokenError::UnknownKey)?;
        let decoded = jsonwebtoken::decode::<Claims>(token, &key, &signature_only());
        let claims = decoded.map_err(|error| why(&error))?.claims;
        self.check(&claims, now.epoch_seconds())?;
        Ok(VerifiedToken {
            user: UserId::new(claims.sub).map_err(|_| TokenError::Malformed)?,
            expires_at: Timestamp(claims.exp.saturating_mul(1000)),
        })
    }

    fn check(&self, claims: &Claims, now: u64) -> Result<(), TokenError> {
        if claims.iss != self.oidc.issuer {
            return Err(TokenError::WrongIssuer);
        }
        if claims.token_use.as_deref() != Some("access") {
            return Err(TokenError::NotAnAccessToken);
        }
        if claims.client_id.as_ref() != Some(&self.oidc.client_id) {
            return Err(TokenError::WrongClient);
        }
        if claims.exp.saturating_add(LEEWAY_SECONDS) <= now {
            return Err(TokenError::Expired);
        }
        if claims.nbf.is_some_and(|from| from > now + LEEWAY_SECONDS) {
            return Err(TokenError::NotYetValid);
        }
        Ok(())
    }
}

#[async_trait]
impl platform::AccessTokens for AccessTokens {
    async fn verify(&self, token: &str, now: Timestamp) -> Result<UserId, platform::TokenError> {
        match AccessTokens::verify(self, token, now).await {
            Ok(verified) => Ok(verified.user),
            Err(TokenError::Unavailable(error)) => Err(error.into()),
            Err(refused) => Err(platform::TokenError::Refused(refused.to_string())),
        }
    }
}

/// The library reads the process's clock for the claims; we have our own.
fn signature_only() -> Validation {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

/// A header with an algorithm that the library does not know, `none` among them, does not parse.
fn unreadable(token: &str) -> TokenError {
    let header = token.split('.').next().unwrap_or_default();
    let header = data_encoding::BASE64URL_NOPAD.decode(header.as_bytes()).ok();
    let header: Option<serde_json::Value> = header.and_then(|h| serde_json::from_slice(&h).ok());
    let algorithm = header.as_ref().and_then(|header| header["alg"].as_str());
    match algorithm {
        None | Some("RS256") => TokenError::Malformed,
        Some(_) => TokenError::WrongAlgorithm,
    }
}

fn why(error: &jsonwebtoken::errors::Error) -> TokenError {
    match error.kind() {
        jsonwebtoken::errors::ErrorKind::InvalidSignature => TokenError::WrongSignature,
        _ => TokenError::Malformed,
    }
}
