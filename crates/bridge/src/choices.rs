//! What the user has chosen, read once for each life: it counts from the next wake.

use std::time::Duration;

use domain::{Choices, UserId};
use tokio::time::timeout;
use tracing::warn;

use crate::chain::chain;
use crate::ports::Ports;

const ASKED_WITHIN: Duration = Duration::from_secs(5);

/// `None`: nobody answered, and nobody waits for an agent because of that.
pub(crate) async fn read_choices(ports: &Ports, user: &UserId) -> Option<Choices> {
    match timeout(ASKED_WITHIN, ports.settings.all(user)).await {
        Ok(Ok(choices)) => return Some(choices),
        Ok(Err(error)) => warn!(error = %chain(&error), "cannot read the user's settings"),
        Err(_) => warn!("reading the user's settings takes too long"),
    }
    None
}
