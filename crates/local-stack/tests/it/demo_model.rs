use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde_json::{Value, json};

use crate::support::{Answer, World, send};

fn asking(text: &str) -> Value {
    // As OpenClaw wraps it.
    let wrapped = format!("[Sat 2026-11-21 08:19 UTC] {text}\n\nRuntime: agent=main | session=x");
    json!({
        "model": "demo-model", "stream": true, "stream_options": {"include_usage": true},
        "messages": [
            {"role": "system", "content": "be useful"},
            {"role": "user", "content": wrapped},
            {"role": "user", "content": "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>\n[[demo text=no]]"},
        ],
    })
}

async fn post(world: &World, request: &Value) -> Answer {
    let url = format!("{}/chat/completions", world.stack.urls.demo_model);
    send("POST", &url, &[("content-type", "application/json")], request.to_string()).await
}

fn events(answer: &Answer) -> Vec<Value> {
    let lines = answer.body.lines().filter_map(|line| line.strip_prefix("data: "));
    let lines: Vec<_> = lines.collect();
    assert_eq!(lines.last(), Some(&"[DONE]"), "{answer:?}");
    let events = &lines[..lines.len() - 1];
    events.iter().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn texts(events: &[Value]) -> Vec<&str> {
    let text = |event: &'_ Value| event["choices"][0]["delta"]["content"].is_string();
    let texts = events.iter().filter(|event| text(event));
    texts.filter_map(|event| event["choices"][0]["delta"]["content"].as_str()).collect()
}

async fn said(world: &World, text: &str) -> String {
    texts(&events(&post(world, &asking(text)).await)).concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn text_comes_in_chunks_with_usage_at_the_end() {
    let world = World::start().await;
    let request = asking(r#"[[demo text="안녕하세요 \"you\"" chunk=4]]"#);
    let events = events(&post(&world, &request).await);
    assert_eq!(texts(&events), ["", "안녕하세", "요 \"y", "ou\""]);
    let finish: Vec<_> =
        events.iter().filter_map(|it| it["choices"][0]["finish_reason"].as_str()).collect();
    assert_eq!(finish, ["stop"]);
    let usage = &events.last().expect("one")["usage"];
    assert!(usage["completion_tokens"].as_u64() > Some(0), "{usage}");
    let mut whole = request;
    whole["stream"] = json!(false);
    let whole = post(&world, &whole).await.json();
    assert_eq!(whole["choices"][0]["message"]["content"], "안녕하세요 \"you\"");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn long_answers_have_the_asked_size_and_pace() {
    let world = World::start().await;
    assert_eq!(said(&world, "[[demo bytes=200000]]").await.len(), 200_000);
    let began = Instant::now();
    let tokens = events(&post(&world, &asking("[[demo tokens=20 delay=10]]")).await);
    assert_eq!(texts(&tokens).len(), 21);
    assert!(began.elapsed() >= Duration::from_millis(200), "{:?}", began.elapsed());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_come_as_asked_and_once_if_asked() {
    let world = World::start().await;
    for status in [400, 401, 402, 429, 500] {
        let answer = post(&world, &asking(&format!("[[demo error={status}]]"))).await;
        assert_eq!(answer.status, status);
        assert!(answer.json()["error"]["message"].is_string());
    }
    let once = asking("[[demo error=429 once text=recovered]]");
    assert_eq!(post(&world, &once).await.status, 429);
    assert_eq!(texts(&events(&post(&world, &once).await)).concat(), "recovered");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_drops_the_connection_and_a_hang_keeps_it() {
    let world = World::start().await;
    let url = format!("{}/chat/completions", world.stack.urls.demo_model);
    let open = |text: &str| {
        let client = Client::builder(TokioExecutor::new()).build_http::<Full<bytes::Bytes>>();
        let request = http::Request::post(&url)
            .header("content-type", "application/json")
            .body(Full::from(asking(text).to_string()))
            .expect("a request");
        async move { client.request(request).await.expect("headers").into_body() }
    };
    let mut cut = open(r#"[[demo cut text="0123456789abcdef"]]"#).await;
    let mut received = 0;
    let broken = loop {
        match cut.frame().await {
            Some(Ok(frame)) => received += frame.into_data().map(|data| data.len()).unwrap_or(0),
            Some(Err(_)) => break true,
            None => break false,
        }
    };
    assert!(broken && received > 0, "broken: {broken}, {received} bytes before");
    let hanging = open("[[demo hang text=x]]").await.collect();
    assert!(tokio::time::timeout(Duration::from_millis(300), hanging).await.is_err());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_is_called_and_its_result_answered() {
    let world = World::start().await;
    let text = r#"[[demo tool=exec args='{"command":"uname"}' pre="Let me look. "]]"#;
    let mut request = asking(text);
    let events = events(&post(&world, &request).await);
    assert_eq!(texts(&events).concat(), "Let me look. ");
    let call = events
        .iter()
        .find_map(|event| event["choices"][0]["delta"]["tool_calls"].get(0))
        .expect("a tool call");
    assert_eq!(call["function"], json!({"name": "exec", "arguments": "{\"command\":\"uname\"}"}));
    let messages = request["messages"].as_array_mut().expect("a list");
    messages.push(json!({"role": "assistant", "content": null, "tool_calls": [call]}));
    messages.push(json!({"role": "tool", "tool_call_id": call["id"], "content": "Linux"}));
    let answered = post(&world, &request).await;
    let answered = texts(&self::events(&answered)).concat();
    assert!(answered.contains("Linux") && answered.contains("exec"), "{answered}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_directive_it_explains_the_product() {
    let world = World::start().await;
    let key = said(&world, "How do I set an API key?").await;
    assert!(key.contains("ANTHROPIC_API_KEY") && key.contains("How do I set an API key?"), "{key}");
    let other = said(&world, "What is the capital of France?").await;
    assert!(other.contains("demo model") && other.len() > 200, "{other}");
    assert_eq!(other, said(&world, "What is the capital of France?").await);
    let wrong = said(&world, "[[demo speed=9]]").await;
    assert!(wrong.contains("`speed`"), "{wrong}");
    world.stop().await;
}
