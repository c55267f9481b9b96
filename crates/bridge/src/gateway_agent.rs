//! OpenClaw's gateway as the bridge's agent.

use async_trait::async_trait;
use domain::Usage;
use gateway_client::{GatewayClient, RunError, RunErrorKind};
use tracing::debug;

use crate::agent::{Agent, AgentRun, RunEnd, RunEvent, RunRequest};
use crate::chain::chain;

#[async_trait]
impl Agent for GatewayClient {
    async fn run(&self, request: RunRequest) -> Box<dyn AgentRun> {
        let RunRequest { session_key, message, run_id, timeout, resuming } = request;
        // A user's text is text: else "/model …" would change the agent's settings.
        let (suppress_commands, attachments) = (true, Vec::new());
        let request = gateway_client::RunRequest {
            session_key,
            message,
            idempotency_key: run_id,
            timeout,
            attachments,
            suppress_commands,
            resuming,
        };
        Box::new(GatewayRun(GatewayClient::run(self, request).await))
    }

    async fn abort(&self, session_key: &str, run_id: &str) {
        if let Err(error) = GatewayClient::abort(self, session_key, run_id).await {
            debug!(error = %chain(&error), "cannot abort a run");
        }
    }

    async fn remembers(&self, session_key: &str) -> Result<bool, String> {
        let remembers = GatewayClient::remembers(self, session_key).await;
        remembers.map_err(|error| chain(&error).to_string())
    }

    async fn answers(&self) -> bool {
        self.health().await.is_ok()
    }

    async fn connected(&self) -> Result<(), String> {
        match GatewayClient::connected(self).await {
            Ok(_) => Ok(()),
            Err(error) => {
                debug!(error = %chain(&error), "the gateway refuses us");
                Err("its program does not work with this version".into())
            }
        }
    }
}

struct GatewayRun(gateway_client::Run);

#[async_trait]
impl AgentRun for GatewayRun {
    async fn next(&mut self) -> Option<RunEvent> {
        loop {
            if let Some(event) = event(self.0.next().await?) {
                return Some(event);
            }
        }
    }
}

/// `None`: nothing to show.
fn event(event: gateway_client::RunEvent) -> Option<RunEvent> {
    use gateway_client::RunEvent as Theirs;
    Some(match event {
        Theirs::Started | Theirs::Usage(_) => return None,
        Theirs::Text { delta } => RunEvent::Text { delta },
        Theirs::Replace { text } => RunEvent::Replace { text },
        Theirs::Tool { call_id, name, state, summary } => {
            RunEvent::Tool { call_id, name, state: tool_state(state), summary }
        }
        Theirs::Retrying { message, .. } => RunEvent::Retrying { message },
        Theirs::End(end) => RunEvent::End(run_end(end)),
    })
}

fn tool_state(state: gateway_client::ToolState) -> protocol::ToolState {
    match state {
        gateway_client::ToolState::Start => protocol::ToolState::Start,
        gateway_client::ToolState::End => protocol::ToolState::End,
        gateway_client::ToolState::Error => protocol::ToolState::Error,
    }
}

fn run_end(end: gateway_client::RunEnd) -> RunEnd {
    use gateway_client::RunEnd as Theirs;
    match end {
        Theirs::Complete { text, truncated, usage } => {
            RunEnd::Complete { text, truncated, usage: usage.map(used) }
        }
        Theirs::Aborted { text } => RunEnd::Aborted { text },
        Theirs::Failed(error) => {
            RunEnd::Failed { message: reason(&error), retryable: error.retryable }
        }
    }
}

/// What the provider read and wrote, caches included: that is what is paid for.
fn used(usage: gateway_client::Usage) -> Usage {
    let cached = usage.cache_read_tokens + usage.cache_write_tokens;
    Usage {
        input_tokens: usage.input_tokens + cached,
        output_tokens: usage.output_tokens,
        cost_usd: usage.cost_usd,
    }
}

/// For the person who waits. The gateway's own words only where ours would say less.
fn reason(error: &RunError) -> String {
    match error.kind {
        RunErrorKind::RateLimit => "the model provider is overloaded or your quota is used up",
        RunErrorKind::Auth => "the model provider refused the key; whoever runs this must check it",
        RunErrorKind::Billing => "the model provider's account has no credit left",
        RunErrorKind::Timeout => "the model did not answer in time",
        RunErrorKind::ServerError => "the model provider had a fault",
        RunErrorKind::ContextLength => "this conversation has become too long for the model",
        RunErrorKind::Refusal => "the model refused to answer this",
        RunErrorKind::Lost => "its program stopped while it was answering",
        RunErrorKind::Format | RunErrorKind::Unknown => return error.message.clone(),
    }
    .into()
}
