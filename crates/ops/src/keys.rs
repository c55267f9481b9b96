//! `ops keys`.

use domain::UserId;
use serde_json::json;
use snapshots::keys::{KeyStore, LocalKeyFile, Rewrapped, Wrapping};

use crate::Verdict;
use crate::cli::{Keys, Whose};
use crate::output::say;
use crate::setup::{Setup, usage};

pub(crate) async fn run(setup: &Setup, command: &Keys, json: bool) -> anyhow::Result<Verdict> {
    match command {
        Keys::Rewrap(whose) => rewrap(&setup.keys()?, whose, json).await,
        Keys::Rotate(user) => rotate(setup, &user.id, json).await,
        Keys::AddFileKey => add_file_key(&setup.wrapping, json),
    }
}

/// One user's failure does not keep the others from being moved.
async fn rewrap(keys: &KeyStore, whose: &Whose, json: bool) -> anyhow::Result<Verdict> {
    let users = match &whose.user {
        Some(user) => vec![user.clone()],
        None => keys.users().await?,
    };
    let (mut moved, mut there, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for user in &users {
        match keys.rewrap(user).await {
            Ok(Rewrapped::Moved) => moved.push(user),
            Ok(Rewrapped::AlreadyThere) => there.push(user),
            Err(error) => {
                let error = format!("{:#}", anyhow::Error::new(error));
                eprintln!("ops: {error}");
                failed.push((user, error));
            }
        }
    }
    if json {
        let failed: Vec<_> =
            failed.iter().map(|(user, why)| json!({"user": user, "why": why})).collect();
        say!("{}", json!({"moved": moved, "alreadyThere": there, "failed": failed}));
    } else {
        let (moved, there, failed) = (moved.len(), there.len(), failed.len());
        say!("{moved} moved to the newest wrapping key, {there} there already, {failed} failed");
    }
    Ok(if failed.is_empty() { Verdict::Fine } else { Verdict::ProblemFound })
}

async fn rotate(setup: &Setup, user: &UserId, json: bool) -> anyhow::Result<Verdict> {
    let removed = setup.keys()?.rotate_password(user, setup.objects(user)).await?;
    match json {
        true => say!("{}", json!({"user": user, "removedKeyFiles": removed})),
        false => {
            say!(
                "the repository of `{user}` has a new password; {removed} old key file(s) removed"
            );
        }
    }
    Ok(Verdict::Fine)
}

fn add_file_key(wrapping: &Wrapping, json: bool) -> anyhow::Result<Verdict> {
    let Wrapping::File { path } = wrapping else {
        return Err(usage(match wrapping {
            Wrapping::Parameter { .. } => {
                "SNAPSHOT_KEY_PARAMETER is set: `make secrets` adds a key to it"
            }
            _ => {
                "SNAPSHOT_KEY_ID is set: KMS rotates its keys by itself, and another key is another \
                 SNAPSHOT_KEY_ID"
            }
        }));
    };
    let id = LocalKeyFile::open(path)?.add_key()?;
    match json {
        true => say!("{}", json!({"keyId": id})),
        false => say!("key {id} wraps from now on; now run: ops keys rewrap --all"),
    }
    Ok(Verdict::Fine)
}
