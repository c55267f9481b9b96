//! `ops snapshots`.

mod archive;
mod check;
mod export;
mod list;
mod pick;
mod progress;
mod restic_env;
mod restore;

use crate::Verdict;
use crate::cli::Snapshots;
use crate::setup::Setup;

pub(crate) async fn run(setup: &Setup, command: &Snapshots, json: bool) -> anyhow::Result<Verdict> {
    match command {
        Snapshots::List(user) => list::run(setup, &user.id, json).await,
        Snapshots::Check { user, read_data } => check::run(setup, &user.id, *read_data, json).await,
        Snapshots::Restore { user, which, workspace_only, to } => {
            let part = restore::part(*workspace_only);
            restore::run(setup, &user.id, which, part, to, json).await
        }
        Snapshots::Export { user, which, to } => {
            export::run(setup, &user.id, which, to, json).await
        }
        Snapshots::ResticEnv { user, show_password } => {
            restic_env::run(setup, &user.id, *show_password, json).await
        }
    }
}
