//! Every recorded reply comes out byte-equal to what the gateway showed at its end.

use gateway_client::{GatewayClient, RunEnd, RunErrorKind, RunEvent, ToolState};
use serde_json::json;

use crate::replay::{Recording, Replay};
use crate::support::{self, Heard};

fn client(replay: &Replay) -> GatewayClient {
    GatewayClient::start(support::config(&replay.url, "any"))
}

/// Plays a recording with one message after the other.
async fn hear_all(name: &str) -> Vec<Heard> {
    let messages = Recording::load(name).messages();
    let replay = Recording::load(name).play().await;
    let client = client(&replay);
    let mut heard = Vec::new();
    for message in messages {
        heard.push(support::hear(&mut client.run(message).await).await);
    }
    heard
}

async fn hear_one(name: &str) -> Heard {
    hear_all(name).await.remove(0)
}

async fn expect_final_text(name: &str) -> Vec<Heard> {
    let recording = Recording::load(name);
    let heard = hear_all(name).await;
    for (message, heard) in recording.messages().iter().zip(&heard) {
        assert_eq!(heard.complete(), recording.final_text(&message.idempotency_key), "{name}");
    }
    heard
}

#[tokio::test]
async fn a_short_and_a_long_reply() {
    let heard = expect_final_text("02-simple-reply").await;
    assert_eq!(heard[0].events[0], RunEvent::Started);
    assert_eq!(expect_final_text("03-long-reply-20k").await[0].text.len(), 20_480);
}

#[tokio::test]
async fn provider_failures_end_once_and_with_their_kind() {
    for (name, kind, retryable) in [
        ("04-llm-error-400", RunErrorKind::Format, false),
        ("04-llm-error-401", RunErrorKind::Auth, false),
        ("04-llm-error-402", RunErrorKind::Billing, false),
        ("04-llm-error-429", RunErrorKind::RateLimit, true),
        ("04-llm-error-500", RunErrorKind::ServerError, true),
        ("04-llm-error-cut-midstream", RunErrorKind::Timeout, true),
    ] {
        let heard = hear_one(name).await;
        let error = heard.failure();
        assert_eq!((error.kind, error.retryable), (kind, retryable), "{name}");
        assert!(!error.message.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn provider_failures_that_pass_are_only_a_note() {
    for name in ["04-llm-error-429-once", "04-llm-error-500-once"] {
        let heard = expect_final_text(name).await.remove(0);
        let retrying = heard
            .events
            .iter()
            .any(|event| matches!(event, RunEvent::Retrying { attempt: 1, max, .. } if *max > 1));
        assert!(retrying, "{name}: {:?}", heard.events);
    }
}

#[tokio::test]
async fn an_empty_answer_is_asked_for_again_and_a_cut_one_is_marked() {
    expect_final_text("04-llm-error-empty").await;
    let heard = expect_final_text("04-llm-error-finish-length").await.remove(0);
    assert!(matches!(heard.end, RunEnd::Complete { truncated: true, .. }));
}

#[tokio::test]
async fn an_aborted_run_keeps_all_of_its_partial_text() {
    let recording = Recording::load("05-abort-midstream");
    let message = recording.messages().remove(0);
    let expected = recording.final_text(&message.idempotency_key);
    let replay = recording.play().await;
    let client = client(&replay);
    let mut run = client.run(message.clone()).await;
    let mut text = support::hear_until(&mut run, 400).await;
    let aborted = client.abort(&message.session_key, run.run_id()).await.expect("it is answered");
    assert!(aborted);
    let heard = support::hear(&mut run).await;
    text.push_str(&heard.text);
    assert_eq!(text, expected);
    assert_eq!(heard.end, RunEnd::Aborted { text });
}

#[tokio::test]
async fn a_stop_message_aborts_the_run_and_is_answered_itself() {
    let recording = Recording::load("05b-abort-by-stop-message");
    let [go, stop] = recording.messages().try_into().expect("two messages");
    let expected = recording.final_text(&go.idempotency_key);
    let replay = recording.play().await;
    let client = client(&replay);
    let mut first = client.run(go).await;
    assert_eq!(first.next().await, Some(RunEvent::Started));
    let mut second = client.run(stop).await;
    let heard = support::hear(&mut first).await;
    assert_eq!(heard.text, expected);
    assert_eq!(heard.end, RunEnd::Aborted { text: expected });
    assert_eq!(support::hear(&mut second).await.complete(), "");
}

#[tokio::test]
async fn a_message_taken_by_another_run_gets_its_own_part_of_the_answer() {
    let recording = Recording::load("06-two-messages-same-session-default");
    let [first, second] = recording.messages().try_into().expect("two messages");
    let expected = recording.final_text(&first.idempotency_key);
    let replay = recording.play().await;
    let client = client(&replay);
    let mut first = client.run(first).await;
    assert_eq!(first.next().await, Some(RunEvent::Started));
    let mut second = client.run(second).await;
    assert_eq!(support::hear(&mut first).await.complete(), expected);
    assert_eq!(support::hear(&mut second).await.complete(), "answer to second");
    assert!(expected.ends_with("\n\nanswer to second"));
}

#[tokio::test]
async fn a_key_sent_again_attaches_and_later_fetches_the_answer() {
    let recording = Recording::load("08-idempotency");
    let message = recording.messages().remove(0);
    let expected = recording.final_text(&message.idempotency_key);
    let replay = recording.play().await;
    let client = client(&replay);
    let mut run = client.run(message.clone()).await;
    assert_eq!(run.next().await, Some(RunEvent::Started));
    let params = |text: &str| {
        json!({"sessionKey": message.session_key, "message": text,
            "idempotencyKey": message.idempotency_key})
    };
    let again = client.request("chat.send", params(&message.message)).await.expect("accepted");
    assert!(again.get().contains("in_flight"));
    let refused = client.request("chat.send", params("other text")).await;
    assert!(format!("{:?}", refused.expect_err("refused")).contains("chat-request-conflict"));
    assert_eq!(support::hear(&mut run).await.complete(), expected);
    drop(run);
    let heard = support::hear(&mut client.run(message).await).await;
    assert_eq!(heard.complete(), expected);
}

#[tokio::test]
async fn a_run_goes_on_over_a_new_connection() {
    let recording = Recording::load("09-reconnect-resume");
    let message = recording.messages().remove(0);
    let expected = recording.final_text(&message.idempotency_key);
    let replay = recording.play().await;
    let heard = support::hear(&mut client(&replay).run(message).await).await;
    assert_eq!(heard.complete(), expected);
    let replaced = heard.events.iter().any(|event| matches!(event, RunEvent::Replace { .. }));
    assert!(!replaced, "what was shown stays: {:?}", heard.events);
}

#[tokio::test]
async fn a_killed_gateways_run_is_adopted_when_the_new_one_resumes_it() {
    let recording = Recording::load("10-gateway-sigkill-midstream");
    let [warm, killed] = recording.messages().try_into().expect("two messages");
    let resumed = recording.run_ids().pop().expect("a third run");
    let expected = recording.final_text(&resumed);
    assert!(![&warm.idempotency_key, &killed.idempotency_key].contains(&&resumed));
    let replay = recording.play().await;
    let client = client(&replay);
    assert_eq!(support::hear(&mut client.run(warm).await).await.complete(), "warm");
    let heard = support::hear(&mut client.run(killed).await).await;
    assert_eq!(heard.complete(), expected);
}

#[tokio::test]
async fn a_terminated_gateway_finishes_the_reply_and_a_new_one_is_found() {
    let recording = Recording::load("11-gateway-sigterm-midstream");
    let [warm, long] = recording.messages().try_into().expect("two messages");
    let expected = recording.final_text(&long.idempotency_key);
    let replay = recording.play().await;
    let client = client(&replay);
    let before = client.connected().await.expect("connected");
    assert_eq!(support::hear(&mut client.run(warm).await).await.complete(), "warm");
    assert_eq!(support::hear(&mut client.run(long).await).await.complete(), expected);
    let other_boot = |state: &gateway_client::ConnectionState| matches!(state, gateway_client::ConnectionState::Connected { boot_id, .. } if *boot_id != before);
    support::state(&client, other_boot).await;
}

#[tokio::test]
async fn tool_calls_are_shown_with_their_outcome() {
    for (name, tool, end) in [
        ("13-tool-call-write-read", "write", ToolState::End),
        ("13b-tool-read", "read", ToolState::End),
        ("13c-tool-read-without-cap", "read", ToolState::End),
        ("13d-tool-exec", "exec", ToolState::End),
        ("13e-tool-unknown", "no_such_tool", ToolState::Error),
        ("13f-tool-read-missing", "read", ToolState::Error),
    ] {
        let heard = expect_final_text(name).await.remove(0);
        let mut calls = Vec::new();
        for event in &heard.events {
            if let RunEvent::Tool { call_id, name, state, summary } = event {
                assert!(!summary.is_empty());
                calls.push((call_id.clone(), name.as_str(), *state));
            }
        }
        let id = calls[0].0.clone();
        let expected = vec![(id.clone(), tool, ToolState::Start), (id, tool, end)];
        assert_eq!(calls, expected, "{name}");
    }
}

#[tokio::test]
async fn a_final_without_deltas_is_a_reply() {
    let heard = expect_final_text("22-slash-commands").await;
    assert_eq!(heard.len(), 12);
    assert!(heard[1].text.starts_with("🦞 OpenClaw"));
}

#[tokio::test]
async fn reasoning_is_not_part_of_the_text() {
    assert_eq!(expect_final_text("23-reasoning").await[0].text, "the answer");
}

#[tokio::test]
async fn a_fallback_models_notice_is_not_part_of_the_reply() {
    for heard in expect_final_text("25-model-fallback").await {
        assert_eq!(heard.text, "answer here");
    }
}

#[tokio::test]
async fn text_before_and_after_a_tool_call_is_one_reply() {
    let heard = expect_final_text("27-text-tool-text").await.remove(0);
    assert!(heard.text.ends_with("first.\n\nThe answer is 42."));
}
