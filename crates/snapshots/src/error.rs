//! What can go wrong with a repository, told apart because callers do different things: try the
//! snapshot before, try again later, or look at the disk.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::store::StoreError;

type Source = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something that must be there is not, or is not what was written. Trying again does not help.
    #[error("the snapshots are damaged: {0}")]
    Damaged(String),
    /// The store did not answer, or not with an answer. Nothing follows from it (I9).
    #[error("the store of the snapshots cannot be reached")]
    Unavailable(#[source] StoreError),
    /// The disk of this machine.
    #[error("cannot {what} {}", path.display())]
    Local {
        what: &'static str,
        path: PathBuf,
        #[source]
        source: Source,
    },
    /// A defect of this program.
    #[error("the work on the snapshots broke off: {0}")]
    Broken(String),
}

impl Error {
    pub(crate) fn local(what: &'static str, path: &Path, source: impl Into<Source>) -> Self {
        Self::Local { what, path: path.to_owned(), source: source.into() }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound(_) => Self::Damaged(error.to_string()),
            StoreError::Unavailable { .. } => Self::Unavailable(error),
        }
    }
}

/// Asked for leave to write, somebody said no.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// This generation may not save any more.
    #[error("a younger generation has taken over")]
    Fenced,
    #[error("cannot find out whether this generation may still save")]
    Unknown(#[source] Source),
}

/// Asked right before a snapshot becomes one, and before anything is removed.
pub type Permit = Arc<dyn Fn() -> Result<(), Refused> + Send + Sync>;

/// Nothing was saved, or nothing more was tidied.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    #[error("the snapshot was given up")]
    Refused(#[from] Refused),
    /// A file that belongs into the snapshot could not be read.
    #[error("not everything could be read: {0}")]
    Unreadable(String),
    #[error(transparent)]
    Repository(#[from] Error),
}

impl From<StoreError> for SaveError {
    fn from(error: StoreError) -> Self {
        Self::Repository(error.into())
    }
}
