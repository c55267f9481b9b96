//! The line on which a user's memory stands: from generation to generation, each beginning with
//! a snapshot of one before it. What a zombie wrote, and what was undone by going back in time,
//! lies beside the line.

use std::cmp::Reverse;

use super::SnapshotRef;
use crate::limits::SNAPSHOT_BEGINS_KEPT;
use crate::{Generation, Timestamp};

/// Where a user's memory stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SnapshotBase {
    /// The one that wrote this down.
    pub generation: Generation,
    /// `None`: it began with nothing, because there was nothing.
    pub snapshot: Option<SnapshotRef>,
    /// Of the last generations that have begun, oldest first.
    pub begins: Vec<Begin>,
}

/// A generation began with a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begin {
    pub by: Generation,
    /// The snapshot's place; zero for a beginning with nothing.
    pub after: (Generation, Timestamp),
}

impl SnapshotBase {
    /// What is written down when `generation` begins, once more if it changes its mind.
    pub fn begun(
        before: Option<&Self>,
        generation: Generation,
        with: Option<&SnapshotRef>,
    ) -> Self {
        let known = before.map(|base| base.begins.as_slice()).unwrap_or_default();
        let mut begins: Vec<Begin> = known.iter().filter(|b| b.by < generation).copied().collect();
        let after = with.map(|of| (of.generation, of.at)).unwrap_or_default();
        begins.push(Begin { by: generation, after });
        let too_many = begins.len().saturating_sub(SNAPSHOT_BEGINS_KEPT);
        begins.drain(..too_many);
        Self { generation, snapshot: with.cloned(), begins }
    }

    /// What is written down when the generation of `snapshot` has finished it.
    pub fn saved(before: Option<&Self>, snapshot: SnapshotRef) -> Self {
        let begins = before.map(|base| base.begins.clone()).unwrap_or_default();
        Self { generation: snapshot.generation, snapshot: Some(snapshot), begins }
    }

    /// Not once it has saved something of its own: it would go back without anybody's having
    /// asked for it.
    pub fn lets_begin(&self, generation: Generation) -> bool {
        let has_saved = self.snapshot.as_ref().is_some_and(|of| of.generation >= generation);
        self.generation <= generation && !has_saved
    }

    /// Not once a younger one has begun.
    pub fn lets_save(&self, generation: Generation) -> bool {
        self.generation <= generation
    }

    /// Whether this one lies after where the memory stands.
    pub fn is_before(&self, of: &SnapshotRef) -> bool {
        self.snapshot.as_ref().is_none_or(|known| known.order() < of.order())
    }

    /// Whether beginning with `chosen` means that something newer cannot be read.
    pub fn is_behind_with(&self, chosen: &SnapshotRef) -> bool {
        self.snapshot.as_ref().is_some_and(|known| chosen.order() < known.order())
    }

    /// Whether the memory of now goes back to it, or would go on from it: one that was finished,
    /// and whose writer then could not say so any more.
    pub fn is_of_the_line(&self, of: &SnapshotRef) -> bool {
        let mut last = (self.generation, Timestamp(u64::MAX));
        if of.generation >= self.generation {
            return true;
        }
        loop {
            let begin = self.begins.iter().find(|b| b.by == last.0 && b.after.0 < b.by);
            match begin {
                Some(begin) if of.generation > begin.after.0 => return false,
                Some(begin) if of.generation == begin.after.0 => return of.at <= begin.after.1,
                Some(begin) => last = begin.after,
                // Too long ago to be known: everything before it may be.
                None => return (of.generation, of.at) <= last,
            }
        }
    }
}

/// What a generation begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Nothing: there has never been anything.
    Fresh,
    /// The first of these that can be read. There is one at least.
    From(Vec<SnapshotRef>),
    /// Something was there and none of it can be had. Nobody may begin, or write.
    Lost,
}

/// `unreadable`: there are snapshots that do not read. The listing itself has succeeded (I9).
pub fn plan(base: Option<&SnapshotBase>, listed: &[SnapshotRef], unreadable: bool) -> Plan {
    let candidates = candidates(base, listed);
    if !candidates.is_empty() {
        return Plan::From(candidates);
    }
    // A listing of nothing but a zombie's is no loss: the one after it began with nothing, too.
    let had_something = base.is_some_and(|base| base.snapshot.is_some());
    if had_something || unreadable { Plan::Lost } else { Plan::Fresh }
}

/// Whence a generation may begin, best first: what was finished after the base by its own
/// generation or a younger one, the base, and back along the line. Empty says nothing by itself:
/// see [`plan`].
pub fn candidates(base: Option<&SnapshotBase>, listed: &[SnapshotRef]) -> Vec<SnapshotRef> {
    let of_the_line = |of: &&SnapshotRef| base.is_none_or(|base| base.is_of_the_line(of));
    let mut candidates: Vec<SnapshotRef> = listed.iter().filter(of_the_line).cloned().collect();
    candidates.sort_by(|a, b| Reverse(a.order()).cmp(&Reverse(b.order())));
    candidates
}
