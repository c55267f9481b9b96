//! Files on their way into workspaces and out of them, and as snapshots have them.

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::limits::{DOWNLOAD_URL_TTL, UPLOAD_FORM_TTL};
use domain::{
    DownloadKey, EntryKind, FolderPage, IncomingKey, SnapshotId, Timestamp, UserId, WorkspaceEntry,
    WorkspacePath,
};
use platform::{
    DownloadUrl, Downloads, FilesError, IncomingFiles, IncomingForms, OpenError, Result,
    Unavailable, Upload, UploadForm, WorkspaceFiles,
};

use crate::uploads::Body;
use crate::world::World;

impl World {
    /// As a page does with the form that it was given.
    pub fn send_in(&self, key: &IncomingKey, bytes: &[u8]) {
        self.lock().incoming.insert(key.clone(), bytes.to_vec());
    }

    pub fn incoming_of(&self, user: &UserId) -> Vec<IncomingKey> {
        self.lock().incoming.keys().filter(|key| key.user == *user).cloned().collect()
    }

    /// What can be fetched.
    pub fn downloads_of(&self, user: &UserId) -> Vec<(DownloadKey, Vec<u8>)> {
        let state = self.lock();
        let of_user = state.downloads.iter().filter(|(key, _)| key.user == *user);
        of_user.map(|(key, bytes)| (key.clone(), bytes.clone())).collect()
    }

    /// The workspace as this snapshot has it.
    pub fn keep_file(&self, user: &UserId, snapshot: &SnapshotId, path: &str, bytes: &[u8]) {
        let mut state = self.lock();
        let files = state.kept_files.entry((user.clone(), snapshot.clone())).or_default();
        files.insert(path.to_owned(), bytes.to_vec());
    }

    fn as_upload(&self, bytes: Vec<u8>) -> Upload {
        Upload { size: bytes.len() as u64, body: Box::new(Body::new(self, bytes)) }
    }
}

fn child<'a>(path: &'a str, folder: &WorkspacePath) -> Option<(&'a str, EntryKind)> {
    let rest = match folder.as_str() {
        "" => path,
        folder => path.strip_prefix(folder)?.strip_prefix('/')?,
    };
    Some(match rest.split_once('/') {
        Some((name, _)) => (name, EntryKind::Folder),
        None => (rest, EntryKind::File),
    })
}

#[async_trait]
impl WorkspaceFiles for World {
    async fn list(
        &self,
        user: &UserId,
        snapshot: &SnapshotId,
        path: &WorkspacePath,
        after: Option<&str>,
        limit: usize,
    ) -> std::result::Result<FolderPage, FilesError> {
        self.call("files.list", |state| {
            let files = state.kept_files.get(&(user.clone(), snapshot.clone()));
            let files = files.ok_or(FilesError::NotFound)?;
            let found = files.iter().filter_map(|(of, bytes)| {
                let (name, kind) = child(of, path)?;
                Some((name.to_owned(), (kind, bytes.len() as u64)))
            });
            let found: BTreeMap<String, (EntryKind, u64)> = found.collect();
            if found.is_empty() && !path.as_str().is_empty() {
                return Err(FilesError::NotFound);
            }
            Ok(FolderPage::of(found.keys().cloned(), after, limit, |name| {
                let (kind, bytes) = *found.get(&name)?;
                Some(WorkspaceEntry { name, kind, bytes, modified_at: None })
            }))
        })
        .await
    }

    async fn open(
        &self,
        user: &UserId,
        snapshot: &SnapshotId,
        path: &WorkspacePath,
    ) -> std::result::Result<Upload, FilesError> {
        let bytes = self.call("files.open", |state| {
            let files = state.kept_files.get(&(user.clone(), snapshot.clone()));
            let found = files.and_then(|files| files.get(path.as_str()));
            found.cloned().ok_or(FilesError::NotFound)
        });
        Ok(self.as_upload(bytes.await?))
    }
}

#[async_trait]
impl Downloads for World {
    async fn put(&self, key: &DownloadKey, mut file: Upload) -> Result<()> {
        let mut bytes = Vec::new();
        while let Some(chunk) = file.body.chunk().await? {
            bytes.extend(chunk);
        }
        self.call("downloads.put", |state| {
            if bytes.len() as u64 != file.size {
                return Err(Unavailable::new("downloads.put", "another size than it said"));
            }
            state.downloads.insert(key.clone(), bytes);
            Ok(())
        })
        .await
    }

    async fn url(&self, key: &DownloadKey, now: Timestamp) -> Result<DownloadUrl> {
        self.call("downloads.url", |_| {
            let url = format!("https://downloads.invalid/{key}");
            Ok(DownloadUrl { url, expires_at: now + DOWNLOAD_URL_TTL })
        })
        .await
    }
}

#[async_trait]
impl IncomingForms for World {
    async fn incoming_form(&self, key: &IncomingKey, now: Timestamp) -> Result<UploadForm> {
        self.call("incoming.form", |_| {
            let fields = BTreeMap::from([("key".to_owned(), key.to_string())]);
            let url = "https://uploads.invalid/".to_owned();
            Ok(UploadForm { url, fields, expires_at: now + UPLOAD_FORM_TTL })
        })
        .await
    }
}

#[async_trait]
impl IncomingFiles for World {
    async fn list(&self, user: &UserId) -> Result<Vec<IncomingKey>> {
        self.call("incoming.list", |state| {
            Ok(state.incoming.keys().filter(|key| key.user == *user).cloned().collect())
        })
        .await
    }

    async fn open(&self, key: &IncomingKey) -> std::result::Result<Upload, OpenError> {
        let bytes = self.call("incoming.open", |state| {
            state.incoming.get(key).cloned().ok_or(OpenError::NotFound)
        });
        Ok(self.as_upload(bytes.await?))
    }

    async fn remove(&self, key: &IncomingKey) -> Result<()> {
        self.call("incoming.remove", |state| {
            state.incoming.remove(key);
            Ok(())
        })
        .await
    }
}
