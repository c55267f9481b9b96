//! Which snapshots stay, and how long what nothing needs any more.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::{SnapshotId, SnapshotRef};

/// Of all that are listed, those that stay.
pub type Keeps = Arc<dyn Fn(&[SnapshotRef]) -> BTreeSet<SnapshotId> + Send + Sync>;

#[derive(Clone)]
pub struct Retention {
    /// Whose memory it is says which: see [`domain::snapshot::kept`].
    pub keeps: Keeps,
    /// How long packs stay after nothing needed them any more: somebody may be saving, and rely
    /// on them.
    pub unused_kept: Duration,
}

impl fmt::Debug for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retention").field("unused_kept", &self.unused_kept).finish_non_exhaustive()
    }
}
