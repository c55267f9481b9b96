//! What a user takes with him: one object, written as it comes into being.

use async_trait::async_trait;
use domain::{Timestamp, UserId};

use crate::Result;

/// A download that anybody may begin who has its URL, until it expires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportLink {
    pub url: String,
    pub expires_at: Timestamp,
}

#[async_trait]
pub trait Exports: Send + Sync {
    /// `name`: random, and never used before.
    async fn begin(&self, user: &UserId, name: &str) -> Result<Box<dyn ExportWriter>>;

    async fn link(&self, user: &UserId, name: &str, now: Timestamp) -> Result<ExportLink>;
}

/// An object that becomes one when it is finished, and not before.
#[async_trait]
pub trait ExportWriter: Send {
    /// All but the last have [`domain::limits::EXPORT_PART_BYTES`] at least.
    async fn part(&mut self, bytes: Vec<u8>) -> Result<()>;

    async fn finish(&mut self) -> Result<()>;

    /// Takes back what was sent. If that fails, the bucket's lifecycle does it: it is no object.
    async fn abandon(&mut self) -> Result<()>;
}
