//! Which snapshots are kept.

use std::collections::{BTreeSet, HashSet};

use super::{SnapshotBase, SnapshotRef, candidates};
use crate::limits::{SNAPSHOTS_DAILY, SNAPSHOTS_HOURLY, SNAPSHOTS_WEEKLY};
use crate::{SnapshotId, Timestamp};

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;
/// The epoch's day was a Thursday, and weeks begin with Monday.
const DAYS_BEFORE_EPOCH: u64 = 3;

/// How many of which period.
type Rule = (usize, fn(Timestamp) -> u64);

const RULES: [Rule; 3] =
    [(SNAPSHOTS_HOURLY, hour), (SNAPSHOTS_DAILY, day), (SNAPSHOTS_WEEKLY, week)];

/// The newest of each of the last hours, days and weeks, in UTC, that have one. Whoever was away
/// for a year finds what he had. The base, the best to begin with and `always` are kept whatever
/// their age.
///
/// What lies beside the line is counted for itself: a zombie's takes no place of the line's, and
/// what was undone can be gone back to.
pub fn kept(
    base: Option<&SnapshotBase>,
    listed: &[SnapshotRef],
    always: &BTreeSet<SnapshotId>,
) -> BTreeSet<SnapshotId> {
    let candidates = candidates(base, listed);
    let of_the_line: HashSet<&SnapshotId> = candidates.iter().map(|of| &of.id).collect();
    let (line, beside): (Vec<&SnapshotRef>, Vec<&SnapshotRef>) =
        listed.iter().partition(|of| of_the_line.contains(&of.id));
    let mut kept = always.clone();
    kept.extend(base.and_then(|base| base.snapshot.as_ref()).map(|of| of.id.clone()));
    kept.extend(candidates.first().map(|of| of.id.clone()));
    keep_of(line, &mut kept);
    keep_of(beside, &mut kept);
    kept
}

fn keep_of(mut some: Vec<&SnapshotRef>, kept: &mut BTreeSet<SnapshotId>) {
    // Newest first.
    some.sort_by(|a, b| (b.at, b.order()).cmp(&(a.at, a.order())));
    for (count, period) in RULES {
        let mut periods = BTreeSet::new();
        let newest_of_each = some.iter().filter(|of| periods.insert(period(of.at)));
        kept.extend(newest_of_each.take(count).map(|of| of.id.clone()));
    }
}

fn hour(at: Timestamp) -> u64 {
    at.millis() / HOUR_MS
}

fn day(at: Timestamp) -> u64 {
    at.millis() / DAY_MS
}

fn week(at: Timestamp) -> u64 {
    (day(at) + DAYS_BEFORE_EPOCH) / 7
}
