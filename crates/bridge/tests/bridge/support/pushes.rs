//! @connections as it is on a bad day.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::ConnectionId;
use platform::{Push, PushError, Unavailable};
use tokio::time::{Instant, sleep};

/// Each post takes its time; notes when each arrived.
pub(crate) struct SlowPush {
    pub(crate) inner: Arc<dyn Push>,
    pub(crate) delay: Duration,
    pub(crate) arrived: Mutex<Vec<(ConnectionId, Instant, String)>>,
}

impl SlowPush {
    pub(crate) fn new(inner: Arc<dyn Push>, delay: Duration) -> Arc<Self> {
        Arc::new(Self { inner, delay, arrived: Mutex::default() })
    }

    pub(crate) fn arrived_at(&self, connection: &ConnectionId) -> Vec<(Instant, String)> {
        let arrived = self.arrived.lock().expect("no panics");
        let here = arrived.iter().filter(|(id, _, _)| id == connection);
        here.map(|(_, at, frame)| (*at, frame.clone())).collect()
    }
}

#[async_trait]
impl Push for SlowPush {
    async fn push(&self, connection: &ConnectionId, frame: &str) -> Result<(), PushError> {
        sleep(self.delay).await;
        self.inner.push(connection, frame).await?;
        let arrived = (connection.clone(), Instant::now(), frame.to_owned());
        self.arrived.lock().expect("no panics").push(arrived);
        Ok(())
    }

    async fn close(&self, connection: &ConnectionId) -> Result<(), Unavailable> {
        self.inner.close(connection).await
    }
}

/// Looks at each frame before it is sent.
pub(crate) struct Watched<F> {
    pub(crate) inner: Arc<dyn Push>,
    pub(crate) look: F,
}

#[async_trait]
impl<F: Fn(&str) + Send + Sync> Push for Watched<F> {
    async fn push(&self, connection: &ConnectionId, frame: &str) -> Result<(), PushError> {
        (self.look)(frame);
        self.inner.push(connection, frame).await
    }

    async fn close(&self, connection: &ConnectionId) -> Result<(), Unavailable> {
        self.inner.close(connection).await
    }
}
