//! A directory as a bucket: every request is counted and takes a given time.

use std::path::PathBuf;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use snapshots::dir_store::DirStore;
use snapshots::store::{Object, ObjectStore, StoreError};

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Requests {
    pub(crate) list: u64,
    pub(crate) get: u64,
    pub(crate) put: u64,
    pub(crate) delete: u64,
    pub(crate) sent: u64,
    pub(crate) received: u64,
}

impl Requests {
    /// In the order in which they come.
    pub(crate) fn kinds(&self) -> [(&'static str, u64); 4] {
        [("LIST", self.list), ("GET", self.get), ("PUT", self.put), ("DELETE", self.delete)]
    }
}

pub(crate) struct CountingStore {
    inner: DirStore,
    latency: Duration,
    requests: Mutex<Requests>,
}

impl CountingStore {
    pub(crate) fn new(root: PathBuf, latency: Duration) -> Self {
        Self { inner: DirStore::new(root), latency, requests: Mutex::default() }
    }

    /// Since it was asked last.
    pub(crate) fn take(&self) -> Requests {
        std::mem::take(&mut self.requests.lock().expect("no holder panics"))
    }

    fn count(&self, count: impl FnOnce(&mut Requests)) {
        count(&mut self.requests.lock().expect("no holder panics"));
    }

    fn read(&self, read: impl FnOnce() -> Result<Bytes, StoreError>) -> Result<Bytes, StoreError> {
        thread::sleep(self.latency);
        let content = read()?;
        self.count(|requests| {
            requests.get += 1;
            requests.received += content.len() as u64;
        });
        Ok(content)
    }
}

impl ObjectStore for CountingStore {
    fn location(&self) -> String {
        self.inner.location()
    }

    fn list(&self, prefix: &str) -> Result<Vec<Object>, StoreError> {
        self.count(|requests| requests.list += 1);
        thread::sleep(self.latency);
        self.inner.list(prefix)
    }

    fn get(&self, key: &str) -> Result<Bytes, StoreError> {
        self.read(|| self.inner.get(key))
    }

    fn get_range(&self, key: &str, offset: u64, length: u64) -> Result<Bytes, StoreError> {
        self.read(|| self.inner.get_range(key, offset, length))
    }

    fn put(&self, key: &str, content: Vec<Bytes>) -> Result<(), StoreError> {
        self.count(|requests| {
            requests.put += 1;
            requests.sent += content.iter().map(|part| part.len() as u64).sum::<u64>();
        });
        thread::sleep(self.latency);
        self.inner.put(key, content)
    }

    fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.count(|requests| requests.delete += 1);
        thread::sleep(self.latency);
        self.inner.delete(key)
    }
}
