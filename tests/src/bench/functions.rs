//! The Lambdas' release binaries against a Lambda runtime API, with AWS at 0 ms.

use std::path::Path;
use std::time::Instant;

use anyhow::ensure;
use serde_json::{Value, json};

use super::aws_stub::{AwsStub, CONNECTION, USER};
use super::process::{self, Memory};
use super::report::{Row, median, ms, percentile, spread};
use crate::runtime_api::Function;
use crate::{Stack, message_id};

const STARTS: usize = 20;
const MESSAGES: usize = 2_000;

/// One Lambda, the first event it gets, and the reference's figures for the same.
struct Subject {
    name: &'static str,
    event: Value,
    time: [&'static str; 2],
    memory: [&'static str; 2],
}

pub(crate) type Environment = Vec<(String, String)>;

/// That of the stack, whose issuer signs the tokens, but with AWS at the stub.
pub(crate) fn environment(stack: &Stack, stub: &AwsStub) -> Environment {
    let mut environment = stack.lambda_environment();
    for (name, value) in &mut environment {
        if matches!(name.as_str(), "AWS_ENDPOINT_URL" | "WS_MANAGEMENT_URL") {
            value.clone_from(&stub.url);
        }
    }
    environment
}

pub(crate) async fn cold(
    release: &Path,
    stack: &Stack,
    stub: &AwsStub,
) -> anyhow::Result<Vec<Row>> {
    let environment = environment(stack, stub);
    let mut rows = Vec::new();
    for subject in subjects(&stack.token("ana").await, &stack.url) {
        let mut starts = Vec::new();
        for _ in 0..STARTS {
            starts.push(start(release, &environment, &subject).await?);
        }
        rows.extend(subject.rows(&starts));
    }
    Ok(rows)
}

struct Start {
    asked: f64,
    answered: f64,
    cpu: f64,
    memory: Memory,
}

async fn start(
    release: &Path,
    environment: &Environment,
    subject: &Subject,
) -> anyhow::Result<Start> {
    let mut function = Function::start_program(release.join(subject.name), environment).await;
    let asked = function.asks().await.duration_since(function.started);
    let answer = function.invoke(subject.event.clone()).await;
    let answered = function.started.elapsed();
    let good = answer.as_ref().is_ok_and(|a| a["statusCode"] == 200 || a["lookedAt"] == 0);
    ensure!(good, "{} answered {answer:?}", subject.name);
    let memory = process::memory(function.pid());
    let cpu = process::cpu(function.pid());
    Ok(Start { asked: ms(asked), answered: ms(answered), cpu: ms(cpu), memory })
}

impl Subject {
    fn rows(&self, starts: &[Start]) -> [Row; 2] {
        let name = self.name;
        let asked = median(starts.iter().map(|s| s.asked));
        let answered = spread(starts.iter().map(|s| s.answered));
        let cpu = median(starts.iter().map(|s| s.cpu));
        let pss = median(starts.iter().filter_map(|s| s.memory.pss));
        let rss = median(starts.iter().map(|s| s.memory.rss));
        let row = |what, measured, [target, reference]: [&'static str; 2]| Row {
            what,
            runs: starts.len(),
            measured,
            target,
            reference,
        };
        [
            row(
                format!("{name}: exec → first answer"),
                format!("{answered}; asks for work at {asked:.1} ms; CPU {cpu:.1} ms"),
                self.time,
            ),
            row(
                format!("{name}: PSS after it"),
                format!("{pss:.1} MB (RSS {rss:.1} MB)"),
                self.memory,
            ),
        ]
    }
}

fn subjects(token: &str, origin: &str) -> [Subject; 5] {
    const TIME: &str = "< 10 ms";
    const MEMORY: &str = "< 12 MB";
    let subject = |name, event, time, memory| Subject {
        name,
        event,
        time: [TIME, time],
        memory: [MEMORY, memory],
    };
    let headers = json!({
        "Sec-WebSocket-Protocol": format!("openclaw.v1, bearer.{token}"), "Origin": origin,
    });
    let connect = socket_event("$connect", CONNECTION, Value::Null, headers);
    let bye = socket_event("$disconnect", CONNECTION, Value::Null, json!({}));
    let tick = json!({"detail-type": "Scheduled Event", "source": "aws.events", "detail": {}});
    [
        subject("ws-message", message(CONNECTION), "287 ms init + 52 ms", "128–157 MB resident"),
        subject("ws-connect", connect, "not measured", "not measured"),
        subject("ws-disconnect", bye, "64 + 19 ms", "not measured"),
        subject("api", api_event("/status"), "85 + 21 ms", "66–74 MB resident"),
        subject("watchdog", tick, "81 + 30 ms", "69–83 MB resident"),
    ]
}

/// What one more message takes. The runtime API's stand-in is in it, and is slower than the real
/// one; the floor, a function that does nothing, shows by how much.
pub(crate) async fn warm(
    release: &Path,
    stack: &Stack,
    stub: &AwsStub,
) -> anyhow::Result<Vec<Row>> {
    let environment = environment(stack, stub);
    let nothing = std::env::current_exe()?;
    let mut nothing = Function::start_program(nothing, &environment).await;
    let floor = times(&mut nothing, MESSAGES).await?;
    let mut function = Function::start_program(release.join("ws-message"), &environment).await;
    times(&mut function, MESSAGES / 20).await?;
    let before = process::cpu(function.pid());
    let (calls, puts) = stub.calls_and_puts();
    let times = times(&mut function, MESSAGES).await?;
    let cpu = ms(process::cpu(function.pid()) - before) / MESSAGES as f64;
    let (calls_now, puts_now) = stub.calls_and_puts();
    ensure!(puts_now - puts == MESSAGES as u64, "not every message was accepted");
    Ok(warm_rows(&times, &floor, (calls_now - calls) / MESSAGES as u64, cpu).into())
}

fn warm_rows(times: &[f64], floor: &[f64], calls: u64, cpu: f64) -> [Row; 2] {
    let of = |values: &[f64], share| percentile(values.to_vec(), share);
    let (p50, p99, idle) = (of(times, 0.5), of(times, 0.99), of(floor, 0.5));
    let less = p50 - idle;
    [
        Row {
            what: format!("ws-message, warm: one sendMessage, {calls} AWS calls"),
            runs: times.len(),
            measured: format!(
                "p50 {p50:.2} ms, p99 {p99:.2} ms; p50 less the floor {less:.2} ms; CPU {cpu:.2} ms"
            ),
            target: "p50 < 1 ms",
            reference: "p50 2.9 ms, p99 11.8 ms",
        },
        Row {
            what: "its floor: a function that does nothing".into(),
            runs: floor.len(),
            measured: format!("p50 {idle:.2} ms, p99 {:.2} ms", of(floor, 0.99)),
            target: "",
            reference: "",
        },
    ]
}

async fn times(function: &mut Function, count: usize) -> anyhow::Result<Vec<f64>> {
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let event = message(CONNECTION);
        let before = Instant::now();
        let answer = function.invoke(event).await;
        times.push(ms(before.elapsed()));
        let good = answer.as_ref().is_ok_and(|answer| answer["statusCode"] == 200);
        ensure!(good, "the function answered {answer:?}");
    }
    Ok(times)
}

fn message(connection: &str) -> Value {
    let frame =
        json!({"action": "sendMessage", "messageId": message_id(), "message": "How are you?"});
    socket_event("$default", connection, frame.to_string().into(), json!({}))
}

fn socket_event(route: &str, connection: &str, body: Value, headers: Value) -> Value {
    let kind = match route {
        "$connect" => "CONNECT",
        "$disconnect" => "DISCONNECT",
        _ => "MESSAGE",
    };
    json!({
        "headers": headers,
        "requestContext": {
            "routeKey": route, "eventType": kind, "connectionId": connection, "stage": "prod",
            "connectedAt": 1_795_000_000_000_u64, "requestTimeEpoch": 1_795_000_000_001_u64,
            "requestId": "r", "apiId": "a", "domainName": "localhost",
            "identity": {"sourceIp": "127.0.0.1"},
        },
        "body": body, "isBase64Encoded": false,
    })
}

fn api_event(path: &str) -> Value {
    json!({
        "version": "2.0", "routeKey": "ANY /{proxy+}", "rawPath": path, "rawQueryString": "",
        "headers": {}, "isBase64Encoded": false,
        "requestContext": {
            "accountId": "0", "apiId": "a", "stage": "$default", "timeEpoch": 0, "time": "",
            "http": {"method": "GET", "path": path, "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1", "userAgent": ""},
            "authorizer": {"jwt": {"claims": {"sub": USER, "token_use": "access"}, "scopes": null}},
        },
    })
}
