//! The object `snapshot-keys/<userId>.json`, and what is wrapped in it.

use data_encoding::BASE64;
use domain::{Timestamp, UserId};
use rustic_core::repofile::MasterKey;
use serde::{Deserialize, Serialize};

use super::{KeyError, RepositoryKeys, Wrapped};

const VERSION: u32 = 1;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Record {
    version: u32,
    pub(super) wrapper: String,
    pub(super) key_id: String,
    /// In base64.
    wrapped: String,
    /// Of the keys; wrapping them anew does not change it.
    pub(super) created_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Plain {
    password: String,
    master: MasterKey,
}

impl Record {
    pub(super) fn new(wrapper: &str, wrapped: &Wrapped, created_at: Timestamp) -> Self {
        Self {
            version: VERSION,
            wrapper: wrapper.to_owned(),
            key_id: wrapped.key_id.clone(),
            wrapped: BASE64.encode(&wrapped.ciphertext),
            created_at,
        }
    }

    pub(super) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("text and numbers are JSON")
    }

    pub(super) fn parse(user: &UserId, json: &[u8]) -> Result<Self, KeyError> {
        let odd = |error| KeyError::unusable(user, format!("their record is not JSON: {error}"));
        let record: Self = serde_json::from_slice(json).map_err(odd)?;
        if record.version == VERSION {
            return Ok(record);
        }
        let why = format!(
            "their record is of version {}, and this program knows {VERSION}; use a newer one",
            record.version
        );
        Err(KeyError::unusable(user, why))
    }

    pub(super) fn wrapped(&self, user: &UserId) -> Result<Wrapped, KeyError> {
        let odd = |_| KeyError::unusable(user, "their record is damaged");
        let ciphertext = BASE64.decode(self.wrapped.as_bytes()).map_err(odd)?;
        Ok(Wrapped { key_id: self.key_id.clone(), ciphertext })
    }
}

pub(super) fn to_plain(keys: &RepositoryKeys) -> Vec<u8> {
    let plain = Plain { password: keys.password.clone(), master: keys.master.clone() };
    serde_json::to_vec(&plain).expect("text and bytes are JSON")
}

pub(super) fn from_plain(user: &UserId, plain: &[u8]) -> Result<RepositoryKeys, KeyError> {
    // Without the parser's words: they would quote the keys.
    let odd = || KeyError::unusable(user, "what is wrapped is not as documented");
    let Plain { password, master } = serde_json::from_slice(plain).map_err(|_| odd())?;
    // rustic takes shorter ones apart without looking.
    let whole = master.encrypt.len() == 32 && master.mac.k.len() == 16 && master.mac.r.len() == 16;
    match whole && !password.is_empty() {
        true => Ok(RepositoryKeys { password, master }),
        false => Err(odd()),
    }
}
