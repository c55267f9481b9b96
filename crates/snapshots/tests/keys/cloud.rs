//! S3 and KMS as far as keys need them, without sockets: what they hold, and what goes wrong.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::primitives::SdkBody;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use data_encoding::BASE64;
use serde_json::{Value, json};

pub(crate) const BUCKET: &str = "data";

/// What happens to the next request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// All is well.
    None,
    Status(u16, &'static str),
    /// It never arrives.
    Lost,
    /// It is done, and the answer never arrives.
    AnswerLost,
    /// The answer ends in the middle.
    Cut,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Cloud(Arc<Mutex<Inside>>);

#[derive(Debug, Default)]
pub(crate) struct Inside {
    pub(crate) objects: BTreeMap<String, Vec<u8>>,
    pub(crate) aliases: BTreeMap<String, String>,
    /// The text of the one parameter.
    pub(crate) parameter: Option<String>,
    /// A code that KMS answers with from now on.
    pub(crate) kms_refuses: Option<&'static str>,
    /// Of each request: verb or operation, and the key.
    pub(crate) calls: Vec<String>,
    faults: VecDeque<Fault>,
}

impl Cloud {
    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut Inside) -> T) -> T {
        look(&mut self.0.lock().expect("no test panics inside"))
    }

    pub(crate) fn next(&self, faults: impl IntoIterator<Item = Fault>) {
        self.with(|inside| inside.faults = faults.into_iter().collect());
    }

    pub(crate) fn object(&self, key: &str) -> Vec<u8> {
        self.with(|inside| inside.objects.get(key).cloned()).expect("the object is there")
    }

    pub(crate) fn put(&self, key: &str, content: impl Into<Vec<u8>>) {
        self.with(|inside| inside.objects.insert(key.to_owned(), content.into()));
    }

    pub(crate) fn writes(&self) -> usize {
        self.with(|inside| inside.calls.iter().filter(|call| call.starts_with("PUT ")).count())
    }

    pub(crate) fn s3(&self) -> aws_sdk_s3::Client {
        let twice = RetryConfig::standard().with_max_attempts(2);
        let twice = twice.with_initial_backoff(Duration::from_millis(1));
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
            .force_path_style(true)
            .endpoint_url("http://s3.test")
            .retry_config(twice)
            .http_client(self.client())
            .build();
        aws_sdk_s3::Client::from_conf(config)
    }

    pub(crate) fn kms(&self) -> aws_sdk_kms::Client {
        let config = aws_sdk_kms::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
            .endpoint_url("http://kms.test")
            .retry_config(RetryConfig::disabled())
            .http_client(self.client())
            .build();
        aws_sdk_kms::Client::from_conf(config)
    }

    pub(crate) fn ssm(&self) -> aws_sdk_ssm::Client {
        let config = aws_sdk_ssm::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
            .endpoint_url("http://ssm.test")
            .retry_config(RetryConfig::disabled())
            .http_client(self.client())
            .build();
        aws_sdk_ssm::Client::from_conf(config)
    }

    fn client(&self) -> SharedHttpClient {
        let connector = SharedHttpConnector::new(self.clone());
        http_client_fn(move |_, _| connector.clone())
    }
}

impl HttpConnector for Cloud {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let cloud = self.clone();
        HttpConnectorFuture::new(async move {
            // Whoever else is on the way comes in between.
            tokio::task::yield_now().await;
            cloud.with(|inside| inside.answer(&request))
        })
    }
}

impl Inside {
    fn answer(&mut self, request: &HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let lost = || ConnectorError::io("the connection is gone".into());
        match self.faults.pop_front().unwrap_or(Fault::None) {
            Fault::None => Ok(self.done(request)),
            Fault::Status(status, code) => Ok(refusal(request, status, code)),
            Fault::Lost => Err(lost()),
            Fault::AnswerLost => {
                self.done(request);
                Err(lost())
            }
            Fault::Cut => {
                let whole = self.done(request);
                let body = whole.body().bytes().expect("in memory").to_vec();
                Ok(response(200, body[..body.len() / 2].to_vec()))
            }
        }
    }

    fn done(&mut self, request: &HttpRequest) -> HttpResponse {
        if let Some(target) = request.headers().get("x-amz-target") {
            if target == "AmazonSSM.GetParameter" {
                return self.ssm(request);
            }
            let operation = target.trim_start_matches("TrentService.").to_owned();
            self.calls.push(operation.clone());
            return self.kms(&operation, request);
        }
        let path = request.uri().split("s3.test").nth(1).expect("an address of ours");
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let key = path.trim_start_matches(&format!("/{BUCKET}")).trim_start_matches('/');
        let key = key.replace("%3A", ":");
        self.calls.push(format!("{} {key}", request.method()));
        match (request.method(), query.contains("list-type=2")) {
            ("GET", true) => self.list(query),
            ("GET", false) => self.get(request, &key),
            ("PUT", _) => self.write(request, key),
            other => panic!("nobody asks for {other:?}"),
        }
    }

    fn get(&self, request: &HttpRequest, key: &str) -> HttpResponse {
        let Some(content) = self.objects.get(key) else {
            return refusal(request, 404, "NoSuchKey");
        };
        let mut found = response(200, content.clone());
        found.headers_mut().insert("etag", etag(content));
        found
    }

    fn write(&mut self, request: &HttpRequest, key: String) -> HttpResponse {
        let there = self.objects.get(&key).map(|content| etag(content));
        let headers = request.headers();
        let (fresh, same) = (headers.get("if-none-match"), headers.get("if-match"));
        assert!(fresh.is_some() || same.is_some(), "a write without a condition");
        if fresh.is_some() && there.is_some() || same.is_some() && same != there.as_deref() {
            return refusal(request, 412, "PreconditionFailed");
        }
        let body = request.body().bytes().expect("in memory").to_vec();
        self.objects.insert(key, body);
        response(200, Vec::new())
    }

    fn list(&self, query: &str) -> HttpResponse {
        let asked = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name));
        let prefix = asked("prefix=").unwrap_or_default().replace("%2F", "/").replace("%3A", ":");
        let after = asked("continuation-token=").unwrap_or_default().to_owned();
        let matching = self.objects.keys().filter(|key| key.starts_with(&prefix));
        let mut left = matching.filter(|key| after.is_empty() || hex(key) > after).peekable();
        // Pages of two, so that somebody turns one.
        let page: Vec<&String> = left.by_ref().take(2).collect();
        let more = left.peek().is_some();
        let mut xml = format!("<ListBucketResult><IsTruncated>{more}</IsTruncated>");
        if let Some(last) = page.last().filter(|_| more) {
            let token = hex(last);
            xml += &format!("<NextContinuationToken>{token}</NextContinuationToken>");
        }
        for key in page {
            xml += &format!("<Contents><Key>{key}</Key><Size>1</Size></Contents>");
        }
        response(200, xml + "</ListBucketResult>")
    }

    fn ssm(&self, request: &HttpRequest) -> HttpResponse {
        let asked: Value =
            serde_json::from_slice(request.body().bytes().expect("in memory")).expect("JSON");
        assert_eq!(asked["WithDecryption"], true, "it is secret");
        match &self.parameter {
            Some(text) => response(200, json!({"Parameter": {"Value": text}}).to_string()),
            None => refusal(request, 400, "ParameterNotFound"),
        }
    }

    /// A ciphertext is what went in, and under which key: honest, and readable for tests.
    fn kms(&self, operation: &str, request: &HttpRequest) -> HttpResponse {
        if let Some(code) = self.kms_refuses {
            return refusal(request, 400, code);
        }
        let body = request.body().bytes().expect("in memory");
        let asked: Value = serde_json::from_slice(body).expect("JSON");
        let key = asked["KeyId"].as_str().expect("a key");
        let key = self.aliases.get(key).map_or(key, String::as_str);
        let context = &asked["EncryptionContext"];
        if operation == "Encrypt" {
            let sealed = json!({"key": key, "context": context, "plain": asked["Plaintext"]});
            let blob = BASE64.encode(sealed.to_string().as_bytes());
            return response(200, json!({"CiphertextBlob": blob, "KeyId": key}).to_string());
        }
        let blob = BASE64.decode(asked["CiphertextBlob"].as_str().expect("text").as_bytes());
        let sealed: Option<Value> =
            blob.ok().and_then(|sealed| serde_json::from_slice(&sealed).ok());
        match sealed {
            Some(sealed) if sealed["key"] != key => refusal(request, 400, "IncorrectKeyException"),
            Some(sealed) if sealed["context"] == *context => {
                response(200, json!({"Plaintext": sealed["plain"], "KeyId": key}).to_string())
            }
            _ => refusal(request, 400, "InvalidCiphertextException"),
        }
    }
}

fn refusal(request: &HttpRequest, status: u16, code: &str) -> HttpResponse {
    match request.headers().get("x-amz-target") {
        Some(_) => response(status, json!({"__type": code, "message": "no"}).to_string()),
        None => {
            let xml = format!("<Error><Code>{code}</Code><Message>no</Message></Error>");
            response(status, xml)
        }
    }
}

fn response(status: u16, body: impl Into<Vec<u8>>) -> HttpResponse {
    let status = status.try_into().expect("a status");
    HttpResponse::new(status, SdkBody::from(body.into()))
}

fn etag(content: &[u8]) -> String {
    format!("\"{}\"", hex(&String::from_utf8_lossy(content)))
}

fn hex(text: &str) -> String {
    data_encoding::HEXLOWER.encode(text.as_bytes())
}
