//! A deployment as AWS would describe it, behind one address: every answer is in a table, and a test
//! changes one of them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use snapshots::keys::KeyParameter;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::world::{Ran, run};

pub(crate) const TOKEN: &str = "4217:AA-secret_key_of_the_bot";
const NAME: &str = "claw";
const IMAGE: &str = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/claw/agent@sha256:ab";

type Answers = BTreeMap<String, (u16, String)>;

pub(crate) struct Deployed {
    pub(crate) url: String,
    answers: Arc<Mutex<Answers>>,
    serving: JoinHandle<()>,
}

impl Drop for Deployed {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Deployed {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await;
        let listener = listener.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let answers = Arc::new(Mutex::new(as_it_should_be(&url)));
        let app = Router::new().fallback(answer).with_state(answers.clone());
        let serving =
            tokio::spawn(async move { axum::serve(listener, app).await.expect("serves") });
        Self { url, answers, serving }
    }

    /// From now on `key` is answered so.
    pub(crate) fn set(&self, key: &str, status: u16, body: impl ToString) {
        let before = self.lock().insert(key.to_owned(), (status, body.to_string()));
        assert!(before.is_some(), "nobody asks for {key}");
    }

    pub(crate) fn refuse(&self, key: &str, kind: &str) {
        self.set(key, 400, json!({ "__type": kind, "message": "no" }));
    }

    pub(crate) fn change(&self, key: &str, change: impl FnOnce(&mut Value)) {
        let mut answers = self.lock();
        let (_, body) = answers.get_mut(key).unwrap_or_else(|| panic!("nobody asks for {key}"));
        let mut value = serde_json::from_str(body).expect("JSON");
        change(&mut value);
        *body = value.to_string();
    }

    /// What lies in a parameter.
    pub(crate) fn change_parameter(&self, name: &str, change: impl FnOnce(&mut Value)) {
        self.change(&format!("GetParameter {name}"), |answer| {
            let text = answer["Parameter"]["Value"].as_str().expect("text");
            let mut value = serde_json::from_str(text).expect("JSON");
            change(&mut value);
            answer["Parameter"]["Value"] = json!(value.to_string());
        });
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Answers> {
        self.answers.lock().expect("no panic")
    }

    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_REGION", "eu-west-1".into()),
            ("AWS_ENDPOINT_URL", self.url.clone()),
            ("AWS_ACCESS_KEY_ID", "id".into()),
            ("AWS_SECRET_ACCESS_KEY", "secret".into()),
        ]
    }

    pub(crate) async fn ops(&self, arguments: &[&str]) -> Ran {
        self.ops_with(arguments, &[]).await
    }

    pub(crate) async fn ops_with(&self, arguments: &[&str], more: &[(&'static str, &str)]) -> Ran {
        let mut environment = self.environment();
        environment.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let ran = run(&[&["--deployment", NAME], arguments].concat(), &environment).await;
        let shown = format!("{ran:?}");
        assert!(!shown.contains("secret_key") && !shown.contains("sk-model"), "{shown}");
        ran
    }
}

async fn answer(
    State(answers): State<Arc<Mutex<Answers>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let key = key(&method, &uri, &headers, &body);
    let found = answers.lock().expect("no panic").get(&key).cloned();
    let Some((status, body)) = found else {
        let unknown = json!({ "__type": "UnknownToTheTest", "message": key });
        let unknown = match key.split_once(' ') {
            Some(("GetParameter", _)) => json!({ "__type": "ParameterNotFound" }),
            Some(("DescribeTaskDefinition", _)) => json!({ "__type": "ClientException" }),
            _ => unknown,
        };
        return (StatusCode::BAD_REQUEST, unknown.to_string()).into_response();
    };
    let status = StatusCode::from_u16(status).expect("a status");
    if key == "GET /page" {
        return (status, [("content-security-policy", "default-src 'none'")], body).into_response();
    }
    (status, body).into_response()
}

/// `Operation what-it-is-about`, or `METHOD /path?what`.
fn key(method: &Method, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> String {
    let Some(target) = headers.get("x-amz-target").and_then(|it| it.to_str().ok()) else {
        // Of S3's questions only what they are about; of all others nothing.
        let query = uri.query().and_then(|query| query.split(['=', '&']).next());
        let about = query.filter(|it| !["NamePrefix", "x-id", "maxResults"].contains(it));
        let about = about.map(|it| format!("?{it}")).unwrap_or_default();
        if let Some((before, after)) = uri.path().split_once("/ops-doctor-") {
            let after = after.split_once('/').map_or("", |(_, after)| after);
            return format!("{method} {before}/ID/{after}");
        }
        return format!("{method} {}{about}", uri.path().trim_end_matches('/'));
    };
    let operation = target.rsplit('.').next().unwrap_or_default();
    let fields: Value = serde_json::from_slice(body).unwrap_or_default();
    let about = ["Name", "TableName", "QuotaCode", "taskDefinition"]
        .iter()
        .find_map(|name| fields[*name].as_str());
    match (operation, about) {
        ("GetItem" | "Query" | "BatchGetItem", _) | (_, None) => operation.to_owned(),
        (operation, Some(about)) => format!("{operation} {about}"),
    }
}

fn parameter(name: &str, kind: &str, value: impl ToString) -> (String, Value) {
    let value = json!({ "Name": name, "Type": kind, "Value": value.to_string() });
    (format!("GetParameter {name}"), json!({ "Parameter": value }))
}

fn as_it_should_be(url: &str) -> Answers {
    let mut answers: Answers = BTreeMap::new();
    let json_answers = parameters(url)
        .into_iter()
        .chain(tables())
        .chain(machines())
        .chain(functions())
        .chain(people(url));
    answers.extend(json_answers.map(|(key, value)| (key, (200, value.to_string()))));
    answers.extend(bucket(url).map(|(key, body)| (key.to_owned(), (200, body))));
    answers.insert("GET /page".into(), (200, "<!doctype html>".into()));
    answers.insert("GET /api/status".into(), (401, "{}".into()));
    answers.insert("GET /ws".into(), (403, String::new()));
    answers
}

fn parameters(url: &str) -> Vec<(String, Value)> {
    let deployment = json!({
        "AWS_REGION": "eu-west-1", "DATA_BUCKET": "claw-data", "SNAPSHOT_KEY_ID": "alias/claw",
        "TABLE_TASK_STATE": "claw-TaskState", "TABLE_PENDING_MESSAGES": "claw-PendingMessages",
        "TABLE_CONVERSATIONS": "claw-Conversations", "TABLE_CONNECTIONS": "claw-Connections",
        "TABLE_SETTINGS": "claw-Settings", "ECS_CLUSTER": "claw", "ECS_TASK_DEFINITION": "claw",
        "USER_POOL_ID": "eu-west-1_pool", "OIDC_CLIENT_ID": "client",
        "OIDC_ISSUER": format!("{url}/oidc"), "PAGE_URL": format!("{url}/page/"),
        "API_URL": format!("{url}/api"), "WS_URL": format!("{}/ws", url.replace("http", "ws")),
        "WS_MANAGEMENT_URL": url, "MODEL_PARAMETER": "/claw/model",
        "TELEGRAM_TOKEN_PARAMETER": "/claw/telegram-token", "TELEGRAM_API_URL": url,
        "TELEGRAM_SECRET_PARAMETER": "/claw/telegram-secret",
    });
    let model = json!({
        "provider": "anthropic", "api": "anthropic-messages", "model": "large",
        "baseUrl": "https://model.example", "apiKeyParameter": "/claw/model-key",
    });
    vec![
        parameter("/claw/deployment", "String", deployment),
        parameter("/claw/model", "String", model),
        parameter("/claw/model-key", "SecureString", "sk-model"),
        parameter("/claw/snapshot-key", "SecureString", KeyParameter::new_text()),
        parameter("/claw/telegram-token", "SecureString", TOKEN),
        parameter("/claw/telegram-secret", "SecureString", "secret_key"),
    ]
}

fn tables() -> Vec<(String, Value)> {
    let mut answers = vec![
        ("Query".into(), json!({ "Items": [], "Count": 0, "ScannedCount": 0 })),
        ("GetItem".into(), json!({})),
    ];
    for (name, global, local) in [
        ("TaskState", Some("due-index"), vec![]),
        ("PendingMessages", None, vec![]),
        ("Conversations", None, vec!["meta-index", "time-index"]),
        ("Connections", Some("userId-index"), vec![]),
        ("Settings", None, vec![]),
    ] {
        let name = format!("claw-{name}");
        let index = |name: &str| json!({ "IndexName": name });
        let table = json!({
            "TableName": name, "TableStatus": "ACTIVE", "DeletionProtectionEnabled": true,
            "GlobalSecondaryIndexes": global.into_iter().map(index).collect::<Vec<_>>(),
            "LocalSecondaryIndexes": local.into_iter().map(index).collect::<Vec<_>>(),
        });
        let ttl = json!({ "TimeToLiveStatus": "ENABLED", "AttributeName": "ttl" });
        let recovery = json!({ "PointInTimeRecoveryStatus": "ENABLED" });
        let backups = json!({
            "ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": recovery,
        });
        answers.extend([
            (format!("DescribeTable {name}"), json!({ "Table": table })),
            (format!("DescribeTimeToLive {name}"), json!({ "TimeToLiveDescription": ttl })),
            (
                format!("DescribeContinuousBackups {name}"),
                json!({ "ContinuousBackupsDescription": backups }),
            ),
        ]);
    }
    answers
}

fn machines() -> Vec<(String, Value)> {
    let cluster = json!({
        "clusterName": "claw", "status": "ACTIVE", "runningTasksCount": 2,
        "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
    });
    let definition = json!({
        "family": "claw", "revision": 7, "status": "ACTIVE", "cpu": "512", "memory": "2048",
        "containerDefinitions": [{ "name": "bridge", "image": IMAGE, "stopTimeout": 120 }],
    });
    let key = json!({ "KeyId": "1234", "KeyState": "Enabled" });
    let quota = |value: f64| json!({ "Quota": { "Value": value } });
    vec![
        ("DescribeClusters".into(), json!({ "clusters": [cluster] })),
        ("DescribeTaskDefinition claw".into(), json!({ "taskDefinition": definition })),
        ("ListTasks".into(), json!({ "taskArns": [] })),
        ("DescribeImages".into(), json!({ "imageDetails": [{ "imageSizeInBytes": 250_000_000 }] })),
        ("DescribeKey".into(), json!({ "KeyMetadata": key })),
        ("GetKeyRotationStatus".into(), json!({ "KeyRotationEnabled": true })),
        ("GetServiceQuota L-36FBB829".into(), quota(32.0)),
        ("GetServiceQuota L-3032A538".into(), quota(6.0)),
    ]
}

fn functions() -> Vec<(String, Value)> {
    let all = [
        "ws-connect",
        "ws-message",
        "ws-disconnect",
        "api",
        "telegram-webhook",
        "watchdog",
        "scheduled-message",
    ];
    let active = json!({
        "State": "Active", "LastUpdateStatus": "Successful", "MemorySize": 128,
        "Architectures": ["arm64"],
    });
    let path = |name| format!("GET /2015-03-31/functions/claw-{name}/configuration");
    let mut answers: Vec<_> = all.map(|name| (path(name), active.clone())).into();
    let pattern = json!({ "source": ["aws.ecs"] }).to_string();
    let rule =
        json!({ "Name": "claw-watchdog-tasks", "State": "ENABLED", "EventPattern": pattern });
    let schedule = json!({ "Name": "claw-watchdog", "State": "ENABLED" });
    answers.push(("ListRules".into(), json!({ "Rules": [rule] })));
    answers.push(("GET /schedules".into(), json!({ "Schedules": [schedule] })));
    answers
}

fn people(url: &str) -> Vec<(String, Value)> {
    let issuer = json!({ "issuer": format!("{url}/oidc") });
    let webhook = json!({
        "url": "https://api.example/telegram", "pending_update_count": 0,
        "allowed_updates": [
            "message", "edited_message", "callback_query", "my_chat_member",
            "stopped_message_generation",
        ],
    });
    let attributes = json!([
        { "Name": "sub", "Value": "5f1c" }, { "Name": "email", "Value": "ana@example.com" },
    ]);
    let ana = json!({ "Username": "ana", "Enabled": true, "UserStatus": "CONFIRMED", "Attributes": attributes });
    vec![
        ("POST /api/conversations/ops-doctor/messages".into(), json!({ "position": 0 })),
        (
            "GET /api/conversations/ops-doctor/messages/ID/reply".into(),
            json!({ "outcome": "complete" }),
        ),
        ("GET /api/openapi.json".into(), json!({ "openapi": "3.1.0" })),
        ("GET /oidc/.well-known/openid-configuration".into(), issuer),
        ("DescribeUserPoolClient".into(), json!({ "UserPoolClient": { "ClientName": "page" } })),
        ("ListUsers".into(), json!({ "Users": [ana] })),
        (format!("POST /bot{TOKEN}/getWebhookInfo"), json!({ "ok": true, "result": webhook })),
    ]
}

fn bucket(url: &str) -> [(&'static str, String); 5] {
    let closed = "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>\
        <IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy>\
        <RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>";
    let lifecycle = "<LifecycleConfiguration><Rule><ID>a</ID><Status>Enabled</Status>\
        <Filter><Prefix>uploads/</Prefix></Filter><Expiration><Days>7</Days></Expiration></Rule>\
        <Rule><ID>b</ID><Status>Enabled</Status><Filter><Prefix></Prefix></Filter>\
        <NoncurrentVersionExpiration><NoncurrentDays>30</NoncurrentDays></NoncurrentVersionExpiration>\
        <AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation>\
        </AbortIncompleteMultipartUpload></Rule></LifecycleConfiguration>";
    let cors = format!(
        "<CORSConfiguration><CORSRule><AllowedMethod>POST</AllowedMethod>\
         <AllowedOrigin>{url}/page</AllowedOrigin></CORSRule></CORSConfiguration>"
    );
    let versions = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    [
        ("HEAD /claw-data", String::new()),
        ("GET /claw-data?versioning", versions.into()),
        ("GET /claw-data?publicAccessBlock", closed.into()),
        ("GET /claw-data?lifecycle", lifecycle.into()),
        ("GET /claw-data?cors", cors),
    ]
}
