//! The store in a bucket: what is tried again, what is not, and what is an answer.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, SharedAsyncSleep};
use aws_sdk_s3::primitives::SdkBody;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use bytes::Bytes;
use snapshots::store::{Object, ObjectStore, StoreError};
use snapshots::{Patience, S3Store};

/// What happens to the next request.
#[derive(Clone, Copy, Debug)]
enum Fault {
    None,
    Status(u16, &'static str),
    /// The connection breaks.
    Lost,
    /// It is done, and the answer never comes.
    AnswerLost,
    /// The body ends in the middle.
    Cut,
    /// Nothing ever comes.
    Stalled,
}

#[derive(Clone, Debug, Default)]
struct Bucket(Arc<Mutex<Inside>>);

#[derive(Debug, Default)]
struct Inside {
    objects: BTreeMap<String, Vec<u8>>,
    calls: Vec<String>,
    faults: VecDeque<Fault>,
}

impl Bucket {
    fn with<T>(&self, look: impl FnOnce(&mut Inside) -> T) -> T {
        look(&mut self.0.lock().expect("no test panics inside"))
    }

    fn next(&self, faults: impl IntoIterator<Item = Fault>) {
        self.with(|inside| {
            inside.faults = faults.into_iter().collect();
            inside.calls.clear();
        });
    }

    fn put(&self, key: &str, content: &[u8]) {
        self.with(|inside| inside.objects.insert(key.into(), content.into()));
    }

    fn calls(&self) -> usize {
        self.with(|inside| inside.calls.len())
    }

    /// With limits as a client for other things has them: they must not matter here.
    fn client(&self) -> aws_sdk_s3::Client {
        let connector = SharedHttpConnector::new(self.clone());
        let short = TimeoutConfig::builder().operation_timeout(Duration::from_nanos(1)).build();
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
            .force_path_style(true)
            .endpoint_url("http://s3.test")
            .retry_config(RetryConfig::standard().with_max_attempts(7))
            .timeout_config(short)
            .sleep_impl(SharedAsyncSleep::new(pause::Sleep))
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .build();
        aws_sdk_s3::Client::from_conf(config)
    }
}

/// The SDK wants one for its timeouts.
mod pause {
    use std::time::Duration;

    use aws_sdk_s3::config::{AsyncSleep, Sleep as Sleeping};

    #[derive(Debug)]
    pub(crate) struct Sleep;

    impl AsyncSleep for Sleep {
        fn sleep(&self, span: Duration) -> Sleeping {
            Sleeping::new(tokio::time::sleep(span))
        }
    }
}

impl HttpConnector for Bucket {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let bucket = self.clone();
        HttpConnectorFuture::new(async move {
            // A real one waits, and is limited meanwhile.
            tokio::time::sleep(Duration::from_millis(1)).await;
            let fault = bucket.with(|inside| inside.faults.pop_front()).unwrap_or(Fault::None);
            if let Fault::Stalled = fault {
                bucket.with(|inside| inside.calls.push("stalled".into()));
                std::future::pending::<()>().await;
            }
            bucket.with(|inside| inside.answer(&request, fault))
        })
    }
}

impl Inside {
    fn answer(
        &mut self,
        request: &HttpRequest,
        fault: Fault,
    ) -> Result<HttpResponse, ConnectorError> {
        let path = request.uri().split("s3.test").nth(1).expect("an address of ours");
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        self.calls.push(format!("{} {path}", request.method()));
        let lost = || ConnectorError::io("the connection is gone".into());
        match fault {
            Fault::None => Ok(self.done(request, path, query)),
            Fault::Status(status, code) => {
                Ok(response(status, format!("<Error><Code>{code}</Code></Error>")))
            }
            Fault::AnswerLost => {
                self.done(request, path, query);
                Err(lost())
            }
            Fault::Cut => {
                let whole = self.done(request, path, query);
                let body = whole.body().bytes().expect("in memory").to_vec();
                let mut cut = response(200, body[..body.len() / 2].to_vec());
                cut.headers_mut().insert("content-length", body.len().to_string());
                Ok(cut)
            }
            Fault::Lost | Fault::Stalled => Err(lost()),
        }
    }

    fn done(&mut self, request: &HttpRequest, path: &str, query: &str) -> HttpResponse {
        let key = path.trim_start_matches("/data").trim_start_matches('/').to_owned();
        match request.method() {
            "GET" if query.contains("list-type=2") => self.list(query),
            "GET" => self.get(&key, request.headers().get("range")),
            "PUT" => {
                let body = request.body().bytes().expect("in memory").to_vec();
                self.objects.insert(key, body);
                response(200, "")
            }
            "DELETE" => match self.objects.remove(&key) {
                Some(_) => response(204, ""),
                None => response(404, "<Error><Code>NoSuchKey</Code></Error>"),
            },
            other => panic!("nobody asks for {other}"),
        }
    }

    fn get(&self, key: &str, range: Option<&str>) -> HttpResponse {
        let Some(content) = self.objects.get(key) else {
            return response(404, "<Error><Code>NoSuchKey</Code></Error>");
        };
        let Some(range) = range else { return response(200, content.clone()) };
        let (first, last) = range.trim_start_matches("bytes=").split_once('-').expect("a range");
        let number = |text: &str| text.parse::<usize>().expect("a number");
        response(206, content[number(first)..content.len().min(number(last) + 1)].to_vec())
    }

    /// Pages of two.
    fn list(&self, query: &str) -> HttpResponse {
        let asked = |name: &str| {
            let value = query.split('&').find_map(|pair| pair.strip_prefix(name));
            value.unwrap_or_default().replace("%2F", "/")
        };
        let (prefix, after) = (asked("prefix="), asked("continuation-token="));
        let mut left = self
            .objects
            .iter()
            .filter(|(key, _)| key.starts_with(&prefix) && **key > after)
            .peekable();
        let page: Vec<_> = left.by_ref().take(2).collect();
        let more = left.peek().is_some();
        let mut xml = format!("<ListBucketResult><IsTruncated>{more}</IsTruncated>");
        if let Some((last, _)) = page.last().filter(|_| more) {
            xml += &format!("<NextContinuationToken>{last}</NextContinuationToken>");
        }
        for (key, content) in page {
            let size = content.len();
            xml += &format!("<Contents><Key>{key}</Key><Size>{size}</Size></Contents>");
        }
        response(200, xml + "</ListBucketResult>")
    }
}

fn response(status: u16, body: impl Into<SdkBody>) -> HttpResponse {
    let mut response = HttpResponse::new(status.try_into().expect("a status"), body.into());
    let length = response.body().content_length().unwrap_or_default();
    response.headers_mut().insert("content-length", length.to_string());
    response
}

const ATTEMPTS: u32 = 4;

/// On a thread of its own, while the runtime has one thread, as in a bridge.
fn with_store<T: Send + 'static>(
    bucket: &Bucket,
    work: impl FnOnce(S3Store) -> T + Send + 'static,
) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let patience = Patience {
        attempts: ATTEMPTS,
        pause: Duration::from_micros(10),
        attempt: Duration::from_millis(300),
        bytes_per_second: u64::MAX,
    };
    let (client, handle) = (bucket.client(), runtime.handle().clone());
    let store = S3Store::new(client, "data".into(), "snapshots/ana/".into(), handle);
    let store = store.patient(patience);
    let (done, answer) = tokio::sync::oneshot::channel();
    let worker = thread::spawn(move || done.send(work(store)).is_ok());
    let answer = runtime.block_on(answer).expect("it answers");
    assert!(worker.join().expect("no panic"));
    answer
}

fn unavailable<T: std::fmt::Debug>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Unavailable { .. }))
}

#[test]
fn what_is_put_is_there_until_it_is_deleted() {
    let bucket = Bucket::default();
    with_store(&bucket, |store| {
        let parts = ["whole ", "pack"].map(|part| Bytes::from_static(part.as_bytes()));
        store.put("data/ab/abc", parts.into()).expect("put");
        assert_eq!(store.get("data/ab/abc").expect("there"), "whole pack");
        assert_eq!(store.get_range("data/ab/abc", 6, 4).expect("there"), "pack");
        assert_eq!(store.get_range("data/ab/abc", 6, 0).expect("there"), "");
        store.delete("data/ab/abc").expect("deleted");
        store.delete("data/ab/abc").expect("not there any more");
        let gone = store.get("data/ab/abc");
        assert!(matches!(gone, Err(StoreError::NotFound(_))), "{gone:?}");
        assert_eq!(store.location(), "s3://data/snapshots/ana/");
    });
}

#[test]
fn a_list_has_all_pages_and_nobody_elses_keys() {
    let bucket = Bucket::default();
    for name in ["a", "b", "c", "d", "e"] {
        bucket.put(&format!("snapshots/ana/index/{name}"), name.as_bytes());
    }
    bucket.put("snapshots/anabel/index/x", b"");
    bucket.put("snapshots/ana/config", b"config");
    let list = |prefix: &'static str| with_store(&bucket, move |store| store.list(prefix));
    let keys = list("").expect("listed").into_iter().map(|object| object.key);
    let all = ["config", "index/a", "index/b", "index/c", "index/d", "index/e"];
    assert_eq!(keys.collect::<Vec<_>>(), all);
    let first = list("index/").expect("listed").remove(0);
    assert_eq!(first, Object { key: "index/a".into(), size: 1 });
}

#[test]
fn a_list_without_its_last_page_is_none() {
    let bucket = Bucket::default();
    for name in ["a", "b", "c"] {
        bucket.put(&format!("snapshots/ana/{name}"), b"");
    }
    let down = [Fault::Status(503, "SlowDown"); ATTEMPTS as usize];
    bucket.next([Fault::None].into_iter().chain(down));
    let listed = with_store(&bucket, |store| store.list(""));
    assert!(unavailable(&listed), "{listed:?}");
    bucket.next([Fault::None, Fault::Lost, Fault::Cut]);
    let listed = with_store(&bucket, |store| store.list(""));
    assert_eq!(listed.expect("listed").len(), 3);
}

#[test]
fn what_may_pass_is_tried_again_from_the_start() {
    let faults = [
        Fault::Status(503, "SlowDown"),
        Fault::Status(500, "InternalError"),
        Fault::Status(400, "RequestTimeout"),
        Fault::Lost,
        Fault::Cut,
        Fault::Stalled,
    ];
    for fault in faults {
        let bucket = Bucket::default();
        bucket.put("snapshots/ana/pack", b"the whole pack");
        bucket.next([fault, fault]);
        let content = with_store(&bucket, |store| store.get("pack"));
        assert_eq!(content.expect("the third time"), "the whole pack", "{fault:?}");
        assert_eq!(bucket.calls(), 3, "{fault:?}");
        bucket.next([fault; ATTEMPTS as usize]);
        let content = with_store(&bucket, |store| store.get("pack"));
        assert!(unavailable(&content), "{fault:?}");
        assert_eq!(bucket.calls(), ATTEMPTS as usize, "{fault:?}");
    }
}

#[test]
fn a_put_whose_answer_is_lost_is_put_again() {
    let bucket = Bucket::default();
    bucket.next([Fault::AnswerLost, Fault::Stalled]);
    let content = vec![Bytes::from_static(b"pack")];
    with_store(&bucket, |store| store.put("pack", content)).expect("put");
    assert_eq!(bucket.calls(), 3);
    bucket.with(|inside| assert_eq!(inside.objects["snapshots/ana/pack"], b"pack"));
}

#[test]
fn what_will_not_pass_is_not_tried_again() {
    for (status, code) in [(403, "AccessDenied"), (404, "NoSuchBucket"), (400, "InvalidRequest")] {
        let bucket = Bucket::default();
        bucket.next([Fault::Status(status, code)]);
        // "No such bucket" must never be taken for "no such snapshot".
        let content = with_store(&bucket, |store| store.get("pack"));
        assert!(unavailable(&content), "{code}: {content:?}");
        assert_eq!(bucket.calls(), 1, "{code}");
        bucket.next([Fault::Status(status, code)]);
        assert!(unavailable(&with_store(&bucket, |store| store.list(""))), "{code}");
    }
}
