//! The least of S3 that the adapters need: PUT, GET, DELETE and a list of objects, in memory.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};

use super::server::Server;

type Stored = Arc<Mutex<HashMap<String, Bytes>>>;

pub(crate) struct Objects {
    stored: Stored,
    server: Server,
}

impl Objects {
    pub(crate) fn start() -> Self {
        let stored = Stored::default();
        let app = Router::new().fallback(answer).with_state(stored.clone());
        let server = Server::start(|listener| async move {
            axum::serve(listener, app).await.expect("serves");
        });
        Self { stored, server }
    }

    pub(crate) fn url(&self) -> &str {
        &self.server.url
    }

    /// `/<bucket>/<key>`, sorted.
    pub(crate) fn paths(&self) -> Vec<String> {
        let mut paths: Vec<_> = self.stored.lock().expect("no panic").keys().cloned().collect();
        paths.sort();
        paths
    }
}

async fn answer(State(stored): State<Stored>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let method = request.method().clone();
    let body = axum::body::to_bytes(request.into_body(), usize::MAX).await.expect("a body");
    let mut stored = stored.lock().expect("no panic");
    if method == Method::PUT {
        stored.insert(path, body);
        return StatusCode::OK.into_response();
    }
    if method == Method::DELETE {
        stored.remove(&path);
        return StatusCode::NO_CONTENT.into_response();
    }
    if method == Method::POST
        && query.split('&').any(|pair| pair.split('=').next() == Some("delete"))
    {
        delete(&mut stored, &path, &body);
        return "<DeleteResult></DeleteResult>".into_response();
    }
    if query.split('&').any(|pair| pair.split('=').next() == Some("versions")) {
        return versions(&stored, &path, &query).into_response();
    }
    if query.contains("list-type=2") {
        return list(&stored, &path, &query).into_response();
    }
    match stored.get(&path) {
        Some(body) if method == Method::GET => Body::from(body.clone()).into_response(),
        _ => {
            const NO_SUCH_KEY: &str = "<Error><Code>NoSuchKey</Code></Error>";
            (StatusCode::NOT_FOUND, NO_SUCH_KEY).into_response()
        }
    }
}

fn list(stored: &HashMap<String, Bytes>, bucket: &str, query: &str) -> String {
    let prefix = query.split('&').find_map(|pair| pair.strip_prefix("prefix="));
    let prefix = decoded(prefix.unwrap_or_default());
    let bucket = format!("{}/", bucket.trim_end_matches('/'));
    let keys = stored.iter();
    let keys = keys.filter_map(|(path, body)| Some((decoded(path.strip_prefix(&bucket)?), body)));
    let keys: BTreeMap<String, &Bytes> = keys.filter(|(key, _)| key.starts_with(&prefix)).collect();
    let contents = keys.into_iter().map(|(key, body)| {
        format!("<Contents><Key>{}</Key><Size>{}</Size></Contents>", escaped(&key), body.len())
    });
    format!("<ListBucketResult>{}</ListBucketResult>", contents.collect::<String>())
}

/// A bucket without versions has one of each, and its name is `null`.
fn versions(stored: &HashMap<String, Bytes>, bucket: &str, query: &str) -> String {
    let listed = list(stored, bucket, query);
    let version = "<VersionId>null</VersionId><Size>";
    listed
        .replace("ListBucketResult", "ListVersionsResult")
        .replace("Contents", "Version")
        .replace("<Size>", version)
}

fn delete(stored: &mut HashMap<String, Bytes>, bucket: &str, body: &[u8]) {
    let body = String::from_utf8_lossy(body).into_owned();
    let keys = body.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next());
    let keys: Vec<String> = keys.map(str::to_owned).collect();
    let bucket = format!("{}/", bucket.trim_end_matches('/'));
    stored.retain(|path, _| {
        let key = path.strip_prefix(&bucket).map(decoded).unwrap_or_default();
        !keys.contains(&escaped(&key))
    });
}

fn escaped(key: &str) -> String {
    key.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.bytes());
    while let Some(byte) = rest.next() {
        let mut digit = || char::from(rest.next().expect("two digits")).to_digit(16).expect("hex");
        match byte {
            b'%' => bytes.push((digit() * 16 + digit()) as u8),
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).expect("text")
}
