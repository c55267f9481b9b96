//! Time that passes only when a test says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::Timestamp;
use platform::Clock;

/// Clones show the same time.
#[derive(Clone, Debug)]
pub struct TurnedClock(Arc<AtomicU64>);

impl TurnedClock {
    pub fn at(start: Timestamp) -> Self {
        Self(Arc::new(AtomicU64::new(start.millis())))
    }

    pub fn advance(&self, span: Duration) {
        let millis = u64::try_from(span.as_millis()).expect("a span that a test can mean");
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

/// Some day in 2026.
impl Default for TurnedClock {
    fn default() -> Self {
        Self::at(Timestamp(1_790_000_000_000))
    }
}

impl Clock for TurnedClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}
