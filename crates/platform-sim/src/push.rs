//! Sockets: what was pushed to each, and which of them take nothing.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use domain::ConnectionId;
use domain::limits::SERVER_FRAME_MAX_BYTES;
use platform::{Push, PushError, Unavailable};
use protocol::{Nudge, ServerFrame};

use crate::world::World;

#[derive(Debug, Default)]
pub(crate) struct Sockets {
    pushed: HashMap<ConnectionId, Vec<String>>,
    gone: HashSet<ConnectionId>,
    throttled: HashMap<ConnectionId, u32>,
}

impl World {
    pub fn is_closed(&self, connection: &ConnectionId) -> bool {
        self.lock().sockets.gone.contains(connection)
    }

    /// From now on the connection is closed: a push to it answers `Gone`. Its row stays, as
    /// when `$disconnect` never came.
    pub fn hang_up(&self, connection: &ConnectionId) {
        self.lock().sockets.gone.insert(connection.clone());
    }

    /// The next `times` pushes to the connection answer `Throttled`.
    pub fn throttle_next(&self, connection: &ConnectionId, times: u32) {
        self.lock().sockets.throttled.insert(connection.clone(), times);
    }

    /// The frames that arrived at a client, in order.
    pub fn pushed(&self, connection: &ConnectionId) -> Vec<ServerFrame> {
        let frames = self.pushed_text(connection);
        frames.iter().map(|f| serde_json::from_str(f).expect("a server frame")).collect()
    }

    /// The nudges that arrived at a bridge, in order.
    pub fn nudged(&self, connection: &ConnectionId) -> Vec<Nudge> {
        let nudges = self.pushed_text(connection);
        nudges.iter().map(|n| serde_json::from_str(n).expect("a nudge")).collect()
    }

    pub fn pushed_text(&self, connection: &ConnectionId) -> Vec<String> {
        self.lock().sockets.pushed.get(connection).cloned().unwrap_or_default()
    }
}

#[async_trait]
impl Push for World {
    async fn push(&self, connection: &ConnectionId, frame: &str) -> Result<(), PushError> {
        self.call("push", |state| state.sockets.take(connection, frame)).await
    }

    async fn close(&self, connection: &ConnectionId) -> Result<(), Unavailable> {
        self.call("push.close", |state| {
            state.sockets.gone.insert(connection.clone());
            Ok(())
        })
        .await
    }
}

impl Sockets {
    fn take(&mut self, connection: &ConnectionId, frame: &str) -> Result<(), PushError> {
        if frame.len() > SERVER_FRAME_MAX_BYTES {
            return Err(PushError::TooLarge(frame.len()));
        }
        if self.gone.contains(connection) {
            return Err(PushError::Gone);
        }
        if let Some(times) = self.throttled.get_mut(connection).filter(|times| **times > 0) {
            *times -= 1;
            return Err(PushError::Throttled);
        }
        self.pushed.entry(connection.clone()).or_default().push(frame.to_owned());
        Ok(())
    }
}
