//! What the stand-in gateways call: the Lambdas' own handlers behind one
//! object. Events and answers are JSON, exactly as AWS would pass them, so that
//! each handler's own parser runs.

use std::{future::Future, panic::AssertUnwindSafe, time::Duration};

use async_trait::async_trait;
use futures_util::FutureExt;
use serde_json::Value;
use tokio::sync::Semaphore;

#[async_trait]
pub trait Functions: Send + Sync + 'static {
    /// API Gateway WebSocket `$connect` proxy event to proxy response.
    async fn ws_connect(&self, event: Value) -> anyhow::Result<Value>;
    /// `$default`: one message.
    async fn ws_message(&self, event: Value) -> anyhow::Result<Value>;
    /// `$disconnect`.
    async fn ws_disconnect(&self, event: Value) -> anyhow::Result<Value>;
    /// HTTP API, payload format 2.0.
    async fn api(&self, event: Value) -> anyhow::Result<Value>;
    /// The same, from the one route that Telegram calls and that has no authorizer.
    async fn telegram_webhook(&self, event: Value) -> anyhow::Result<Value>;
    /// EventBridge: `ECS Task State Change` and `Scheduled Event`.
    async fn watchdog(&self, event: Value) -> anyhow::Result<Value>;
    /// EventBridge: a stopped task's state change, and `Scheduled Event`.
    async fn prewarm(&self, event: Value) -> anyhow::Result<Value>;
    /// EventBridge Scheduler: the input of a schedule whose time has come.
    async fn scheduled_message(&self, event: Value) -> anyhow::Result<Value>;
}

/// API Gateway's integration timeout; not adjustable for WebSocket APIs.
pub(crate) const INTEGRATION_TIMEOUT: Duration = Duration::from_secs(29);

/// Handlers that run at once, as an account's concurrency limits Lambda's. In AWS each would
/// have a machine of its own; here all share this one, and too many at once only make each
/// other's calls time out. The rest wait their turn, before their clock starts.
const CONCURRENCY: usize = 16;
static TURNS: Semaphore = Semaphore::const_new(CONCURRENCY);

/// Runs a handler as Lambda would: a panic or an overrun is a failed
/// invocation, never the end of the caller.
pub(crate) async fn invoke(
    handler: impl Future<Output = anyhow::Result<Value>>,
) -> anyhow::Result<Value> {
    let _turn = TURNS.acquire().await.expect("never closed");
    let guarded = AssertUnwindSafe(handler).catch_unwind();
    match tokio::time::timeout(INTEGRATION_TIMEOUT, guarded).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => anyhow::bail!("the handler panicked"),
        Err(_) => anyhow::bail!("the handler took longer than {INTEGRATION_TIMEOUT:?}"),
    }
}
