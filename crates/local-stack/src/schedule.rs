//! EventBridge's schedule: the watchdog's tick.

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
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        if let Err(error) = invoke(functions.watchdog(event())).await {
            tracing::warn!(%error, "the watchdog failed on its schedule");
        }
    }
}

fn event() -> Value {
    json!({
        "version": "0",
        "id": uuid::Uuid::new_v4(),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": clock::iso(clock::now_ms()),
        "region": REGION,
        "resources": [format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/watchdog")],
        "detail": {},
    })
}
