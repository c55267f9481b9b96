//! Why and how far the bridge is stopping. Asked once by anybody; seen by every loop.

use std::sync::{Arc, OnceLock};

use tokio_util::sync::CancellationToken;
use tracing::info;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    Idle,
    /// The user sends the agent to sleep.
    Wanted,
    /// SIGTERM or SIGINT: Spot takes the machine back, a deploy, a person.
    Signal,
    /// `POST /shutdown`.
    Asked,
    /// The gateway cannot be brought up; the sentence is for people.
    Broken(String),
}

/// Three steps, each including the ones before it.
#[derive(Clone, Default)]
pub struct Halt {
    reason: Arc<OnceLock<Reason>>,
    /// Lease nothing new.
    pub closing: CancellationToken,
    /// The grace is over: abort what still runs and give it back.
    pub aborting: CancellationToken,
    /// Another generation is current (I3): write nothing, leave.
    pub fenced: CancellationToken,
}

impl Halt {
    pub fn request(&self, reason: Reason) {
        if self.reason.set(reason.clone()).is_ok() {
            info!(?reason, "stopping");
        }
        self.closing.cancel();
    }

    pub fn fence(&self) {
        if !self.fenced.is_cancelled() {
            info!("another generation is current, leaving without a word");
        }
        self.fenced.cancel();
        self.aborting.cancel();
        self.closing.cancel();
    }

    pub fn is_closing(&self) -> bool {
        self.closing.is_cancelled()
    }

    pub fn is_fenced(&self) -> bool {
        self.fenced.is_cancelled()
    }

    pub fn reason(&self) -> Option<&Reason> {
        self.reason.get()
    }
}
