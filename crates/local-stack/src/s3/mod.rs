//! S3: the `s3s` protocol layer over a store of our own. Ready-made file system
//! stores check a condition and write afterwards without a lock, so that
//! several conditional puts can win; here the check and the publication of an
//! object happen under one lock.

mod checksums;
mod list;
mod multipart;
mod operations;
mod store;

use std::{path::Path, sync::Arc};

use s3s::{
    auth::SimpleAuth,
    service::{S3Service, S3ServiceBuilder},
};

use crate::config::CREDENTIAL;
use store::Store;

/// The store behind the protocol.
#[derive(Debug, Clone)]
struct LocalS3 {
    store: Arc<Store>,
    uploads: Arc<multipart::Uploads>,
}

pub(crate) async fn service(data: &Path, buckets: &[String]) -> anyhow::Result<S3Service> {
    let (root, buckets) = (data.join("s3"), buckets.to_vec());
    let s3 = tokio::task::spawn_blocking(move || {
        anyhow::Ok(LocalS3 {
            store: Arc::new(Store::open(&root, &buckets)?),
            uploads: Arc::new(multipart::Uploads::default()),
        })
    })
    .await??;
    let mut builder = S3ServiceBuilder::new(s3);
    builder.set_auth(SimpleAuth::from_single(CREDENTIAL, CREDENTIAL));
    Ok(builder.build())
}

fn is_form(request: &http::request::Parts) -> bool {
    let kind = request.headers.get(http::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("multipart/form-data"))
}

/// What a page does with a form that was signed for it.
pub(crate) const POST_OBJECT: &str = "PostObject";

/// And with an address that was.
pub(crate) const GET_OBJECT: &str = "GetObject";

pub(crate) fn is_signed_address(request: &http::request::Parts) -> bool {
    let query = request.uri.query().unwrap_or_default();
    query.split('&').any(|pair| pair.starts_with("X-Amz-Signature="))
}

/// The operation a path-style request is, as it is counted and as faults name it.
pub(crate) fn operation(request: &http::request::Parts) -> &'static str {
    let path = request.uri.path().trim_start_matches('/');
    let on_object = path.split_once('/').is_some_and(|(_, key)| !key.is_empty());
    let query = request.uri.query().unwrap_or_default();
    let asks = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name));
    match (request.method.as_str(), on_object) {
        ("PUT", true) if asks("partNumber") => "UploadPart",
        ("PUT", true) if request.headers.contains_key("x-amz-copy-source") => "CopyObject",
        ("PUT", true) => "PutObject",
        ("GET", true) => GET_OBJECT,
        ("HEAD", true) => "HeadObject",
        ("DELETE", true) if asks("uploadId") => "AbortMultipartUpload",
        ("DELETE", true) => "DeleteObject",
        ("POST", true) if asks("uploads") => "CreateMultipartUpload",
        ("POST", true) => "CompleteMultipartUpload",
        ("POST", false) if asks("delete") => "DeleteObjects",
        ("POST", false) if is_form(request) => POST_OBJECT,
        ("GET", false) if asks("list-type") => "ListObjectsV2",
        ("GET", false) if asks("versions") => "ListObjectVersions",
        ("HEAD", false) => "HeadBucket",
        _ => "Other",
    }
}
