//! What a drill makes of the Bot API: each fault happens so many times and is over then.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Faults {
    /// Messages and edits that are answered with 429.
    pub(super) too_many: u32,
    /// What those answers say, in seconds; 0 means 1.
    pub(super) retry_after: u64,
    /// Rich messages, and edits to one, that are answered with 400.
    pub(super) rich_refused: u32,
    /// Messages and edits that are answered with 500 and do nothing.
    pub(super) broken: u32,
    /// Messages and edits that are done, and whose answer is lost.
    pub(super) lost: u32,
    /// Drafts that are answered with 400.
    pub(super) drafts_refused: u32,
}

/// Counts one of so many down; false if there are none.
pub(super) fn strikes(left: &mut u32) -> bool {
    let strikes = *left > 0;
    *left = left.saturating_sub(1);
    strikes
}
