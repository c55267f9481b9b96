//! How to open a repository with restic itself.

use anyhow::bail;
use domain::UserId;
use serde_json::json;

use crate::Verdict;
use crate::output::say;
use crate::setup::{Setup, prefix};

pub(crate) async fn run(
    setup: &Setup,
    user: &UserId,
    show_password: bool,
    json: bool,
) -> anyhow::Result<Verdict> {
    let Some(keys) = setup.repository_keys(user).await? else {
        bail!("user `{user}` has no snapshots");
    };
    let repository = repository(setup, user);
    let password = show_password.then_some(keys.password);
    if json {
        say!("{}", json!({"repository": repository, "region": setup.region, "password": password}));
        return Ok(Verdict::Fine);
    }
    // Ready for `eval`; what may stand in a user's id means nothing to a shell.
    say!("export RESTIC_REPOSITORY='{repository}'");
    say!("export AWS_DEFAULT_REGION='{}'", setup.region);
    match password {
        Some(password) => say!("export RESTIC_PASSWORD='{password}'"),
        None => say!("# the password: the same again with --show-password"),
    }
    say!("# only read with it: restic snapshots, ls, check --no-lock, restore --no-lock");
    Ok(Verdict::Fine)
}

/// As restic writes it: the host and the bucket, whatever kind of address S3 has.
fn repository(setup: &Setup, user: &UserId) -> String {
    let path = format!("{}/{}", setup.bucket, prefix(user).trim_end_matches('/'));
    match &setup.endpoint {
        Some(endpoint) => format!("s3:{}/{path}", endpoint.trim_end_matches('/')),
        None => format!("s3:https://s3.{}.amazonaws.com/{path}", setup.region),
    }
}
