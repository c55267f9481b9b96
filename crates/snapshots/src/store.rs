//! Where a repository's files lie: a flat space of keys. Blocking, because what reads and writes
//! repositories blocks; it runs on threads of its own.

use bytes::Bytes;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    pub key: String,
    pub size: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It was asked for, and it is not there.
    #[error("{0} is not there")]
    NotFound(String),
    /// The answer did not come, or was not an answer. Nothing follows from it (I9).
    #[error("cannot {what} {key}")]
    Unavailable {
        what: &'static str,
        key: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Keys are relative to the repository, as in `data/ab/abcd…`.
pub trait ObjectStore: Send + Sync + 'static {
    /// For people.
    fn location(&self) -> String;

    /// All of them, or an error; never a part.
    fn list(&self, prefix: &str) -> Result<Vec<Object>, StoreError>;

    fn get(&self, key: &str) -> Result<Bytes, StoreError>;

    fn get_range(&self, key: &str, offset: u64, length: u64) -> Result<Bytes, StoreError>;

    /// Whole or not at all. An object that is there is replaced.
    fn put(&self, key: &str, content: Vec<Bytes>) -> Result<(), StoreError>;

    /// No error if there is none.
    fn delete(&self, key: &str) -> Result<(), StoreError>;
}
