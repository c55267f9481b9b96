//! Everything the bridge touches outside its task. The task role's policy is this list.

use std::sync::Arc;

use async_trait::async_trait;
use platform::{Clock, Connections, Inbox, Metrics, Push, Settings, Tasks};

use crate::model::ModelSettings;

#[derive(Clone)]
pub struct Ports {
    pub tasks: Arc<dyn Tasks>,
    pub inbox: Arc<dyn Inbox>,
    pub connections: Arc<dyn Connections>,
    pub push: Arc<dyn Push>,
    pub settings: Arc<dyn Settings>,
    pub metrics: Arc<dyn Metrics>,
    pub clock: Arc<dyn Clock>,
    pub model: Arc<dyn ModelSource>,
}

/// Where the operator put the provider, its key and the model's name.
#[async_trait]
pub trait ModelSource: Send + Sync {
    async fn load(&self) -> platform::Result<ModelSettings>;
}
