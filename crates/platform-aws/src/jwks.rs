//! The issuer's public keys: fetched once, kept, and fetched again for a key we do not know,
//! at most once a minute, so that forged tokens cannot make us flood the issuer.

use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use domain::Timestamp;
use http_body_util::{BodyExt, Empty, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use jsonwebtoken::DecodingKey;
use platform::{Result, Unavailable};
use serde::Deserialize;
use tokio::sync::Mutex;

const REFETCH_AFTER: Duration = Duration::from_secs(60);
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
const MAX_BYTES: usize = 64 * 1024;

#[async_trait]
pub trait FetchKeys: Send + Sync {
    /// The JSON at `url`.
    async fn fetch(&self, url: &str) -> Result<Vec<u8>>;
}

pub(crate) struct Keys {
    url: String,
    source: Box<dyn FetchKeys>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    by_id: HashMap<String, DecodingKey>,
    fetched_at: Option<Timestamp>,
}

impl Known {
    /// A failed fetch does not count: it left no keys to rely on.
    fn is_fresh(&self, now: Timestamp) -> bool {
        self.fetched_at.is_some_and(|at| now.since(at) < REFETCH_AFTER)
    }
}

impl Keys {
    pub(crate) fn new(issuer: &str, source: Box<dyn FetchKeys>) -> Self {
        let url = format!("{issuer}/.well-known/jwks.json");
        Self { url, source, known: Mutex::default() }
    }

    pub(crate) async fn find(&self, id: &str, now: Timestamp) -> Result<Option<DecodingKey>> {
        // Held over the fetch: whoever else needs a key waits for the one request.
        let mut known = self.known.lock().await;
        if !known.by_id.contains_key(id) && !known.is_fresh(now) {
            let body = self.source.fetch(&self.url).await?;
            known.by_id = parse(&body)?;
            known.fetched_at = Some(now);
        }
        Ok(known.by_id.get(id).cloned())
    }
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct RsaKey {
    kid: String,
    n: String,
    e: String,
}

/// Keys of other kinds are passed over: an issuer may have some.
fn parse(body: &[u8]) -> Result<HashMap<String, DecodingKey>> {
    let set: KeySet =
        serde_json::from_slice(body).map_err(|error| Unavailable::new("keys.fetch", error))?;
    let rsa = set.keys.into_iter().filter(|key| key["kty"] == "RSA");
    let rsa = rsa.filter_map(|key| serde_json::from_value::<RsaKey>(key).ok());
    let usable = rsa.filter_map(|key| {
        let decoding = DecodingKey::from_rsa_components(&key.n, &key.e).ok()?;
        Some((key.kid, decoding))
    });
    Ok(usable.collect())
}

/// Over TLS; plain HTTP is for an issuer on this machine only.
#[derive(Default)]
pub struct HttpKeys {
    /// Built at the first fetch: loading the root certificates takes milliseconds.
    client: OnceLock<HttpClient>,
}

type HttpClient = Client<HttpsConnector<HttpConnector>, Empty<Bytes>>;

#[async_trait]
impl FetchKeys for HttpKeys {
    async fn fetch(&self, url: &str) -> Result<Vec<u8>> {
        let in_time = tokio::time::timeout(FETCH_TIMEOUT, self.get(url)).await;
        let outcome = in_time.unwrap_or_else(|late| Err(late.into()));
        outcome.map_err(|error| Unavailable::new("keys.fetch", error))
    }
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl HttpKeys {
    async fn get(&self, url: &str) -> std::result::Result<Vec<u8>, BoxError> {
        let uri: http::Uri = url.parse()?;
        if uri.scheme() != Some(&http::uri::Scheme::HTTPS) && !is_loopback(&uri) {
            return Err(format!("`{url}` is not https").into());
        }
        let response = self.client()?.get(uri).await?;
        if response.status() != http::StatusCode::OK {
            return Err(format!("`{url}` answered {}", response.status()).into());
        }
        Ok(Limited::new(response.into_body(), MAX_BYTES).collect().await?.to_bytes().to_vec())
    }

    fn client(&self) -> std::io::Result<&HttpClient> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let tls = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(provider)?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(self.client.get_or_init(|| Client::builder(TokioExecutor::new()).build(tls)))
    }
}

fn is_loopback(uri: &http::Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let address = host.parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_may_be_asked_without_tls() {
        let loopback = |url: &str| is_loopback(&url.parse().expect("a url"));
        assert!(loopback("http://localhost:8787/oidc"));
        assert!(loopback("http://127.0.0.1:1/oidc") && loopback("http://[::1]:1/oidc"));
        assert!(!loopback("http://localhost.example.com/"));
        assert!(!loopback("http://10.0.0.1/"));
    }

    #[tokio::test]
    async fn a_distant_issuer_without_tls_is_refused() {
        let refused = HttpKeys::default().fetch("http://192.0.2.1/jwks.json").await;
        let refused = refused.expect_err("refused");
        assert!(refused.source.to_string().contains("is not https"), "{}", refused.source);
    }
}
