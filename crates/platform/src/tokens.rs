//! Who a browser says it is, proven by the identity provider's signature.

use async_trait::async_trait;
use domain::{Timestamp, UserId};

#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Not a token we accept; the reason is for logs, never for the caller.
    #[error("access token is refused: {0}")]
    Refused(String),
    /// The keys to check it with could not be had: try again.
    #[error(transparent)]
    Unavailable(#[from] crate::Unavailable),
}

#[async_trait]
pub trait AccessTokens: Send + Sync {
    async fn verify(&self, token: &str, now: Timestamp) -> Result<UserId, TokenError>;
}
