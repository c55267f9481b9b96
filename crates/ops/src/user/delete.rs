//! `ops user delete`: what the user himself would do with `DELETE /me`.

use std::time::Duration;

use anyhow::Context;
use domain::{Timestamp, UserId};
use protocol::{DeletionReceipt, DeletionState};
use serde_json::json;

use crate::environment::Environment;
use crate::output::{say, time};
use crate::ports::Ports;
use crate::setup::misconfigured;
use crate::{Verdict, ask};

const WARNING: &str = "Everything of this user goes: conversations, files, the agent's memory and \
                       all its snapshots, and his account. It cannot be undone.";

pub(super) async fn run(
    environment: &Environment,
    ports: &Ports,
    user: &UserId,
    (yes, wait): (bool, bool),
    json: bool,
) -> anyhow::Result<Verdict> {
    // By it his alarms are found, which nothing else would ever remove.
    environment
        .get("SCHEDULE_GROUP")
        .ok_or_else(|| misconfigured("environment variable SCHEDULE_GROUP is not set"))?;
    ask::to_type(user.as_str(), WARNING, yes)?;
    let mut receipt = ports.api.delete.run(user).await?;
    while wait && receipt.state != DeletionState::Done {
        until_quiet(ports, user, receipt.state).await?;
        receipt = ports.api.delete.run(user).await?;
    }
    match json {
        true => say!("{}", json!({ "user": user, "receipt": receipt })),
        false => print(user, &receipt),
    }
    Ok(Verdict::Fine)
}

/// Nobody of before writes after that, and then the last walk may be made.
async fn until_quiet(ports: &Ports, user: &UserId, state: DeletionState) -> anyhow::Result<()> {
    let deletion = ports.api.delete.deletions.get(user).await?;
    let deletion = deletion.context("the deletion is not on record any more")?;
    let left = deletion.quiet_at.since(ports.clock.now());
    if state == DeletionState::Closing && left > Duration::ZERO {
        eprintln!("all is deleted; in {} s it is looked through once more…", left.as_secs() + 1);
        tokio::time::sleep(left).await;
    }
    Ok(())
}

fn print(user: &UserId, receipt: &DeletionReceipt) {
    say!("deletion {} of `{user}`", receipt.id);
    say!(
        "{}",
        match receipt.state {
            DeletionState::UnderWay => "under way: there is more, and the watchdog goes on with it",
            DeletionState::Closing => {
                "all is deleted; the watchdog looks through everything once more within three minutes"
            }
            DeletionState::Done => "done: everything is gone",
        }
    );
    for (what, count) in &receipt.deleted {
        say!("  {count:>6}  {what}");
    }
    for other in &receipt.also {
        say!("and with him `{other}`, whose account was linked to his");
    }
    say!("what stays for a while:");
    for it in &receipt.remains {
        let until = it.until.map(|at| format!(" Until {} UTC.", time(Timestamp(at))));
        say!("  {} {}{}", it.what, it.why, until.unwrap_or_default());
    }
}
