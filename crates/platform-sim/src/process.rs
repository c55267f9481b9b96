//! A process as the world meets it: whatever it does, its calls are all that others see of it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use crate::chaos::{Chaos, Luck};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Lives,
    /// SIGSTOP: its calls wait, and go on where they were.
    Frozen,
    /// The network is gone: its calls fail after a while, without effect.
    CutOff,
    /// SIGKILL: its calls never return.
    Dead,
}

/// How long a call without an answer takes to fail.
const NO_ANSWER_AFTER: Duration = Duration::from_secs(5);

/// Clones are the same process.
#[derive(Clone)]
pub struct Process {
    chaos: Chaos,
    fate: Arc<watch::Sender<Fate>>,
}

impl Process {
    pub fn new(chaos: Chaos) -> Self {
        Self { chaos, fate: Arc::new(watch::Sender::new(Fate::Lives)) }
    }

    pub fn fate(&self) -> Fate {
        *self.fate.borrow()
    }

    /// The dead stay dead.
    pub fn becomes(&self, fate: Fate) {
        self.fate.send_if_modified(|now| {
            let changes = *now != Fate::Dead && *now != fate;
            if changes {
                *now = fate;
            }
            changes
        });
    }

    pub async fn dies(&self) {
        let _ = self.fate.subscribe().wait_for(|fate| *fate == Fate::Dead).await;
    }

    /// A call sets out. `Err`: it gets no answer and has no effect.
    pub(crate) async fn sets_out(&self) -> Result<Luck, ()> {
        let luck = self.chaos.luck();
        sleep(luck.before).await;
        if luck.dies_before {
            self.becomes(Fate::Dead);
        }
        self.reach().await?;
        Ok(luck)
    }

    /// Its effect is there, and the answer is on its way.
    pub(crate) async fn comes_back(&self, luck: Luck) -> Result<(), ()> {
        if luck.dies_after {
            self.becomes(Fate::Dead);
        }
        sleep(luck.after).await;
        self.reach().await?;
        if luck.loses { Err(()) } else { Ok(()) }
    }

    async fn reach(&self) -> Result<(), ()> {
        let mut fate = self.fate.subscribe();
        loop {
            let now = *fate.borrow_and_update();
            match now {
                Fate::Lives => return Ok(()),
                Fate::CutOff => {
                    sleep(NO_ANSWER_AFTER).await;
                    return Err(());
                }
                // We hold the sender: this waits for ever, or for a change.
                Fate::Frozen | Fate::Dead => {
                    let _ = fate.changed().await;
                }
            }
        }
    }
}
