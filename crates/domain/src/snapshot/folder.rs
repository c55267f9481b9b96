//! The folder of the workspace that a snapshot is restored into.

use jiff::tz::TimeZone;

use super::SnapshotRef;
use crate::Timestamp;
use crate::limits::RESTORE_FOLDER_MAX_BYTES;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "folder must be one name of 1 to {RESTORE_FOLDER_MAX_BYTES} bytes, without '/', control \
     characters, or a '.' before it"
)]
pub struct InvalidFolder;

/// One segment of a path, and none that is hidden or leads elsewhere.
pub fn folder_name(text: &str) -> Result<String, InvalidFolder> {
    let fits = !text.is_empty() && text.len() <= RESTORE_FOLDER_MAX_BYTES;
    let plain = text.trim() == text && !text.starts_with('.');
    let leads_nowhere = !text.chars().any(|c| c.is_control() || matches!(c, '/' | '\\'));
    if fits && plain && leads_nowhere { Ok(text.to_owned()) } else { Err(InvalidFolder) }
}

/// For whoever named none: the same for the same snapshot.
pub fn folder_for(snapshot: &SnapshotRef) -> String {
    let Timestamp(millis) = snapshot.at;
    let at = i64::try_from(millis).ok().and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
    let at = at.unwrap_or_default().to_zoned(TimeZone::UTC);
    format!("restored-{}", at.strftime("%Y-%m-%d-%H%M"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Generation, SnapshotId};

    #[test]
    fn a_folder_is_one_plain_name() {
        for name in ["old", "restored-2026-11-21", "한국어", "a b", "a.b", &"x".repeat(100)] {
            assert_eq!(folder_name(name).as_deref(), Ok(name));
        }
        let long = "x".repeat(101);
        for name in
            ["", " ", " a", "a ", ".", "..", ".hidden", "a/b", "/", "a\\b", "a\nb", "a\0", &long]
        {
            assert_eq!(folder_name(name), Err(InvalidFolder), "{name:?}");
        }
    }

    #[test]
    fn a_folder_that_nobody_named_is_called_by_the_snapshots_time() {
        let id = SnapshotId::new("abc").expect("valid");
        let at = |at| SnapshotRef { id: id.clone(), generation: Generation(1), at: Timestamp(at) };
        assert_eq!(folder_for(&at(1_795_284_905_000)), "restored-2026-11-21-1815");
        for odd in [0, u64::MAX] {
            let name = folder_for(&at(odd));
            assert_eq!(folder_name(&name), Ok(name.clone()), "{odd}");
        }
    }
}
