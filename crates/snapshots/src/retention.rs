//! Which snapshots stay.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::time::Duration;

use domain::limits::{SNAPSHOT_UNUSED_KEPT, SNAPSHOTS_DAILY, SNAPSHOTS_HOURLY, SNAPSHOTS_WEEKLY};
use domain::{SnapshotId, SnapshotRef, Timestamp};

/// The newest of each of so many hours, days and weeks that have one.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    pub hourly: usize,
    pub daily: usize,
    pub weekly: usize,
    /// How long packs stay after nothing needed them any more: somebody may be saving, and rely
    /// on them.
    pub unused_kept: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            hourly: SNAPSHOTS_HOURLY,
            daily: SNAPSHOTS_DAILY,
            weekly: SNAPSHOTS_WEEKLY,
            unused_kept: SNAPSHOT_UNUSED_KEPT,
        }
    }
}

impl Retention {
    /// Hours, days and weeks are UTC's; weeks begin on Monday. The newest of all stays anyway.
    pub fn kept(&self, snapshots: &[SnapshotRef]) -> BTreeSet<SnapshotId> {
        let mut newest_first: Vec<&SnapshotRef> = snapshots.iter().collect();
        newest_first.sort_by_key(|of| Reverse((of.at, of.generation, &of.id)));
        let mut kept = BTreeSet::new();
        kept.extend(snapshots.iter().max_by_key(|of| of.order()).map(|of| of.id.clone()));
        keep(&mut kept, &newest_first, self.hourly, |at| at.millis() / HOUR);
        keep(&mut kept, &newest_first, self.daily, |at| at.millis() / DAY);
        keep(&mut kept, &newest_first, self.weekly, |at| (at.millis() / DAY + THURSDAY) / 7);
        kept
    }
}

const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;
/// 1970 began on one: three days after a week's beginning.
const THURSDAY: u64 = 3;

fn keep(
    kept: &mut BTreeSet<SnapshotId>,
    newest_first: &[&SnapshotRef],
    spans: usize,
    span: impl Fn(Timestamp) -> u64,
) {
    let mut seen = BTreeSet::new();
    for snapshot in newest_first {
        if seen.len() == spans {
            return;
        }
        if seen.insert(span(snapshot.at)) {
            kept.insert(snapshot.id.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::Generation;

    use super::*;

    const SATURDAY_NOON: u64 = 1_795_262_400_000; // 2026-11-21T12:00:00Z

    fn at(millis: u64) -> SnapshotRef {
        of(1, millis)
    }

    fn of(generation: u64, millis: u64) -> SnapshotRef {
        let id = SnapshotId::new(format!("{generation}x{millis}")).expect("letters and digits");
        SnapshotRef { id, generation: Generation(generation), at: Timestamp(millis) }
    }

    fn retention(hourly: usize, daily: usize, weekly: usize) -> Retention {
        Retention { hourly, daily, weekly, ..Retention::default() }
    }

    #[track_caller]
    fn check(retention: Retention, snapshots: &[SnapshotRef], kept: &[&SnapshotRef]) {
        let kept: BTreeSet<_> = kept.iter().map(|of| of.id.clone()).collect();
        assert_eq!(retention.kept(snapshots), kept);
    }

    #[test]
    fn the_last_of_every_hour() {
        let all = [0, 10, 59, 60, 61].map(|minute| at(SATURDAY_NOON + minute * 60_000));
        check(retention(2, 0, 0), &all, &[&all[2], &all[4]]);
        check(retention(1, 0, 0), &all, &[&all[4]]);
    }

    #[test]
    fn hours_without_snapshots_do_not_count() {
        let all = [0, 5, 30].map(|hour| at(SATURDAY_NOON + hour * HOUR));
        check(retention(3, 0, 0), &all, &[&all[0], &all[1], &all[2]]);
    }

    #[test]
    fn days_end_at_midnight_and_weeks_on_sunday() {
        let all =
            [11 * HOUR, 12 * HOUR, 36 * HOUR - 1, 36 * HOUR].map(|later| at(SATURDAY_NOON + later));
        check(retention(0, 3, 0), &all, &[&all[0], &all[2], &all[3]]);
        check(retention(0, 0, 2), &all, &[&all[2], &all[3]]);
    }

    #[test]
    fn the_newest_generation_counts_more_than_a_later_clock() {
        let all = [of(2, SATURDAY_NOON), of(1, SATURDAY_NOON + HOUR)];
        check(retention(1, 0, 0), &all, &[&all[0], &all[1]]);
        check(retention(0, 0, 0), &all, &[&all[0]]);
    }

    #[test]
    fn a_year_of_every_five_minutes_leaves_what_was_promised() {
        let all: Vec<_> = (0..105_120).map(|n| at(SATURDAY_NOON + n * 300_000)).collect();
        let kept = Retention::default().kept(&all).len();
        // The last hours, days and weeks end with the same ones: of 35 promises, four at most.
        assert!((31..=33).contains(&kept), "{kept} are kept");
    }

    #[test]
    fn of_nothing_nothing_stays() {
        check(Retention::default(), &[], &[]);
    }
}
