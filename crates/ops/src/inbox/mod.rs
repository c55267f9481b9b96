//! `ops inbox`: what waits for a user's agent, and what was given up.

mod drop;
mod list;
mod retry;

use crate::Verdict;
use crate::cli::Inbox;
use crate::ports::Ports;

pub(crate) async fn run(ports: &Ports, command: &Inbox, json: bool) -> anyhow::Result<Verdict> {
    match command {
        Inbox::List { user, state } => list::run(ports, &user.id, *state, json).await,
        Inbox::Retry { user, which } => retry::run(ports, &user.id, which, json).await,
        Inbox::Drop { user, message, yes } => drop::run(ports, &user.id, message, *yes, json).await,
    }
}
