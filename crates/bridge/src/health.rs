//! Whether the agent answers, asked with a real question, so that a hung or dead gateway turns
//! the container's health check red within 5 s.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use crate::agent::Agent;
use crate::halt::Halt;

/// The worst case is a gateway that hangs just after an answer: these two together, under 5 s.
const ASK_EVERY: Duration = Duration::from_secs(2);
const ANSWER_WITHIN: Duration = Duration::from_millis(2_500);
/// Older than this, an answer says nothing.
const FRESH: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub struct Health {
    answered_at: Arc<watch::Sender<Option<Instant>>>,
}

impl Default for Health {
    fn default() -> Self {
        Self { answered_at: Arc::new(watch::Sender::new(None)) }
    }
}

impl Health {
    pub fn is_green(&self) -> bool {
        self.answered_at.borrow().is_some_and(|at| at.elapsed() < FRESH)
    }

    /// Green until `up`, though there is no agent to ask: nothing is wrong with a spare that waits,
    /// nor with its user's agent while it starts.
    pub async fn stay_green(self, up: impl Future<Output = ()>) {
        let stay = async {
            loop {
                self.answered_at.send_replace(Some(Instant::now()));
                sleep(ASK_EVERY).await;
            }
        };
        tokio::select! {
            () = up => {}
            () = stay => {}
        }
    }

    pub async fn watch(self, agent: Arc<dyn Agent>, halt: Halt) {
        // A reply may still be under way while the bridge closes.
        let over = halt.aborting.clone();
        let ask = async {
            loop {
                let answers = timeout(ANSWER_WITHIN, agent.answers()).await.unwrap_or(false);
                self.answered_at.send_replace(answers.then(Instant::now));
                sleep(ASK_EVERY).await;
            }
        };
        tokio::select! {
            () = over.cancelled() => {}
            () = ask => {}
        }
    }
}
