//! What every test needs: a client for a URL, and a consumer that does what consumers do.

use std::time::Duration;

use gateway_client::scripted::{ScriptedGateway, ScriptedOptions};
use gateway_client::{
    ConnectionState, GatewayClient, GatewayConfig, ReconnectPolicy, Run, RunEnd, RunEvent,
    RunRequest,
};

/// Long enough that only a hang gets there.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn config(url: &str, token: &str) -> GatewayConfig {
    let reconnect = ReconnectPolicy {
        first: Duration::from_millis(5),
        max: Duration::from_millis(50),
        ..ReconnectPolicy::default()
    };
    GatewayConfig { reconnect, ..GatewayConfig::new(url, token) }
}

pub(crate) async fn scripted(options: ScriptedOptions) -> (ScriptedGateway, GatewayClient) {
    let token = options.token.clone();
    let gateway = ScriptedGateway::start(options).await.expect("a free port");
    let client = GatewayClient::start(config(&gateway.url(), &token));
    (gateway, client)
}

pub(crate) fn say(message: &str) -> RunRequest {
    let id = uuid::Uuid::new_v4().to_string();
    RunRequest::new(format!("agent:main:{id}"), message, id)
}

/// A reply as its consumer has it when the run is over.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) text: String,
    pub(crate) events: Vec<RunEvent>,
    pub(crate) end: RunEnd,
}

impl Heard {
    /// The text of a complete reply, which the consumer must have too.
    pub(crate) fn complete(&self) -> &str {
        match &self.end {
            RunEnd::Complete { text, .. } => {
                assert_eq!(&self.text, text, "the consumer's text is the gateway's");
                text
            }
            other => panic!("not complete: {other:?}"),
        }
    }

    pub(crate) fn failure(&self) -> &gateway_client::RunError {
        match &self.end {
            RunEnd::Failed(error) => error,
            other => panic!("not failed: {other:?}"),
        }
    }
}

pub(crate) fn apply(text: &mut String, event: &RunEvent) {
    match event {
        RunEvent::Text { delta } => text.push_str(delta),
        RunEvent::Replace { text: new } => new.clone_into(text),
        _ => {}
    }
}

pub(crate) async fn hear(run: &mut Run) -> Heard {
    let (mut text, mut events) = (String::new(), Vec::new());
    loop {
        let event = tokio::time::timeout(PATIENCE, run.next()).await;
        match event.expect("the run hangs").expect("a run ends with `End`") {
            RunEvent::End(end) => {
                assert_eq!(run.next().await, None, "nothing follows the end");
                return Heard { text, events, end };
            }
            event => {
                apply(&mut text, &event);
                events.push(event);
            }
        }
    }
}

/// Reads on until the reply so far is at least this long.
pub(crate) async fn hear_until(run: &mut Run, length: usize) -> String {
    let mut text = String::new();
    while text.len() < length {
        let event = tokio::time::timeout(PATIENCE, run.next()).await.expect("the run hangs");
        apply(&mut text, &event.expect("it has not ended yet"));
    }
    text
}

/// Waits for a state of the connection, and says which one it was in when it never came.
pub(crate) async fn state(
    client: &GatewayClient,
    wanted: impl FnMut(&ConnectionState) -> bool,
) -> ConnectionState {
    let mut states = client.state();
    let found = tokio::time::timeout(PATIENCE, states.wait_for(wanted)).await;
    match found {
        Ok(state) => state.expect("the client lives").clone(),
        Err(_) => panic!("still {:?}", client.state().borrow()),
    }
}

pub(crate) fn is_connected(state: &ConnectionState) -> bool {
    matches!(state, ConnectionState::Connected { .. })
}
