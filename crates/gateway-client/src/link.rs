//! One open connection: requests out, answers back to whoever asked.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;
use tokio::sync::{mpsc, oneshot};

use crate::frames::{Incoming, Request};
use crate::{BootId, GatewayError, History, RpcError, limits};

type Answer = Result<Box<RawValue>, RpcError>;

pub(crate) struct Link {
    /// Counts connections, so that a new one is told from an old one.
    pub(crate) epoch: u64,
    pub(crate) boot_id: BootId,
    max_payload: usize,
    next_id: AtomicU64,
    /// `None` once the connection is gone.
    waiting: Mutex<Option<HashMap<u64, oneshot::Sender<Answer>>>>,
    outgoing: mpsc::UnboundedSender<String>,
    subscribed: Mutex<HashSet<String>>,
}

impl Link {
    pub(crate) fn new(
        epoch: u64,
        boot_id: BootId,
        max_payload: usize,
        outgoing: mpsc::UnboundedSender<String>,
    ) -> Self {
        Self {
            epoch,
            boot_id,
            max_payload,
            next_id: AtomicU64::new(2), // 1 was `connect`
            waiting: Mutex::new(Some(HashMap::new())),
            outgoing,
            subscribed: Mutex::default(),
        }
    }

    pub(crate) async fn request(
        &self,
        method: &str,
        params: impl Serialize,
        within: Duration,
    ) -> Result<Box<RawValue>, GatewayError> {
        let (id, answer) = self.send(method, params)?;
        let forget = Forget { link: self, id };
        let answered = tokio::time::timeout(within, answer).await;
        drop(forget);
        match answered {
            Ok(Ok(Ok(payload))) => Ok(payload),
            Ok(Ok(Err(error))) => Err(rejected(method, error)),
            Ok(Err(_)) => Err(GatewayError::ConnectionLost { method: method.to_owned() }),
            Err(_) => Err(GatewayError::Timeout { method: method.to_owned(), after: within }),
        }
    }

    fn send(
        &self,
        method: &str,
        params: impl Serialize,
    ) -> Result<(u64, oneshot::Receiver<Answer>), GatewayError> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let request = Request { kind: "req", id: &id.to_string(), method, params };
        let frame = serde_json::to_string(&request).map_err(|error| malformed(method, error))?;
        if frame.len() > self.max_payload {
            let (size, limit) = (frame.len(), self.max_payload);
            return Err(GatewayError::RequestTooLarge { method: method.to_owned(), size, limit });
        }
        let (sender, receiver) = oneshot::channel();
        let lost = || GatewayError::ConnectionLost { method: method.to_owned() };
        self.waiting().as_mut().ok_or_else(lost)?.insert(id, sender);
        self.outgoing.send(frame).map_err(|_| lost())?;
        Ok((id, receiver))
    }

    pub(crate) fn on_response(&self, frame: &Incoming<'_>) {
        let Some(id) = frame.id.and_then(|id| id.parse().ok()) else { return };
        let Some(sender) = self.waiting().as_mut().and_then(|waiting| waiting.remove(&id)) else {
            return; // nobody waits any more
        };
        let answer = match &frame.error {
            Some(error) if !frame.ok => Err(error.clone()),
            _ => Ok(frame.payload.map_or_else(null, ToOwned::to_owned)),
        };
        let _gone = sender.send(answer);
    }

    /// Everyone still waiting learns that the connection is lost.
    pub(crate) fn close(&self) {
        *self.waiting() = None;
    }

    /// Asks for the session's stored rows as events: they carry what a run cost. Once per session
    /// and connection, and nobody waits for it.
    pub(crate) fn subscribe(&self, session_key: &str) {
        let mut subscribed = self.subscribed.lock().unwrap_or_else(|e| e.into_inner());
        if subscribed.insert(session_key.to_owned()) {
            let _best_effort =
                self.send("sessions.messages.subscribe", json!({"key": session_key}));
        }
    }

    pub(crate) async fn history(
        &self,
        session_key: &str,
        limit: u32,
        within: Duration,
    ) -> Result<History, GatewayError> {
        let max_chars = limits::HISTORY_MAX_CHARS;
        let params = json!({"sessionKey": session_key, "limit": limit, "maxChars": max_chars});
        let payload = self.request("chat.history", params, within).await?;
        History::parse(payload.get()).map_err(|error| malformed("chat.history", error))
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Option<HashMap<u64, oneshot::Sender<Answer>>>> {
        self.waiting.lock().unwrap_or_else(|e| e.into_inner())
    }
}

/// Takes a request off the list when its caller stops waiting, for whatever reason.
struct Forget<'a> {
    link: &'a Link,
    id: u64,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        if let Some(waiting) = self.link.waiting().as_mut() {
            waiting.remove(&self.id);
        }
    }
}

fn rejected(method: &str, error: RpcError) -> GatewayError {
    GatewayError::Rejected { method: method.to_owned(), error: Box::new(error) }
}

pub(crate) fn malformed(method: &str, error: impl ToString) -> GatewayError {
    GatewayError::Malformed { method: method.to_owned(), reason: error.to_string() }
}

fn null() -> Box<RawValue> {
    RawValue::from_string("null".to_owned()).expect("null is JSON")
}
