//! The Lambdas themselves, in this process: each handler with the ports that its `main` would
//! build, from an environment of our making.

use async_trait::async_trait;
use platform_aws::Lookup;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::functions::Functions;

pub(crate) struct Lambdas {
    ws_connect: ws_connect::Ports,
    ws_message: ws_message::Ports,
    ws_disconnect: ws_disconnect::Ports,
    api: api::Api,
    telegram_webhook: telegram_webhook::Ports,
    watchdog: watchdog::Ports,
    scheduled_message: scheduled_message::Ports,
    /// `None`: no spares are wanted, and its rules do not exist.
    prewarm: Option<prewarm::Ports>,
}

impl Lambdas {
    pub(crate) fn from_lookup(lookup: Lookup<'_>) -> anyhow::Result<Self> {
        Ok(Self {
            ws_connect: ws_connect::Ports::from_lookup(lookup)?,
            ws_message: ws_message::Ports::from_lookup(lookup)?,
            ws_disconnect: ws_disconnect::Ports::from_lookup(lookup)?,
            api: api::Api::new(api::Ports::from_lookup(lookup)?),
            telegram_webhook: telegram_webhook::Ports::from_lookup(lookup)?,
            watchdog: watchdog::Ports::from_lookup(lookup)?,
            scheduled_message: scheduled_message::Ports::from_lookup(lookup)?,
            prewarm: match platform_aws::spares_kept(lookup)? {
                0 => None,
                _ => Some(prewarm::Ports::from_lookup(lookup)?),
            },
        })
    }
}

#[async_trait]
impl Functions for Lambdas {
    async fn ws_connect(&self, event: Value) -> anyhow::Result<Value> {
        answer(ws_connect::handle(&self.ws_connect, parse(event)?).await?)
    }

    async fn ws_message(&self, event: Value) -> anyhow::Result<Value> {
        answer(ws_message::handle(&self.ws_message, parse(event)?).await?)
    }

    async fn ws_disconnect(&self, event: Value) -> anyhow::Result<Value> {
        answer(ws_disconnect::handle(&self.ws_disconnect, parse(event)?).await?)
    }

    async fn api(&self, event: Value) -> anyhow::Result<Value> {
        answer(self.api.handle(parse(event)?).await?)
    }

    async fn telegram_webhook(&self, event: Value) -> anyhow::Result<Value> {
        answer(telegram_webhook::handle(&self.telegram_webhook, parse(event)?).await?)
    }

    async fn watchdog(&self, event: Value) -> anyhow::Result<Value> {
        watchdog::handle(&self.watchdog, event).await
    }

    async fn scheduled_message(&self, event: Value) -> anyhow::Result<Value> {
        scheduled_message::handle(&self.scheduled_message, event).await
    }

    async fn prewarm(&self, event: Value) -> anyhow::Result<Value> {
        match &self.prewarm {
            Some(ports) => prewarm::handle(ports, event).await,
            None => Ok(Value::Null),
        }
    }
}

/// The handler's own parser reads the event, as in Lambda.
fn parse<T: DeserializeOwned>(event: Value) -> anyhow::Result<T> {
    Ok(serde_json::from_value(event)?)
}

fn answer(response: impl Serialize) -> anyhow::Result<Value> {
    Ok(serde_json::to_value(response)?)
}
