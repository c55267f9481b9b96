//! EventBridge's schedules: the watchdog's tick, and that of the pool of spares.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::{
    clock,
    config::{ACCOUNT, REGION},
    functions::{Functions, invoke},
};

pub(crate) async fn tick(functions: Arc<dyn Functions>, every: Duration, stop: CancellationToken) {
    let start = tokio::time::Instant::now() + every;
    let mut ticks = tokio::time::interval_at(start, every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    // Nobody wants to wait a tick for his first spares.
    keep_spares(&*functions).await;
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        if let Err(error) = invoke(functions.watchdog(event("watchdog"))).await {
            tracing::warn!(%error, "the watchdog failed on its schedule");
        }
        keep_spares(&*functions).await;
    }
}

async fn keep_spares(functions: &dyn Functions) {
    if let Err(error) = invoke(functions.prewarm(event("prewarm"))).await {
        tracing::warn!(%error, "the pool could not be looked after on its schedule");
    }
}

fn event(rule: &str) -> Value {
    json!({
        "version": "0",
        "id": uuid::Uuid::new_v4(),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": clock::iso(clock::now_ms()),
        "region": REGION,
        "resources": [format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/{rule}")],
        "detail": {},
    })
}
