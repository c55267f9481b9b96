//! Time that passes only when a test says so, and the virtual time of a simulation.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::Timestamp;
use platform::Clock;
use tokio::time::Instant;

/// Some day in 2026.
const SOME_DAY: Timestamp = Timestamp(1_790_000_000_000);

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

impl Default for TurnedClock {
    fn default() -> Self {
        Self::at(SOME_DAY)
    }
}

impl Clock for TurnedClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// One machine's clock in a simulation: tokio's paused time, and always as wrong as it is.
#[derive(Clone, Copy, Debug)]
pub struct SkewedClock {
    zero: Instant,
    ahead_ms: i64,
}

impl SkewedClock {
    /// The right time; `zero` is when the simulation began.
    pub fn right(zero: Instant) -> Self {
        Self { zero, ahead_ms: 0 }
    }

    pub fn ahead_by(self, ahead_ms: i64) -> Self {
        Self { ahead_ms, ..self }
    }
}

impl Clock for SkewedClock {
    fn now(&self) -> Timestamp {
        let right = SOME_DAY + self.zero.elapsed();
        Timestamp(right.millis().saturating_add_signed(self.ahead_ms))
    }
}
