//! Files that come with messages. The page sends them to the store itself; the bridge fetches them.

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::{Timestamp, UploadKey};

use crate::{Result, Unavailable};

/// What a page needs to post one file, once and nowhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadForm {
    pub url: String,
    /// Sent as they are, before the file.
    pub fields: BTreeMap<String, String>,
    pub expires_at: Timestamp,
}

#[async_trait]
pub trait UploadForms: Send + Sync {
    /// For exactly this key, at most [`domain::limits::UPLOAD_MAX_BYTES`], until the form expires.
    async fn form(&self, key: &UploadKey, now: Timestamp) -> Result<UploadForm>;
}

/// An upload that is being read.
pub struct Upload {
    pub size: u64,
    pub body: Box<dyn UploadBody>,
}

#[async_trait]
pub trait UploadBody: Send {
    /// `None` at the end.
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>>;
}

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It was never sent, or it has expired. Only the store's own word counts for this (I9).
    #[error("there is no such upload")]
    NotFound,
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

#[async_trait]
pub trait Uploads: Send + Sync {
    async fn open(&self, key: &UploadKey) -> std::result::Result<Upload, OpenError>;
}
