//! The agent's files for its user: live through the bridge while the agent is awake, and from the
//! last snapshot while it sleeps.

use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use domain::errand::{Answer, Ask};
use domain::limits::{DOWNLOAD_MAX_BYTES, UPLOAD_MAX_BYTES, WORKSPACE_PAGE_MAX};
use domain::{
    DownloadKey, FileName, FolderPage, IncomingKey, InvalidFileName, InvalidIncoming, SnapshotRef,
    TaskStatus, UploadId, UserId, WorkspacePath,
};
use platform::{Clock, Downloads, FilesError, IncomingForms, Tasks, Unavailable, WorkspaceFiles};
use protocol::{
    WorkspaceEntrySummary, WorkspaceFile, WorkspacePage, WorkspaceSource, WorkspaceUploadDone,
    WorkspaceUploadOffer, WorkspaceUploadState,
};

use crate::run_errand::{Ran, RunErrand, fresh_id};

#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    #[error("there is nothing of that name in the workspace")]
    NotFound,
    /// For people.
    #[error("{0}")]
    Refused(String),
    #[error("cursor is not one that a page gave")]
    Cursor,
    #[error(transparent)]
    Name(#[from] InvalidFileName),
    #[error(transparent)]
    Path(#[from] InvalidIncoming),
    #[error("the file has {0} bytes; at most {UPLOAD_MAX_BYTES} are taken")]
    TooLarge(u64),
    #[error("the agent's machine is too busy to answer; try again in a moment")]
    Busy,
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<FilesError> for WorkspaceError {
    fn from(error: FilesError) -> Self {
        match error {
            FilesError::NotFound => Self::NotFound,
            FilesError::Refused(why) => Self::Refused(why),
            FilesError::Unavailable(error) => error.into(),
        }
    }
}

#[derive(Clone)]
pub struct Workspace {
    pub tasks: Arc<dyn Tasks>,
    pub errands: RunErrand,
    pub files: Arc<dyn WorkspaceFiles>,
    pub downloads: Arc<dyn Downloads>,
    pub forms: Arc<dyn IncomingForms>,
    pub clock: Arc<dyn Clock>,
    pub entropy: fn() -> [u8; 16],
}

impl Workspace {
    /// A page of a folder, sorted by name.
    pub async fn list(
        &self,
        user: &UserId,
        path: &WorkspacePath,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<WorkspacePage, WorkspaceError> {
        let after = cursor.map(name_of).transpose()?;
        let limit = limit.clamp(1, WORKSPACE_PAGE_MAX);
        if self.is_awake(user).await? {
            let ask = Ask::List { path: path.clone(), after: after.clone(), limit };
            match self.errands.run(user, ask).await? {
                Ran::Answered(Answer::Listed { page }) => {
                    return Ok(self.page(path, page, WorkspaceSource::Live, None));
                }
                Ran::Answered(Answer::NotFound) => return Err(WorkspaceError::NotFound),
                Ran::Answered(Answer::Refused { why }) => {
                    return Err(WorkspaceError::Refused(why));
                }
                // What was saved last is better than nothing, and says what it is.
                _ => {}
            }
        }
        let saved = self.last_saved(user).await?;
        let page = match &saved {
            Some(of) => self.files.list(user, &of.id, path, after.as_deref(), limit).await?,
            None if path.as_str().is_empty() => FolderPage::default(),
            None => return Err(WorkspaceError::NotFound),
        };
        Ok(self.page(path, page, WorkspaceSource::Snapshot, saved.as_ref()))
    }

    /// Puts a file where its user can fetch it.
    pub async fn fetch(
        &self,
        user: &UserId,
        path: &WorkspacePath,
    ) -> Result<WorkspaceFile, WorkspaceError> {
        let (_, name) = path.split_name().ok_or(WorkspaceError::NotFound)?;
        let id = fresh_id((self.entropy)());
        let key = DownloadKey { user: user.clone(), id: id.clone(), name: FileName::near(name)? };
        if self.is_awake(user).await? {
            let ask = Ask::Fetch { path: path.clone(), download: id };
            match self.errands.run(user, ask).await? {
                Ran::Answered(Answer::Fetched { bytes }) => {
                    return self.fetched(&key, bytes, WorkspaceSource::Live, None).await;
                }
                Ran::Answered(Answer::NotFound) => return Err(WorkspaceError::NotFound),
                Ran::Answered(Answer::Refused { why }) => {
                    return Err(WorkspaceError::Refused(why));
                }
                // It is awake: an older file would be passed off for what it has.
                Ran::Answered(_) | Ran::Slow => return Err(WorkspaceError::Busy),
                Ran::Unheard => {}
            }
        }
        let saved = self.last_saved(user).await?.ok_or(WorkspaceError::NotFound)?;
        let file = self.files.open(user, &saved.id, path).await?;
        let bytes = file.size;
        if bytes > DOWNLOAD_MAX_BYTES {
            return Err(too_large(bytes));
        }
        self.downloads.put(&key, file).await?;
        self.fetched(&key, bytes, WorkspaceSource::Snapshot, Some(&saved)).await
    }

    /// Where a file may be sent that is to lie at `path`.
    pub async fn offer(
        &self,
        user: &UserId,
        path: WorkspacePath,
        size: u64,
    ) -> Result<WorkspaceUploadOffer, WorkspaceError> {
        // The store holds to the limit whatever is said here; this spares the sending.
        if size > UPLOAD_MAX_BYTES {
            return Err(WorkspaceError::TooLarge(size));
        }
        let id = fresh_id((self.entropy)());
        let key = IncomingKey::new(user.clone(), id.clone(), path)?;
        let form = self.forms.incoming_form(&key, self.clock.now()).await?;
        Ok(WorkspaceUploadOffer {
            id: id.into(),
            url: form.url,
            fields: form.fields,
            expires_at: form.expires_at.millis(),
        })
    }

    /// It has been sent: into the workspace at once, or when the agent next wakes.
    pub async fn take_in(
        &self,
        user: &UserId,
        incoming: UploadId,
    ) -> Result<WorkspaceUploadDone, WorkspaceError> {
        let mut state = WorkspaceUploadState::Waiting;
        if self.is_awake(user).await? {
            match self.errands.run(user, Ask::TakeIn { incoming }).await? {
                Ran::Answered(Answer::TakenIn { .. }) => state = WorkspaceUploadState::Placed,
                Ran::Answered(Answer::Refused { why }) => {
                    return Err(WorkspaceError::Refused(why));
                }
                Ran::Answered(Answer::NotFound) => return Err(WorkspaceError::NotFound),
                _ => {}
            }
        }
        Ok(WorkspaceUploadDone { state })
    }

    async fn is_awake(&self, user: &UserId) -> Result<bool, Unavailable> {
        Ok(self.tasks.get(user).await?.status == TaskStatus::Running)
    }

    async fn last_saved(&self, user: &UserId) -> Result<Option<SnapshotRef>, Unavailable> {
        let task = self.tasks.get(user).await?;
        Ok(task.base.and_then(|base| base.snapshot))
    }

    fn page(
        &self,
        path: &WorkspacePath,
        page: FolderPage,
        source: WorkspaceSource,
        saved: Option<&SnapshotRef>,
    ) -> WorkspacePage {
        let entries = page.entries.into_iter().map(|entry| WorkspaceEntrySummary {
            name: entry.name,
            kind: entry.kind,
            bytes: entry.bytes,
            modified_at: entry.modified_at.map(|at| at.millis()),
        });
        WorkspacePage {
            path: path.to_string(),
            entries: entries.collect(),
            cursor: page.after.map(|name| BASE64URL_NOPAD.encode(name.as_bytes())),
            source,
            snapshot_at: saved.map(|of| of.at.millis()),
        }
    }

    async fn fetched(
        &self,
        key: &DownloadKey,
        bytes: u64,
        source: WorkspaceSource,
        saved: Option<&SnapshotRef>,
    ) -> Result<WorkspaceFile, WorkspaceError> {
        let url = self.downloads.url(key, self.clock.now()).await?;
        Ok(WorkspaceFile {
            url: url.url,
            expires_at: url.expires_at.millis(),
            bytes,
            source,
            snapshot_at: saved.map(|of| of.at.millis()),
        })
    }
}

/// For whoever asks for a file that has so many.
pub fn too_large(bytes: u64) -> WorkspaceError {
    let why = format!("The file has {bytes} bytes; at most {DOWNLOAD_MAX_BYTES} can be fetched.");
    WorkspaceError::Refused(why)
}

fn name_of(cursor: &str) -> Result<String, WorkspaceError> {
    let name = BASE64URL_NOPAD.decode(cursor.as_bytes()).ok();
    name.and_then(|name| String::from_utf8(name).ok()).ok_or(WorkspaceError::Cursor)
}
