//! The @connections API: posting to, describing and closing an open socket.
//! A connection exists here only between the end of its handshake and its
//! close; before and after, every call is answered with 410, as AWS does.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
};

use axum::{
    Json,
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde_json::json;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{aws_error::AwsError, clock};

/// API Gateway's frame limit; a larger message would have to be split.
pub(crate) const LARGEST_POST: usize = 32 * 1024;

#[derive(Debug, Default)]
pub(crate) struct Connections(Mutex<HashMap<String, Arc<Connection>>>);

#[derive(Debug)]
pub(crate) struct Connection {
    frames: mpsc::Sender<Bytes>,
    pub(crate) deleted: CancellationToken,
    connected_at: i64,
    last_active: AtomicI64,
    source_ip: String,
    user_agent: String,
}

/// What a socket needs to know about who is at its other end.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    pub(crate) source_ip: String,
    pub(crate) user_agent: String,
}

impl Connections {
    pub(crate) fn open(
        &self,
        id: &str,
        connected_at: i64,
        peer: Peer,
        buffered: usize,
    ) -> (Arc<Connection>, mpsc::Receiver<Bytes>) {
        let (frames, outgoing) = mpsc::channel(buffered);
        let connection = Arc::new(Connection {
            frames,
            deleted: CancellationToken::new(),
            connected_at,
            last_active: AtomicI64::new(connected_at),
            source_ip: peer.source_ip,
            user_agent: peer.user_agent,
        });
        self.lock().insert(id.to_owned(), connection.clone());
        (connection, outgoing)
    }

    pub(crate) fn close(&self, id: &str) {
        self.lock().remove(id);
    }

    pub(crate) fn close_all(&self) {
        for connection in self.lock().values() {
            connection.deleted.cancel();
        }
    }

    /// The operation that a request to `@connections` is, as it is counted.
    pub(crate) fn operation(method: &Method) -> &'static str {
        match *method {
            Method::POST => "PostToConnection",
            Method::GET => "GetConnection",
            Method::DELETE => "DeleteConnection",
            _ => "Unknown",
        }
    }

    pub(crate) fn call(&self, method: &Method, id: &str, data: Bytes) -> Response {
        let Some(connection) = self.lock().get(id).cloned() else {
            return gone().into_response();
        };
        match *method {
            Method::POST => connection.post(data),
            Method::GET => Json(connection.describe()).into_response(),
            Method::DELETE => {
                self.close(id);
                connection.deleted.cancel();
                StatusCode::NO_CONTENT.into_response()
            }
            _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Connection>>> {
        self.0.lock().expect("looking up a connection does not panic")
    }
}

impl Connection {
    fn post(&self, data: Bytes) -> Response {
        if data.len() > LARGEST_POST {
            let message = format!("{} bytes are more than {LARGEST_POST}", data.len());
            return AwsError::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "PayloadTooLargeException",
                message,
            )
            .into_response();
        }
        match self.frames.try_send(data) {
            Ok(()) => {
                self.touch();
                StatusCode::OK.into_response()
            }
            // The client reads too slowly, and API Gateway's buffer is full.
            Err(mpsc::error::TrySendError::Full(_)) => AwsError::new(
                StatusCode::TOO_MANY_REQUESTS,
                "LimitExceededException",
                "The client-side buffer is full",
            )
            .into_response(),
            Err(mpsc::error::TrySendError::Closed(_)) => gone().into_response(),
        }
    }

    pub(crate) fn touch(&self) {
        self.last_active.store(clock::now_ms(), Ordering::Relaxed);
    }

    fn describe(&self) -> serde_json::Value {
        json!({
            "connectedAt": clock::iso(self.connected_at),
            "lastActiveAt": clock::iso(self.last_active.load(Ordering::Relaxed)),
            "identity": {"sourceIp": self.source_ip, "userAgent": self.user_agent},
        })
    }
}

fn gone() -> AwsError {
    AwsError::new(StatusCode::GONE, "GoneException", "The connection is not open")
}
