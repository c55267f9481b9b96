//! Which snapshot is meant.

use anyhow::{Context, bail};
use domain::{SnapshotRef, UserId, candidates};
use platform::Tasks;
use snapshots::{Listing, UserSnapshots};

use crate::cli::{LATEST, Which};
use crate::setup::{Setup, usage};

/// Shorter beginnings of ids are typing errors.
const SHORTEST_ID: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// The caller named it.
    Named,
    /// By the user's row: what the next task would restore.
    Recorded,
    /// No table is named.
    Newest,
}

impl Rule {
    pub(super) fn name(self) -> &'static str {
        match self {
            Rule::Named => "named",
            Rule::Recorded => "recorded",
            Rule::Newest => "newest",
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Rule::Named => "you named it",
            Rule::Recorded => "the next task would restore it, by the user's row in the table",
            Rule::Newest => {
                "the newest of the highest generation (set TABLE_TASK_STATE to ask the user's row)"
            }
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Picked {
    pub(super) snapshot: SnapshotRef,
    pub(super) rule: Rule,
}

/// `None`: there is nothing to restore, and nothing is lost either.
pub(super) async fn latest(
    setup: &Setup,
    user: &UserId,
    listing: &Listing,
) -> anyhow::Result<Option<Picked>> {
    let listed = listing.refs();
    let Some(tasks) = &setup.tasks else {
        let best = candidates(None, &listed).into_iter().next();
        return Ok(best.map(|snapshot| Picked { snapshot, rule: Rule::Newest }));
    };
    let row = tasks.get(user).await.context("cannot read the user's row in TABLE_TASK_STATE")?;
    let best = candidates(row.base.as_ref(), &listed).into_iter().next();
    let Some(snapshot) = best else {
        let named = row.base.and_then(|base| base.snapshot);
        if let Some(named) = named {
            bail!(
                "the user's row says that his memory is in snapshot {}, and neither it nor any \
                 before it is in the bucket",
                named.id
            );
        }
        anyhow::ensure!(
            listed.is_empty(),
            "by the user's row he began with nothing, and no snapshot is as young as that: name \
             one with --snapshot"
        );
        return Ok(None);
    };
    Ok(Some(Picked { snapshot, rule: Rule::Recorded }))
}

pub(super) async fn pick(
    setup: &Setup,
    user: &UserId,
    which: &Which,
) -> anyhow::Result<(UserSnapshots, Picked)> {
    let none = || anyhow::anyhow!("user `{user}` has no snapshots");
    let repository = setup.open(user).await?.ok_or_else(none)?;
    let listing = repository.list().await?.ok_or_else(none)?;
    let picked = match which.snapshot.as_str() {
        LATEST => latest(setup, user, &listing).await?.ok_or_else(none)?,
        begins => Picked { snapshot: named(begins, &listing)?, rule: Rule::Named },
    };
    let (id, at) = (&picked.snapshot.id, crate::output::time(picked.snapshot.at));
    eprintln!("snapshot {} of {at} UTC: {}", super::list::short(id), picked.rule.words());
    Ok((repository, picked))
}

fn named(begins: &str, listing: &Listing) -> anyhow::Result<SnapshotRef> {
    if begins.len() < SHORTEST_ID {
        return Err(usage(format!("`{begins}` is too short for a snapshot's id")));
    }
    let listed = listing.refs();
    let mut matching = listed.iter().filter(|of| of.id.as_str().starts_with(begins));
    match (matching.next(), matching.next()) {
        (Some(one), None) => Ok(one.clone()),
        (None, _) => {
            bail!("there is no snapshot {begins}; `ops snapshots list` shows those there are")
        }
        (Some(_), Some(_)) => {
            bail!("more than one snapshot begins with {begins}: give more of its id")
        }
    }
}
