//! When this user is usually here, and so how long the task waits for his next message.

use std::sync::Mutex;
use std::time::Duration;

use domain::{ActivityHistory, IdlePolicy, TimeZone, Timestamp, UserId};
use tokio::time::timeout;
use tracing::warn;

use crate::chain::chain;
use crate::ports::Ports;

const ASKED_WITHIN: Duration = Duration::from_secs(5);

pub(crate) struct Habits {
    policy: IdlePolicy,
    known: Mutex<Known>,
}

struct Known {
    zone: TimeZone,
    history: ActivityHistory,
}

impl Habits {
    pub(crate) fn new(policy: IdlePolicy) -> Self {
        let known = Known { zone: TimeZone::utc(), history: ActivityHistory::default() };
        Self { policy, known: Mutex::new(known) }
    }

    /// What his row has of him, and the operator's time zone until he tells his own.
    pub(crate) fn begin(&self, zone: TimeZone, history: ActivityHistory) {
        *self.known() = Known { zone, history };
    }

    /// The user's own time zone, if he has told. Without an answer the operator's does.
    pub(crate) async fn read_zone(&self, ports: &Ports, user: &UserId) {
        match timeout(ASKED_WITHIN, ports.settings.time_zone(user)).await {
            Ok(Ok(Some(zone))) => self.known().zone = zone,
            Ok(Ok(None)) => {}
            Ok(Err(error)) => warn!(error = %chain(&error), "cannot read the user's time zone"),
            Err(_) => warn!("reading the user's time zone takes too long"),
        }
    }

    /// He is here now. Gives the whole history, to be kept.
    pub(crate) fn note(&self, now: Timestamp) -> ActivityHistory {
        let mut known = self.known();
        let here = known.zone.hour_of(now);
        known.history.note(here);
        known.history.clone()
    }

    pub(crate) fn timeout(&self, now: Timestamp) -> Duration {
        let known = self.known();
        self.policy.timeout(&known.history, known.zone.hour_of(now))
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().expect("no holder panics")
    }
}
