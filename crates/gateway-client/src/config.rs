//! What a caller decides, and what it can see of the connection.

use std::time::Duration;

use crate::{BootId, HandshakeError};

#[derive(Clone)]
pub struct GatewayConfig {
    /// `ws://127.0.0.1:18789/`
    pub url: String,
    pub token: String,
    /// Ours, as the gateway shows it in its presence list.
    pub client_version: String,
    pub reconnect: ReconnectPolicy,
    /// A connection without any frame for this long is dead: the gateway pings every 25 s.
    pub silence: Duration,
    pub request_timeout: Duration,
}

impl GatewayConfig {
    pub fn new(url: impl Into<String>, token: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            token: token.into(),
            client_version: env!("CARGO_PKG_VERSION").to_owned(),
            reconnect: ReconnectPolicy::default(),
            silence: Duration::from_secs(75),
            request_timeout: Duration::from_secs(30),
        }
    }
}

impl std::fmt::Debug for GatewayConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The token stays out of logs.
        f.debug_struct("GatewayConfig").field("url", &self.url).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Copy)]
pub struct ReconnectPolicy {
    pub first: Duration,
    pub max: Duration,
    /// After a restart the gateway resumes interrupted turns by itself within seconds. A run
    /// waits this long for that before its message is sent again.
    pub adopt_within: Duration,
    /// The gateway ends a run at its own time limit. This much later we do.
    pub run_grace: Duration,
}

impl Default for ReconnectPolicy {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(250),
            max: Duration::from_secs(10),
            adopt_within: Duration::from_secs(60),
            run_grace: Duration::from_secs(30),
        }
    }
}

impl ReconnectPolicy {
    /// The pause after `failures` in a row; `chance` in 0..1 spreads it over its upper half.
    pub(crate) fn pause(&self, failures: u32, chance: f64) -> Duration {
        let doubled = self.first.saturating_mul(1u32 << failures.saturating_sub(1).min(16));
        doubled.min(self.max).mul_f64(0.5 + chance / 2.0)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum ConnectionState {
    Connecting {
        attempt: u32,
        last_error: Option<String>,
    },
    Connected {
        boot_id: BootId,
        server_version: String,
        scopes: Vec<String>,
    },
    /// Trying again cannot help: the token, our identity or the protocol is wrong.
    Fatal(HandshakeError),
    Closed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_maximum_and_never_below_half() {
        let policy = ReconnectPolicy::default();
        assert_eq!(policy.pause(1, 1.0), Duration::from_millis(250));
        assert_eq!(policy.pause(1, 0.0), Duration::from_millis(125));
        assert_eq!(policy.pause(3, 1.0), Duration::from_secs(1));
        assert_eq!(policy.pause(40, 1.0), Duration::from_secs(10));
        assert_eq!(policy.pause(u32::MAX, 0.0), Duration::from_secs(5));
    }
}
