//! `bench <folder with the release binaries>`: prints the tables of `make bench`.

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
    bench::run(&std::path::absolute(release)?).await
}
