//! What a life of the bridge needs of its machine: a gateway. The real one is processes and
//! sockets; whoever plays a life on a clock of his own brings another.

use std::sync::Arc;

use async_trait::async_trait;
use domain::Choices;
use tokio::sync::watch;

use crate::agent::Agent;
use crate::gateway_process::GatewayState;

#[async_trait]
pub trait GatewayHost: Send + Sync {
    /// As its user chose. Fails when there can be no gateway at all. Dropped before it returns,
    /// it has started nothing.
    async fn start(&self, choices: &Choices) -> anyhow::Result<Box<dyn Gateway>>;
}

/// A gateway that is kept running.
#[async_trait]
pub trait Gateway: Send + Sync {
    fn agent(&self) -> Arc<dyn Agent>;

    fn state(&self) -> watch::Receiver<GatewayState>;

    /// What its user should know of how it was started.
    fn notice(&self) -> Option<String> {
        None
    }

    /// Returns when it can be connected to.
    async fn listening(&self);

    /// Returns when the gateway and all it started are gone.
    async fn stop(&self);
}
