//! The agent: answers after a while, in pieces; sometimes badly, sometimes never.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use bridge::{Agent, AgentRun, Gateway, GatewayHost, GatewayState, RunEnd, RunEvent, RunRequest};
use domain::{Generation, UserId};
use platform_sim::{Fate, Process, Seen};
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::stage::Stage;

pub(crate) struct SimHost {
    pub(crate) stage: Stage,
    pub(crate) process: Process,
    /// Whose state it runs on; a spare that warms up runs on nobody's.
    pub(crate) owner: Option<(UserId, Generation)>,
}

#[async_trait]
impl GatewayHost for SimHost {
    async fn start(&self) -> anyhow::Result<Box<dyn Gateway>> {
        let (stage, process) = (&self.stage, &self.process);
        sleep(stage.chaos.millis(100, 3_000)).await;
        alive(process).await;
        if let Some((user, generation)) = &self.owner {
            stage.world.saw(user, Seen::GatewayUp(*generation));
        }
        let agent = Arc::new(SimAgent {
            stage: stage.clone(),
            process: process.clone(),
            aborted: Mutex::default(),
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
    aborted: Mutex<Vec<(String, CancellationToken)>>,
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
        let aborted = CancellationToken::new();
        let mut runs = self.aborted.lock().expect("no panics");
        runs.push((request.run_id.clone(), aborted.clone()));
        let steps = self.script(&request);
        let process = self.process.clone();
        Box::new(SimRun { process, steps, aborted, text: String::new() })
    }

    async fn abort(&self, _session_key: &str, run_id: &str) {
        let runs = self.aborted.lock().expect("no panics");
        for (_, aborted) in runs.iter().filter(|(id, _)| id == run_id) {
            aborted.cancel();
        }
    }

    async fn answers(&self) -> bool {
        true
    }

    async fn connected(&self) -> Result<(), String> {
        Ok(())
    }
}

impl SimAgent {
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
            let delta = format!("[{piece} of the answer to {}]", request.message);
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
                    if let RunEvent::Text { delta } = &event {
                        self.text.push_str(delta);
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
