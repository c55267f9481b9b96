//! Connections that break, gateways that die, and gateways that will not have us.

use std::time::Duration;

use gateway_client::scripted::{ScriptedGateway, ScriptedOptions};
use gateway_client::{
    ConnectionState, GatewayClient, GatewayConfig, GatewayError, HandshakeError, ReconnectPolicy,
    RunEnd, RunErrorKind, RunRequest,
};

use crate::support::{self, apply, hear, hear_until, is_connected, say, scripted};

const WORDS: &str = "[[demo tokens=100 delay=4]]";

fn words() -> String {
    (1..=100).map(|n| format!("word{n:04} ")).collect()
}

/// The rest of a run, on top of what was heard before.
async fn hear_rest(run: &mut gateway_client::Run, mut text: String) -> (String, RunEnd) {
    let heard = hear(run).await;
    heard.events.iter().for_each(|event| apply(&mut text, event));
    (text, heard.end)
}

fn expect_words(text: &str, end: RunEnd) {
    let RunEnd::Complete { text: final_text, .. } = end else { panic!("{end:?}") };
    assert_eq!(text, final_text);
    assert_eq!(text, words());
}

#[tokio::test]
async fn a_run_survives_a_lost_socket() {
    let (gateway, client) = scripted(ScriptedOptions::default()).await;
    let mut run = client.run(say(WORDS)).await;
    let mut text = hear_until(&mut run, 30).await;
    for _ in 0..3 {
        support::state(&client, is_connected).await;
        gateway.drop_connections();
        text.push_str(&hear_until(&mut run, 9).await);
    }
    let (text, end) = hear_rest(&mut run, text).await;
    expect_words(&text, end);
    assert_eq!(gateway.runs_played(), 1);
}

#[tokio::test]
async fn a_run_that_ended_while_nobody_was_connected_is_fetched() {
    let gateway = ScriptedGateway::start(ScriptedOptions::default()).await.expect("a port");
    let mut slow = support::config(&gateway.url(), "scripted-token");
    slow.reconnect.first = Duration::from_millis(400);
    slow.reconnect.max = Duration::from_millis(400);
    let client = GatewayClient::start(slow);
    let other = GatewayClient::start(support::config(&gateway.url(), "scripted-token"));
    let message = say("[[demo tokens=100 delay=1]]");
    let session = message.session_key.clone();
    let mut run = client.run(message).await;
    let text = hear_until(&mut run, 30).await;
    other.connected().await.expect("connected");
    gateway.drop_connections();
    support::state(&client, |state| !is_connected(state)).await;
    let (text, end) = hear_rest(&mut run, text).await;
    expect_words(&text, end);
    assert_eq!(other.history(&session, 10).await.expect("answered").rows.len(), 2);
    assert_eq!(gateway.runs_played(), 1);
}

#[tokio::test]
async fn a_killed_gateways_runs_are_adopted_from_the_new_one() {
    let (gateway, client) = scripted(ScriptedOptions::default()).await;
    let mut run = client.run(say(WORDS)).await;
    let text = hear_until(&mut run, 30).await;
    gateway.crash();
    let (text, end) = hear_rest(&mut run, text).await;
    expect_words(&text, end);
    assert_eq!(gateway.requests("chat.send"), 1, "the gateway resumed it, we did not");
    assert_eq!(gateway.runs_played(), 2);
}

#[tokio::test]
async fn a_gateway_that_resumes_before_we_are_back_is_found_at_it() {
    let options = ScriptedOptions { recovery_delay: Duration::ZERO, ..ScriptedOptions::default() };
    let (gateway, client) = scripted(options).await;
    for _ in 0..5 {
        let mut run = client.run(say(WORDS)).await;
        let text = hear_until(&mut run, 30).await;
        gateway.crash();
        let (text, end) = hear_rest(&mut run, text).await;
        expect_words(&text, end);
    }
    assert_eq!(gateway.requests("chat.send"), 5);
}

#[tokio::test]
async fn a_gateway_that_does_not_resume_is_sent_the_message_again() {
    let gateway = ScriptedGateway::start(ScriptedOptions {
        recovery_delay: Duration::from_secs(3600),
        ..ScriptedOptions::default()
    });
    let gateway = gateway.await.expect("a port");
    let reconnect = ReconnectPolicy {
        adopt_within: Duration::from_millis(20),
        ..support::config("", "").reconnect
    };
    let config = support::config(&gateway.url(), "scripted-token");
    let client = GatewayClient::start(GatewayConfig { reconnect, ..config });
    let mut run = client.run(say(WORDS)).await;
    let text = hear_until(&mut run, 30).await;
    gateway.crash();
    let (text, end) = hear_rest(&mut run, text).await;
    expect_words(&text, end);
    assert_eq!(gateway.requests("chat.send"), 2);
}

#[tokio::test]
async fn a_restart_with_stored_state_answers_a_resumed_key_from_its_rows() {
    let dir = tempfile::tempdir().expect("a folder");
    let options =
        || ScriptedOptions { state_dir: Some(dir.path().to_owned()), ..ScriptedOptions::default() };
    let message = say("remember me");
    let (gateway, client) = scripted(options()).await;
    hear(&mut client.run(message.clone()).await).await.complete();
    drop((gateway, client));
    let (gateway, client) = scripted(options()).await;
    let again = RunRequest { resuming: true, ..message };
    let heard = hear(&mut client.run(again).await).await;
    assert_eq!(heard.complete(), "You said: remember me");
    assert_eq!(gateway.runs_played(), 0, "nothing ran twice");
    let fresh = RunRequest { resuming: true, ..say("never seen") };
    assert_eq!(hear(&mut client.run(fresh).await).await.complete(), "You said: never seen");
}

#[tokio::test]
async fn a_resumed_key_that_still_runs_is_joined() {
    let (gateway, first) = scripted(ScriptedOptions::default()).await;
    let message = say(WORDS);
    let mut run = first.run(message.clone()).await;
    hear_until(&mut run, 30).await;
    drop((run, first)); // our process died, the gateway did not
    let second = GatewayClient::start(support::config(&gateway.url(), "scripted-token"));
    let heard = hear(&mut second.run(RunRequest { resuming: true, ..message }).await).await;
    assert_eq!(heard.complete(), words());
    assert_eq!(gateway.runs_played(), 1);
}

#[tokio::test]
async fn a_silent_connection_is_replaced() {
    let gateway = ScriptedGateway::start(ScriptedOptions::default()).await.expect("a port");
    let mut config = support::config(&gateway.url(), "scripted-token");
    config.silence = Duration::from_millis(100);
    let client = GatewayClient::start(config);
    let mut run = client.run(say("[[demo tokens=100 delay=5]]")).await;
    let text = hear_until(&mut run, 30).await;
    gateway.freeze();
    let lost = support::state(&client, |state| !is_connected(state)).await;
    assert!(format!("{lost:?}").contains("silent for"), "{lost:?}");
    gateway.thaw();
    let (text, end) = hear_rest(&mut run, text).await;
    expect_words(&text, end);
}

#[tokio::test]
async fn a_draining_gateway_finishes_the_reply_and_refuses_the_next() {
    let (gateway, client) = scripted(ScriptedOptions::default()).await;
    let mut run = client.run(say(WORDS)).await;
    let text = hear_until(&mut run, 30).await;
    let down = tokio::spawn(async move { gateway.shutdown().await });
    let (text, end) = hear_rest(&mut run, text).await;
    expect_words(&text, end);
    down.await.expect("it stops");
    let lost = support::state(&client, |state| !is_connected(state)).await;
    assert!(matches!(lost, ConnectionState::Connecting { .. }), "{lost:?}");
    assert!(matches!(client.health().await, Err(GatewayError::NotConnected)));
}

#[tokio::test]
async fn a_gateway_that_is_still_starting_is_waited_for() {
    let options = ScriptedOptions { refuse_first: 3, ..ScriptedOptions::default() };
    let (gateway, client) = scripted(options).await;
    assert_eq!(client.connected().await.expect("in the end").0, gateway.boot_id());
    assert_eq!(gateway.requests("connect"), 4);
}

#[tokio::test]
async fn a_wrong_token_is_fatal_and_ends_what_waits() {
    let gateway = ScriptedGateway::start(ScriptedOptions::default()).await.expect("a port");
    let client = GatewayClient::start(support::config(&gateway.url(), "wrong"));
    let mut run = client.run(say("hello")).await;
    let error = client.connected().await.expect_err("refused");
    assert!(matches!(error, GatewayError::Handshake(HandshakeError::Auth { .. })), "{error}");
    let state = support::state(&client, |s| matches!(s, ConnectionState::Fatal(_))).await;
    assert!(format!("{state:?}").contains("AUTH_TOKEN_MISMATCH"), "{state:?}");
    assert_eq!(hear(&mut run).await.failure().kind, RunErrorKind::Lost);
    assert_eq!(hear(&mut client.run(say("later")).await).await.failure().kind, RunErrorKind::Lost);
    assert_eq!(gateway.requests("connect"), 1, "and it does not try again");
}

#[tokio::test]
async fn a_connection_without_rights_is_fatal() {
    let options = ScriptedOptions { grantable: Vec::new(), ..ScriptedOptions::default() };
    let (_gateway, client) = scripted(options).await;
    let error = client.connected().await.expect_err("refused");
    assert!(error.to_string().contains("operator.read"), "{error}");
}

#[tokio::test]
async fn closing_ends_every_run_and_every_wait() {
    let (gateway, client) = scripted(ScriptedOptions::default()).await;
    let mut run = client.run(say("[[demo hang]]")).await;
    client.connected().await.expect("connected");
    client.close();
    assert_eq!(hear(&mut run).await.failure().kind, RunErrorKind::Lost);
    support::state(&client, |state| *state == ConnectionState::Closed).await;
    assert!(matches!(client.connected().await, Err(GatewayError::Closed)));
    drop(gateway);
}

#[tokio::test]
async fn the_last_handle_dropped_closes_the_connection() {
    let (_gateway, client) = scripted(ScriptedOptions::default()).await;
    client.connected().await.expect("connected");
    let mut state = client.state();
    let clone = client.clone();
    drop(client);
    clone.health().await.expect("one handle is left");
    drop(clone);
    let closed = tokio::time::timeout(support::PATIENCE, async {
        while *state.borrow_and_update() != ConnectionState::Closed {
            if state.changed().await.is_err() {
                break;
            }
        }
    });
    closed.await.expect("the supervisor stops");
}

#[tokio::test]
async fn what_one_gateway_remembered_says_nothing_about_the_next() {
    let (gateway, client) = scripted(ScriptedOptions::default()).await;
    let message = say("hello");
    let session = message.session_key.clone();
    hear(&mut client.run(message).await).await.complete();
    assert!(client.remembers(&session).await.expect("answered"));
    gateway.lose_everything();
    support::state(&client, |state| !is_connected(state)).await;
    let remembers = client.remembers(&session).await;
    assert!(!remembers.expect("answered, once there was a connection again"));
}
