//! Everything the bridge touches outside its task. The task role's policy is this list.

use std::sync::Arc;

use async_trait::async_trait;
use axum::body::Bytes;
use domain::UserId;
use http::Request;
use platform::{
    Bot, Chats, Clock, Connections, Conversations, Downloads, Errands, Inbox, IncomingFiles, Links,
    Memory, Metrics, Push, Releases, Settings, Skills, Snapshots, Tasks, Unavailable, Uploads,
    UsageRecords,
};

use crate::model::ModelSettings;
use crate::state_dir::StateDir;

#[derive(Clone)]
pub struct Ports {
    pub tasks: Arc<dyn Tasks>,
    pub inbox: Arc<dyn Inbox>,
    pub connections: Arc<dyn Connections>,
    /// Read only; [`Inbox::complete`] writes it.
    pub conversations: Arc<dyn Conversations>,
    pub push: Arc<dyn Push>,
    pub settings: Arc<dyn Settings>,
    pub snapshots: Arc<dyn Snapshots>,
    pub uploads: Arc<dyn Uploads>,
    pub usage: Arc<dyn UsageRecords>,
    /// `None`: Telegram is off.
    pub bot: Option<Arc<dyn Bot>>,
    /// Read only, as the next one.
    pub links: Arc<dyn Links>,
    pub chats: Arc<dyn Chats>,
    /// Read only.
    pub skills: Arc<dyn Skills>,
    pub errands: Arc<dyn Errands>,
    pub incoming: Arc<dyn IncomingFiles>,
    /// Written only.
    pub downloads: Arc<dyn Downloads>,
    /// Told whether a candidate came up.
    pub releases: Arc<dyn Releases>,
    pub metrics: Arc<dyn Metrics>,
    pub clock: Arc<dyn Clock>,
    pub model: Arc<dyn ModelSource>,
}

/// Whoever keeps what agents remember.
pub trait Memories: Send + Sync {
    /// One user's, on this machine. `agent`: whom restored files are for, if we may say so.
    fn of(
        &self,
        user: &UserId,
        dir: &StateDir,
        agent: Option<(u32, u32)>,
        clock: Arc<dyn Clock>,
    ) -> Arc<dyn Memory>;
}

/// Where the operator put the provider, its key and the model's name.
#[async_trait]
pub trait ModelSource: Send + Sync {
    async fn load(&self) -> platform::Result<ModelSettings>;

    /// For a provider that knows us by the task's role.
    async fn sign(&self, _request: Request<Bytes>) -> platform::Result<Request<Bytes>> {
        Err(Unavailable::new("model.sign", "nobody signs here"))
    }
}
