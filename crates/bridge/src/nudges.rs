//! The line on which nudges come: our own connection to the API that browsers use. It is opened
//! from here, so the task needs no inbound port (I6).

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use protocol::Nudge;
use tokio::time::{Instant, interval_at, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use crate::bridge::Bridge;
use crate::nudged::nudged;

pub(crate) const DIAL_WITHIN: Duration = Duration::from_secs(15);
/// API Gateway closes a connection after 10 minutes without traffic,
pub(crate) const PING_EVERY: Duration = Duration::from_secs(5 * 60);
pub(crate) const PING_WITHIN: Duration = Duration::from_secs(10);
/// and after two hours in any case: the next one is up before this one goes.
const RENEW_AFTER: Duration = Duration::from_secs(110 * 60);
const LAST_WORDS: Duration = Duration::from_secs(1);
const CLOSED_WITHIN: Duration = Duration::from_millis(500);

#[async_trait]
pub trait Line: Send + Sync {
    async fn dial(&self) -> Result<Box<dyn Socket>, DialError>;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DialError {
    /// It is another generation's turn.
    Refused,
    /// For the log. Worth another try.
    Failed(String),
}

#[async_trait]
pub trait Socket: Send {
    /// A nudge's text; `None` when the socket is lost. Nothing is lost when it is dropped.
    async fn next(&mut self) -> Option<String>;

    /// `false` when the socket is lost.
    async fn ping(&mut self) -> bool;

    async fn close(&mut self);
}

/// Runs until the bridge has ended its work. A lost line costs time, never a message.
pub async fn listen(bridge: Arc<Bridge>, line: Arc<dyn Line>) {
    bridge.halt.aborting.run_until_cancelled(keep_connected(&bridge, &*line)).await;
}

async fn keep_connected(bridge: &Arc<Bridge>, line: &dyn Line) {
    let mut backoff = bridge.backoff("dial", (250, 10_000));
    let mut current: Option<CancellationToken> = None;
    loop {
        match dial(line).await {
            Ok(socket) => {
                info!("nudge connection is up");
                backoff.reset();
                // What came while nobody listened.
                bridge.look_in_inbox.notify_one();
                bridge.wants.restore.notify_one();
                bridge.wants.skills.notify_one();
                let retired = CancellationToken::new();
                let served = serve(bridge.clone(), socket, retired.clone());
                let served = bridge.tasks.spawn(served);
                // Make before break: only now does the one before go.
                if let Some(before) = current.replace(retired) {
                    before.cancel();
                }
                tokio::select! {
                    biased;
                    _ = served => debug!("nudge connection was lost"),
                    () = sleep(RENEW_AFTER) => continue,
                }
            }
            Err(DialError::Refused) => return bridge.halt.fence(),
            Err(DialError::Failed(error)) if backoff.failures() == 0 => {
                warn!(error, "cannot open the nudge connection");
            }
            Err(DialError::Failed(_)) => {}
        }
        backoff.wait().await;
    }
}

pub(crate) async fn dial(line: &dyn Line) -> Result<Box<dyn Socket>, DialError> {
    let timed_out = |_| DialError::Failed("no answer in time".into());
    timeout(DIAL_WITHIN, line.dial()).await.map_err(timed_out)?
}

/// Until the socket is lost, or another one has taken its place.
async fn serve(bridge: Arc<Bridge>, mut socket: Box<dyn Socket>, retired: CancellationToken) {
    let mut pings = interval_at(Instant::now() + PING_EVERY, PING_EVERY);
    loop {
        tokio::select! {
            biased;
            () = bridge.halt.aborting.cancelled() => break,
            () = retired.cancelled() => {
                let _ = timeout(LAST_WORDS, hear_out(&bridge, &mut *socket)).await;
                break;
            }
            _ = pings.tick() => {
                if !timeout(PING_WITHIN, socket.ping()).await.unwrap_or(false) {
                    return;
                }
            }
            text = socket.next() => match text {
                Some(text) => on_text(&bridge, &text).await,
                None => return,
            },
        }
    }
    let _ = timeout(CLOSED_WITHIN, socket.close()).await;
}

/// What was sent before the sender knew the new line.
async fn hear_out(bridge: &Arc<Bridge>, socket: &mut dyn Socket) {
    while let Some(text) = socket.next().await {
        on_text(bridge, &text).await;
    }
}

async fn on_text(bridge: &Arc<Bridge>, text: &str) {
    match serde_json::from_str::<Nudge>(text) {
        Ok(nudge) => nudged(bridge, nudge).await,
        // A newer control plane may say more than we understand. Then looking is enough.
        Err(_) => bridge.look_in_inbox.notify_one(),
    }
}
