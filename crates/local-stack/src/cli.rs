//! The command line, what it prints, and the two ways to stop.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Parser;
use serde_json::json;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{
    config::{Config, EcsConfig, PageConfig},
    provider::Choice,
    stack::{self, Stack, Urls},
    wiring::{self, Settings},
};

/// Serverless OpenClaw on one machine: no AWS account, no Docker.
#[derive(Debug, Clone, Parser)]
#[command(name = "local-stack", version)]
pub struct Cli {
    /// Port of the page and of everything public; 0 takes any free one.
    #[arg(long, env = "LOCAL_STACK_PORT", default_value_t = 8787)]
    pub port: u16,
    /// Where state is kept between runs.
    #[arg(long, env = "LOCAL_STACK_DATA", default_value = ".local")]
    pub data: PathBuf,
    /// Print one line of JSON when ready, and nothing else, on standard output.
    #[arg(long, env = "LOCAL_STACK_JSON")]
    pub json: bool,
    /// The page's build output.
    #[arg(long, env = "LOCAL_STACK_WEB", default_value = "web/dist")]
    pub web: PathBuf,
    /// The bridge binary that tasks run; by default the one beside this program.
    #[arg(long, env = "LOCAL_STACK_BRIDGE")]
    pub bridge: Option<PathBuf>,
    /// The installed OpenClaw that bridges start.
    #[arg(long, env = "OPENCLAW_DIR", default_value = "container")]
    pub openclaw: PathBuf,
    /// Seconds a stopping task has before it is killed.
    #[arg(long, env = "LOCAL_STACK_STOP_TIMEOUT", default_value_t = 120)]
    pub stop_timeout: u64,
    /// Seconds all tasks together have when the stack itself stops.
    #[arg(long, env = "LOCAL_STACK_SHUTDOWN_GRACE", default_value_t = 20)]
    pub shutdown_grace: u64,
    /// Seconds between the scheduled runs of the watchdog and of the pool of spares.
    #[arg(long, env = "LOCAL_STACK_SCHEDULE", default_value_t = 60)]
    pub schedule: u64,
    /// Tasks that are kept up before anybody needs one.
    #[arg(long, env = "LOCAL_STACK_SPARES", default_value_t = 0)]
    pub spares: u32,
}

/// Variables that a task gets from this process whatever it runs.
const INHERITED: [&str; 8] =
    ["PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TERM", "RUST_LOG", "RUST_BACKTRACE"];

impl Cli {
    /// The configuration these arguments ask for. `variable` looks up the
    /// process's environment, `program` is this program's own path.
    pub fn config(
        &self,
        program: &Path,
        variable: impl Fn(&str) -> Option<String>,
    ) -> anyhow::Result<Config> {
        let absolute = |path: &PathBuf| std::path::absolute(path);
        let bridge = match &self.bridge {
            Some(bridge) => absolute(bridge)?,
            None => program.with_file_name("bridge"),
        };
        let inherited = INHERITED
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), variable(name)?)))
            .collect();
        let data = absolute(&self.data)?;
        Ok(Config {
            port: self.port,
            ecs: EcsConfig {
                inherited,
                stop_timeout: Duration::from_secs(self.stop_timeout),
                shutdown_grace: Duration::from_secs(self.shutdown_grace),
                machines: Some(data.join("machines")),
                ..EcsConfig::new(bridge)
            },
            web: Some(absolute(&self.web)?),
            page: Choice::from_lookup(&variable, "").page(),
            tables: wiring::tables(),
            buckets: vec![wiring::DATA_BUCKET.into()],
            schedule: Duration::from_secs(self.schedule.max(1)),
            ..Config::new(data, "")
        })
    }

    /// What to print when the stack is ready.
    pub fn greeting(&self, urls: &Urls, page: &PageConfig) -> String {
        if self.json {
            return json!({
                "url": urls.url, "ws": urls.ws, "api": urls.api, "issuer": urls.issuer,
            })
            .to_string();
        }
        let model = match (&page.model, page.demo) {
            (Some(model), false) => format!("Answers come from {model}."),
            _ => "No provider key is set, so the built-in demo model answers.\n  For a real one: \
                  ANTHROPIC_API_KEY=… make run"
                .to_owned(),
        };
        let (url, data) = (&urls.url, self.data.display());
        format!(
            "\n  OpenClaw is ready\n\n      {url}\n\n  {model}\n  State is kept in {data}. Ctrl-C \
             stops everything.\n"
        )
    }
}

/// Runs a stack until SIGINT or SIGTERM. `variable` looks up the process's environment,
/// `program` is this program's own path.
pub async fn run(
    cli: &Cli,
    program: &Path,
    variable: impl Fn(&str) -> Option<String> + Clone,
) -> anyhow::Result<()> {
    let mut signals = Signals::listen()?;
    let config = cli.config(program, variable.clone())?;
    let (page, openclaw) = (config.page.clone(), std::path::absolute(&cli.openclaw)?);
    let (client_id, spares) = (page.client_id.clone(), cli.spares);
    let data = config.data.clone();
    let wire = async move |urls: Urls| {
        let (openclaw, data) = (&*openclaw, &*data);
        let set = Settings { openclaw, data, client_id: &client_id, spares };
        wiring::wire(&urls, set, variable)
    };
    let stack = tokio::select! {
        stack = stack::start(config, wire) => stack?,
        () = signals.next() => return Ok(()),
    };
    print(&cli.greeting(&stack.urls, &page));
    signals.next().await;
    if !cli.json {
        print("\n  Stopping, and saving what tasks are doing. Ctrl-C again kills them.\n");
    }
    stop(stack, &mut signals).await;
    Ok(())
}

async fn stop(stack: Stack, signals: &mut Signals) {
    let kill = stack.killer();
    tokio::select! {
        () = stack.stop() => {}
        () = signals.next() => kill(),
    }
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// A closed pipe is the reader's choice, not a reason to die.
fn print(text: &str) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}
