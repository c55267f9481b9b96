//! The agent as the bridge sees it: something that answers messages, one run each.

use std::time::Duration;

use async_trait::async_trait;
use domain::Usage;

#[derive(Clone, Debug, PartialEq)]
pub struct RunRequest {
    pub session_key: String,
    pub message: String,
    /// Also the run's id. A gateway that has seen it does not run it twice.
    pub run_id: String,
    pub timeout: Duration,
    /// An earlier bridge may have started this run on the same agent state.
    pub resuming: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum RunEvent {
    Text {
        delta: String,
    },
    /// Throw away the text so far.
    Replace {
        text: String,
    },
    Tool {
        call_id: String,
        name: String,
        state: protocol::ToolState,
        summary: String,
    },
    /// The provider failed and is tried again; `message` is for people.
    Retrying {
        message: String,
    },
    End(RunEnd),
}

#[derive(Clone, Debug, PartialEq)]
pub enum RunEnd {
    Complete { text: String, truncated: bool, usage: Option<Usage> },
    Aborted { text: String },
    Failed { message: String, retryable: bool },
}

#[async_trait]
pub trait AgentRun: Send {
    /// `None` after the end, or when the agent is gone for good.
    async fn next(&mut self) -> Option<RunEvent>;
}

/// In the place of an agent that could not be started: nobody asks anything of it but whether
/// it answers.
pub(crate) struct NoAgent;

#[async_trait]
pub trait Agent: Send + Sync + 'static {
    /// Starts when it is connected; what it cannot deliver becomes a `Failed` end.
    async fn run(&self, request: RunRequest) -> Box<dyn AgentRun>;

    /// The run ends with `Aborted`, soon.
    async fn abort(&self, session_key: &str, run_id: &str);

    /// Whether its session holds a message of either side. May wait until it can be asked.
    async fn remembers(&self, session_key: &str) -> Result<bool, String>;

    /// Whether it answers a question right now.
    async fn answers(&self) -> bool;

    /// Returns when it can take runs; the error says why it never will.
    async fn connected(&self) -> Result<(), String>;
}

#[async_trait]
impl AgentRun for NoAgent {
    async fn next(&mut self) -> Option<RunEvent> {
        None
    }
}

#[async_trait]
impl Agent for NoAgent {
    async fn run(&self, _request: RunRequest) -> Box<dyn AgentRun> {
        Box::new(NoAgent)
    }

    async fn abort(&self, _session_key: &str, _run_id: &str) {}

    async fn remembers(&self, _session_key: &str) -> Result<bool, String> {
        Err("it was never started".into())
    }

    async fn answers(&self) -> bool {
        false
    }

    async fn connected(&self) -> Result<(), String> {
        Err("it was never started".into())
    }
}
