//! The built program against a parameter store and a Bot API.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::world::{Ran, run};

const TOKEN: &str = "4217:AA-secret_key";
const SECRET: &str = "webhook-s3cret";

/// Both behind one address; what was asked of the Bot API is remembered.
struct Stand {
    url: String,
    bot: Arc<Mutex<StandIn>>,
    serving: JoinHandle<()>,
}

struct StandIn {
    token: &'static str,
    secret: &'static str,
    webhook: Value,
    asked: Vec<(String, Value)>,
}

impl Drop for Stand {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Stand {
    async fn start(webhook: Value) -> Self {
        let stand_in = StandIn { token: TOKEN, secret: SECRET, webhook, asked: Vec::new() };
        let bot = Arc::new(Mutex::new(stand_in));
        let app = Router::new().fallback(answer).with_state(bot.clone());
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await;
        let listener = listener.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let serving =
            tokio::spawn(async move { axum::serve(listener, app).await.expect("serves") });
        Self { url, bot, serving }
    }

    async fn ops(&self, arguments: &[&str]) -> Ran {
        let environment = [
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ENDPOINT_URL", self.url.clone()),
            ("AWS_ACCESS_KEY_ID", "local".into()),
            ("AWS_SECRET_ACCESS_KEY", "local".into()),
            ("TELEGRAM_TOKEN_PARAMETER", "/token".into()),
            ("TELEGRAM_SECRET_PARAMETER", "/secret".into()),
            ("TELEGRAM_API_URL", self.url.clone()),
        ];
        let ran = run(&[&["telegram"], arguments].concat(), &environment).await;
        let shown = format!("{ran:?}");
        assert!(!shown.contains("secret_key") && !shown.contains(SECRET), "{shown}");
        ran
    }

    fn asked(&self) -> Vec<(String, Value)> {
        self.bot.lock().expect("no panic").asked.clone()
    }
}

async fn answer(
    State(bot): State<Arc<Mutex<StandIn>>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    let mut bot = bot.lock().expect("no panic");
    let fields: Value = serde_json::from_slice(&body).expect("JSON");
    if headers.contains_key("x-amz-target") {
        let value = if fields["Name"] == "/token" { bot.token } else { bot.secret };
        return (StatusCode::OK, json!({ "Parameter": { "Value": value } }).to_string());
    }
    let method = uri.path().strip_prefix(&format!("/bot{TOKEN}/"));
    let Some(method) = method.map(str::to_owned) else {
        let error = json!({ "ok": false, "error_code": 401, "description": "Unauthorized" });
        return (StatusCode::UNAUTHORIZED, error.to_string());
    };
    let result = match method.as_str() {
        "getMe" => json!({ "id": 4217, "first_name": "C", "username": "claw_bot" }),
        "getWebhookInfo" => bot.webhook.clone(),
        _ => json!(true),
    };
    bot.asked.push((method, fields));
    (StatusCode::OK, json!({ "ok": true, "result": result }).to_string())
}

fn ours() -> Value {
    json!([
        "message",
        "edited_message",
        "callback_query",
        "my_chat_member",
        "stopped_message_generation"
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_set_with_its_secret_and_its_menu() {
    let stand = Stand::start(json!({ "url": "" })).await;
    let url = "http://127.0.0.1:8787/telegram";
    let ran = stand.ops(&["set", url]).await.well();
    assert!(ran.out.contains("@claw_bot") && ran.out.contains(url), "{ran:?}");
    let asked = stand.asked();
    let fields = json!({
        "url": url, "secret_token": SECRET, "max_connections": 40, "drop_pending_updates": false,
        "allowed_updates": ours(),
    });
    assert_eq!(asked[0], ("setWebhook".to_owned(), fields));
    assert_eq!(asked[1].0, "setMyCommands");
    let commands = asked[1].1["commands"].as_array().expect("a list");
    let names: Vec<&str> = commands.iter().filter_map(|it| it["command"].as_str()).collect();
    assert_eq!(names, ["new", "stop", "status", "link", "unlink", "help", "start"]);

    let more = ["set", url, "--max-connections", "100", "--drop-pending", "--json"];
    assert_eq!(stand.ops(&more).await.well().json()["username"], "claw_bot");
    let asked = &stand.asked()[3].1;
    assert_eq!(
        (&asked["max_connections"], &asked["drop_pending_updates"]),
        (&json!(100), &json!(true))
    );
    stand.ops(&["set", url, "--max-connections", "101"]).await.fails(2, "101");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_shown_in_plain_words() {
    let url = "https://a.example/telegram";
    let fine = json!({
        "url": url, "pending_update_count": 0, "max_connections": 40, "allowed_updates": ours(),
    });
    let stand = Stand::start(fine.clone()).await;
    let ran = stand.ops(&["show"]).await.well();
    for words in ["@claw_bot (4217)", url, "waiting     0", "last error  none"] {
        assert!(ran.out.contains(words), "{words}: {ran:?}");
    }
    assert_eq!(stand.ops(&["show", "--json"]).await.well().json()["webhook"]["url"], url);

    let mut stuck = fine.clone();
    stuck["pending_update_count"] = json!(3);
    stuck["last_error_date"] = json!(1_795_249_140);
    stuck["last_error_message"] = json!("Wrong response from the webhook: 401 Unauthorized");
    let stand = Stand::start(stuck).await;
    let ran = stand.ops(&["show"]).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    for words in ["waiting     3", "2026-11-21 08:19:00 UTC", "is not ours"] {
        assert!(ran.out.contains(words), "{words}: {ran:?}");
    }

    let mut other = fine;
    other["allowed_updates"] = json!(["message"]);
    let ran = Stand::start(other).await.ops(&["show"]).await;
    assert!(ran.code == 1 && ran.out.contains("other updates than we need"), "{ran:?}");
    let ran = Stand::start(json!({ "url": "" })).await.ops(&["show"]).await;
    assert!(ran.code == 1 && ran.out.contains("answers nobody"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_deleted_and_what_then_is_said() {
    let stand = Stand::start(json!({ "url": "", "pending_update_count": 2 })).await;
    let ran = stand.ops(&["delete"]).await.well();
    assert!(ran.out.contains("24 hours (2 now)"), "{ran:?}");
    assert_eq!(stand.asked()[0], ("deleteWebhook".to_owned(), json!({})));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_ones_webhook_is_left_alone() {
    let url = "https://a.example/telegram";
    let stand = Stand::start(json!({ "url": url, "pending_update_count": 0 })).await;
    let ran = stand.ops(&["delete", "--only", "https://b.example/telegram"]).await.well();
    assert!(ran.out.contains(url) && ran.out.contains("left as it is"), "{ran:?}");
    let deleted = || stand.asked().iter().any(|(method, _)| method == "deleteWebhook");
    assert!(!deleted(), "{:?}", stand.asked());
    stand.ops(&["delete", "--only", url]).await.well();
    assert!(deleted(), "{:?}", stand.asked());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_before_telegram_is_asked() {
    let stand = Stand::start(json!({ "url": "" })).await;
    stand.bot.lock().expect("no panic").secret = "with a space";
    stand.ops(&["set", "http://127.0.0.1:1/telegram"]).await.fails(1, "openssl rand -hex 32");
    assert_eq!(stand.asked(), []);
    stand.bot.lock().expect("no panic").token = "4217:revoked";
    stand.ops(&["show"]).await.fails(1, "BotFather");

    let none = run(&["telegram", "show"], &[("AWS_REGION", "us-east-1".to_owned())]).await;
    none.fails(2, "TELEGRAM_TOKEN_PARAMETER is not set");
    let real =
        [("AWS_REGION", "us-east-1".to_owned()), ("TELEGRAM_TOKEN_PARAMETER", "/token".to_owned())];
    run(&["telegram", "set", "http://a.example/x"], &real).await.fails(2, "is not https");
    run(&["--local", "/nowhere", "telegram", "show"], &real).await.fails(2, "its own bot's");
}
