//! Wrapping by keys in a parameter: a SecureString, which AWS encrypts with a key of its own at no
//! charge, where a KMS key of one's own is a dollar a month. Its text is that of a key file.

use async_trait::async_trait;
use aws_sdk_ssm::Client;
use aws_sdk_ssm::operation::get_parameter::GetParameterError;
use domain::UserId;

use super::error::said;
use super::key_ring::KeyRing;
use super::{KeyError, Wrapped, Wrapper};

/// Read anew at each use, which is once in a task's life: a key that was added wraps at once.
pub struct KeyParameter {
    client: Client,
    name: String,
}

impl KeyParameter {
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into() }
    }

    /// Never made here: a new one could read nothing.
    async fn ring(&self, what: &'static str, user: &UserId) -> Result<KeyRing, KeyError> {
        let name = &self.name;
        let request = self.client.get_parameter().name(name).with_decryption(true);
        let text = match request.send().await {
            Ok(found) => found.parameter.and_then(|parameter| parameter.value).unwrap_or_default(),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(GetParameterError::is_parameter_not_found) =>
            {
                let why = format!(
                    "there is no parameter {name}, and without it nobody's snapshots can be read: \
                     is SNAPSHOT_KEY_PARAMETER right?"
                );
                return Err(KeyError::unavailable(what, user, why));
            }
            Err(error) => return Err(KeyError::unavailable(what, user, said(error))),
        };
        KeyRing::parse(&text).map_err(|why| {
            let why =
                format!("the parameter {name} is damaged: {why}; bring back a version before");
            KeyError::unavailable(what, user, why)
        })
    }

    /// What a new parameter holds.
    pub fn new_text() -> String {
        KeyRing::generate().to_text()
    }
}

#[async_trait]
impl Wrapper for KeyParameter {
    fn name(&self) -> &'static str {
        "parameter"
    }

    async fn wrap(&self, user: &UserId, plain: &[u8]) -> Result<Wrapped, KeyError> {
        self.ring("wrap", user).await?.wrap(user, plain)
    }

    async fn unwrap(&self, user: &UserId, wrapped: &Wrapped) -> Result<Vec<u8>, KeyError> {
        let ring = self.ring("unwrap", user).await?;
        ring.unwrap(user, wrapped, &format!("the parameter {}", self.name))
    }
}
