//! `ops user`.

mod delete;
mod export;
mod known;
mod show;

use crate::Verdict;
use crate::cli::Users;
use crate::environment::Environment;
use crate::ports::Ports;

pub(crate) async fn run(
    environment: &Environment,
    ports: &Ports,
    command: &Users,
    json: bool,
) -> anyhow::Result<Verdict> {
    match command {
        Users::Show { who } => show::run(ports, who, json).await,
        Users::Export { id, to } => export::run(environment, ports, id, to, json).await,
        Users::Delete { id, yes, wait } => {
            delete::run(environment, ports, id, (*yes, *wait), json).await
        }
    }
}
