//! Wrapping by AWS KMS. The wrapping key never leaves it; CloudTrail has each use with the user.

use async_trait::async_trait;
use aws_sdk_kms::Client;
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_kms::primitives::Blob;
use domain::UserId;

use super::error::said;
use super::{KeyError, Wrapped, Wrapper};

/// Bound to the ciphertext, and seen in CloudTrail.
const USER: &str = "user";
const PURPOSE: (&str, &str) = ("purpose", "snapshots");

pub struct Kms {
    client: Client,
    key_id: String,
}

impl Kms {
    /// `key_id`: id, ARN or alias of the key that wraps from now on.
    pub fn new(client: Client, key_id: impl Into<String>) -> Self {
        Self { client, key_id: key_id.into() }
    }
}

#[async_trait]
impl Wrapper for Kms {
    fn name(&self) -> &'static str {
        "kms"
    }

    async fn wrap(&self, user: &UserId, plain: &[u8]) -> Result<Wrapped, KeyError> {
        let request = self.client.encrypt().key_id(&self.key_id).plaintext(Blob::new(plain));
        let request = request
            .encryption_context(USER, user.as_str())
            .encryption_context(PURPOSE.0, PURPOSE.1);
        let done = request.send().await.map_err(|error| classified("wrap", user, error))?;
        // An alias may point elsewhere one day: the record has the key itself.
        let (Some(key_id), Some(blob)) = (done.key_id, done.ciphertext_blob) else {
            return Err(KeyError::unavailable("wrap", user, "KMS answered without a ciphertext"));
        };
        Ok(Wrapped { key_id, ciphertext: blob.into_inner() })
    }

    async fn unwrap(&self, user: &UserId, wrapped: &Wrapped) -> Result<Vec<u8>, KeyError> {
        let request = self.client.decrypt().key_id(&wrapped.key_id);
        let request = request
            .encryption_context(USER, user.as_str())
            .encryption_context(PURPOSE.0, PURPOSE.1);
        let request = request.ciphertext_blob(Blob::new(wrapped.ciphertext.clone()));
        let done = request.send().await.map_err(|error| classified("unwrap", user, error))?;
        let none = || KeyError::unavailable("unwrap", user, "KMS answered without a plaintext");
        Ok(done.plaintext.ok_or_else(none)?.into_inner())
    }
}

/// What a person must mend is told apart from what passes.
fn classified<E, R>(what: &'static str, user: &UserId, error: SdkError<E, R>) -> KeyError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let hint = match error.code() {
        Some("InvalidCiphertextException" | "IncorrectKeyException") => {
            let why = "KMS says that they were not wrapped for this user by this key; the record \
                       is damaged, or another user's";
            return KeyError::unusable(user, why);
        }
        Some("AccessDeniedException") => {
            " (the key policy or the role must allow kms:Encrypt and kms:Decrypt)"
        }
        Some("NotFoundException") => {
            " (there is no such key in this account and region; is SNAPSHOT_KEY_ID right?)"
        }
        Some("DisabledException" | "KMSInvalidStateException") => {
            " (the KMS key is disabled or waits for its deletion: enable it, or cancel the deletion)"
        }
        _ => "",
    };
    KeyError::Unavailable { what, user: user.clone(), hint, source: said(error) }
}
