//! What Telegram shows with every update. Only Telegram and we know it.

use std::time::Duration;

use domain::Timestamp;
use platform::{Result, Unavailable};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tokio::sync::Mutex;

use crate::aws::Aws;
use crate::bot::TOKEN_PARAMETER;
use crate::config::{ConfigError, Lookup, optional, required};
use crate::secrets::Parameters;

const SECRET_PARAMETER: &str = "TELEGRAM_SECRET_PARAMETER";

/// A secret that does not match may be newer than ours. It is read anew, but no more often:
/// whoever knocks with wrong ones must not keep others from the parameter store.
const READ_AGAIN_AFTER: Duration = Duration::from_secs(60);

pub struct WebhookSecret {
    parameters: Parameters,
    parameter: String,
    known: Mutex<Option<Known>>,
}

#[derive(Clone)]
struct Known {
    secret: String,
    read_at: Timestamp,
}

impl WebhookSecret {
    /// `None`: this deployment has no bot.
    pub fn from_lookup(
        aws: &Aws,
        lookup: Lookup<'_>,
    ) -> std::result::Result<Option<Self>, ConfigError> {
        if optional(lookup, TOKEN_PARAMETER).is_none() {
            return Ok(None);
        }
        let parameter = required(lookup, SECRET_PARAMETER)?;
        Ok(Some(Self { parameters: Parameters::of(aws), parameter, known: Mutex::default() }))
    }

    /// Whether `shown` is the secret. A new one is admitted within a minute of being put there;
    /// an old one no longer, once the new one was seen.
    pub async fn admits(&self, shown: &[u8], now: Timestamp) -> Result<bool> {
        // Held over the read: whoever else comes waits for the one request.
        let mut known = self.known.lock().await;
        if let Some(known) = &*known {
            let is_fresh = now.since(known.read_at) < READ_AGAIN_AFTER;
            if equal(shown, known.secret.as_bytes()) {
                return Ok(true);
            }
            if is_fresh {
                return Ok(false);
            }
        }
        let secret = self.read().await?;
        let admitted = equal(shown, secret.as_bytes());
        *known = Some(Known { secret, read_at: now });
        Ok(admitted)
    }

    /// For the operator, who tells it to Telegram.
    pub async fn read(&self) -> Result<String> {
        let value = self.parameters.get(&self.parameter).await?;
        let value = value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let missing = || format!("there is no parameter `{}`", self.parameter);
        value.ok_or_else(|| Unavailable::new("telegram.secret", missing()))
    }
}

/// In a time that tells nothing of the secret, its length included.
fn equal(shown: &[u8], secret: &[u8]) -> bool {
    Sha256::digest(shown).ct_eq(&Sha256::digest(secret)).into()
}
