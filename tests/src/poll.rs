//! Waits for a condition, and says what it last saw when it gives up.

use std::fmt::Debug;
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Generous: these machines are shared, and a test that fails because one was busy teaches
/// nothing. Nothing is measured with it.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Calls `look` until it gives `Ok`.
pub async fn eventually<T, E: Debug>(what: &str, mut look: impl AsyncFnMut() -> Result<T, E>) -> T {
    let give_up = Instant::now() + PATIENCE;
    loop {
        match look().await {
            Ok(seen) => return seen,
            Err(last) if Instant::now() > give_up => panic!("{what}: not seen; last: {last:?}"),
            Err(_) => sleep(Duration::from_millis(50)).await,
        }
    }
}
