//! `ops task`: what runs, and how to end it well.

mod list;
mod stop;

use crate::Verdict;
use crate::cli::Tasks;
use crate::ports::Ports;

pub(crate) async fn run(ports: &Ports, command: &Tasks, json: bool) -> anyhow::Result<Verdict> {
    match command {
        Tasks::List => list::run(ports, json).await,
        Tasks::Stop { user, now: false } => stop::well(ports, &user.id, json).await,
        Tasks::Stop { user, now: true } => stop::now(ports, &user.id, json).await,
    }
}
