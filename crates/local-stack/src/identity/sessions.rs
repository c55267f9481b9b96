//! What the issuer remembers: local users and refresh tokens (as hashes, on
//! disk, so that a restart signs nobody out) and pending codes (in memory).

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    sync::{Mutex, MutexGuard},
};

use anyhow::Context;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{clock, private_file};

const CODE_SECONDS: i64 = 5 * 60;
const REFRESH_SECONDS: i64 = 30 * 24 * 60 * 60;
/// A rotated token still works this long: two tabs may renew at once, and an
/// answer may get lost. Cognito allows the same.
const GRACE_SECONDS: i64 = 60;

#[derive(Debug)]
pub(super) struct Sessions {
    path: PathBuf,
    kept: Mutex<Kept>,
    codes: Mutex<HashMap<String, Code>>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    /// Names as they were typed first, by lower-cased name.
    users: BTreeMap<String, String>,
    /// By the token's SHA-256.
    refresh: HashMap<String, Grant>,
    /// Browsers that signed in until then, in milliseconds, are forgotten; by the SHA-256 of who did.
    ended: BTreeMap<String, i64>,
}

/// A sign-in that tokens can be made for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Grant {
    pub(super) name: String,
    pub(super) auth_time: i64,
    pub(super) origin_jti: String,
    pub(super) expires: i64,
}

/// What a code was given for.
#[derive(Debug, Clone)]
pub(super) struct Code {
    pub(super) name: String,
    pub(super) redirect_uri: String,
    pub(super) challenge: String,
    pub(super) nonce: Option<String>,
    pub(super) issued: i64,
}

impl Sessions {
    pub(super) fn open(path: PathBuf) -> anyhow::Result<Self> {
        let kept = match private_file::read(&path)? {
            Some(json) => serde_json::from_slice(&json)
                .with_context(|| format!("{} is not what this stack wrote", path.display()))?,
            None => Kept::default(),
        };
        Ok(Self { path, kept: Mutex::new(kept), codes: Mutex::default() })
    }

    pub(super) fn users(&self) -> Vec<String> {
        self.kept().users.values().cloned().collect()
    }

    /// A new code, good once.
    pub(super) fn issue_code(&self, code: Code) -> String {
        let mut codes = self.codes.lock().expect("codes are changed without panics");
        codes.retain(|_, pending| pending.issued + CODE_SECONDS > clock::now_seconds());
        let secret = secret();
        codes.insert(hash(&secret), code);
        secret
    }

    pub(super) fn take_code(&self, code: &str) -> Option<Code> {
        let taken =
            self.codes.lock().expect("codes are changed without panics").remove(&hash(code));
        taken.filter(|code| code.issued + CODE_SECONDS > clock::now_seconds())
    }

    /// Starts a session and returns it with its refresh token.
    pub(super) fn begin(&self, name: &str) -> (Grant, String) {
        let mut kept = self.kept();
        let known = kept.users.entry(name.to_lowercase()).or_insert_with(|| name.to_owned());
        let grant = Grant {
            name: known.clone(),
            auth_time: clock::now_seconds(),
            origin_jti: uuid::Uuid::new_v4().to_string(),
            expires: clock::now_seconds() + REFRESH_SECONDS,
        };
        let token = secret();
        kept.refresh.insert(hash(&token), grant.clone());
        self.save(&mut kept);
        (grant, token)
    }

    /// A new refresh token for an old one.
    pub(super) fn rotate(&self, token: &str) -> Option<(Grant, String)> {
        let now = clock::now_seconds();
        let mut kept = self.kept();
        let old = kept.refresh.get_mut(&hash(token)).filter(|grant| grant.expires > now)?;
        let grant = Grant { expires: now + REFRESH_SECONDS, ..old.clone() };
        old.expires = old.expires.min(now + GRACE_SECONDS);
        let renewed = secret();
        kept.refresh.insert(hash(&renewed), grant.clone());
        self.save(&mut kept);
        Some((grant, renewed))
    }

    /// `false`: there is no such user.
    pub(super) fn forget(&self, name: &str, for_good: bool) -> bool {
        let key = name.to_lowercase();
        let is_his = |of: &str| of.to_lowercase() == key;
        let mut codes = self.codes.lock().expect("codes are changed without panics");
        codes.retain(|_, code| !is_his(&code.name));
        drop(codes);
        let mut kept = self.kept();
        kept.refresh.retain(|_, grant| !is_his(&grant.name));
        kept.ended.insert(hash(&key), clock::now_ms());
        let known = match for_good {
            true => kept.users.remove(&key).is_some(),
            false => kept.users.contains_key(&key),
        };
        self.save(&mut kept);
        known
    }

    /// Whether a browser in which somebody signed in then is still his.
    pub(super) fn remembers(&self, name: &str, since: i64) -> bool {
        let kept = self.kept();
        kept.ended.get(&hash(&name.to_lowercase())).is_none_or(|ended| *ended < since)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("sessions are changed without panics")
    }

    fn save(&self, kept: &mut Kept) {
        kept.refresh.retain(|_, grant| grant.expires > clock::now_seconds());
        let json = serde_json::to_vec(kept).expect("strings serialize");
        if let Err(error) = private_file::write(&self.path, &json) {
            tracing::error!(%error, "could not save sessions; a restart will sign users out");
        }
    }
}

fn secret() -> String {
    BASE64URL_NOPAD.encode(&rand::random::<[u8; 32]>())
}

fn hash(secret: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(secret.as_bytes()))
}
