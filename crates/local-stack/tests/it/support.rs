//! A stack with recording Lambdas, and clients for it.

use std::{
    collections::{HashMap, VecDeque},
    future::Future,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use aws_smithy_http_client::Builder;
use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use local_stack::{CREDENTIAL, Config, Functions, REGION, Stack, Wiring};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) struct World {
    pub(crate) stack: Stack,
    pub(crate) lambdas: Arc<Lambdas>,
    pub(crate) dir: TempDir,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// Starts a stack whose tasks run `script` with `sh`.
    pub(crate) async fn running(script: &str) -> Self {
        let script = script.to_owned();
        Self::with(move |config| set_script(config, &script)).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        Self::on(dir, change).await
    }

    pub(crate) async fn on(dir: TempDir, change: impl FnOnce(&mut Config)) -> Self {
        let lambdas = Arc::new(Lambdas::default());
        let mut config = Config::new(dir.path(), "/bin/true");
        config.tables_in_memory = true;
        config.tables = vec![table()];
        config.ecs.inherited = vec![("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into())];
        config.ecs.stop_timeout = Duration::from_secs(5);
        config.ecs.shutdown_grace = Duration::from_secs(5);
        change(&mut config);
        let functions = lambdas.clone();
        let stack = local_stack::start(config, |_| async {
            let task_environment =
                vec![("FROM_DEFINITION".to_owned(), "for-${USER_ID}".to_owned())];
            Ok(Wiring { functions, task_environment, parameters: Vec::new() })
        })
        .await
        .expect("the stack starts");
        Self { stack, lambdas, dir }
    }

    /// Stops the stack and keeps its data.
    pub(crate) async fn stop(self) -> TempDir {
        self.stack.stop().await;
        self.dir
    }

    pub(crate) fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version_latest()
            .http_client(Builder::new().build_http())
            .region(aws_sdk_dynamodb::config::Region::new(REGION))
            .credentials_provider(credentials())
            .retry_config(aws_sdk_dynamodb::config::retry::RetryConfig::disabled())
            .endpoint_url(self.stack.aws.endpoint())
            .build();
        aws_sdk_dynamodb::Client::from_conf(config)
    }

    pub(crate) fn s3(&self) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::Config::builder()
            .behavior_version_latest()
            .http_client(Builder::new().build_http())
            .region(aws_sdk_s3::config::Region::new(REGION))
            .credentials_provider(credentials())
            .retry_config(aws_sdk_s3::config::retry::RetryConfig::disabled())
            .force_path_style(true)
            .endpoint_url(self.stack.aws.endpoint())
            .build();
        aws_sdk_s3::Client::from_conf(config)
    }

    pub(crate) fn ecs(&self) -> aws_sdk_ecs::Client {
        let config = aws_sdk_ecs::Config::builder()
            .behavior_version_latest()
            .http_client(Builder::new().build_http())
            .region(aws_sdk_ecs::config::Region::new(REGION))
            .credentials_provider(credentials())
            .retry_config(aws_sdk_ecs::config::retry::RetryConfig::disabled())
            .endpoint_url(self.stack.aws.endpoint())
            .build();
        aws_sdk_ecs::Client::from_conf(config)
    }

    pub(crate) fn ssm(&self) -> aws_sdk_ssm::Client {
        let config = aws_sdk_ssm::Config::builder()
            .behavior_version_latest()
            .http_client(Builder::new().build_http())
            .region(aws_sdk_ssm::config::Region::new(REGION))
            .credentials_provider(credentials())
            .retry_config(aws_sdk_ssm::config::retry::RetryConfig::disabled())
            .endpoint_url(self.stack.aws.endpoint())
            .build();
        aws_sdk_ssm::Client::from_conf(config)
    }

    pub(crate) fn scheduler(&self) -> aws_sdk_scheduler::Client {
        let config = aws_sdk_scheduler::Config::builder()
            .behavior_version_latest()
            .http_client(Builder::new().build_http())
            .region(aws_sdk_scheduler::config::Region::new(REGION))
            .credentials_provider(credentials())
            .retry_config(aws_sdk_scheduler::config::retry::RetryConfig::disabled())
            .endpoint_url(self.stack.aws.endpoint())
            .build();
        aws_sdk_scheduler::Client::from_conf(config)
    }

    pub(crate) fn connections(&self) -> aws_sdk_apigatewaymanagement::Client {
        let config = aws_sdk_apigatewaymanagement::Config::builder()
            .behavior_version_latest()
            .http_client(Builder::new().build_http())
            .region(aws_sdk_apigatewaymanagement::config::Region::new(REGION))
            .credentials_provider(credentials())
            .retry_config(aws_sdk_apigatewaymanagement::config::retry::RetryConfig::disabled())
            .endpoint_url(self.stack.aws.endpoint())
            .build();
        aws_sdk_apigatewaymanagement::Client::from_conf(config)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.stack.urls.url)
    }

    pub(crate) async fn access_token(&self, name: &str) -> String {
        let form = format!("grant_type=password&username={name}");
        let answer = post_form(&self.url("/oidc/token"), &form).await;
        let token = answer.json()["access_token"].as_str().map(str::to_owned);
        token.unwrap_or_else(|| panic!("no token in {answer:?}"))
    }
}

pub(crate) fn set_script(config: &mut Config, script: &str) {
    let path = config.data.join("bridge.sh");
    std::fs::write(&path, script).expect("the script is written");
    config.ecs.bridge = PathBuf::from("/bin/sh");
    config.ecs.bridge_args = vec![path.to_str().expect("UTF-8").to_owned()];
}

fn credentials() -> aws_credential_types::Credentials {
    aws_credential_types::Credentials::new(CREDENTIAL, CREDENTIAL, None, None, "test")
}

fn table() -> Value {
    json!({
        "TableName": "things",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "PK", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}],
        "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": true},
    })
}

/// Lambdas that record their events. What `$connect` and `$default` do is
/// said by the event itself.
#[derive(Default)]
pub(crate) struct Lambdas {
    events: Mutex<Vec<(&'static str, Value)>>,
    pub(crate) watchdog_failures: AtomicUsize,
    pub(crate) scheduled_failures: AtomicUsize,
    pub(crate) released: tokio::sync::Notify,
    /// What the webhook answers, one after the other; then 200.
    pub(crate) telegram: Mutex<VecDeque<Value>>,
}

impl Lambdas {
    fn record(&self, function: &'static str, event: &Value) {
        self.events.lock().expect("no panic").push((function, event.clone()));
    }

    pub(crate) fn events(&self, function: &str) -> Vec<Value> {
        let events = self.events.lock().expect("no panic");
        events.iter().filter(|(name, _)| *name == function).map(|(_, it)| it.clone()).collect()
    }

    /// `lastStatus` of a task's events, in the order of their versions.
    pub(crate) fn statuses(&self, arn: &str) -> Vec<String> {
        let mut details: Vec<Value> = self
            .events("watchdog")
            .into_iter()
            .map(|event| event["detail"].clone())
            .filter(|detail| detail["taskArn"] == arn)
            .collect();
        details.sort_by_key(|detail| detail["version"].as_u64());
        details.dedup_by_key(|detail| detail["version"].as_u64());
        details.iter().map(|it| it["lastStatus"].as_str().unwrap_or("?").to_owned()).collect()
    }
}

#[async_trait]
impl Functions for Lambdas {
    async fn ws_connect(&self, event: Value) -> anyhow::Result<Value> {
        self.record("connect", &event);
        let protocols = event["headers"]["Sec-WebSocket-Protocol"].as_str().unwrap_or_default();
        if protocols.contains("bearer.bad") {
            return Ok(json!({"statusCode": 401}));
        }
        if protocols.contains("bearer.broken") {
            anyhow::bail!("told to break");
        }
        if protocols.is_empty() {
            return Ok(json!({"statusCode": 200}));
        }
        let headers = json!({"sec-websocket-protocol": "openclaw.v1"});
        Ok(json!({"statusCode": 200, "headers": headers}))
    }

    async fn ws_message(&self, event: Value) -> anyhow::Result<Value> {
        self.record("message", &event);
        match event["body"].as_str().unwrap_or_default() {
            "fail" => anyhow::bail!("told to fail"),
            "panic" => panic!("told to panic"),
            "wait" => self.released.notified().await,
            _ => {}
        }
        self.record("handled", &event);
        Ok(json!({"statusCode": 200, "body": "nobody gets this"}))
    }

    async fn ws_disconnect(&self, event: Value) -> anyhow::Result<Value> {
        self.record("disconnect", &event);
        Ok(json!({"statusCode": 200}))
    }

    async fn api(&self, event: Value) -> anyhow::Result<Value> {
        self.record("api", &event);
        if event["rawPath"] == "/fails" {
            anyhow::bail!("told to fail");
        }
        let headers = json!({"x-from": "lambda"});
        let body = json!({"path": event["rawPath"], "body": event["body"]}).to_string();
        Ok(json!({"statusCode": 202, "headers": headers, "body": body}))
    }

    async fn telegram_webhook(&self, event: Value) -> anyhow::Result<Value> {
        self.record("telegram", &event);
        if event["body"].as_str().is_some_and(|body| body.contains("poison")) {
            return Ok(json!({"statusCode": 503, "headers": {"retry-after": "3600"}}));
        }
        let told = self.telegram.lock().expect("no panic").pop_front();
        Ok(told.unwrap_or_else(|| json!({"statusCode": 200})))
    }

    async fn watchdog(&self, event: Value) -> anyhow::Result<Value> {
        self.record("watchdog", &event);
        let fails = self.watchdog_failures.load(Ordering::SeqCst);
        if fails > 0 {
            self.watchdog_failures.store(fails - 1, Ordering::SeqCst);
            anyhow::bail!("told to fail {fails} times");
        }
        Ok(Value::Null)
    }

    async fn scheduled_message(&self, event: Value) -> anyhow::Result<Value> {
        self.record("scheduled", &event);
        let fails = self.scheduled_failures.load(Ordering::SeqCst);
        if fails > 0 {
            self.scheduled_failures.store(fails - 1, Ordering::SeqCst);
            anyhow::bail!("told to fail {fails} times");
        }
        Ok(json!({ "ran": "asked" }))
    }

    async fn prewarm(&self, event: Value) -> anyhow::Result<Value> {
        self.record("prewarm", &event);
        Ok(Value::Null)
    }
}

/// Asks until there is an answer, and fails with the last thing seen.
pub(crate) async fn eventually<T, Fut>(what: &str, mut ask: impl FnMut() -> Fut) -> T
where
    Fut: Future<Output = Result<T, String>>,
{
    let deadline = tokio::time::Instant::now() + Duration::from_secs(15);
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(seen) if tokio::time::Instant::now() > deadline => {
                panic!("{what} did not happen; last seen: {seen}")
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON in {self:?}"))
    }
}

pub(crate) async fn get(url: &str) -> Answer {
    send("GET", url, &[], "").await
}

pub(crate) async fn post_form(url: &str, form: &str) -> Answer {
    send("POST", url, &[("content-type", "application/x-www-form-urlencoded")], form).await
}

pub(crate) async fn send(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: impl Into<Vec<u8>>,
) -> Answer {
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<bytes::Bytes>>();
    let mut request = http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::from(body.into())).expect("a request");
    let response = client.request(request).await.expect("an answer");
    let status = response.status().as_u16();
    let text = |value: &http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let headers =
        response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    Answer { status, headers, body: String::from_utf8_lossy(&body).into_owned() }
}
