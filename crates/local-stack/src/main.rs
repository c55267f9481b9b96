//! `local-stack`: see the library.

use std::process::ExitCode;

use clap::Parser;
use local_stack::cli::{self, Cli};
use tracing_subscriber::EnvFilter;

/// dynoxide warns of every condition that does not hold; for us those are happy paths.
const QUIET: &str = "warn,dynoxide=error";

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        // For whoever typed the command: the reasons, never a stack.
        Err(error) => {
            eprintln!("local-stack: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: &Cli) -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| QUIET.into()))
        .init();
    cli::run(cli, &std::env::current_exe()?, |name| std::env::var(name).ok()).await
}
