//! The operator's tool: users' snapshots and keys, without their tasks, and the bot's webhook. See
//! docs/ops.md.
//!
//! It only reads repositories; `keys` alone writes, and only keys. Nothing needs a lock: a
//! snapshot is there whole or not at all, and what a retained one needs is not removed.

mod cli;
mod keys;
mod local;
mod output;
mod setup;
mod snapshots;
mod telegram;

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use crate::cli::{Cli, Command};
use crate::setup::{Setup, Usage, usage};

/// How a command ended that did its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Fine,
    /// What it looked at is not as it should be. It has said so.
    ProblemFound,
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
    let variable = |name: &str| std::env::var(name).ok();
    if let Command::Telegram(command) = &cli.command {
        return match &cli.local {
            None => telegram::run(command, &variable, cli.json).await,
            Some(_) => Err(usage("a local stack sets its own bot's webhook")),
        };
    }
    let setup = Setup::new(cli.local.as_deref(), variable)?;
    match &cli.command {
        Command::Snapshots(command) => snapshots::run(&setup, command, cli.json).await,
        Command::Keys(command) => keys::run(&setup, command, cli.json).await,
        Command::Telegram(_) => unreachable!("it needs no bucket"),
    }
}
