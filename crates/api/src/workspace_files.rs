//! Workspaces as snapshots have them. A repository is opened for one question and closed again:
//! most instances of the function never see one, and none keeps a user's keys.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use async_trait::async_trait;
use domain::limits::DOWNLOAD_MAX_BYTES;
use domain::{EntryKind, FolderPage, SnapshotId, UserId, WorkspaceEntry, WorkspacePath};
use platform::{FilesError, Unavailable, Upload, UploadBody, WorkspaceFiles};
use platform_aws::{Aws, Lookup, config};
use snapshots::keys::{KeyParameter, KeyStore, Kms, LocalKeyFile, Wrapper, Wrapping};
use snapshots::{Child, ChildKind, Looked, Pieces, S3Store, UserSnapshots};
use tokio::runtime::Handle;

/// Of a snapshot's root.
const WORKSPACE: &str = "workspace";
const LIST: &str = "workspace.list";
const OPEN: &str = "workspace.open";

pub(crate) struct SnapshotFiles {
    s3: aws_sdk_s3::Client,
    bucket: String,
    wrapper: WrappedBy,
}

#[derive(Clone)]
enum WrappedBy {
    Kms(Arc<Kms>),
    Parameter(Arc<KeyParameter>),
    File(PathBuf),
}

impl SnapshotFiles {
    pub(crate) fn from_lookup(aws: &Aws, lookup: Lookup<'_>) -> anyhow::Result<Self> {
        let wrapper = match Wrapping::from_lookup(lookup).context("snapshots' keys")? {
            Wrapping::Kms { key_id } => {
                let kms = aws_sdk_kms::Client::new(aws.sdk_config());
                WrappedBy::Kms(Arc::new(Kms::new(kms, key_id)))
            }
            Wrapping::Parameter { name } => {
                WrappedBy::Parameter(Arc::new(KeyParameter::new(aws.ssm(), name)))
            }
            Wrapping::File { path } => WrappedBy::File(path),
        };
        Ok(Self { s3: aws.s3(), bucket: config::Bucket::from_lookup(lookup)?.name, wrapper })
    }

    /// `None`: the user has no repository.
    async fn open(
        &self,
        operation: &'static str,
        user: &UserId,
    ) -> Result<Option<UserSnapshots>, Unavailable> {
        let wrapper: Arc<dyn Wrapper> = match self.wrapper.clone() {
            WrappedBy::Kms(kms) => kms,
            WrappedBy::Parameter(parameter) => parameter,
            WrappedBy::File(path) => Arc::new(
                LocalKeyFile::open_or_create(path)
                    .map_err(|error| Unavailable::new(operation, error))?,
            ),
        };
        let keys = KeyStore::new(self.s3.clone(), self.bucket.clone(), wrapper);
        let keys = keys.load(user).await.map_err(|error| Unavailable::new(operation, error))?;
        let Some(keys) = keys else { return Ok(None) };
        let (bucket, prefix) = (self.bucket.clone(), format!("snapshots/{user}/"));
        let store = S3Store::new(self.s3.clone(), bucket, prefix, Handle::current());
        let opened = UserSnapshots::start(Arc::new(store), keys, None);
        opened.map(Some).map_err(|error| Unavailable::new(operation, error))
    }
}

fn in_snapshot(path: &WorkspacePath) -> Vec<String> {
    std::iter::once(WORKSPACE).chain(path.names()).map(str::to_owned).collect()
}

#[async_trait]
impl WorkspaceFiles for SnapshotFiles {
    async fn list(
        &self,
        user: &UserId,
        snapshot: &SnapshotId,
        path: &WorkspacePath,
        after: Option<&str>,
        limit: usize,
    ) -> Result<FolderPage, FilesError> {
        let opened = self.open(LIST, user).await?.ok_or(FilesError::NotFound)?;
        let looked = opened.look(snapshot.clone(), in_snapshot(path)).await;
        match looked.map_err(|error| Unavailable::new(LIST, error))? {
            Looked::Folder(children) => Ok(page(&children, after, limit)),
            // A workspace that was empty when it was saved.
            Looked::Nothing if path.as_str().is_empty() => Ok(FolderPage::default()),
            Looked::Nothing => Err(FilesError::NotFound),
            Looked::File { .. } | Looked::Other => refused("That is no folder."),
            Looked::Link => refused("That is a link, and links are not followed."),
        }
    }

    async fn open(
        &self,
        user: &UserId,
        snapshot: &SnapshotId,
        path: &WorkspacePath,
    ) -> Result<Upload, FilesError> {
        let opened = Self::open(self, OPEN, user).await?.ok_or(FilesError::NotFound)?;
        let found = opened.open(snapshot.clone(), in_snapshot(path)).await;
        let (looked, pieces) = found.map_err(|error| Unavailable::new(OPEN, error))?;
        match looked {
            Looked::File { size } if size > DOWNLOAD_MAX_BYTES => refused(&format!(
                "The file has {size} bytes; at most {DOWNLOAD_MAX_BYTES} can be fetched."
            )),
            Looked::File { size } => Ok(Upload { size, body: Box::new(Body(pieces)) }),
            Looked::Nothing => Err(FilesError::NotFound),
            Looked::Folder(_) => refused("That is a folder; only files can be fetched."),
            Looked::Link => refused("That is a link, and links are not followed."),
            Looked::Other => refused("That is no file."),
        }
    }
}

fn refused<T>(why: &str) -> Result<T, FilesError> {
    Err(FilesError::Refused(why.to_owned()))
}

fn page(children: &[Child], after: Option<&str>, limit: usize) -> FolderPage {
    let by_name = |child: &Child| child.name.to_string_lossy().into_owned();
    let known: std::collections::HashMap<String, &Child> =
        children.iter().map(|child| (by_name(child), child)).collect();
    FolderPage::of(known.keys().cloned(), after, limit, |name| {
        let child = known.get(&name)?;
        let kind = match child.kind {
            ChildKind::File => EntryKind::File,
            ChildKind::Folder => EntryKind::Folder,
            ChildKind::Link => EntryKind::Link,
            ChildKind::Other => EntryKind::Other,
        };
        Some(WorkspaceEntry { name, kind, bytes: child.size, modified_at: child.modified_at })
    })
}

struct Body(Pieces);

#[async_trait]
impl UploadBody for Body {
    async fn chunk(&mut self) -> platform::Result<Option<Vec<u8>>> {
        let piece = self.0.recv().await.transpose();
        piece.map_err(|error| Unavailable::new("workspace.read", error))
    }
}
