//! The bridge's own sockets: its HTTP server, its line for nudges, its model proxy.

use std::net::Ipv4Addr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::IntoResponse;
use axum::routing::any;
use axum::{Json, Router};
use bridge::{
    Health, ModelApi, ModelAuth, ModelCost, ModelProxy, ModelSettings, ModelSource, Reason, Server,
    WebSocketLine,
};
use domain::{Generation, InboxState, LaunchToken, Owner};
use futures_util::{SinkExt, StreamExt};
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use protocol::Nudge;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

use crate::support::{Scripted, Stage, user};

async fn loopback() -> TcpListener {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port")
}

fn port_of(listener: &TcpListener) -> u16 {
    listener.local_addr().expect("bound").port()
}

/// An HTTP answer: status, body as text.
async fn ask(request: http::request::Builder, body: &str) -> (StatusCode, String) {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let request = request.header("content-type", "application/json");
    let request = request.body(Body::from(body.to_owned())).expect("well formed");
    let answer = client.request(request).await.expect("an answer");
    let status = answer.status();
    let body = answer.into_body().collect().await.expect("a whole body").to_bytes();
    (status, String::from_utf8_lossy(&body).into_owned())
}

fn token() -> LaunchToken {
    LaunchToken::new(Owner::User(user(), Generation(1)), [1; 32])
}

async fn serve(stage: &Stage) -> String {
    let server = Server {
        token_sha256: token().sha256().into(),
        health: Health::default(),
        halt: stage.bridge.halt.clone(),
        bridge: Arc::new(OnceLock::from(stage.bridge.clone())),
    };
    let agent = stage.agent.clone();
    tokio::spawn(server.health.clone().watch(agent, stage.bridge.halt.clone()));
    let listener = loopback().await;
    let url = format!("http://127.0.0.1:{}", port_of(&listener));
    tokio::spawn(server.serve(listener));
    url
}

async fn health(url: &str) -> StatusCode {
    ask(http::Request::get(format!("{url}/health")), "").await.0
}

async fn until_health_is(url: &str, expect: StatusCode) {
    let reached = async {
        while health(url).await != expect {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(timeout(Duration::from_secs(5), reached).await.is_ok(), "health is not {expect}");
}

#[tokio::test]
async fn health_is_green_while_the_agent_answers_and_red_within_five_seconds_after() {
    let stage = Stage::new(Scripted::echo()).await;
    stage.agent.answers.store(false, Ordering::SeqCst);
    let url = serve(&stage).await;
    assert_eq!(health(&url).await, StatusCode::SERVICE_UNAVAILABLE);
    stage.agent.answers.store(true, Ordering::SeqCst);
    until_health_is(&url, StatusCode::OK).await;
    stage.agent.answers.store(false, Ordering::SeqCst);
    until_health_is(&url, StatusCode::SERVICE_UNAVAILABLE).await;
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_hangs_turns_health_red_within_five_seconds() {
    let health = Health::default();
    let stage = Stage::new(Scripted::echo()).await;
    tokio::spawn(health.clone().watch(stage.agent.clone(), stage.bridge.halt.clone()));
    crate::support::until(|| health.is_green()).await;
    stage.agent.hangs.store(true, Ordering::SeqCst);
    let began = Instant::now();
    crate::support::until(|| !health.is_green()).await;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn all_but_health_needs_the_launch_token() {
    let stage = Stage::new(Scripted::echo()).await;
    let url = serve(&stage).await;
    let status = || http::Request::get(format!("{url}/status"));
    assert_eq!(ask(status(), "").await.0, StatusCode::UNAUTHORIZED);
    let other = LaunchToken::new(Owner::User(user(), Generation(1)), [2; 32]).expose();
    let wrong = status().header("authorization", format!("Bearer {other}"));
    assert_eq!(ask(wrong, "").await.0, StatusCode::UNAUTHORIZED);
    let right = status().header("authorization", format!("Bearer {}", token().expose()));
    let (code, body) = ask(right, "").await;
    let body: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(
        (code, &body["user"], &body["generation"]),
        (StatusCode::OK, &json!("ana"), &json!(1))
    );
}

#[tokio::test]
async fn a_posted_nudge_and_a_posted_shutdown_do_what_they_say() {
    let stage = Stage::new(Scripted::echo()).await;
    let url = serve(&stage).await;
    stage.start();
    stage.put("m1", "default").await;
    let bearer = format!("Bearer {}", token().expose());
    let post = |path| http::Request::post(format!("{url}{path}")).header("authorization", &bearer);
    let nudge = json!({ "nudge": "inbox", "messageId": "m1" }).to_string();
    assert_eq!(ask(post("/message"), &nudge).await.0, StatusCode::ACCEPTED);
    stage.until("m1", InboxState::Done).await;
    assert_eq!(ask(post("/shutdown"), "").await.0, StatusCode::ACCEPTED);
    assert_eq!(stage.bridge.halt.reason(), Some(&Reason::Asked));
}

/// Accepts the bridge's next call, checking its token.
#[expect(clippy::result_large_err, reason = "the library's own error type")]
async fn pick_up(listener: &TcpListener) -> WebSocketStream<TcpStream> {
    let (stream, _) = listener.accept().await.expect("a call");
    let bearer = format!("Bearer {}", token().expose());
    let check = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        assert_eq!(request.headers()["authorization"], bearer.as_str());
        Ok(response)
    };
    accept_hdr_async(stream, check).await.expect("a handshake")
}

async fn listening(stage: &Stage) -> TcpListener {
    let listener = loopback().await;
    let url = format!("ws://127.0.0.1:{}/ws", port_of(&listener));
    let line = Arc::new(WebSocketLine { url, token: token().expose() });
    stage.bridge.tasks.spawn(bridge::listen(stage.bridge.clone(), line));
    listener
}

#[tokio::test]
async fn a_nudge_makes_the_bridge_look_and_a_lost_line_does_when_it_is_back() {
    let stage = Stage::new(Scripted::echo()).await;
    let listener = listening(&stage).await;
    stage.start();
    let mut line = pick_up(&listener).await;
    stage.put("m1", "default").await;
    let nudge = serde_json::to_string(&Nudge::Inbox { message_id: "m1".into() });
    line.send(Message::text(nudge.expect("JSON"))).await.expect("the line is up");
    stage.until("m1", InboxState::Done).await;

    stage.put("m2", "default").await;
    drop(line);
    let mut line = pick_up(&listener).await;
    stage.until("m2", InboxState::Done).await;

    stage.bridge.halt.aborting.cancel();
    let last = timeout(Duration::from_secs(5), line.next()).await.expect("it hangs up");
    assert!(!matches!(last, Some(Ok(Message::Text(_)))), "{last:?}");
}

#[tokio::test]
async fn a_refused_launch_token_means_that_the_generation_is_over() {
    let stage = Stage::new(Scripted::echo()).await;
    let listener = listening(&stage).await;
    let router = Router::new().fallback(|| async { StatusCode::FORBIDDEN });
    tokio::spawn(async move { axum::serve(listener, router).await });
    let fenced = stage.bridge.halt.fenced.cancelled();
    assert!(timeout(Duration::from_secs(5), fenced).await.is_ok());
}

#[tokio::test]
async fn a_fault_of_the_api_is_not_a_refusal() {
    let stage = Stage::new(Scripted::echo()).await;
    let listener = listening(&stage).await;
    let (asked, mut calls) = tokio::sync::mpsc::unbounded_channel();
    let router = Router::new().fallback(move || {
        let _ = asked.send(());
        async { StatusCode::INTERNAL_SERVER_ERROR }
    });
    tokio::spawn(async move { axum::serve(listener, router).await });
    for _ in 0..3 {
        assert!(timeout(Duration::from_secs(5), calls.recv()).await.is_ok(), "it tries again");
    }
    assert!(!stage.bridge.halt.is_fenced());
}

async fn proxy(api: ModelApi, base_url: String) -> (String, String) {
    proxy_with(api, base_url, ModelAuth::Key).await
}

/// Signs as AWS wants it, for who looks.
struct Role;

#[async_trait]
impl ModelSource for Role {
    async fn load(&self) -> platform::Result<ModelSettings> {
        unreachable!("it is loaded already")
    }

    async fn sign(
        &self,
        mut request: http::Request<Bytes>,
    ) -> platform::Result<http::Request<Bytes>> {
        if request.body().is_empty() {
            return Err(platform::Unavailable::new("model.sign", "no credentials"));
        }
        let shown = format!("signed {} bytes", request.body().len());
        let shown = shown.parse().expect("a header");
        request.headers_mut().insert("authorization", shown);
        Ok(request)
    }
}

async fn proxy_with(api: ModelApi, base_url: String, auth: ModelAuth) -> (String, String) {
    let settings = ModelSettings {
        provider: "demo".into(),
        api,
        base_url,
        api_key: "real-key".into(),
        model: "m".into(),
        context_window: 1,
        max_tokens: 1,
        cost: ModelCost::default(),
        alternatives: Vec::new(),
        api_key_parameter: None,
        auth,
    };
    let proxy = ModelProxy::bind(Arc::new(settings), Arc::new(Role)).await.expect("a free port");
    let (url, key) = (proxy.url.clone(), proxy.key.clone());
    tokio::spawn(proxy.serve());
    (url, key)
}

/// Tells what it was asked.
async fn provider() -> String {
    let tell = |uri: Uri, headers: HeaderMap, body: String| async move {
        let header = |name| headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        Json(json!({
            "path": uri.to_string(),
            "authorization": header("authorization"),
            "key": header("x-api-key"),
            "version": header("anthropic-version"),
            "hop": header("x-hop"),
            "token": header("x-amz-security-token"),
            "length": header("content-length"),
            "body": body,
        }))
    };
    let listener = loopback().await;
    let url = format!("http://127.0.0.1:{}/base", port_of(&listener));
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(any(tell))).await });
    url
}

async fn told(request: http::request::Builder) -> Value {
    let (status, body) = ask(request, "question").await;
    assert_eq!(status, StatusCode::OK, "{body}");
    serde_json::from_str(&body).expect("JSON")
}

#[tokio::test]
async fn the_proxy_puts_the_real_key_in_the_place_of_the_agents() {
    let (url, key) = proxy(ModelApi::OpenaiCompletions, provider().await).await;
    let request = http::Request::post(format!("{url}/chat/completions?a=b"))
        .header("authorization", format!("Bearer {key}"))
        .header("connection", "x-hop")
        .header("x-hop", "1");
    let got = told(request).await;
    assert_eq!(got["path"], "/base/chat/completions?a=b");
    assert_eq!(got["authorization"], "Bearer real-key");
    assert_eq!((&got["hop"], &got["body"]), (&Value::Null, &json!("question")));

    let (url, key) = proxy(ModelApi::AnthropicMessages, provider().await).await;
    let request = http::Request::post(format!("{url}/v1/messages"))
        .header("x-api-key", &key)
        .header("authorization", format!("Bearer {key}"))
        .header("anthropic-version", "2023-06-01");
    let got = told(request).await;
    assert_eq!((&got["path"], &got["key"]), (&json!("/base/v1/messages"), &json!("real-key")));
    assert_eq!((&got["authorization"], &got["version"]), (&Value::Null, &json!("2023-06-01")));
}

#[tokio::test]
async fn a_provider_that_knows_us_by_our_role_gets_a_signature_and_no_key() {
    let base = provider().await;
    let (url, key) = proxy_with(ModelApi::AnthropicMessages, base.clone(), ModelAuth::Aws).await;
    let request = || http::Request::post(format!("{url}/v1/messages")).header("x-api-key", &key);
    let got = told(request().header("x-amz-security-token", "the agent's own")).await;
    assert_eq!(got["path"], "/base/v1/messages");
    assert_eq!(got["authorization"], "signed 8 bytes");
    assert_eq!((&got["key"], &got["token"]), (&Value::Null, &Value::Null));
    assert_eq!((&got["body"], &got["length"]), (&json!("question"), &json!("8")));

    let (status, body) = ask(request(), "").await;
    assert_eq!(status, StatusCode::BAD_GATEWAY, "{body}");
    // The provider of this test takes less, and refuses in other words.
    let ours = "a request has at most 33554432 bytes";
    let (status, body) = ask(request(), &"x".repeat(32 * 1024 * 1024 + 1)).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(body.contains(ours), "{body}");
    let (_, body) = ask(request(), &"x".repeat(32 * 1024 * 1024)).await;
    assert!(!body.contains(ours), "the limit itself is taken: {body}");
}

#[tokio::test]
async fn the_proxy_refuses_strangers_other_methods_and_other_paths() {
    let (url, key) = proxy(ModelApi::OpenaiCompletions, provider().await).await;
    let status = async |request: http::request::Builder| ask(request, "").await.0;
    let path = format!("{url}/chat/completions");
    assert_eq!(status(http::Request::post(&path)).await, StatusCode::UNAUTHORIZED);
    let wrong = http::Request::post(&path).header("authorization", "Bearer real-key");
    assert_eq!(status(wrong).await, StatusCode::UNAUTHORIZED);
    let bearer = format!("Bearer {key}");
    let delete = http::Request::delete(&path).header("authorization", &bearer);
    assert_eq!(status(delete).await, StatusCode::METHOD_NOT_ALLOWED);
    let above = http::Request::post(format!("{url}/%2E%2e/admin")).header("authorization", &bearer);
    assert_eq!(status(above).await, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_provider_that_is_down_is_a_502_in_the_shape_that_clients_read() {
    let nobody = format!("http://127.0.0.1:{}", port_of(&loopback().await));
    let (url, key) = proxy(ModelApi::OpenaiCompletions, nobody).await;
    let request = http::Request::post(format!("{url}/chat/completions"))
        .header("authorization", format!("Bearer {key}"));
    let (status, body) = ask(request, "{}").await;
    let body: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    assert!(body["error"]["message"].is_string());
}

#[tokio::test]
async fn an_answer_is_passed_on_piece_by_piece() {
    let (pieces, answer) = tokio::sync::mpsc::unbounded_channel::<Result<String, std::io::Error>>();
    let answer = Arc::new(std::sync::Mutex::new(Some(answer)));
    let stream = move || {
        let answer = answer.lock().expect("no panics").take().expect("asked once");
        let pieces = futures_util::stream::unfold(answer, async |mut answer| {
            answer.recv().await.map(|piece| (piece, answer))
        });
        async move { Body::from_stream(pieces).into_response() }
    };
    let listener = loopback().await;
    let base = format!("http://127.0.0.1:{}", port_of(&listener));
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(any(stream))).await });
    let (url, key) = proxy(ModelApi::OpenaiCompletions, base).await;
    let request = http::Request::post(format!("{url}/chat/completions"))
        .header("authorization", format!("Bearer {key}"))
        .body(Body::empty())
        .expect("well formed");
    pieces.send(Ok("one".into())).expect("open");
    let client = Client::builder(TokioExecutor::new()).build_http();
    let mut body = client.request(request).await.expect("an answer").into_body();
    for piece in ["one", "two"] {
        let frame = timeout(Duration::from_secs(5), body.frame()).await.expect("a piece at once");
        let data = frame.expect("not the end").expect("no fault").into_data().expect("data");
        assert_eq!(data, piece);
        // The next one is written only now: nothing waits for the end.
        let _ = pieces.send(Ok("two".into()));
    }
}
