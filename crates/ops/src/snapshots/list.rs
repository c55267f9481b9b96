//! Which snapshots a user has.

use domain::{Snapshot, UserId};
use serde_json::{Value, json};

use super::pick;
use crate::Verdict;
use crate::output::{say, size, table, time};
use crate::setup::Setup;

pub(crate) async fn run(setup: &Setup, user: &UserId, json: bool) -> anyhow::Result<Verdict> {
    let listing = match setup.open(user).await? {
        Some(repository) => repository.list().await?.unwrap_or_default(),
        None => snapshots::Listing::default(),
    };
    let latest = pick::latest(setup, user, &listing).await?;
    let latest_id = latest.as_ref().map(|picked| picked.snapshot.id.clone());
    let found: Vec<Snapshot> = listing.snapshots.iter().map(Snapshot::from).collect();
    if json {
        let unreadable = listing.unreadable.iter();
        let unreadable: Vec<Value> =
            unreadable.map(|it| json!({"id": it.id, "why": it.why})).collect();
        say!(
            "{}",
            json!({
                "user": user,
                "snapshots": found.iter().map(describe).collect::<Vec<_>>(),
                "unreadable": unreadable,
                "latest": latest_id,
                "latestBy": latest.map(|picked| picked.rule.name()),
            })
        );
    } else {
        print(user, &found, latest.as_ref());
    }
    for unreadable in &listing.unreadable {
        eprintln!("ops: snapshot {} cannot be read: {}", unreadable.id, unreadable.why);
    }
    Ok(if listing.unreadable.is_empty() { Verdict::Fine } else { Verdict::ProblemFound })
}

fn print(user: &UserId, found: &[Snapshot], latest: Option<&pick::Picked>) {
    if found.is_empty() {
        say!("user `{user}` has no snapshots");
        return;
    }
    let rows: Vec<[String; 7]> = found.iter().map(row).collect();
    let head = ["ID", "TAKEN (UTC)", "GENERATION", "REASON", "FILES", "SIZE", "ADDED"];
    table(head, &[2, 4, 5, 6], &rows);
    if let Some(picked) = latest {
        say!("\nlatest is {}: {}", short(&picked.snapshot.id), picked.rule.words());
    }
}

fn row(snapshot: &Snapshot) -> [String; 7] {
    [
        short(&snapshot.id).to_owned(),
        time(snapshot.at),
        snapshot.generation.to_string(),
        snapshot.reason.name().to_owned(),
        snapshot.files.to_string(),
        size(snapshot.bytes),
        size(snapshot.added_bytes),
    ]
}

/// As restic prints it.
pub(super) fn short(id: &domain::SnapshotId) -> &str {
    id.as_str().get(..8).unwrap_or(id.as_str())
}

fn describe(snapshot: &Snapshot) -> Value {
    json!({
        "id": snapshot.id,
        "at": snapshot.at,
        "generation": snapshot.generation,
        "reason": snapshot.reason,
        "files": snapshot.files,
        "bytes": snapshot.bytes,
        "addedBytes": snapshot.added_bytes,
    })
}
