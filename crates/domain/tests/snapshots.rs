//! The line of a user's memory, whoever writes when; and what is kept of it.

use std::collections::BTreeSet;

use domain::limits::SNAPSHOT_BEGINS_KEPT;
use domain::snapshot::{Plan, SnapshotBase, kept, plan};
use domain::{Generation, SnapshotId, SnapshotRef, Timestamp, candidates};
use proptest::collection::vec;
use proptest::prelude::*;

fn snapshot(name: impl ToString, generation: u64, at: u64) -> SnapshotRef {
    let id = SnapshotId::new(name.to_string()).expect("letters and digits");
    SnapshotRef { id, generation: Generation(generation), at: Timestamp(at) }
}

fn names(some: &[SnapshotRef]) -> Vec<&str> {
    some.iter().map(|of| of.id.as_str()).collect()
}

fn begun(generation: u64, with: &SnapshotRef) -> SnapshotBase {
    SnapshotBase::begun(None, Generation(generation), Some(with))
}

#[track_caller]
fn check(base: Option<&SnapshotBase>, listed: &[SnapshotRef], expect: &[&str]) {
    assert_eq!(names(&candidates(base, listed)), expect);
}

#[test]
fn without_a_base_it_is_the_newest_of_the_highest_generation() {
    let listed = [snapshot("a", 1, 99), snapshot("c", 2, 20), snapshot("b", 2, 10)];
    check(None, &listed, &["c", "b", "a"]);
}

#[test]
fn what_its_writer_could_not_say_any_more_comes_first() {
    let known = snapshot("known", 2, 10);
    let listed = [known.clone(), snapshot("unsaid", 2, 20), snapshot("older", 1, 90)];
    let base = SnapshotBase::saved(None, known);
    check(Some(&base), &listed, &["unsaid", "known", "older"]);
}

#[test]
fn what_was_undone_by_going_back_is_not_come_back_to() {
    let [then, undone] = [snapshot("then", 1, 10), snapshot("undone", 2, 20)];
    let base = SnapshotBase::saved(None, undone.clone());
    let base = SnapshotBase::begun(Some(&base), Generation(3), Some(&then));
    let own = snapshot("own", 3, 30);
    let base = SnapshotBase::saved(Some(&base), own.clone());
    check(Some(&base), &[then.clone(), undone.clone(), own.clone()], &["own", "then"]);
    // But by asking for it: from then on it is of the line again.
    let base = SnapshotBase::begun(Some(&base), Generation(4), Some(&undone));
    let last = snapshot("last", 4, 40);
    let base = SnapshotBase::saved(Some(&base), last.clone());
    check(Some(&base), &[then, undone, own, last], &["last", "undone", "then"]);
}

#[test]
fn nothing_yet_is_not_everything_lost() {
    let nothing = SnapshotBase::begun(None, Generation(1), None);
    let known = snapshot("known", 1, 10);
    let had_something = begun(2, &known);
    let other = [snapshot("other", 1, 5)];
    let zombie = [snapshot("late", 1, 50)];
    let began_with_nothing = SnapshotBase::begun(Some(&nothing), Generation(2), None);
    for (base, listed, unreadable, expect) in [
        (None, &[][..], false, Plan::Fresh),
        (Some(&nothing), &[], false, Plan::Fresh),
        (Some(&had_something), &[], false, Plan::Lost),
        (Some(&had_something), &zombie, false, Plan::Lost),
        (None, &[], true, Plan::Lost),
        (Some(&nothing), &[], true, Plan::Lost),
        (Some(&had_something), &other, false, Plan::From(other.to_vec())),
        (Some(&had_something), &other, true, Plan::From(other.to_vec())),
        (None, &other, false, Plan::From(other.to_vec())),
        // The one before it had not finished anything either.
        (Some(&began_with_nothing), &zombie, false, Plan::Fresh),
    ] {
        assert_eq!(plan(base, listed, unreadable), expect, "{base:?} {listed:?} {unreadable}");
    }
}

#[test]
fn falling_back_is_told_from_going_on() {
    let [older, known, newer] =
        [snapshot("older", 1, 5), snapshot("known", 1, 10), snapshot("newer", 1, 20)];
    let base = SnapshotBase::saved(None, known.clone());
    assert!(base.is_behind_with(&older));
    assert!(!base.is_behind_with(&known) && !base.is_behind_with(&newer));
    assert!(!SnapshotBase::begun(None, Generation(1), None).is_behind_with(&older));
}

#[derive(Clone, Debug)]
enum Step {
    Launch,
    /// The current generation reads the row and the bucket.
    Look,
    /// It begins with the best it saw, or with one that was asked for.
    Begin(Option<usize>),
    /// Any generation that has begun finishes a snapshot, and says so or dies.
    Save {
        by: usize,
        says_so: bool,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => Just(Step::Launch),
        2 => Just(Step::Look),
        3 => prop::option::weighted(0.2, 0_usize..50).prop_map(Step::Begin),
        5 => (0_usize..50, any::<bool>()).prop_map(|(by, says_so)| Step::Save { by, says_so }),
    ]
}

/// What is true, whatever the row says: each snapshot was made from another.
#[derive(Default)]
struct Model {
    base: Option<SnapshotBase>,
    bucket: Vec<(SnapshotRef, Option<usize>)>,
    current: u64,
    /// Of each generation that has begun: what its disk is at.
    disks: Vec<(u64, Option<usize>)>,
    seen: Option<Plan>,
}

impl Model {
    fn listed(&self) -> Vec<SnapshotRef> {
        self.bucket.iter().map(|(of, _)| of.clone()).collect()
    }

    fn place(&self, of: &SnapshotRef) -> usize {
        self.bucket.iter().position(|(known, _)| known == of).expect("was listed")
    }

    fn step(&mut self, step: &Step, skew: &[u64]) {
        match *step {
            Step::Launch if self.current < SNAPSHOT_BEGINS_KEPT as u64 => {
                self.current += 1;
                self.seen = None;
            }
            Step::Launch => {}
            Step::Look => self.seen = Some(plan(self.base.as_ref(), &self.listed(), false)),
            Step::Begin(asked) => self.begin(asked),
            Step::Save { by, says_so } => self.save(by, says_so, skew),
        }
    }

    fn begin(&mut self, asked: Option<usize>) {
        let generation = Generation(self.current);
        let has_begun = self.disks.iter().any(|(by, _)| *by == self.current);
        let Some(seen) = self.seen.take().filter(|_| self.current > 0 && !has_begun) else {
            return;
        };
        let best = match &seen {
            Plan::From(some) => some.first().cloned(),
            Plan::Fresh => None,
            Plan::Lost => panic!("nothing is ever lost here"),
        };
        let asked = asked.filter(|_| !self.bucket.is_empty());
        let with = match asked {
            Some(any) => Some(self.bucket[any % self.bucket.len()].0.clone()),
            None => best,
        };
        assert!(self.base.as_ref().is_none_or(|base| base.lets_begin(generation)));
        self.base = Some(SnapshotBase::begun(self.base.as_ref(), generation, with.as_ref()));
        self.disks.push((self.current, with.map(|of| self.place(&of))));
    }

    fn save(&mut self, by: usize, says_so: bool, skew: &[u64]) {
        if self.disks.is_empty() {
            return;
        }
        let by = by % self.disks.len();
        let (generation, parent) = self.disks[by];
        let n = self.bucket.len();
        let at = skew[usize::try_from(generation).expect("small") % skew.len()] + n as u64;
        let saved = snapshot(format!("s{n}"), generation, at);
        self.bucket.push((saved.clone(), parent));
        self.disks[by].1 = Some(n);
        let may_save = |base: &SnapshotBase| base.lets_save(Generation(generation));
        if says_so && self.base.as_ref().is_none_or(may_save) {
            self.base = Some(SnapshotBase::saved(self.base.as_ref(), saved));
        }
    }

    /// From what the youngest one's disk is at, back to the beginning.
    fn line(&self) -> Vec<SnapshotRef> {
        let mut at = self.disks.last().and_then(|(_, at)| *at);
        let mut line = Vec::new();
        while let Some(n) = at {
            line.push(self.bucket[n].0.clone());
            at = self.bucket[n].1;
        }
        line
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    /// Whoever writes when, and whatever their clocks say: what a generation may begin with is
    /// the line of the youngest one that has begun, and nothing else.
    #[test]
    fn what_can_be_begun_with_is_the_line(
        steps in vec(step(), 1..60),
        skew in vec(0_u64..1_000, 5),
        damaged in vec(any::<bool>(), 60),
    ) {
        let mut model = Model::default();
        for step in &steps {
            model.step(step, &skew);
            let (base, listed) = (model.base.as_ref(), model.listed());
            let line = model.line();
            prop_assert_eq!(&candidates(base, &listed), &line);
            // And in the same order what is left of it.
            let whole = |of: &&SnapshotRef| !damaged[model.place(of)];
            let listed: Vec<_> = listed.iter().filter(whole).cloned().collect();
            let left: Vec<_> = line.iter().filter(whole).cloned().collect();
            let had_something = base.is_some_and(|base| base.snapshot.is_some());
            let expect = match left.is_empty() {
                false => Plan::From(left),
                true if had_something => Plan::Lost,
                true => Plan::Fresh,
            };
            prop_assert_eq!(plan(base, &listed, false), expect);
        }
    }

    /// What is kept of the line does not depend on what zombies write; the base and the best
    /// are kept; and it is never more than twice the rules.
    #[test]
    fn zombies_take_no_place_of_the_line(
        steps in vec(step(), 1..60),
        skew in vec(0_u64..3_000_000_000, 5),
    ) {
        let mut model = Model::default();
        for step in &steps {
            model.step(step, &skew);
        }
        let (base, listed, line) = (model.base.as_ref(), model.listed(), model.line());
        let all = kept(base, &listed, &BTreeSet::new());
        let alone = kept(base, &line, &BTreeSet::new());
        let of_line = |id: &&SnapshotId| line.iter().any(|of| of.id == **id);
        prop_assert_eq!(all.iter().filter(of_line).collect::<Vec<_>>(), alone.iter().collect::<Vec<_>>());
        prop_assert!(line.first().is_none_or(|best| all.contains(&best.id)));
        let base = base.and_then(|base| base.snapshot.as_ref());
        prop_assert!(base.is_none_or(|known| all.contains(&known.id)));
        prop_assert!(all.len() <= 2 * (24 + 7 + 4) + 2);
    }
}

#[test]
fn the_newest_is_right_however_many_generations_there_were() {
    let mut base: Option<SnapshotBase> = None;
    let mut listed = Vec::new();
    for generation in 1..=100 {
        let best = candidates(base.as_ref(), &listed).first().cloned();
        base = Some(SnapshotBase::begun(base.as_ref(), Generation(generation), best.as_ref()));
        let saved = snapshot(format!("s{generation}"), generation, generation * 10);
        base = Some(SnapshotBase::saved(base.as_ref(), saved.clone()));
        // A zombie's, later than its successor's.
        listed.extend([saved, snapshot(format!("z{generation}"), generation - 1, generation * 20)]);
    }
    let base = base.expect("begun");
    assert_eq!(base.begins.len(), SNAPSHOT_BEGINS_KEPT);
    let best = candidates(Some(&base), &listed);
    let newest: Vec<String> = (86..=100).rev().map(|n| format!("s{n}")).collect();
    assert_eq!(names(&best)[..15], newest);
}

const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;
/// Monday, 2026-11-16, 00:00 UTC.
const MONDAY: u64 = 1_794_787_200_000;

#[track_caller]
fn check_kept(times: &[u64], always: &[u64], expect: &[u64]) {
    let name = |at: u64| SnapshotId::new(format!("t{at}")).expect("letters and digits");
    let listed: Vec<SnapshotRef> =
        times.iter().map(|at| snapshot(format!("t{at}"), 1, *at)).collect();
    let always: BTreeSet<SnapshotId> = always.iter().map(|at| name(*at)).collect();
    let expect: BTreeSet<SnapshotId> = expect.iter().map(|at| name(*at)).collect();
    assert_eq!(kept(None, &listed, &always), expect);
}

#[test]
fn of_each_hour_the_newest_is_kept() {
    let at = |minutes: u64| MONDAY + minutes * 60_000;
    check_kept(&[], &[], &[]);
    check_kept(&[at(0), at(5), at(59), at(60)], &[], &[at(59), at(60)]);
    check_kept(&[at(0), at(5), at(59), at(60)], &[at(5)], &[at(5), at(59), at(60)]);
    // Gone already, and named all the same.
    check_kept(&[at(0)], &[at(7)], &[at(0), at(7)]);
}

#[test]
fn hours_days_and_weeks_are_counted_by_those_that_have_one() {
    // Every hour for 70 days, the last one at Sunday 23:00.
    let end = MONDAY + 7 * DAY;
    let all: Vec<u64> = (1..=70 * 24).map(|hours| end - hours * HOUR).collect();
    let mut expect: Vec<u64> = (1..=24).map(|hours| end - hours * HOUR).collect();
    expect.extend((0..7).map(|days| end - days * DAY - HOUR));
    expect.extend((0..4).map(|weeks| end - weeks * 7 * DAY - HOUR));
    check_kept(&all, &[], &expect);
    // Whoever comes once a month has the last 24 of them.
    let months: Vec<u64> = (1..=40).map(|months| end - months * 30 * DAY).collect();
    check_kept(&months, &[], &months[..24]);
}

#[test]
fn a_week_begins_with_monday() {
    let (sunday, monday) = (MONDAY - 1, MONDAY);
    // Three dozen newer ones take the hours and the days.
    let newer: Vec<u64> =
        (1..=8).flat_map(|d| [7, 8, 9, 10].map(|h| MONDAY + d * DAY + h * HOUR)).collect();
    let times = [newer, vec![monday, sunday, MONDAY - 7 * DAY]].concat();
    let listed: Vec<SnapshotRef> =
        times.iter().map(|at| snapshot(format!("t{at}"), 1, *at)).collect();
    let kept = kept(None, &listed, &BTreeSet::new());
    let is_kept = |at: u64| kept.iter().any(|id| id.as_str() == format!("t{at}"));
    assert!(is_kept(sunday), "the newest of its week");
    assert!(!is_kept(monday), "not the newest of its week, day or hour among the last");
    assert!(!is_kept(MONDAY - 7 * DAY), "of the same week as that Sunday");
}
