//! `ops status`: a deployment at a glance.
//!
//! Who is awake, or has something that waits, is in the index by which the watchdog works, so nobody
//! who sleeps is read (I8). What sleepers have is known only with `--all`, which reads a whole table.

mod look;
mod show;

use crate::Verdict;
use crate::cli::Status;
use crate::output::say;
use crate::ports::Ports;

pub(crate) async fn run(ports: &Ports, command: &Status, json: bool) -> anyhow::Result<Verdict> {
    let seen = look::at(ports, command.all).await?;
    match json {
        true => say!("{}", show::as_json(&seen)),
        false => show::print(&seen),
    }
    Ok(Verdict::fine_if(seen.problems().is_empty()))
}

/// What is not as it should be.
pub(crate) async fn problems(ports: &Ports) -> anyhow::Result<Vec<String>> {
    Ok(look::at(ports, false).await?.problems())
}
