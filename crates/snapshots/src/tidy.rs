//! Forgetting old snapshots, and what only they needed.

use std::collections::BTreeSet;

use domain::{Snapshot, SnapshotId};
use rustic_core::jiff::Span;
use rustic_core::{FileType, PruneOptions};

use crate::backend::{Failed, Gate};
use crate::error::{Error, Permit, SaveError};
use crate::list::{Listing, rustic_id};
use crate::repository::Repository;
use crate::retention::Retention;

/// As far as it went.
#[derive(Debug)]
pub struct Tidied {
    /// They are gone, whatever came after.
    pub forgotten: Vec<Snapshot>,
    /// `None`: it was not asked for.
    pub pruned: Result<Option<Pruned>, SaveError>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Nothing needs them; they go the next time but not before `Retention::unused_kept`.
    pub marked_packs: u64,
    pub removed_packs: u64,
    /// Written anew, without what nothing needs.
    pub repacked_packs: u64,
    pub removed_bytes: u64,
}

impl Repository {
    /// `permit` is asked before every single change.
    pub fn tidy(
        &mut self,
        retention: &Retention,
        prune: bool,
        permit: &Permit,
    ) -> Result<Tidied, Error> {
        let listing = self.list()?;
        whole(&listing)?;
        let kept = (retention.keeps)(&listing.refs());
        self.begin();
        self.backend.guard(gate(permit.clone()));
        let mut forgotten = Vec::new();
        let forgot = self.forget(&listing, &kept, &mut forgotten);
        let pruned = forgot.and_then(|()| match prune {
            true => self.prune(retention).map(Some),
            false => Ok(None),
        });
        self.backend.unguard();
        Ok(Tidied { forgotten, pruned })
    }

    fn forget(
        &mut self,
        listing: &Listing,
        kept: &BTreeSet<SnapshotId>,
        forgotten: &mut Vec<Snapshot>,
    ) -> Result<(), SaveError> {
        for listed in listing.snapshots.iter().filter(|of| !kept.contains(&of.snapshot.id)) {
            let id = rustic_id(&listed.snapshot.id)?;
            let removed = self.plain()?.delete_snapshots(&[id.into()]);
            removed.map_err(|error| self.explain_save(error))?;
            self.known.remove(&id);
            forgotten.push(listed.into());
        }
        Ok(())
    }

    /// Packs are marked first and removed another time, so that nobody who is reading or saving
    /// right now loses what he has seen.
    fn prune(&mut self, retention: &Retention) -> Result<Pruned, SaveError> {
        self.distrust_memory();
        self.fetch_index()?;
        let plain = self.plain()?;
        let options = options(retention);
        let plan = plain.prune_plan(&options);
        self.backend.forget_ahead();
        let plan = plan.map_err(|error| self.explain_save(error))?;
        let pruned = Pruned {
            marked_packs: plan.stats.packs.unused,
            removed_packs: plan.stats.packs_to_delete.remove,
            repacked_packs: plan.stats.packs.repack,
            removed_bytes: plan.stats.size_to_delete.remove,
        };
        let done = plain.prune(&options, plan);
        self.distrust_memory();
        done.map(|()| pruned).map_err(|error| self.explain_save(error))
    }
}

fn gate(permit: Permit) -> Gate {
    std::sync::Arc::new(move |tpe, _| match tpe {
        FileType::Snapshot | FileType::Index | FileType::Pack => permit().map_err(Failed::Refused),
        FileType::Config | FileType::Key => Ok(()),
    })
}

/// What cannot be read may be needed, and may need packs nobody knows of.
fn whole(listing: &Listing) -> Result<(), Error> {
    match listing.unreadable.first() {
        None => Ok(()),
        Some(first) => Err(Error::Damaged(format!(
            "{} snapshots cannot be read, so nothing is tidied; the first is {}: {}",
            listing.unreadable.len(),
            first.id,
            first.why
        ))),
    }
}

fn options(retention: &Retention) -> PruneOptions {
    let seconds = i64::try_from(retention.unused_kept.as_secs()).unwrap_or(i64::MAX / 2);
    let mut options = PruneOptions::default();
    options.keep_delete = Span::new().seconds(seconds.min(SPAN_MAX_SECONDS));
    options.instant_delete = false;
    // The many small packs of small snapshots become few, however small the repository is.
    options.max_repack = REPACK_MAX.parse().unwrap_or(options.max_repack);
    options
}

/// Bounds the work of one tidying.
const REPACK_MAX: &str = "256 MiB";
/// jiff panics beyond it.
const SPAN_MAX_SECONDS: i64 = 100 * 366 * 24 * 3600;
