//! The operator's tool: how a deployment is, its users, their messages, tasks, snapshots and keys,
//! and the bot's webhook. See docs/ops.md.
//!
//! What a user could do himself is done here by the same use case. Repositories are only read; `keys`
//! alone writes, and only keys. That needs no lock: a snapshot is there whole or not at all, and what
//! a retained one needs is not removed.

mod accounts;
mod ask;
mod cli;
mod doctor;
mod environment;
mod inbox;
mod keys;
mod local;
mod output;
mod ports;
mod release;
mod setup;
mod signed;
mod snapshots;
mod status;
mod task;
mod telegram;
mod user;
mod web;

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use crate::cli::{Cli, Command};
use crate::environment::Environment;
use crate::ports::Ports;
use crate::setup::{Setup, Usage, usage};

/// How a command ended that did its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Fine,
    /// What it looked at is not as it should be. It has said so.
    ProblemFound,
}

impl Verdict {
    fn fine_if(is_fine: bool) -> Self {
        if is_fine { Verdict::Fine } else { Verdict::ProblemFound }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| "error".into()))
        .init();
    match run(&cli).await {
        Ok(Verdict::Fine) => ExitCode::SUCCESS,
        Ok(Verdict::ProblemFound) => ExitCode::from(1),
        // For whoever typed the command: the reasons, never a stack.
        Err(error) => {
            eprintln!("ops: {error:#}");
            ExitCode::from(if error.is::<Usage>() { 2 } else { 1 })
        }
    }
}

async fn run(cli: &Cli) -> anyhow::Result<Verdict> {
    if cli.local.is_some() && matches!(cli.command, Command::Telegram(_)) {
        return Err(usage("a local stack sets its own bot's webhook"));
    }
    let variable = |name: &str| std::env::var(name).ok();
    let environment = match (&cli.local, &cli.deployment) {
        (Some(dir), _) => Environment::of_local_stack(dir)?,
        (None, Some(name)) => Environment::of_deployment(variable, name).await?,
        (None, None) => Environment::of_process(variable),
    };
    let lookup = |name: &str| environment.get(name);
    let setup = || Setup::from_lookup(&lookup);
    let ports = || Ports::new(&environment);
    let json = cli.json;
    match &cli.command {
        Command::Status(command) => status::run(&ports()?, command, json).await,
        Command::Doctor(command) => doctor::run(&environment, command, json).await,
        Command::User(command) => user::run(&environment, &ports()?, command, json).await,
        Command::Inbox(command) => inbox::run(&ports()?, command, json).await,
        Command::Task(command) => task::run(&ports()?, command, json).await,
        Command::Release(command) => release::run(command, &lookup, json).await,
        Command::Snapshots(command) => snapshots::run(&setup()?, command, json).await,
        Command::Keys(command) => keys::run(&setup()?, command, json).await,
        Command::Telegram(command) => telegram::run(command, &lookup, json).await,
    }
}
