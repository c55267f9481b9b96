//! Replies that end within the tick in which they begin: how many never reach who waits.
//!
//! The gateway client alone, over real sockets to a scripted gateway in this process: that is
//! where such an end can be missed. Half of them end before the gateway acknowledges the message.

use std::sync::Arc;
use std::time::Duration;

use gateway_client::scripted::{ScriptedGateway, ScriptedOptions};
use gateway_client::{GatewayClient, GatewayConfig, RunEnd, RunEvent, RunRequest};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::report::Row;
use crate::message_id;

const REPLIES: usize = 10_000;
const WORKERS: usize = 50;
/// A hang, if a reply that takes milliseconds has not ended by then.
const HANGS_AFTER: Duration = Duration::from_secs(20);

pub(crate) async fn row() -> anyhow::Result<Row> {
    let (mut hung, mut wrong) = (0, 0);
    for events_before_ack in [true, false] {
        for end in replies(events_before_ack).await? {
            match end {
                None => hung += 1,
                Some(RunEnd::Complete { text, .. }) if text == "You said: ping" => {}
                Some(_) => wrong += 1,
            }
        }
    }
    Ok(Row {
        what: "replies that end within one tick and hang".into(),
        runs: REPLIES,
        measured: format!("{hung} hung, {wrong} wrong"),
        target: "0",
        reference: "24 % (12 of 50)",
    })
}

async fn replies(events_before_ack: bool) -> anyhow::Result<Vec<Option<RunEnd>>> {
    let options = ScriptedOptions { events_before_ack, ..ScriptedOptions::default() };
    let token = options.token.clone();
    let gateway = ScriptedGateway::start(options).await?;
    let client = Arc::new(GatewayClient::start(GatewayConfig::new(gateway.url(), token)));
    let mut workers = JoinSet::new();
    for _ in 0..WORKERS {
        let client = client.clone();
        workers.spawn(async move {
            let mut ends = Vec::new();
            for _ in 0..REPLIES / 2 / WORKERS {
                ends.push(timeout(HANGS_AFTER, reply(&client)).await.ok());
            }
            ends
        });
    }
    Ok(workers.join_all().await.into_iter().flatten().collect())
}

async fn reply(client: &GatewayClient) -> RunEnd {
    let id = message_id();
    let mut run = client.run(RunRequest::new(format!("agent:main:{id}"), "ping", id)).await;
    loop {
        match run.next().await {
            Some(RunEvent::End(end)) => return end,
            Some(_) => {}
            // Counted as a hang: whoever waits is told nothing.
            None => std::future::pending().await,
        }
    }
}
