//! An agent that answers by script, in virtual time.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bridge::{Agent, AgentRun, RunEnd, RunEvent, RunRequest};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Wait(Duration),
    Event(RunEvent),
    Forever,
}

type Script = Box<dyn Fn(&RunRequest) -> Vec<Step> + Send + Sync>;

pub(crate) struct Scripted {
    script: Script,
    requests: Mutex<Vec<RunRequest>>,
    aborts: Mutex<HashMap<String, CancellationToken>>,
    pub(crate) answers: AtomicBool,
    pub(crate) hangs: AtomicBool,
    /// `None`: it remembers whatever it is asked about.
    sessions: Option<Sessions>,
}

/// Keys of the sessions that the agent's state holds. It may outlive an agent.
pub(crate) type Sessions = Arc<Mutex<BTreeSet<String>>>;

/// A reply in one piece, within one tick.
pub(crate) fn say(text: &str) -> Vec<Step> {
    vec![
        Step::Event(RunEvent::Text { delta: text.into() }),
        Step::Event(RunEvent::End(complete(text))),
    ]
}

pub(crate) fn say_slowly(pieces: impl IntoIterator<Item = String>, pause: Duration) -> Vec<Step> {
    let (mut steps, mut text) = (Vec::new(), String::new());
    for piece in pieces {
        text.push_str(&piece);
        steps.push(Step::Wait(pause));
        steps.push(Step::Event(RunEvent::Text { delta: piece }));
    }
    steps.push(Step::Event(RunEvent::End(complete(&text))));
    steps
}

fn complete(text: &str) -> RunEnd {
    RunEnd::Complete { text: text.into(), truncated: false, usage: None }
}

impl Scripted {
    pub(crate) fn new(script: impl Fn(&RunRequest) -> Vec<Step> + Send + Sync + 'static) -> Self {
        Self {
            script: Box::new(script),
            requests: Mutex::default(),
            aborts: Mutex::default(),
            answers: AtomicBool::new(true),
            hangs: AtomicBool::new(false),
            sessions: None,
        }
    }

    /// It remembers these sessions and no others; its script adds to them.
    pub(crate) fn with_sessions(self, sessions: Sessions) -> Self {
        Self { sessions: Some(sessions), ..self }
    }

    /// Answers each message with its own text.
    pub(crate) fn echo() -> Self {
        Self::new(|request| say(&format!("answer to {}", request.message)))
    }

    pub(crate) fn failing(retryable: bool) -> Self {
        Self::new(move |_| {
            let message = "the model is out of order".into();
            vec![Step::Event(RunEvent::End(RunEnd::Failed { message, retryable }))]
        })
    }

    pub(crate) fn requests(&self) -> Vec<RunRequest> {
        self.requests.lock().expect("no panics").clone()
    }

    pub(crate) fn run_ids(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.run_id).collect()
    }
}

#[async_trait]
impl Agent for Scripted {
    async fn run(&self, request: RunRequest) -> Box<dyn AgentRun> {
        // First, since a script may panic.
        let steps = (self.script)(&request).into();
        let aborted = CancellationToken::new();
        let mut aborts = self.aborts.lock().expect("no panics");
        aborts.insert(request.run_id.clone(), aborted.clone());
        self.requests.lock().expect("no panics").push(request);
        Box::new(Playing { steps, aborted, text: String::new() })
    }

    async fn abort(&self, _session_key: &str, run_id: &str) {
        if let Some(abort) = self.aborts.lock().expect("no panics").get(run_id) {
            abort.cancel();
        }
    }

    async fn remembers(&self, session_key: &str) -> Result<bool, String> {
        if self.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        if !self.answers.load(Ordering::SeqCst) {
            return Err("it does not say".into());
        }
        let known = |sessions: &Sessions| sessions.lock().expect("no panics").contains(session_key);
        Ok(self.sessions.as_ref().is_none_or(known))
    }

    async fn answers(&self) -> bool {
        if self.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        self.answers.load(Ordering::SeqCst)
    }

    async fn connected(&self) -> Result<(), String> {
        Ok(())
    }
}

struct Playing {
    steps: VecDeque<Step>,
    aborted: CancellationToken,
    text: String,
}

#[async_trait]
impl AgentRun for Playing {
    async fn next(&mut self) -> Option<RunEvent> {
        loop {
            if self.aborted.is_cancelled() {
                self.steps.clear();
                self.aborted = CancellationToken::new();
                return Some(RunEvent::End(RunEnd::Aborted { text: self.text.clone() }));
            }
            let wait = match self.steps.front()? {
                Step::Event(_) => {
                    let Some(Step::Event(event)) = self.steps.pop_front() else { return None };
                    if let RunEvent::Text { delta } = &event {
                        self.text.push_str(delta);
                    }
                    return Some(event);
                }
                Step::Wait(wait) => *wait,
                Step::Forever => Duration::from_secs(1_000_000),
            };
            tokio::select! {
                () = sleep(wait) => { self.steps.pop_front(); }
                () = self.aborted.cancelled() => {}
            }
        }
    }
}
