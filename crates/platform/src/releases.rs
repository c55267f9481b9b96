//! Which version of the task is launched.

use async_trait::async_trait;
use domain::Release;

use crate::Result;

/// Whoever loses a race reads and tries again; a count that is lost now and then harms nobody.
const TRIES: u32 = 5;

#[async_trait]
pub trait Releases: Send + Sync {
    /// Strongly consistent. Without a row: `Release::default`.
    async fn get(&self) -> Result<Release>;

    /// Takes the place of the one whose revision is one less. `false`: that is gone.
    async fn replace(&self, next: &Release) -> Result<bool>;
}

/// Reads, changes, writes; again if somebody else was quicker. The state after it, or `None` if
/// nothing was to be changed, or nobody let us.
pub async fn note_release(
    releases: &dyn Releases,
    change: impl Fn(&Release) -> Option<Release> + Send + Sync,
) -> Result<Option<Release>> {
    for _ in 0..TRIES {
        let Some(next) = change(&releases.get().await?) else { return Ok(None) };
        if releases.replace(&next).await? {
            return Ok(Some(next));
        }
    }
    Ok(None)
}
