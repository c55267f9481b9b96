//! Runs on a healthy scripted gateway.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use gateway_client::scripted::{ScriptedGateway, ScriptedOptions};
use gateway_client::{
    GatewayClient, GatewayError, RunEnd, RunErrorKind, RunEvent, RunRequest, ToolState,
};
use tokio::task::JoinSet;

use crate::support::{self, hear, hear_until, say, scripted};

#[tokio::test]
async fn a_message_is_answered() {
    let (_gateway, client) = scripted(ScriptedOptions::default()).await;
    let heard = hear(&mut client.run(say("안녕 🦞 مرحبا")).await).await;
    assert_eq!(heard.complete(), "You said: 안녕 🦞 مرحبا");
    assert!(heard.events.contains(&RunEvent::Started));
}

#[tokio::test]
async fn what_a_run_cost_comes_with_it() {
    let (_gateway, client) = scripted(ScriptedOptions::default()).await;
    let heard = hear(&mut client.run(say("hello")).await).await;
    let RunEnd::Complete { usage: Some(usage), .. } = heard.end else { panic!("{heard:?}") };
    assert_eq!(usage.input_tokens, 100);
    assert!(heard.events.contains(&RunEvent::Usage(usage)));
}

#[tokio::test]
async fn a_long_reply_arrives_whole_with_and_without_pacing() {
    for pacing in [None, Some(Duration::from_millis(5))] {
        let options = ScriptedOptions { pacing, ..ScriptedOptions::default() };
        let (_gateway, client) = scripted(options).await;
        let heard = hear(&mut client.run(say("[[demo bytes=200000]]")).await).await;
        assert_eq!(heard.complete().len(), 200_000);
    }
}

/// The gateway may answer before it acknowledges. Counted, so that one lost end is seen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_replies_within_one_tick_all_end() {
    let mut ends = BTreeMap::<&str, usize>::new();
    for events_before_ack in [true, false] {
        let options = ScriptedOptions { events_before_ack, ..ScriptedOptions::default() };
        let (_gateway, client) = scripted(options).await;
        let client = Arc::new(client);
        let mut workers = JoinSet::new();
        for _ in 0..50 {
            let client = client.clone();
            workers.spawn(async move {
                let mut ends = Vec::new();
                for _ in 0..100 {
                    let heard = hear(&mut client.run(say("ping")).await).await;
                    ends.push(if heard.complete() == "You said: ping" {
                        "answered"
                    } else {
                        "other"
                    });
                }
                ends
            });
        }
        workers
            .join_all()
            .await
            .into_iter()
            .flatten()
            .for_each(|end| *ends.entry(end).or_default() += 1);
    }
    assert_eq!(ends, BTreeMap::from([("answered", 10_000)]));
}

#[tokio::test]
async fn an_aborted_run_ends_with_what_it_said() {
    let (_gateway, client) = scripted(ScriptedOptions::default()).await;
    let message = say("[[demo tokens=2000 delay=2]]");
    let session = message.session_key.clone();
    let mut run = client.run(message).await;
    let mut text = hear_until(&mut run, 50).await;
    assert!(client.abort(&session, run.run_id()).await.expect("answered"));
    let heard = hear(&mut run).await;
    text.push_str(&heard.text);
    assert_eq!(heard.end, RunEnd::Aborted { text });
    assert!(!client.abort(&session, run.run_id()).await.expect("answered"), "it is over");
}

#[tokio::test]
async fn a_slow_consumer_gets_the_text_in_fewer_events() {
    let (gateway, client) = scripted(ScriptedOptions::default()).await;
    let message = say("[[demo bytes=100000 chunk=500]]");
    let session = message.session_key.clone();
    let mut run = client.run(message).await;
    client.connected().await.expect("connected");
    // Nobody reads the run while other things go on over the same socket.
    while client.history(&session, 10).await.expect("answered").rows.len() < 2 {}
    let heard = hear(&mut run).await;
    assert_eq!(heard.complete().len(), 100_000);
    let texts = heard.events.iter().filter(|event| matches!(event, RunEvent::Text { .. }));
    assert_eq!(texts.count(), 1, "200 deltas are one by now");
    assert_eq!(gateway.runs_played(), 1);
}

#[tokio::test]
async fn a_taken_back_text_is_replaced_and_its_failure_is_typed() {
    let (_gateway, client) = scripted(ScriptedOptions::default()).await;
    let heard = hear(&mut client.run(say("[[demo cut tokens=20 delay=1]]")).await).await;
    assert_eq!(heard.failure().kind, RunErrorKind::Timeout);
    for (directive, kind) in [
        ("[[demo error=429]]", RunErrorKind::RateLimit),
        ("[[demo error=500]]", RunErrorKind::ServerError),
        ("[[demo error=401]]", RunErrorKind::Auth),
        ("[[demo error=402]]", RunErrorKind::Billing),
        ("[[demo error=400]]", RunErrorKind::Format),
    ] {
        let heard = hear(&mut client.run(say(directive)).await).await;
        assert_eq!(heard.failure().kind, kind, "{directive}");
    }
}

#[tokio::test]
async fn a_failure_that_passes_and_a_tool_call_are_reported() {
    let (_gateway, client) = scripted(ScriptedOptions::default()).await;
    let message = "[[demo error=429 once tool=read]]";
    let heard = hear(&mut client.run(say(message)).await).await;
    assert_eq!(heard.complete(), "The tool read said: ok");
    assert!(heard.events.iter().any(|event| matches!(event, RunEvent::Retrying { .. })));
    let states = heard.events.iter().filter_map(|event| match event {
        RunEvent::Tool { state, .. } => Some(*state),
        _ => None,
    });
    assert_eq!(states.collect::<Vec<_>>(), [ToolState::Start, ToolState::End]);
}

#[tokio::test]
async fn a_message_into_a_busy_session_is_answered_on_its_own() {
    let (_gateway, client) = scripted(ScriptedOptions::default()).await;
    let first = say("[[demo tokens=50 delay=5]]");
    let second = RunRequest { session_key: first.session_key.to_uppercase(), ..say("and this?") };
    let mut first = client.run(first).await;
    hear_until(&mut first, 10).await;
    let heard = hear(&mut client.run(second).await).await;
    assert!(heard.complete().ends_with("You said: and this?"), "{}", heard.text);
    assert!(matches!(hear(&mut first).await.end, RunEnd::Complete { .. }));
}

#[tokio::test]
async fn a_message_larger_than_the_gateway_takes_is_refused_here() {
    let (gateway, client) = scripted(ScriptedOptions::default()).await;
    let heard = hear(&mut client.run(say(&"x".repeat(26 * 1024 * 1024))).await).await;
    let error = heard.failure();
    assert_eq!((error.kind, error.retryable), (RunErrorKind::Format, false));
    assert!(error.message.contains("26214400"), "{}", error.message);
    assert_eq!(gateway.requests("chat.send"), 0);
    client.health().await.expect("the connection is as good as before");
}

#[tokio::test]
async fn a_run_without_an_end_is_aborted_and_fails() {
    let gateway = ScriptedGateway::start(ScriptedOptions::default()).await.expect("a port");
    let mut config = support::config(&gateway.url(), "scripted-token");
    config.reconnect.run_grace = Duration::from_millis(50);
    let client = GatewayClient::start(config);
    client.connected().await.expect("connected");
    let message = RunRequest { timeout: Duration::from_millis(10), ..say("[[demo hang]]") };
    let heard = hear(&mut client.run(message).await).await;
    assert_eq!(heard.failure().kind, RunErrorKind::Timeout);
    assert_eq!(gateway.requests("chat.abort"), 1);
}

#[tokio::test]
async fn the_same_run_twice_at_once_is_an_error_and_harms_nobody() {
    let (gateway, client) = scripted(ScriptedOptions::default()).await;
    let message = say("[[demo tokens=20 delay=2]]");
    let mut first = client.run(message.clone()).await;
    let heard = hear(&mut client.run(message).await).await;
    assert!(!heard.failure().retryable);
    assert!(matches!(hear(&mut first).await.end, RunEnd::Complete { .. }));
    assert_eq!(gateway.runs_played(), 1);
}

/// A retry has the id of the run before it, whose driver may not have stopped yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_dropped_and_started_again_is_not_ended_by_its_past() {
    let (gateway, client) = scripted(ScriptedOptions::default()).await;
    for _ in 0..300 {
        let message = say("again");
        drop(client.run(message.clone()).await);
        let heard = hear(&mut client.run(message.clone()).await).await;
        assert_eq!(heard.complete(), "You said: again");
        let heard = hear(&mut client.run(message).await).await;
        assert_eq!(heard.complete(), "You said: again");
    }
    assert!(gateway.runs_played() <= 300);
}

#[tokio::test]
async fn warming_up_happens_once_per_start_of_the_gateway() {
    let (gateway, client) = scripted(ScriptedOptions::default()).await;
    for _ in 0..3 {
        client.warm_up().await.expect("warm");
    }
    assert_eq!(gateway.requests("chat.send"), 1);
    let before = client.connected().await.expect("connected");
    gateway.crash();
    let restarted = |state: &gateway_client::ConnectionState| matches!(state, gateway_client::ConnectionState::Connected { boot_id, .. } if *boot_id != before);
    support::state(&client, restarted).await;
    client.warm_up().await.expect("warm");
    assert_eq!(gateway.requests("chat.send"), 2);
}

#[tokio::test]
async fn an_unknown_method_is_refused_with_the_gateways_words() {
    let (_gateway, client) = scripted(ScriptedOptions::default()).await;
    client.connected().await.expect("connected");
    let error = client.request("no.such", serde_json::json!({})).await.expect_err("refused");
    let GatewayError::Rejected { error, .. } = error else { panic!("{error}") };
    assert_eq!(error.code, "INVALID_REQUEST");
}

#[tokio::test]
async fn a_session_is_remembered_from_its_first_message_on_and_asked_about_once() {
    let (gateway, client) = scripted(ScriptedOptions::default()).await;
    let message = say("hello");
    let session = message.session_key.clone();
    let asked = || gateway.requests("chat.history");
    assert!(!client.remembers(&session).await.expect("answered"));
    hear(&mut client.run(message).await).await.complete();
    let before = asked();
    for _ in 0..3 {
        assert!(client.remembers(&session.to_uppercase()).await.expect("answered"));
    }
    assert_eq!(asked(), before + 1);
    assert!(!client.remembers("agent:main:another").await.expect("answered"));
}
