//! How the bot gets its updates: the webhook's settings, and `getUpdates` without one.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::{
    Telegram,
    answer::{Answer, Refusal},
    params::Params,
};
use crate::loopback;

const CONNECTIONS_DEFAULT: i64 = 40;
const CONNECTIONS_MOST: i64 = 100;
/// Kinds that a bot gets only if it names them.
const UNASKED: [&str; 3] = ["chat_member", "message_reaction", "message_reaction_count"];

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Webhook {
    /// Empty: there is none.
    pub(super) url: String,
    pub(super) secret: Option<String>,
    /// Empty: all but the unasked ones.
    pub(super) allowed: Vec<String>,
    pub(super) max_connections: i64,
    pub(super) last_error: Option<(i64, String)>,
    /// Since when every answer was "gone".
    pub(super) gone_since_ms: Option<i64>,
    /// Counts the times it was set or deleted.
    pub(super) generation: u64,
    #[serde(skip, default = "no_connections")]
    pub(super) connections: Arc<Semaphore>,
}

impl Default for Webhook {
    fn default() -> Self {
        Self {
            url: String::new(),
            secret: None,
            allowed: Vec::new(),
            max_connections: CONNECTIONS_DEFAULT,
            last_error: None,
            gone_since_ms: None,
            generation: 0,
            connections: no_connections(),
        }
    }
}

/// Nothing is delivered by a webhook that was not set since the start.
fn no_connections() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(0))
}

impl Webhook {
    pub(super) fn allows(&self, kind: &str) -> bool {
        match self.allowed.is_empty() {
            true => !UNASKED.contains(&kind),
            false => self.allowed.iter().any(|allowed| allowed == kind),
        }
    }

    /// As it is from now on.
    fn set(&mut self, url: String, secret: Option<String>, max_connections: i64) {
        *self = Self {
            url,
            secret,
            allowed: std::mem::take(&mut self.allowed),
            max_connections,
            generation: self.generation + 1,
            connections: Arc::new(Semaphore::new(usize::try_from(max_connections).unwrap_or(1))),
            ..Self::default()
        };
    }

    pub(super) fn delete(&mut self) {
        self.set(String::new(), None, CONNECTIONS_DEFAULT);
    }
}

impl Telegram {
    pub(super) fn set_webhook(&self, params: &Params) -> Result<Answer, Refusal> {
        let url = params.text("url").unwrap_or_default();
        if url.is_empty() {
            return self.delete_webhook(params);
        }
        check_url(&url)?;
        let secret = params.text("secret_token").filter(|secret| !secret.is_empty());
        if let Some(secret) = &secret {
            check_secret(secret)?;
        }
        let allowed = allowed(params)?;
        let most = params.number("max_connections").unwrap_or(CONNECTIONS_DEFAULT);
        self.change(|state| {
            if params.flag("drop_pending_updates") {
                state.queues.clear();
            }
            state.webhook.set(url, secret, most.clamp(1, CONNECTIONS_MOST));
            if let Some(allowed) = allowed {
                state.webhook.allowed = allowed;
            }
        });
        Ok(Answer { result: json!(true), description: Some("Webhook was set") })
    }

    pub(super) fn delete_webhook(&self, params: &Params) -> Result<Answer, Refusal> {
        let was = self.change(|state| {
            if params.flag("drop_pending_updates") {
                state.queues.clear();
            }
            let was = !state.webhook.url.is_empty();
            state.webhook.delete();
            was
        });
        let description = if was { "Webhook was deleted" } else { "Webhook is already deleted" };
        Ok(Answer { result: json!(true), description: Some(description) })
    }

    pub(super) fn webhook_info(&self) -> Value {
        self.read(|state| {
            let hook = &state.webhook;
            let mut info = json!({
                "url": hook.url,
                "has_custom_certificate": false,
                "pending_update_count": state.waiting().len(),
            });
            if !hook.url.is_empty() {
                info["max_connections"] = json!(hook.max_connections);
                info["ip_address"] = json!("127.0.0.1");
            }
            if let Some((date_ms, message)) = &hook.last_error {
                info["last_error_date"] = json!(date_ms / 1000);
                info["last_error_message"] = json!(message);
            }
            if !hook.allowed.is_empty() {
                info["allowed_updates"] = json!(hook.allowed);
            }
            info
        })
    }

    /// Waits up to `timeout` seconds for something to give.
    pub(super) async fn get_updates(&self, params: &Params) -> Result<Value, Refusal> {
        if let Some(allowed) = allowed(params)? {
            self.change(|state| state.webhook.allowed = allowed);
        }
        let seconds = params.number("timeout").unwrap_or(0).clamp(0, 50);
        let mut pollers = self.pollers.subscribe();
        self.pollers.send_modify(|poller| *poller += 1);
        pollers.mark_unchanged();
        let mut changes = self.changes.subscribe();
        let found = async {
            loop {
                changes.mark_unchanged();
                let updates = self.take_updates(params)?;
                if !updates.is_empty() || changes.changed().await.is_err() {
                    return Ok(updates);
                }
            }
        };
        let wait = std::time::Duration::from_secs(seconds.unsigned_abs());
        let updates = tokio::select! {
            biased;
            _ = pollers.changed() => Err(Refusal::conflict(
                "terminated by other getUpdates request; make sure that only one bot instance is \
                 running",
            )),
            found = found => found,
            () = self.clock.sleep(wait) => Ok(Vec::new()),
            () = self.closing.cancelled() => Ok(Vec::new()),
        };
        Ok(Value::Array(updates?))
    }

    fn take_updates(&self, params: &Params) -> Result<Vec<Value>, Refusal> {
        let offset = params.number("offset").unwrap_or(0);
        let limit = usize::try_from(params.number("limit").unwrap_or(100)).unwrap_or(100);
        let now_ms = self.clock.now_ms();
        self.change_quietly(|state| {
            if !state.webhook.url.is_empty() {
                return Err(Refusal::conflict(
                    "can't use getUpdates method while webhook is active; use deleteWebhook to \
                     delete the webhook first",
                ));
            }
            let first = match offset {
                0.. => offset,
                // So many from the end.
                _ => {
                    let waiting = state.waiting();
                    let from = waiting.len().saturating_sub(offset.unsigned_abs() as usize);
                    waiting.get(from).map_or(0, |update| update.id)
                }
            };
            state.forget_updates(|update| update.id < first || update.expires_ms < now_ms);
            let waiting = state.waiting().into_iter().take(limit.clamp(1, 100));
            Ok(waiting.map(|update| update.body.clone()).collect())
        })
    }
}

/// Telegram takes https on four ports; this one reaches nothing but this machine.
fn check_url(url: &str) -> Result<(), Refusal> {
    let authority = url.strip_prefix("http://").and_then(|rest| rest.split('/').next());
    match authority {
        Some(authority) if loopback::is_loopback_authority(authority) => Ok(()),
        Some(_) => {
            Err(Refusal::bad_request("bad webhook: An HTTPS URL must be provided for webhook"))
        }
        None => {
            Err(Refusal::bad_request("bad webhook: the local stack reaches http://localhost only"))
        }
    }
}

fn check_secret(secret: &str) -> Result<(), Refusal> {
    if secret.len() > 256 {
        return Err(Refusal::bad_request("secret token is too long"));
    }
    match secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)) {
        true => Ok(()),
        false => Err(Refusal::bad_request("secret token contains unallowed characters")),
    }
}

/// `None`: as before.
fn allowed(params: &Params) -> Result<Option<Vec<String>>, Refusal> {
    let Some(value) = params.value("allowed_updates")? else { return Ok(None) };
    let allowed = serde_json::from_value(value);
    allowed.map(Some).map_err(|_| Refusal::bad_request("can't parse allowed_updates JSON object"))
}
