//! The issuer's RSA key, made once and kept, and the check of its tokens.

use std::path::Path;

use anyhow::Context;
use aws_lc_rs::{
    encoding::AsDer,
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::private_file;

#[derive(Debug)]
pub(super) struct Key {
    pair: KeyPair,
    id: String,
}

impl Key {
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let pair = match private_file::read(path)? {
            Some(der) => KeyPair::from_pkcs8(&der)
                .ok()
                .with_context(|| format!("{} is not a key; delete it", path.display()))?,
            None => make(path)?,
        };
        let digest = Sha256::digest(pair.public_key().as_ref());
        Ok(Self { pair, id: HEXLOWER.encode(&digest[..8]) })
    }

    pub(super) fn jwk(&self) -> Value {
        let (n, e) = self.components();
        let (n, e) = (BASE64URL_NOPAD.encode(&n), BASE64URL_NOPAD.encode(&e));
        json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.id, "n": n, "e": e})
    }

    pub(super) fn sign(&self, claims: &Value) -> String {
        let header = json!({"alg": "RS256", "kid": self.id, "typ": "JWT"});
        let encode = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let signed = format!("{}.{}", encode(&header), encode(claims));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .expect("the buffer has the key's length");
        format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature))
    }

    fn components(&self) -> (Vec<u8>, Vec<u8>) {
        let key = self.pair.public_key();
        let bytes =
            |number: aws_lc_rs::io::Positive<'_>| number.big_endian_without_leading_zero().to_vec();
        (bytes(key.modulus()), bytes(key.exponent()))
    }
}

fn make(path: &Path) -> anyhow::Result<KeyPair> {
    let pair = KeyPair::generate(KeySize::Rsa2048).ok().context("could not make a key")?;
    let der = pair.as_der().ok().context("could not encode the new key")?;
    private_file::write(path, der.as_ref())
        .with_context(|| format!("could not write {}", path.display()))?;
    Ok(pair)
}

/// The check that API Gateway's JWT authorizer makes, for this issuer.
pub(crate) struct Verifier {
    key: DecodingKey,
    validation: Validation,
    client_id: String,
}

impl Verifier {
    pub(super) fn new(key: &Key, issuer: String, client_id: String) -> Self {
        let (n, e) = key.components();
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[issuer]);
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
        // Cognito's access tokens have no audience; `client_id` stands for it.
        validation.validate_aud = false;
        let key = DecodingKey::from_rsa_raw_components(&n, &e);
        Self { key, validation, client_id }
    }

    /// The claims of a good access token.
    pub(crate) fn access(&self, token: &str) -> Option<Map<String, Value>> {
        let claims = jsonwebtoken::decode::<Map<String, Value>>(token, &self.key, &self.validation)
            .ok()?
            .claims;
        let says = |name: &str, wanted: &str| claims.get(name).is_some_and(|it| it == wanted);
        (says("token_use", "access") && says("client_id", &self.client_id)).then_some(claims)
    }
}
