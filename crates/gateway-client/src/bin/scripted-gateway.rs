//! Stands in for `openclaw gateway run`: same environment, same port, same signals. Ignores its
//! arguments. Of its own: `SCRIPTED_PACING_MS` (75; 0 is off) and `SCRIPTED_RECOVERY_MS` (1000), from
//! a start to the resumption of what a kill interrupted.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use gateway_client::scripted::{ScriptedGateway, ScriptedOptions};
use tokio::signal::unix::{SignalKind, signal};

/// The gateway's own code for a configuration it cannot run with.
const BAD_CONFIG: u8 = 78;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let options = match options() {
        Ok(options) => options,
        Err(missing) => {
            eprintln!("scripted-gateway: {missing}");
            return ExitCode::from(BAD_CONFIG);
        }
    };
    match serve(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("scripted-gateway: {error}");
            ExitCode::FAILURE
        }
    }
}

fn options() -> Result<ScriptedOptions, String> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let number = |name: &str| variable(name).map(|value| value.parse::<u64>()).transpose();
    let port = variable("OPENCLAW_GATEWAY_PORT").unwrap_or_else(|| "18789".to_owned());
    let pacing = number("SCRIPTED_PACING_MS").map_err(|e| format!("SCRIPTED_PACING_MS: {e}"))?;
    let recovery =
        number("SCRIPTED_RECOVERY_MS").map_err(|e| format!("SCRIPTED_RECOVERY_MS: {e}"))?;
    Ok(ScriptedOptions {
        token: variable("OPENCLAW_GATEWAY_TOKEN").ok_or("OPENCLAW_GATEWAY_TOKEN is not set")?,
        port: port.parse().map_err(|e| format!("OPENCLAW_GATEWAY_PORT {port}: {e}"))?,
        pacing: Some(pacing.unwrap_or(75)).filter(|ms| *ms > 0).map(Duration::from_millis),
        recovery_delay: Duration::from_millis(recovery.unwrap_or(1000)),
        state_dir: variable("OPENCLAW_STATE_DIR").map(PathBuf::from),
        ..ScriptedOptions::default()
    })
}

async fn serve(options: ScriptedOptions) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let gateway = ScriptedGateway::start(options).await?;
    println!("scripted gateway listening on {}", gateway.url());
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    gateway.shutdown().await;
    Ok(())
}
