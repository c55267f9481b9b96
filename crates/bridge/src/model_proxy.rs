//! The agent's only way to a model (I7): a loopback address and a key that is worthless
//! elsewhere. The provider's address and key are added here.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::json;
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;
use tracing::warn;

use crate::chain::chain;
use crate::model::{ModelApi, ModelAuth, ModelSettings};
use crate::ports::ModelSource;

const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// Anthropic's limit of a request; Bedrock's are lower, and it says so itself.
const SIGNED_MAX_BYTES: usize = 32 * 1024 * 1024;
const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

type Https = hyper_rustls::HttpsConnector<HttpConnector>;

pub struct ModelProxy {
    pub url: String,
    /// What the agent shows us instead of a key.
    pub key: String,
    listener: TcpListener,
    upstream: Upstream,
}

#[derive(Clone)]
struct Upstream {
    key: Arc<str>,
    settings: Arc<ModelSettings>,
    source: Arc<dyn ModelSource>,
    http: Client<HttpConnector, Body>,
    /// Made at the first use: reading the machine's root certificates takes 10 ms and 2 MB.
    https: Arc<OnceLock<Client<Https, Body>>>,
}

impl ModelProxy {
    pub async fn bind(
        settings: Arc<ModelSettings>,
        source: Arc<dyn ModelSource>,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let url = format!("http://{}/model", listener.local_addr()?);
        let key = format!("local-{}", uuid::Uuid::new_v4().simple());
        let upstream = Upstream {
            key: key.as_str().into(),
            settings,
            source,
            http: Client::builder(TokioExecutor::new()).build(connector()),
            https: Arc::default(),
        };
        Ok(Self { url, key, listener, upstream })
    }

    pub async fn serve(self) {
        let router = Router::new().route("/model/{*rest}", any(forward)).with_state(self.upstream);
        let _ = axum::serve(self.listener, router).await;
    }
}

fn connector() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_connect_timeout(Some(CONNECT_WITHIN));
    connector.set_nodelay(true);
    connector
}

async fn forward(State(upstream): State<Upstream>, request: Request) -> Response {
    if !upstream.admits(request.headers()) {
        return refuse(StatusCode::UNAUTHORIZED, "wrong key for the model proxy");
    }
    if !matches!(*request.method(), Method::GET | Method::POST) {
        return refuse(StatusCode::METHOD_NOT_ALLOWED, "the model proxy takes GET and POST");
    }
    let Some(request) = upstream.translate(request) else {
        return refuse(StatusCode::BAD_REQUEST, "no such path at the model proxy");
    };
    let request = match upstream.settings.auth {
        ModelAuth::Key => request,
        ModelAuth::Aws => match upstream.sign(request).await {
            Ok(request) => request,
            Err(refusal) => return refusal,
        },
    };
    match upstream.send(request).await {
        Ok(response) => returned(response),
        Err(error) => {
            warn!(error = %chain(&error), "the model provider is unreachable");
            refuse(StatusCode::BAD_GATEWAY, "the model provider is unreachable")
        }
    }
}

impl Upstream {
    fn admits(&self, headers: &HeaderMap) -> bool {
        let bearer = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
        let bearer = bearer.and_then(|value| value.strip_prefix(b"Bearer "));
        let shown = bearer.or_else(|| headers.get(X_API_KEY).map(HeaderValue::as_bytes));
        shown.is_some_and(|shown| shown.ct_eq(self.key.as_bytes()).into())
    }

    /// The same request, for the provider.
    fn translate(&self, request: Request) -> Option<Request> {
        let (mut parts, body) = request.into_parts();
        let asked = parts.uri.path_and_query()?.as_str().strip_prefix("/model")?;
        let path = parts.uri.path().to_ascii_lowercase().replace("%2e", ".");
        let leaves_the_base = path.split('/').any(|part| matches!(part, "." | ".."));
        (!leaves_the_base).then_some(())?;
        let base = self.settings.base_url.trim_end_matches('/');
        parts.uri = Uri::try_from(format!("{base}{asked}")).ok()?;
        strip_hop_by_hop(&mut parts.headers);
        parts.headers.remove(header::HOST);
        self.put_key(&mut parts.headers)?;
        parts.extensions.clear();
        Some(Request::from_parts(parts, body))
    }

    /// What a role's signature covers has to be known in full.
    async fn sign(&self, request: Request) -> Result<Request, Response> {
        let (mut parts, body) = request.into_parts();
        let too_long = format!("a request has at most {SIGNED_MAX_BYTES} bytes");
        let body = axum::body::to_bytes(body, SIGNED_MAX_BYTES)
            .await
            .map_err(|_| refuse(StatusCode::PAYLOAD_TOO_LARGE, &too_long))?;
        // Only our own may be signed.
        let foreign: Vec<HeaderName> = parts
            .headers
            .keys()
            .filter(|name| name.as_str().starts_with("x-amz-"))
            .cloned()
            .collect();
        for name in foreign {
            parts.headers.remove(name);
        }
        parts.headers.insert(header::CONTENT_LENGTH, body.len().into());
        match self.source.sign(Request::from_parts(parts, body)).await {
            Ok(signed) => Ok(signed.map(Body::from)),
            Err(error) => {
                warn!(error = %chain(&error), "cannot sign a request to the model provider");
                Err(refuse(StatusCode::BAD_GATEWAY, "the task's role cannot be used now"))
            }
        }
    }

    fn put_key(&self, headers: &mut HeaderMap) -> Option<()> {
        headers.remove(header::AUTHORIZATION);
        headers.remove(X_API_KEY);
        if self.settings.auth == ModelAuth::Aws {
            return Some(());
        }
        let key = &self.settings.api_key;
        let (name, value) = match self.settings.api {
            ModelApi::AnthropicMessages => (X_API_KEY, key.clone()),
            ModelApi::OpenaiCompletions => (header::AUTHORIZATION, format!("Bearer {key}")),
        };
        let mut value = HeaderValue::try_from(value).ok()?;
        value.set_sensitive(true);
        headers.insert(name, value);
        Some(())
    }

    async fn send(
        &self,
        request: Request,
    ) -> Result<Response<hyper::body::Incoming>, hyper_util::client::legacy::Error> {
        if request.uri().scheme_str() == Some("https") {
            return self.https.get_or_init(https).request(request).await;
        }
        self.http.request(request).await
    }
}

fn https() -> Client<Https, Body> {
    let builder = hyper_rustls::HttpsConnectorBuilder::new();
    let connector = builder
        .with_native_roots()
        .expect("the image has root certificates")
        .https_only()
        .enable_http1()
        .wrap_connector(connector());
    Client::builder(TokioExecutor::new()).build(connector)
}

fn returned(response: Response<hyper::body::Incoming>) -> Response {
    let (mut parts, body) = response.into_parts();
    strip_hop_by_hop(&mut parts.headers);
    Response::from_parts(parts, Body::new(body))
}

/// What is between two neighbours only (RFC 9110, 7.6.1).
fn strip_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    let always = [
        header::CONNECTION,
        header::PROXY_AUTHENTICATE,
        header::PROXY_AUTHORIZATION,
        header::TE,
        header::TRAILER,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
        HeaderName::from_static("keep-alive"),
    ];
    for name in named.iter().chain(&always) {
        headers.remove(name);
    }
}

/// In the shape that both provider protocols use for errors.
fn refuse(status: StatusCode, message: &str) -> Response {
    let error = json!({ "type": "error", "error": { "type": "proxy_error", "message": message } });
    (status, axum::Json(error)).into_response()
}
