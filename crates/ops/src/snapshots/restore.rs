//! A snapshot into a folder.

use std::path::Path;

use anyhow::Context;
use domain::UserId;
use serde_json::json;
use snapshots::{Part, Restored, UserSnapshots};

use super::list::short;
use super::pick::{Picked, pick};
use super::progress;
use crate::Verdict;
use crate::cli::Which;
use crate::output::{say, size};
use crate::setup::{Setup, usage};

const WORKSPACE: &str = "workspace";

pub(super) fn part(workspace_only: bool) -> Part {
    match workspace_only {
        true => Part::Only(WORKSPACE.into()),
        false => Part::Everything,
    }
}

pub(super) async fn run(
    setup: &Setup,
    user: &UserId,
    which: &Which,
    part: Part,
    to: &Path,
    json: bool,
) -> anyhow::Result<Verdict> {
    refuse_if_used(to)?;
    let (repository, picked) = pick(setup, user, which).await?;
    let restored = fetch(&repository, &picked, part, to).await?;
    let (id, to) = (&picked.snapshot.id, to.display().to_string());
    if json {
        say!(
            "{}",
            json!({
                "user": user,
                "snapshot": id,
                "pickedBy": picked.rule.name(),
                "to": to,
                "files": restored.files,
                "bytes": restored.bytes,
                "skipped": restored.skipped,
            })
        );
    } else {
        let (files, bytes) = (restored.files, size(restored.bytes));
        say!("restored snapshot {} to {to}: {files} files, {bytes}", short(id));
    }
    Ok(Verdict::Fine)
}

pub(super) async fn fetch(
    repository: &UserSnapshots,
    picked: &Picked,
    part: Part,
    to: &Path,
) -> anyhow::Result<Restored> {
    let (id, to) = (picked.snapshot.id.clone(), to.to_owned());
    let restored = repository.restore(id, part, to, None, progress::shown()).await;
    let restored = restored.context("nothing was restored; `ops snapshots check` says more")?;
    if restored.skipped > 0 {
        eprintln!("ops: left out: {} sockets, pipes or devices", restored.skipped);
    }
    Ok(restored)
}

/// Before anything is fetched.
fn refuse_if_used(to: &Path) -> anyhow::Result<()> {
    match std::fs::read_dir(to).map(|mut inside| inside.next().is_none()) {
        Ok(true) => Ok(()),
        Ok(false) => Err(usage(format!("{} is not empty: name a new folder", to.display()))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(usage(format!("cannot restore into {}: {error}", to.display()))),
    }
}
