//! Every number the gateway or we put a bound on, with where it comes from.

use std::time::Duration;

/// The gateway closes with 1009 beyond this unless `hello.policy.maxPayload` says otherwise.
pub(crate) const DEFAULT_MAX_PAYLOAD: usize = 25 * 1024 * 1024;

/// What we accept from the gateway; it buffers at most 50 MiB per connection.
pub(crate) const MAX_INCOMING: usize = 64 * 1024 * 1024;

/// The gateway gives a client 15 s for `connect`; we give it as long for each step.
pub(crate) const HANDSHAKE: Duration = Duration::from_secs(15);

/// What the gateway asks for while its sidecars start, when a close frame says no number.
pub(crate) const STARTING_RETRY: Duration = Duration::from_millis(500);

/// The gateway cuts history rows at 8,000 characters unless asked; this is the most it allows.
pub(crate) const HISTORY_MAX_CHARS: u32 = 500_000;

/// The least that a row can be asked to be cut to.
pub(crate) const HISTORY_MIN_CHARS: u32 = 20;

/// Rows that show whether a session holds a message. One would do, were it not for rows of the
/// gateway's own.
pub(crate) const KNOWN_ROWS: u32 = 20;

/// Rows to look through for what became of one message.
pub(crate) const RECOVERY_ROWS: u32 = 100;

/// A health check that takes longer is a no.
pub(crate) const HEALTH: Duration = Duration::from_secs(4);

/// Bounds on `retryAfterMs`, so that a wrong number neither spins nor stalls a run.
pub(crate) const RETRY_AFTER: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(50)..=Duration::from_secs(5);

/// How often to look whether the run that took our message has answered it.
pub(crate) const FOLLOW_POLL: Duration = Duration::from_secs(2);

/// For a wait that has no bound of its own; the run's deadline is around it.
pub(crate) const NEVER: Duration = Duration::from_secs(365 * 24 * 3600);
