//! The agent's files for its user, while the agent sleeps and on their way in and out.

use async_trait::async_trait;
use domain::{DownloadKey, FolderPage, IncomingKey, SnapshotId, Timestamp, UserId, WorkspacePath};

use crate::{OpenError, Result, Unavailable, Upload, UploadForm};

#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    #[error("there is nothing of that name")]
    NotFound,
    /// It is there, and not what was asked for. `why` is for people.
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// The workspace as a snapshot has it. Opens nothing until it is asked.
#[async_trait]
pub trait WorkspaceFiles: Send + Sync {
    async fn list(
        &self,
        user: &UserId,
        snapshot: &SnapshotId,
        path: &WorkspacePath,
        after: Option<&str>,
        limit: usize,
    ) -> std::result::Result<FolderPage, FilesError>;

    /// At most [`domain::limits::DOWNLOAD_MAX_BYTES`].
    async fn open(
        &self,
        user: &UserId,
        snapshot: &SnapshotId,
        path: &WorkspacePath,
    ) -> std::result::Result<Upload, FilesError>;
}

/// Where a file can be fetched, by whoever has this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DownloadUrl {
    pub url: String,
    pub expires_at: Timestamp,
}

#[async_trait]
pub trait Downloads: Send + Sync {
    /// Whole or not at all. Browsers save it under its name, and show it to nobody.
    async fn put(&self, key: &DownloadKey, file: Upload) -> Result<()>;

    async fn url(&self, key: &DownloadKey, now: Timestamp) -> Result<DownloadUrl>;
}

#[async_trait]
pub trait IncomingForms: Send + Sync {
    /// For exactly this key, at most [`domain::limits::UPLOAD_MAX_BYTES`], until the form expires.
    async fn incoming_form(&self, key: &IncomingKey, now: Timestamp) -> Result<UploadForm>;
}

/// What users have sent into their workspaces, and no bridge has put there yet.
#[async_trait]
pub trait IncomingFiles: Send + Sync {
    /// All that is this user's.
    async fn list(&self, user: &UserId) -> Result<Vec<IncomingKey>>;

    async fn open(&self, key: &IncomingKey) -> std::result::Result<Upload, OpenError>;

    /// Removing what is not there is fine.
    async fn remove(&self, key: &IncomingKey) -> Result<()>;
}
