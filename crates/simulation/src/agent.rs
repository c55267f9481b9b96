//! The agent: answers after a while, in pieces; sometimes badly, sometimes never.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use bridge::{Agent, AgentRun, Gateway, GatewayHost, GatewayState, RunEnd, RunEvent, RunRequest};
use domain::{Choices, Generation, Outcome, StoredMessage, UserId};
use platform::Clock;
use platform_sim::{Disk, Fate, Process, Seen};
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::stage::Stage;

pub(crate) struct SimHost {
    pub(crate) stage: Stage,
    pub(crate) process: Process,
    /// Where it remembers.
    pub(crate) disk: Disk,
    /// Whose state it runs on; a spare that warms up runs on nobody's.
    pub(crate) owner: Option<(UserId, Generation)>,
}

#[async_trait]
impl GatewayHost for SimHost {
    async fn start(&self, _: &Choices) -> anyhow::Result<Box<dyn Gateway>> {
        let (stage, process) = (&self.stage, &self.process);
        sleep(stage.chaos.millis(100, 3_000)).await;
        alive(process).await;
        if let Some((user, generation)) = &self.owner {
            stage.world.saw(user, Seen::GatewayUp(*generation));
        }
        let agent = Arc::new(SimAgent {
            stage: stage.clone(),
            process: process.clone(),
            disk: self.disk.clone(),
            user: self.owner.as_ref().map(|(user, _)| user.clone()),
            aborted: Mutex::default(),
            answered: Mutex::default(),
        });
        let state = watch::Sender::new(GatewayState::Started { times: 1 });
        Ok(Box::new(SimGateway {
            stage: stage.clone(),
            process: process.clone(),
            owner: self.owner.clone(),
            agent,
            state,
        }))
    }
}

/// Whoever is frozen or dead does nothing.
async fn alive(process: &Process) {
    while matches!(process.fate(), Fate::Frozen | Fate::Dead) {
        if process.fate() == Fate::Dead {
            std::future::pending::<()>().await;
        }
        sleep(Duration::from_secs(1)).await;
    }
}

struct SimGateway {
    stage: Stage,
    process: Process,
    owner: Option<(UserId, Generation)>,
    agent: Arc<SimAgent>,
    state: watch::Sender<GatewayState>,
}

#[async_trait]
impl Gateway for SimGateway {
    fn agent(&self) -> Arc<dyn Agent> {
        self.agent.clone()
    }

    fn state(&self) -> watch::Receiver<GatewayState> {
        self.state.subscribe()
    }

    async fn listening(&self) {
        sleep(self.stage.chaos.millis(500, 8_000)).await;
        alive(&self.process).await;
    }

    async fn stop(&self) {
        sleep(self.stage.chaos.millis(100, 4_000)).await;
        alive(&self.process).await;
        self.state.send_replace(GatewayState::Stopped);
        if let Some((user, generation)) = &self.owner {
            self.stage.world.saw(user, Seen::GatewayDown(*generation));
        }
    }
}

struct SimAgent {
    stage: Stage,
    process: Process,
    disk: Disk,
    user: Option<UserId>,
    aborted: Mutex<Vec<(String, CancellationToken)>>,
    /// Sessions of which it has said whether it remembers them, when it was last asked. A machine
    /// that was frozen for too long has not, and then nobody knows better than to tell it.
    answered: Mutex<BTreeSet<String>>,
}

enum Step {
    Wait(Duration),
    Event(RunEvent),
    /// The socket to the gateway is lost for good.
    Lost,
}

#[async_trait]
impl Agent for SimAgent {
    async fn run(&self, request: RunRequest) -> Box<dyn AgentRun> {
        self.listen(&request).await;
        let aborted = CancellationToken::new();
        let mut runs = self.aborted.lock().expect("no panics");
        runs.push((request.run_id.clone(), aborted.clone()));
        let steps = self.script(&request);
        let (process, disk) = (self.process.clone(), self.disk.clone());
        Box::new(SimRun { process, disk, steps, aborted, text: String::new() })
    }

    async fn abort(&self, _session_key: &str, run_id: &str) {
        let runs = self.aborted.lock().expect("no panics");
        for (_, aborted) in runs.iter().filter(|(id, _)| id == run_id) {
            aborted.cancel();
        }
    }

    async fn remembers(&self, session_key: &str) -> Result<bool, String> {
        let session = session(session_key);
        self.answered.lock().expect("no panics").remove(&session);
        alive(&self.process).await;
        let remembers = self.disk.lines().state.contains(&session);
        self.answered.lock().expect("no panics").insert(session);
        Ok(remembers)
    }

    async fn answers(&self) -> bool {
        true
    }

    async fn connected(&self) -> Result<(), String> {
        Ok(())
    }
}

/// In the agent's state, from the session's first message on.
fn session(key: &str) -> String {
    format!("session {key}")
}

impl SimAgent {
    /// What was said before is told to who has forgotten it, and to nobody else.
    async fn listen(&self, request: &RunRequest) {
        let session = session(&request.session_key);
        let told = request.message.contains("You have no record of this conversation");
        let run = &request.run_id;
        if self.disk.lines().state.contains(&session) {
            if told && self.answered.lock().expect("no panics").contains(&session) {
                self.stage.problem(format!("{run} was told what its session holds"));
            }
            return;
        }
        if !told && self.was_said_before(run).await {
            self.stage.problem(format!("{run} was not told what was said before"));
        }
        self.disk.write(session);
    }

    async fn was_said_before(&self, run: &str) -> bool {
        let Some(user) = &self.user else { return false };
        let (world, message) = (&self.stage.world, run.split(".r").next());
        let rows = world.inbox_of(user);
        let Some(row) = rows.iter().find(|row| Some(row.id.as_str()) == message) else {
            return false;
        };
        let (conversations, now) = (world.conversations(), world.clock().now());
        let page = conversations.history(user, &row.conversation, None, 1_000, now).await;
        // One that was cancelled while it waited may be recorded at this very moment.
        let earlier = |message: &StoredMessage| {
            let ended = message.outcome.is_some_and(|outcome| outcome != Outcome::Cancelled);
            ended && (message.received_at, &message.id) < row.order()
        };
        page.is_ok_and(|page| page.messages.iter().any(earlier))
    }

    fn script(&self, request: &RunRequest) -> VecDeque<Step> {
        let (chaos, luck) = (&self.stage.chaos, &self.stage.plan.machines);
        let storms = self.stage.storms();
        let mut steps = VecDeque::new();
        let mut text = String::new();
        let pieces = 1 + chaos.below(6);
        let longest = if storms && chaos.chance(luck.long_run) { 60_000 } else { 1_500 };
        let dies = storms && chaos.chance(luck.gateway_dies);
        let fails = storms && chaos.chance(luck.run_fails);
        for piece in 0..pieces {
            steps.push_back(Step::Wait(chaos.millis(1, longest)));
            let delta = format!("[{piece} of the answer to {}]", request.run_id);
            text.push_str(&delta);
            steps.push_back(Step::Event(RunEvent::Text { delta }));
            if dies && piece == pieces / 2 {
                steps.push_back(Step::Lost);
                return steps;
            }
        }
        let end = if fails {
            let retryable = chaos.chance(0.7);
            RunEnd::Failed { message: "the model is out of order".into(), retryable }
        } else {
            RunEnd::Complete { text, truncated: false, usage: None }
        };
        steps.push_back(Step::Event(RunEvent::End(end)));
        steps
    }
}

struct SimRun {
    process: Process,
    disk: Disk,
    steps: VecDeque<Step>,
    aborted: CancellationToken,
    text: String,
}

#[async_trait]
impl AgentRun for SimRun {
    async fn next(&mut self) -> Option<RunEvent> {
        loop {
            if self.aborted.is_cancelled() && !self.steps.is_empty() {
                self.steps.clear();
                return Some(RunEvent::End(RunEnd::Aborted { text: self.text.clone() }));
            }
            match self.steps.front()? {
                Step::Wait(wait) => {
                    let wait = *wait;
                    tokio::select! {
                        biased;
                        () = self.aborted.cancelled() => {}
                        () = sleep(wait) => {
                            alive(&self.process).await;
                            self.steps.pop_front();
                        }
                    }
                }
                Step::Event(_) => {
                    let Some(Step::Event(event)) = self.steps.pop_front() else { return None };
                    match &event {
                        RunEvent::Text { delta } => self.text.push_str(delta),
                        RunEvent::End(RunEnd::Complete { text, .. }) => self.disk.write(text),
                        _ => {}
                    }
                    return Some(event);
                }
                Step::Lost => {
                    self.steps.clear();
                    return None;
                }
            }
        }
    }
}
