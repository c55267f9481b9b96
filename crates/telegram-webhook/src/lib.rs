//! `POST /telegram` on the HTTP API: one update from Telegram.
//!
//! Reads and writes links, chats and the inbox; claims and runs tasks; pushes to connections;
//! speaks as the bot; parks what can never be processed.
//!
//! Telegram sends an update until it is answered with 2xx, for a day, and no other of its chat
//! meanwhile. So 200 means that it is safe, or that it never will be; 503 that it is worth
//! sending again.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use control_plane::{ReceiveError, ReceiveUpdate, Received};
use data_encoding::{BASE64, HEXLOWER};
use domain::Timestamp;
use domain::limits::PARKED_UPDATE_MAX_BYTES;
use domain::text::byte_prefix;
use futures_util::FutureExt;
use http::HeaderValue;
use http::header::RETRY_AFTER;
use platform::{BotError, Clock, Metric, Metrics, ParkedUpdate, ParkedUpdates, Unavailable};
use sha2::{Digest, Sha256};
use telegram::Update;
use tracing::{error, info, warn};

mod ports;

/// `None`: this deployment has no bot.
pub struct Ports(pub Option<Webhook>);

pub struct Webhook {
    pub secret: Arc<dyn Secret>,
    pub receive: ReceiveUpdate,
    pub parked: Arc<dyn ParkedUpdates>,
    pub metrics: Arc<dyn Metrics>,
    pub clock: Arc<dyn Clock>,
}

/// What only Telegram and we know.
#[async_trait]
pub trait Secret: Send + Sync {
    /// In a time that tells nothing of it.
    async fn admits(&self, shown: &[u8], now: Timestamp) -> platform::Result<bool>;
}

const SECRET_HEADER: &str = "x-telegram-bot-api-secret-token";

/// When an update is to be sent again that could not be kept, in seconds.
const AGAIN_AFTER: HeaderValue = HeaderValue::from_static("2");

/// How long waking and telling may keep the next update of the chat waiting.
const FOLLOW_FOR: Duration = Duration::from_secs(5);

pub async fn handle(
    ports: &Ports,
    event: ApiGatewayV2httpRequest,
) -> anyhow::Result<ApiGatewayV2httpResponse> {
    let Some(webhook) = &ports.0 else { return Ok(status(404)) };
    let shown = event.headers.get(SECRET_HEADER).map(HeaderValue::as_bytes).unwrap_or_default();
    match webhook.secret.admits(shown, webhook.clock.now()).await {
        Ok(true) => Ok(webhook.take(&body(event)).await),
        Ok(false) => Ok(status(403)),
        Err(unavailable) => Ok(again(&unavailable)),
    }
}

impl Webhook {
    async fn take(&self, body: &[u8]) -> ApiGatewayV2httpResponse {
        let update = telegram::read_update(body);
        let received = match &update {
            Ok(update) => self.receive(update).await,
            Err(error) => Err(ReceiveError::Unfit(format!("it is no update: {error}"))),
        };
        match received {
            Ok(received) => {
                self.follow(&received).await;
                status(200)
            }
            Err(ReceiveError::Unavailable(unavailable)) => again(&unavailable),
            Err(ReceiveError::Unfit(reason)) => {
                let parked = self.park(update.ok().map(|update| update.id), reason, body).await;
                parked.map_or_else(|unavailable| again(&unavailable), |()| status(200))
            }
        }
    }

    /// What makes us panic once does so every time.
    async fn receive(&self, update: &Update) -> Result<Received, ReceiveError> {
        let run = AssertUnwindSafe(self.receive.run(update)).catch_unwind();
        run.await.unwrap_or_else(|panic| {
            Err(ReceiveError::Unfit(format!("it made us panic: {}", said(&*panic))))
        })
    }

    async fn follow(&self, received: &Received) {
        let follow = AssertUnwindSafe(self.receive.follow(received)).catch_unwind();
        match tokio::time::timeout(FOLLOW_FOR, follow).await {
            Ok(Ok(())) => {}
            Ok(Err(panic)) => error!(panic = said(&*panic), "could not follow an update"),
            Err(_) => warn!("following an update took too long; the sweep goes on with it"),
        }
    }

    async fn park(
        &self,
        update: Option<i64>,
        reason: String,
        body: &[u8],
    ) -> Result<(), Unavailable> {
        let me = self.receive.bot.me().await.map_err(|error| match error {
            BotError::Unavailable(unavailable) => unavailable,
            error => Unavailable::new("bot.me", error),
        })?;
        error!(update.id = update, reason, "parking an update");
        let body = String::from_utf8_lossy(body);
        let parked = ParkedUpdate {
            bot: me.id,
            id: update.map_or_else(|| fingerprint(body.as_bytes()), |id| id.to_string()),
            reason,
            body: byte_prefix(&body, PARKED_UPDATE_MAX_BYTES).to_owned(),
            at: self.clock.now(),
        };
        self.parked.park(&parked).await?;
        self.metrics.count(Metric::ParkedUpdates, 1);
        Ok(())
    }
}

/// As Telegram sent it. What API Gateway says is base64 and is not, stays as it came.
fn body(event: ApiGatewayV2httpRequest) -> Vec<u8> {
    let text = event.body.unwrap_or_default().into_bytes();
    match event.is_base64_encoded {
        true => BASE64.decode(&text).unwrap_or(text),
        false => text,
    }
}

/// Names what has no number of its own.
fn fingerprint(body: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(body)[..16])
}

fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("(no words)")
}

fn again(unavailable: &Unavailable) -> ApiGatewayV2httpResponse {
    let error = unavailable as &dyn std::error::Error;
    warn!(error, "an update is not safe; Telegram is to send it again");
    let mut response = status(503);
    response.headers.insert(RETRY_AFTER, AGAIN_AFTER);
    response
}

/// Nobody reads a body: Telegram ignores it, and others are told nothing.
fn status(code: i64) -> ApiGatewayV2httpResponse {
    info!(status = code, "answering an update");
    let mut response = ApiGatewayV2httpResponse::default();
    response.status_code = code;
    response
}
