//! Sockets: what was pushed to each, and which of them take nothing.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use domain::ConnectionId;
use domain::limits::SERVER_FRAME_MAX_BYTES;
use platform::{Push, PushError, Unavailable};
use protocol::{Nudge, ServerFrame};
use tokio::sync::mpsc;

use crate::world::World;

#[derive(Debug, Default)]
pub(crate) struct Sockets {
    pushed: BTreeMap<ConnectionId, Vec<String>>,
    gone: BTreeSet<ConnectionId>,
    throttled: BTreeMap<ConnectionId, u32>,
    open: BTreeMap<ConnectionId, mpsc::UnboundedSender<String>>,
}

impl World {
    pub fn is_closed(&self, connection: &ConnectionId) -> bool {
        self.lock().sockets.gone.contains(connection)
    }

    /// From now on the connection is closed: a push to it answers `Gone`. Its row stays, as
    /// when `$disconnect` never came.
    pub fn hang_up(&self, connection: &ConnectionId) {
        self.lock().sockets.hang_up(connection);
    }

    /// A socket whose other end receives what is pushed, until it is dropped or hung up.
    pub fn open_socket(&self, connection: &ConnectionId) -> mpsc::UnboundedReceiver<String> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.lock().sockets.open.insert(connection.clone(), sender);
        receiver
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
            state.sockets.hang_up(connection);
            Ok(())
        })
        .await
    }
}

impl Sockets {
    fn hang_up(&mut self, connection: &ConnectionId) {
        self.open.remove(connection);
        self.gone.insert(connection.clone());
    }

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
        if let Some(socket) = self.open.get(connection) {
            return socket.send(frame.to_owned()).map_err(|_| PushError::Gone);
        }
        self.pushed.entry(connection.clone()).or_default().push(frame.to_owned());
        Ok(())
    }
}
