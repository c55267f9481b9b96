//! How often one user may ask. The buckets lie in the memory of this instance of the function:
//! counting costs no write, and forgets with the instance. API Gateway's throttle is the outer
//! bound.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::limits::{API_COSTLY_RATE, API_RATE, API_SEARCH_RATE};
use domain::{Rate, Timestamp, UserId};
use http::Method;
use platform::Clock;

/// So many buckets are kept at most before those that are full again are dropped.
const KEPT: usize = 10_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Any,
    Search,
    Costly,
}

impl Kind {
    /// What a route is besides [`Kind::Any`], which every request is.
    pub(crate) fn of(method: &Method, route: &str) -> Option<Self> {
        match (method.as_str(), route) {
            ("GET", "/search") => Some(Self::Search),
            ("GET" | "POST", "/me/export")
            | ("DELETE", "/me")
            | (
                "POST",
                "/agent/wake" | "/agent/stop" | "/agent/restart" | "/skills" | "/me/sign-out",
            ) => Some(Self::Costly),
            _ => None,
        }
    }

    fn rate(self) -> Rate {
        match self {
            Self::Any => API_RATE,
            Self::Search => API_SEARCH_RATE,
            Self::Costly => API_COSTLY_RATE,
        }
    }
}

pub struct Buckets {
    clock: Arc<dyn Clock>,
    factor: u32,
    full_at: Mutex<HashMap<(UserId, Kind), Timestamp>>,
}

impl Buckets {
    /// `factor` raises every rate, for tests that ask more often than a person.
    pub fn new(clock: Arc<dyn Clock>, factor: u32) -> Self {
        Self { clock, factor, full_at: Mutex::default() }
    }

    /// `Err`: how long to wait.
    pub(crate) fn take(&self, user: &UserId, kind: Kind) -> Result<(), Duration> {
        let now = self.clock.now();
        let mut held = self.full_at.lock().expect("changed without panics");
        if held.len() >= KEPT {
            held.retain(|_, full_at| *full_at > now);
        }
        let key = (user.clone(), kind);
        let rate = kind.rate().times(self.factor);
        let full_at = rate.take(held.get(&key).copied(), now)?;
        held.insert(key, full_at);
        Ok(())
    }
}
