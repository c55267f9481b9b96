//! HTTP to Telegram, or to what stands in for it on this machine.

use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::error::Error;

pub const TELEGRAM: &str = "https://api.telegram.org";

const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// Shorter than a server keeps a silent connection: one that it has closed fails a request.
const IDLE_CONNECTION: Duration = Duration::from_secs(30);

/// The longest answer has one message in it.
const ANSWER_MAX_BYTES: usize = 1_048_576;

type Http = Client<HttpConnector, Full<Bytes>>;
type Https = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Where the Bot API is, and the connections to it.
pub struct Server {
    /// Without a slash at its end.
    base: String,
    is_loopback: bool,
    http: Http,
    /// Made at the first use: loading the root certificates takes milliseconds.
    https: OnceLock<Https>,
}

#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not an https address, nor http on this machine")]
pub struct AddressError(String);

impl Server {
    /// Over TLS; plain HTTP is for a simulator on this machine only, as the token is in every
    /// address.
    pub fn new(base: &str) -> Result<Self, AddressError> {
        let base = base.trim_end_matches('/');
        let wrong = || AddressError(base.to_owned());
        let uri: Uri = base.parse().map_err(|_| wrong())?;
        let is_loopback = is_loopback(&uri);
        let is_fine = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => is_loopback,
            _ => false,
        };
        if !is_fine || uri.query().is_some() {
            return Err(wrong());
        }
        let http = pooled().build(connector());
        Ok(Self { base: base.to_owned(), is_loopback, http, https: OnceLock::new() })
    }

    pub fn is_loopback(&self) -> bool {
        self.is_loopback
    }

    /// The whole answer. `path` begins with a slash.
    pub(crate) async fn post(
        &self,
        path: &str,
        body: Vec<u8>,
        within: Duration,
    ) -> Result<(u16, Bytes), Error> {
        let request = request(Method::POST, &self.base, path, body.into())?;
        let whole = async {
            let response = self.send(request).await?;
            let status = response.status().as_u16();
            let body = Limited::new(response.into_body(), ANSWER_MAX_BYTES).collect().await;
            Ok((status, body.map_err(Error::Unreachable)?.to_bytes()))
        };
        in_time(within, whole).await
    }

    /// The answer's beginning.
    pub(crate) async fn get(
        &self,
        path: &str,
        within: Duration,
    ) -> Result<Response<Incoming>, Error> {
        let request = request(Method::GET, &self.base, path, Bytes::new())?;
        in_time(within, self.send(request)).await
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Error> {
        let sent = match request.uri().scheme_str() {
            Some("https") => self.https()?.request(request).await,
            _ => self.http.request(request).await,
        };
        sent.map_err(Error::unreachable)
    }

    fn https(&self) -> Result<&Https, Error> {
        if let Some(client) = self.https.get() {
            return Ok(client);
        }
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let builder = HttpsConnectorBuilder::new().with_provider_and_native_roots(provider);
        let tls = builder.map_err(Error::unreachable)?.https_only().enable_http1();
        let client = pooled().build(tls.wrap_connector(connector()));
        Ok(self.https.get_or_init(|| client))
    }
}

pub(crate) async fn in_time<T>(
    within: Duration,
    what: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    tokio::time::timeout(within, what).await.unwrap_or_else(|late| Err(Error::unreachable(late)))
}

fn pooled() -> hyper_util::client::legacy::Builder {
    let mut builder = Client::builder(TokioExecutor::new());
    builder.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE_CONNECTION);
    builder
}

fn connector() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_connect_timeout(Some(CONNECT_WITHIN));
    connector.set_nodelay(true);
    connector
}

fn request(
    method: Method,
    base: &str,
    path: &str,
    body: Bytes,
) -> Result<Request<Full<Bytes>>, Error> {
    let request = Request::builder().method(method).uri(format!("{base}{path}"));
    let request = request.header(header::CONTENT_TYPE, "application/json");
    request.body(Full::new(body)).map_err(Error::unreachable)
}

fn is_loopback(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let address = host.parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_may_be_asked_without_tls() {
        for base in [TELEGRAM, "http://127.0.0.1:1", "http://localhost:8787/telegram-api/"] {
            Server::new(base).unwrap_or_else(|error| panic!("{error}"));
        }
        for base in ["http://192.0.2.1", "http://localhost.example.com", "ftp://localhost", "x", ""]
        {
            assert!(Server::new(base).is_err(), "{base}");
        }
        assert!(Server::new("http://[::1]:1").is_ok_and(|server| server.is_loopback()));
        assert!(Server::new(TELEGRAM).is_ok_and(|server| !server.is_loopback()));
    }
}
