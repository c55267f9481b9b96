//! When this user is usually here, and so how long the task waits for his next message.

use std::sync::Mutex;
use std::time::Duration;

use domain::{ActivityHistory, Choices, IdlePolicy, TimeZone, Timestamp};

pub(crate) struct Habits {
    operators: IdlePolicy,
    known: Mutex<Known>,
}

struct Known {
    policy: IdlePolicy,
    zone: TimeZone,
    history: ActivityHistory,
}

impl Habits {
    pub(crate) fn new(operators: IdlePolicy) -> Self {
        let history = ActivityHistory::default();
        let known = Known { policy: operators, zone: TimeZone::utc(), history };
        Self { operators, known: Mutex::new(known) }
    }

    /// What his row has of him, and what he has chosen; else it is as the operator says.
    pub(crate) fn begin(&self, choices: &Choices, zone: TimeZone, history: ActivityHistory) {
        let policy = choices.idle.map_or(self.operators, |idle| idle.within(self.operators));
        let zone = choices.time_zone.clone().unwrap_or(zone);
        *self.known() = Known { policy, zone, history };
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
        known.policy.timeout(&known.history, known.zone.hour_of(now))
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().expect("no holder panics")
    }
}
