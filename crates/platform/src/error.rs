//! What callers tell apart, and nothing more.

/// A dependency did not answer, or answered with a failure of its own. Retrying may help; what
/// was asked for may or may not have happened.
#[derive(Debug, thiserror::Error)]
#[error("{operation} is unavailable")]
pub struct Unavailable {
    /// Ours, as the trait names it: `inbox.put`.
    pub operation: &'static str,
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl Unavailable {
    pub fn new(
        operation: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { operation, source: source.into() }
    }
}

/// Why a bridge's write did not happen.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The writer's generation is not the user's current one: it is a zombie and must stop.
    #[error("generation is no longer current")]
    Fenced,
    /// The row is not in the state that the write needs: it was done, taken or removed.
    #[error("row is in another state")]
    Conflict,
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}
