//! A repository in a bucket.
//!
//! The SDK's own retries end when the head of an answer is there. A pack is 16 MB of body, so the
//! retries are here: an attempt counts only when all of it came.

use std::future::Future;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::builders::GetObjectFluentBuilder;
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use rand::RngExt;
use tokio::runtime::Handle;

use crate::store::{Object, ObjectStore, StoreError};

/// Its calls block, so they come from threads that are not the runtime's.
pub struct S3Store {
    client: Client,
    bucket: String,
    prefix: String,
    runtime: Handle,
    patience: Patience,
}

/// How long to try.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    pub attempts: u32,
    /// The longest pause after the first attempt. It doubles from one to the next.
    pub pause: Duration,
    /// Of one attempt, for what does not depend on size.
    pub attempt: Duration,
    /// The slowest line that is waited for.
    pub bytes_per_second: u64,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempts: 5,
            pause: Duration::from_millis(200),
            attempt: Duration::from_secs(10),
            bytes_per_second: 500_000,
        }
    }
}

impl Patience {
    fn for_bytes(&self, bytes: u64) -> Duration {
        self.attempt + Duration::from_secs(bytes / self.bytes_per_second.max(1))
    }

    /// A random part of it: others fail at the same moment.
    fn pause_after(&self, attempt: u32) -> Duration {
        let longest = self.pause * 2_u32.saturating_pow(attempt.saturating_sub(1)).min(64);
        longest.mul_f64(rand::rng().random_range(0.5..1.0))
    }
}

type Source = Box<dyn std::error::Error + Send + Sync>;

enum Failure {
    NotFound,
    /// Another attempt may do.
    Passing(Source),
    Lasting(Source),
}

impl S3Store {
    /// `prefix` ends with a slash, or is empty.
    pub fn new(client: Client, bucket: String, prefix: String, runtime: Handle) -> Self {
        let config = client.config().to_builder().retry_config(RetryConfig::disabled());
        let client = Client::from_conf(config.timeout_config(timeouts()).build());
        Self { client, bucket, prefix, runtime, patience: Patience::default() }
    }

    #[must_use]
    pub fn patient(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    fn call<T, F>(
        &self,
        what: &'static str,
        key: &str,
        bytes: u64,
        attempt: impl Fn() -> F,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let unavailable = |source| StoreError::Unavailable { what, key: self.key(key), source };
        let limit = self.patience.for_bytes(bytes);
        let mut attempts = 1;
        loop {
            let done = self.runtime.block_on(async {
                let timed = tokio::time::timeout(limit, attempt()).await;
                timed.unwrap_or_else(|late| Err(Failure::Passing(late.into())))
            });
            match done {
                Ok(done) => return Ok(done),
                Err(Failure::NotFound) => return Err(StoreError::NotFound(self.key(key))),
                Err(Failure::Lasting(source)) => return Err(unavailable(source)),
                Err(Failure::Passing(source)) if attempts >= self.patience.attempts => {
                    return Err(unavailable(source));
                }
                Err(Failure::Passing(error)) => {
                    tracing::debug!(%error, key, attempts, "{what} failed, trying again");
                }
            }
            std::thread::sleep(self.patience.pause_after(attempts));
            attempts += 1;
        }
    }

    fn read(&self, key: &str) -> GetObjectFluentBuilder {
        self.client.get_object().bucket(&self.bucket).key(self.key(key))
    }

    async fn page(&self, prefix: &str, token: Option<String>) -> Result<Page, Failure> {
        let request = self.client.list_objects_v2().bucket(&self.bucket);
        let request = request.prefix(self.key(prefix)).set_continuation_token(token);
        let page = request.send().await.map_err(classify)?;
        let next = page.next_continuation_token().map(ToOwned::to_owned);
        if page.is_truncated() == Some(true) && next.is_none() {
            return Err(Failure::Passing("a page of the list does not say what follows".into()));
        }
        let objects = page.contents().iter().map(|object| {
            let key = object.key().and_then(|key| key.strip_prefix(&self.prefix));
            let size = object.size().and_then(|size| u64::try_from(size).ok());
            let (key, size) = key.zip(size).ok_or("an object of the list has no key or size")?;
            Ok::<_, Source>(Object { key: key.to_owned(), size })
        });
        let objects = objects.collect::<Result<_, _>>().map_err(Failure::Lasting)?;
        Ok(Page { objects, next })
    }
}

/// What else the SDK would limit is limited here, by size.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .disable_operation_timeout()
        .disable_operation_attempt_timeout()
        .disable_read_timeout()
        .build()
}

const CONNECT: Duration = Duration::from_secs(3);

struct Page {
    objects: Vec<Object>,
    next: Option<String>,
}

/// Whole, or an error: the SDK counts what comes.
async fn body(request: GetObjectFluentBuilder) -> Result<Bytes, Failure> {
    let answer = request.send().await.map_err(classify)?;
    let content = answer.body.collect().await.map_err(|error| Failure::Passing(error.into()))?;
    Ok(content.into_bytes())
}

fn classify<E>(error: SdkError<E>) -> Failure
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    let status = error.raw_response().map(|response| response.status().as_u16());
    match (status, error.code()) {
        (Some(404), Some("NoSuchKey" | "NotFound") | None) => Failure::NotFound,
        (_, Some("RequestTimeout")) | (Some(408 | 429), _) => Failure::Passing(error.into()),
        (Some(400..500), _) => Failure::Lasting(error.into()),
        _ => Failure::Passing(error.into()),
    }
}

/// Longer files than packs there are not.
const READ_BYTES: u64 = 2 * domain::limits::SNAPSHOT_PACK_BYTES;

impl ObjectStore for S3Store {
    fn location(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.prefix)
    }

    fn list(&self, prefix: &str) -> Result<Vec<Object>, StoreError> {
        let mut objects = Vec::new();
        let mut token = None;
        loop {
            let page = self.call("list", prefix, 0, || self.page(prefix, token.clone()))?;
            objects.extend(page.objects);
            token = page.next;
            if token.is_none() {
                return Ok(objects);
            }
        }
    }

    fn get(&self, key: &str) -> Result<Bytes, StoreError> {
        self.call("read", key, READ_BYTES, || body(self.read(key)))
    }

    fn get_range(&self, key: &str, offset: u64, length: u64) -> Result<Bytes, StoreError> {
        let Some(last) = (offset + length).checked_sub(1).filter(|_| length > 0) else {
            return Ok(Bytes::new());
        };
        let range = format!("bytes={offset}-{last}");
        self.call("read", key, length, || body(self.read(key).range(&range)))
    }

    fn put(&self, key: &str, content: Vec<Bytes>) -> Result<(), StoreError> {
        let content = Bytes::from(content.concat());
        self.call("write", key, content.len() as u64, || {
            let request = self.client.put_object().bucket(&self.bucket).key(self.key(key));
            let request = request.body(ByteStream::from(content.clone()));
            async { request.send().await.map(drop).map_err(classify) }
        })
    }

    fn delete(&self, key: &str) -> Result<(), StoreError> {
        let deleted = self.call("delete", key, 0, || {
            let request = self.client.delete_object().bucket(&self.bucket).key(self.key(key));
            async { request.send().await.map(drop).map_err(classify) }
        });
        match deleted {
            Err(StoreError::NotFound(_)) => Ok(()),
            deleted => deleted,
        }
    }
}
