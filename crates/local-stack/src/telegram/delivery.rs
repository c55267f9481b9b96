//! Updates on their way to the webhook. Those of one chat go one after the other: the next waits
//! until the one before was taken or has grown too old. Chats do not wait for each other.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use serde_json::Value;
use tokio::{sync::Semaphore, task::JoinSet};
use tokio_util::sync::CancellationToken;

use super::{
    Telegram,
    params::Params,
    retries::Retries,
    state::{State, Update},
};

/// How long a webhook may take. The HTTP API in front of ours gives up earlier.
const PATIENCE: Duration = Duration::from_secs(60);
/// A webhook that is gone for so long is deleted.
const GONE_MS: i64 = 23 * 3600 * 1000;
const SECRET_HEADER: &str = "x-telegram-bot-api-secret-token";
/// Methods that do not happen when a webhook's answer asks for them.
const NOT_IN_ANSWERS: [&str; 4] = ["setwebhook", "deletewebhook", "close", "logout"];

/// The webhook as it was when an update set out.
#[derive(Clone)]
struct Hook {
    url: String,
    secret: Option<String>,
    generation: u64,
    connections: Arc<Semaphore>,
}

/// What a webhook made of an update.
pub(super) struct Outcome {
    pub(super) status: Option<StatusCode>,
    retry_after: Option<u64>,
    error: String,
    answer: Bytes,
}

/// Delivers until told to stop. What is under way then is delivered again after the next start.
pub(super) async fn deliver(telegram: Arc<Telegram>, stop: CancellationToken) {
    let mut changes = telegram.changes.subscribe();
    let mut busy = BTreeSet::new();
    let mut workers = JoinSet::new();
    loop {
        changes.mark_unchanged();
        for queue in telegram.read(State::deliverable) {
            if busy.insert(queue) {
                workers.spawn(telegram.clone().empty(queue));
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            Some(emptied) = workers.join_next() => {
                if let Ok(queue) = emptied {
                    busy.remove(&queue);
                }
            }
            changed = changes.changed() => if changed.is_err() { return },
        }
    }
}

impl State {
    fn deliverable(&self) -> Vec<i64> {
        match self.webhook.url.is_empty() {
            true => Vec::new(),
            false => self.queues.keys().copied().collect(),
        }
    }

    fn hook(&self) -> Option<Hook> {
        let hook = &self.webhook;
        (!hook.url.is_empty()).then(|| Hook {
            url: hook.url.clone(),
            secret: hook.secret.clone(),
            generation: hook.generation,
            connections: hook.connections.clone(),
        })
    }

    fn first(&self, queue: i64) -> Option<(Hook, Update)> {
        Some((self.hook()?, self.queues.get(&queue)?.front()?.clone()))
    }
}

impl Telegram {
    /// Until there is nothing left in the queue, or no webhook.
    async fn empty(self: Arc<Self>, queue: i64) -> i64 {
        let mut current = (0, Retries::new());
        while let Some((hook, update)) = self.read(|state| state.first(queue)) {
            if current.0 != update.id {
                current = (update.id, Retries::new());
            }
            let Ok(connection) = hook.connections.clone().acquire_owned().await else { break };
            let outcome = self.post(&hook, &update.body).await;
            drop(connection);
            if outcome.is_delivered() {
                self.change(|state| state.taken(queue, update.id));
                self.obey(&outcome.answer).await;
                continue;
            }
            self.try_again(queue, &update, &hook, &outcome, &mut current.1).await;
        }
        queue
    }

    async fn try_again(
        &self,
        queue: i64,
        update: &Update,
        hook: &Hook,
        outcome: &Outcome,
        retries: &mut Retries,
    ) {
        let now_ms = self.clock.now_ms();
        let wait = retries.after(outcome.retry_after, now_ms, update.expires_ms, |range| {
            rand::RngExt::random_range(&mut rand::rng(), range)
        });
        let failures = retries.failures();
        self.change(|state| state.refused(queue, outcome, now_ms, failures));
        match wait {
            Some(wait) => tokio::select! {
                () = self.clock.sleep(wait) => {}
                () = self.other_webhook(hook.generation) => {}
            },
            None => self.change(|state| state.settle(queue, update.id, false)),
        }
    }

    /// Whoever sets a webhook wants to know at once whether it works.
    async fn other_webhook(&self, generation: u64) {
        let mut changes = self.changes.subscribe();
        while self.read(|state| state.webhook.generation == generation) {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    /// Once, outside of the queue: as if Telegram had not seen an answer that was given.
    pub(super) async fn post_again(&self, update: &Value) -> Option<Outcome> {
        let hook = self.read(State::hook)?;
        let _connection = hook.connections.clone().acquire_owned().await.ok()?;
        Some(self.post(&hook, update).await)
    }

    async fn post(&self, hook: &Hook, update: &Value) -> Outcome {
        let mut request = Request::post(&hook.url).header(header::CONTENT_TYPE, "application/json");
        if let Some(secret) = &hook.secret {
            request = request.header(SECRET_HEADER, secret);
        }
        let request = match request.body(Full::from(update.to_string())) {
            Ok(request) => request,
            Err(error) => return Outcome::failed(error.to_string()),
        };
        let exchange = async {
            let response = self.client.request(request).await.map_err(|error| {
                if error.is_connect() { "Connection refused" } else { "Connection closed" }
            })?;
            let (head, body) = response.into_parts();
            let answer = body.collect().await.map_err(|_| "Connection closed")?.to_bytes();
            Ok::<_, &str>((head, answer))
        };
        match tokio::time::timeout(PATIENCE, exchange).await {
            Ok(Ok((head, answer))) => Outcome {
                status: Some(head.status),
                retry_after: head
                    .headers
                    .get(header::RETRY_AFTER)
                    .and_then(|value| value.to_str().ok()?.trim().parse().ok()),
                error: format!("Wrong response from the webhook: {}", head.status),
                answer,
            },
            Ok(Err(error)) => Outcome::failed(error.to_owned()),
            Err(_) => Outcome::failed("Read timeout expired".to_owned()),
        }
    }

    /// A webhook may answer with a call; its result is nobody's.
    async fn obey(self: &Arc<Self>, answer: &Bytes) {
        let Ok(Value::Object(mut fields)) = serde_json::from_slice::<Value>(answer) else { return };
        let Some(Value::String(method)) = fields.remove("method") else { return };
        let method = method.to_ascii_lowercase();
        if method.starts_with("get") || NOT_IN_ANSWERS.contains(&method.as_str()) {
            return;
        }
        if let Err(refusal) = self.call(&method, &Params::of(fields)).await {
            tracing::warn!(?refusal, "a call in a webhook's answer was refused");
        }
    }
}

impl State {
    fn taken(&mut self, queue: i64, update: i64) {
        self.webhook.gone_since_ms = None;
        self.settle(queue, update, true);
    }

    fn refused(&mut self, queue: i64, outcome: &Outcome, now_ms: i64, failures: u32) {
        self.webhook.last_error = Some((now_ms, outcome.error.clone()));
        let first = self.queues.get_mut(&queue).and_then(|waiting| waiting.front_mut());
        if let Some(first) = first {
            first.failures = failures;
        }
        if outcome.status != Some(StatusCode::GONE) {
            self.webhook.gone_since_ms = None;
            return;
        }
        let since = *self.webhook.gone_since_ms.get_or_insert(now_ms);
        if now_ms - since > GONE_MS {
            self.webhook.delete();
        }
    }
}

impl Outcome {
    fn failed(error: String) -> Self {
        Self { status: None, retry_after: None, error, answer: Bytes::new() }
    }

    /// Any success is, whatever its body says.
    fn is_delivered(&self) -> bool {
        self.status.is_some_and(|status| status.is_success())
    }
}
