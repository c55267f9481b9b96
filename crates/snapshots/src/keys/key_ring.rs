//! Wrapping by keys that we hold ourselves: AES-256-GCM, newest key first. As text they are a key
//! file, or a parameter.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use domain::UserId;
use serde::{Deserialize, Serialize};

use super::{KeyError, Wrapped, random};

const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyRing {
    version: u32,
    /// Newest first: that one wraps, all of them unwrap.
    keys: Vec<Key>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    id: String,
    /// 32 bytes in base64url.
    key: String,
}

impl KeyRing {
    pub(super) fn generate() -> Self {
        Self { version: VERSION, keys: vec![Key::generate()] }
    }

    /// Without the parser's words: they would quote the keys.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let ring: Self = serde_json::from_str(text).map_err(|_| "it is not as documented")?;
        if ring.version != VERSION {
            return Err("it is of another version");
        }
        if ring.keys.is_empty() {
            return Err("it has no keys");
        }
        let mut ids: Vec<_> = ring.keys.iter().map(|key| &key.id).collect();
        ids.sort_unstable();
        if ids.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err("two of its keys have the same id");
        }
        match ring.keys.iter().all(|key| key.cipher().is_some()) {
            true => Ok(ring),
            false => Err("one of its keys does not have 32 bytes"),
        }
    }

    pub(super) fn to_text(&self) -> String {
        serde_json::to_string(self).expect("our own structures serialize")
    }

    /// The id of a new key that wraps from now on.
    pub(super) fn add(&mut self) -> String {
        let key = Key::generate();
        let id = key.id.clone();
        self.keys.insert(0, key);
        id
    }

    pub(super) fn wrap(&self, user: &UserId, plain: &[u8]) -> Result<Wrapped, KeyError> {
        let newest = self.keys.first().expect("checked when read");
        let cipher = newest.cipher().expect("checked when read");
        let mut sealed = plain.to_vec();
        let nonce = cipher
            .seal_in_place_append_tag(Aad::from(user.as_str()), &mut sealed)
            .map_err(|_| KeyError::unusable(user, "they cannot be encrypted"))?;
        let ciphertext = [nonce.as_ref().as_slice(), &sealed].concat();
        Ok(Wrapped { key_id: newest.id.clone(), ciphertext })
    }

    /// `place`: where this ring lies, for people.
    pub(super) fn unwrap(
        &self,
        user: &UserId,
        wrapped: &Wrapped,
        place: &str,
    ) -> Result<Vec<u8>, KeyError> {
        let Some(key) = self.keys.iter().find(|key| key.id == wrapped.key_id) else {
            let id = &wrapped.key_id;
            let why = format!("they are wrapped by key {id}, which is not in {place}");
            return Err(KeyError::unusable(user, why));
        };
        let damaged = || {
            let why = "they were not wrapped for this user by this key; the record is damaged, or \
                       another user's";
            KeyError::unusable(user, why)
        };
        let (nonce, sealed) = wrapped.ciphertext.split_at_checked(NONCE_LEN).ok_or_else(damaged)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| damaged())?;
        let mut sealed = sealed.to_vec();
        let cipher = key.cipher().expect("checked when read");
        let opened = cipher.open_in_place(nonce, Aad::from(user.as_str()), &mut sealed);
        opened.map(|plain| plain.to_vec()).map_err(|_| damaged())
    }
}

impl Key {
    fn generate() -> Self {
        let id = HEXLOWER.encode(&random::<8>());
        Self { id, key: BASE64URL_NOPAD.encode(&random::<32>()) }
    }

    fn cipher(&self) -> Option<RandomizedNonceKey> {
        let bytes = BASE64URL_NOPAD.decode(self.key.as_bytes()).ok()?;
        RandomizedNonceKey::new(&AES_256_GCM, &bytes).ok()
    }
}
