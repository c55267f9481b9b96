//! `bench <folder with the binaries> [calls]`: prints the tables of `make bench`, or those that
//! count calls and need no release build.

use std::path::PathBuf;

use anyhow::Context;
use system_tests::bench;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    // Started as a Lambda, by itself, it is the one that the others are compared with.
    if let Ok(api) = std::env::var("AWS_LAMBDA_RUNTIME_API") {
        return Ok(bench::nothing::answer(&api)?);
    }
    let release = std::env::args_os().nth(1).map(PathBuf::from);
    let release = release.context("usage: bench <folder with the release binaries>")?;
    let binaries = std::path::absolute(release)?;
    match std::env::args().nth(2).as_deref() {
        Some("calls") => bench::run_calls(&binaries).await,
        Some(what) => anyhow::bail!("there is no part `{what}`; the one that can run alone: calls"),
        None => bench::run(&binaries).await,
    }
}
