//! Plain requests: to our own addresses, and to those of AWS that we sign ourselves.

use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;

const ANSWERED_WITHIN: Duration = Duration::from_secs(15);
/// The longest answer that is read as a whole: the OpenAPI document has a fifth of it.
const MAX_BYTES: usize = 1_048_576;

#[derive(Clone)]
pub(crate) struct Web(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

impl Web {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let tls = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(provider)
            .context("cannot read this machine's certificates")?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self(Client::builder(TokioExecutor::new()).build(tls)))
    }

    /// The answer's head; its body is still to be read.
    pub(crate) async fn begin(
        &self,
        request: Request<Bytes>,
    ) -> anyhow::Result<Response<Incoming>> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        let answer = self.0.request(request.map(Full::from));
        let answer = tokio::time::timeout(ANSWERED_WITHIN, answer).await;
        let answer = answer.with_context(|| {
            format!("{host} did not answer within {} s", ANSWERED_WITHIN.as_secs())
        })?;
        answer.with_context(|| format!("{host} cannot be reached"))
    }

    pub(crate) async fn ask(&self, request: Request<Bytes>) -> anyhow::Result<Response<Bytes>> {
        let (head, body) = self.begin(request).await?.into_parts();
        let body = tokio::time::timeout(ANSWERED_WITHIN, Limited::new(body, MAX_BYTES).collect());
        let body = body.await.context("the answer came to a halt")?;
        let body = body.map_err(|error| anyhow::anyhow!("the answer broke off: {error}"))?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }

    pub(crate) async fn get(&self, url: &str) -> anyhow::Result<Response<Bytes>> {
        let request = Request::get(url).body(Bytes::new());
        self.ask(request.with_context(|| format!("`{url}` is no address"))?).await
    }
}
