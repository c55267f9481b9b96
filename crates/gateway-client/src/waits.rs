//! What a run's driver waits for: a connection, the loss of it, news of its run.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::sleep;

use crate::link::Link;
use crate::supervisor::LinkState;
use crate::{GatewayError, limits};

pub(crate) struct Waits {
    pub(crate) links: watch::Receiver<LinkState>,
    pub(crate) changed: Arc<Notify>,
}

impl Waits {
    /// Returns when something about this run changed, or after `at_most`.
    pub(crate) async fn something(
        &mut self,
        link: &Link,
        at_most: Option<Duration>,
    ) -> Result<(), GatewayError> {
        let pause = sleep(at_most.unwrap_or(limits::NEVER));
        tokio::select! {
            () = self.changed.notified() => Ok(()),
            () = pause => Ok(()),
            () = lost(&mut self.links, link.epoch) => Err(GatewayError::NotConnected),
        }
    }

    /// A connection younger than that of `epoch`, or the reason why there will not be one.
    pub(crate) async fn next_link(&mut self, epoch: u64) -> Result<Arc<Link>, GatewayError> {
        next_link(&mut self.links, epoch).await
    }

    pub(crate) fn link(&self) -> Option<Arc<Link>> {
        match &*self.links.borrow() {
            LinkState::Up(link) => Some(link.clone()),
            LinkState::Down | LinkState::Over(_) => None,
        }
    }
}

pub(crate) async fn next_link(
    links: &mut watch::Receiver<LinkState>,
    epoch: u64,
) -> Result<Arc<Link>, GatewayError> {
    let newer = |state: &LinkState| match state {
        LinkState::Up(link) => link.epoch > epoch,
        LinkState::Down => false,
        LinkState::Over(_) => true,
    };
    match links.wait_for(newer).await.as_deref() {
        Ok(LinkState::Up(link)) => Ok(link.clone()),
        Ok(LinkState::Over(error)) => Err(error.clone()),
        Ok(LinkState::Down) | Err(_) => Err(GatewayError::Closed),
    }
}

async fn lost(links: &mut watch::Receiver<LinkState>, epoch: u64) {
    let gone = |state: &LinkState| !matches!(state, LinkState::Up(link) if link.epoch == epoch);
    let _closed = links.wait_for(gone).await;
}
