//! The agent's memory in a repository of the data bucket.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use anyhow::Context;
use async_trait::async_trait;
use domain::limits::SNAPSHOT_UNUSED_KEPT;
use domain::snapshot::kept;
use domain::{Snapshot, SnapshotBase, SnapshotId, SnapshotRef, UserId};
use platform::{
    Clock, Kept, Listing, Memory, MemoryError, OnProgress, Part, Permit, Progress, Saving,
    Unavailable,
};
use platform_aws::{Aws, config};
use snapshots::keys::{KeyError, KeyParameter, KeyStore, Kms, LocalKeyFile, Wrapper, Wrapping};
use snapshots::lease::release_owner_lease;
use snapshots::source::{AgentSource, Excludes, Gateway, Survey, survey};
use snapshots::{Error, Refused, Retention, S3Store, SaveError, SaveLabel, UserSnapshots};
use tokio::runtime::Handle;
use tracing::{info, warn};

use crate::chain::chain;
use crate::ports::Memories;
use crate::state_dir::StateDir;

const WORKSPACE: &str = "workspace";
/// So many superfluous snapshots are worth a tidying: four busy hours, about.
const TIDY_AT: usize = 48;

/// Where everybody's repositories lie, and what opens them.
#[derive(Clone)]
pub struct Vault {
    s3: aws_sdk_s3::Client,
    bucket: String,
    keys: KeyStore,
    excludes: Excludes,
}

impl Vault {
    pub fn from_lookup(aws: &Aws, lookup: config::Lookup<'_>) -> anyhow::Result<Self> {
        let wrapper: Arc<dyn Wrapper> = match Wrapping::from_lookup(lookup)? {
            Wrapping::Kms { key_id } => {
                Arc::new(Kms::new(aws_sdk_kms::Client::new(aws.sdk_config()), key_id))
            }
            Wrapping::Parameter { name } => Arc::new(KeyParameter::new(aws.ssm(), name)),
            Wrapping::File { path } => {
                Arc::new(LocalKeyFile::open_or_create(path).context("SNAPSHOT_KEY_FILE")?)
            }
        };
        let (s3, bucket) = (aws.s3(), config::Bucket::from_lookup(lookup)?.name);
        let added = config::optional(lookup, "SNAPSHOT_EXCLUDE").unwrap_or_default();
        Ok(Self {
            keys: KeyStore::new(s3.clone(), bucket.clone(), wrapper),
            excludes: Excludes::with_added(&added).context("SNAPSHOT_EXCLUDE")?,
            s3,
            bucket,
        })
    }
}

impl Memories for Vault {
    fn of(
        &self,
        user: &UserId,
        dir: &StateDir,
        agent: Option<(u32, u32)>,
        clock: Arc<dyn Clock>,
    ) -> Arc<dyn Memory> {
        let own = Own { user: user.clone(), dir: dir.clone(), agent };
        let (opened, saved) = Default::default();
        Arc::new(RepositoryMemory { vault: self.clone(), own, clock, opened, saved })
    }
}

#[derive(Clone)]
struct Own {
    user: UserId,
    dir: StateDir,
    agent: Option<(u32, u32)>,
}

struct RepositoryMemory {
    vault: Vault,
    own: Own,
    clock: Arc<dyn Clock>,
    opened: tokio::sync::Mutex<Option<UserSnapshots>>,
    /// The agent's directory as it was when it was last saved.
    saved: Arc<Mutex<Option<Survey>>>,
}

impl RepositoryMemory {
    async fn opened(&self) -> Result<UserSnapshots, MemoryError> {
        let mut opened = self.opened.lock().await;
        if let Some(opened) = &*opened {
            return Ok(opened.clone());
        }
        let (vault, user) = (&self.vault, &self.own.user);
        let keys = vault.keys.load_or_create(user, self.clock.now()).await.map_err(of_keys)?;
        let prefix = format!("snapshots/{user}/");
        let store = S3Store::new(vault.s3.clone(), vault.bucket.clone(), prefix, Handle::current());
        let cache = self.own.dir.beside("snapshots");
        let started = UserSnapshots::start(Arc::new(store), keys, Some(cache));
        let started = started.map_err(|error| MemoryError::Disk(error.to_string()))?;
        Ok(opened.insert(started).clone())
    }

    async fn restore_into(
        &self,
        snapshot: &SnapshotId,
        part: snapshots::Part,
        target: PathBuf,
        on_progress: OnProgress,
    ) -> Result<(), MemoryError> {
        let opened = self.opened().await?;
        let told = move |at: snapshots::Progress| {
            let snapshots::Progress { bytes, total_bytes, total_files } = at;
            on_progress(Progress { bytes, bytes_total: total_bytes, files_total: total_files });
        };
        let restored = opened
            .restore(snapshot.clone(), part, target, self.own.agent, told)
            .await
            .map_err(of_repository)?;
        info!(
            files = restored.files,
            bytes = restored.bytes,
            requests = restored.usage.requests,
            "restored a part"
        );
        Ok(())
    }
}

#[async_trait]
impl Memory for RepositoryMemory {
    async fn list(&self) -> Result<Listing, MemoryError> {
        let listing = self.opened().await?.list().await.map_err(of_repository)?.unwrap_or_default();
        let kept = listing.snapshots.into_iter();
        Ok(Listing {
            snapshots: kept
                .map(|listed| Kept { snapshot: listed.snapshot, reason: Some(listed.reason) })
                .collect(),
            unreadable: listing.unreadable.len(),
        })
    }

    /// The repository itself comes with the first snapshot.
    async fn create(&self) -> Result<(), MemoryError> {
        let dir = self.own.dir.0.clone();
        on_disk(move || clear(&dir)).await
    }

    async fn restore(
        &self,
        snapshot: &SnapshotId,
        part: Part,
        on_progress: OnProgress,
    ) -> Result<(), MemoryError> {
        let dir = self.own.dir.0.clone();
        let (taken, target) = match part {
            Part::State => (snapshots::Part::AllBut(OsString::from(WORKSPACE)), dir.clone()),
            Part::Workspace => {
                (snapshots::Part::Only(OsString::from(WORKSPACE)), dir.join(WORKSPACE))
            }
        };
        let place = target.clone();
        on_disk(move || clear(&place)).await?;
        self.restore_into(snapshot, taken, target, on_progress).await?;
        if part == Part::State {
            // No other gateway lives: whoever restores has waited for that.
            on_disk(move || release_owner_lease(&dir).map(drop)).await?;
        }
        Ok(())
    }

    async fn restore_folder(&self, snapshot: &SnapshotId, folder: &str) -> Result<(), MemoryError> {
        let staged = self.own.dir.beside("restoring");
        let place = staged.clone();
        on_disk(move || clear(&place)).await?;
        let part = snapshots::Part::Only(OsString::from(WORKSPACE));
        self.restore_into(snapshot, part, staged.clone(), Arc::new(|_| {})).await?;
        let (agent, folder) = (self.own.dir.0.clone(), folder.to_owned());
        on_disk(move || into_workspace(&staged, &agent, &folder)).await
    }

    async fn save(
        &self,
        saving: Saving,
        permit: Arc<dyn Permit>,
    ) -> Result<Option<Snapshot>, MemoryError> {
        let opened = self.opened().await?;
        let (dir, excludes) = (self.own.dir.clone(), self.vault.excludes.clone());
        let before = self.saved.lock().expect("no holder panics").clone();
        let (look, what) = (dir.0.clone(), excludes.clone());
        let now = on_disk(move || survey(&look, &what)).await?;
        if before.as_ref() == Some(&now) {
            return Ok(None);
        }
        let gateway = if saving.live { Gateway::Live } else { Gateway::Stopped };
        let scratch = dir.beside("scratch");
        let source = move || {
            AgentSource::new(&dir.0, excludes, gateway, &scratch)
                .map_err(|error| SaveError::Unreadable(chain(&error).to_string()))
        };
        let Saving { generation, at, reason, .. } = saving;
        let label = SaveLabel { generation, at, reason };
        let saved = opened.save(source, label, blocking(permit)).await.map_err(of_saving)?;
        *self.saved.lock().expect("no holder panics") = Some(now);
        info!(
            requests = saved.usage.requests,
            new_files = saved.new_files,
            changed_files = saved.changed_files,
            "wrote a snapshot"
        );
        Ok(Some(saved.snapshot))
    }

    async fn tidy(
        &self,
        base: Option<&SnapshotBase>,
        permit: Arc<dyn Permit>,
    ) -> Result<Vec<SnapshotRef>, MemoryError> {
        let opened = self.opened().await?;
        let listing = opened.list().await.map_err(of_repository)?.unwrap_or_default().refs();
        let base = base.cloned();
        let keeps = move |listed: &[SnapshotRef]| kept(base.as_ref(), listed, &BTreeSet::new());
        let stay = keeps(&listing);
        let superfluous = listing.iter().filter(|of| !stay.contains(&of.id)).count();
        if superfluous < TIDY_AT {
            return Ok(Vec::new());
        }
        let retention = Retention { keeps: Arc::new(keeps), unused_kept: SNAPSHOT_UNUSED_KEPT };
        let tidied = opened.tidy(retention, true, blocking(permit)).await.map_err(of_repository)?;
        match &tidied.pruned {
            Ok(pruned) => info!(?pruned, "tidied the repository"),
            Err(error) => warn!(error = %chain(error), "could not tidy the repository in full"),
        }
        Ok(tidied.forgotten.iter().map(SnapshotRef::from).collect())
    }
}

/// The work on repositories blocks, on a thread of its own.
fn blocking(permit: Arc<dyn Permit>) -> snapshots::Permit {
    let runtime = Handle::current();
    Arc::new(move || match runtime.block_on(permit.may_write()) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Refused::Fenced),
        Err(error) => Err(Refused::Unknown(error.into())),
    })
}

async fn on_disk<T, E>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, MemoryError>
where
    T: Send + 'static,
    E: std::error::Error + Send + 'static,
{
    let done = tokio::task::spawn_blocking(move || work().map_err(|e| chain(&e).to_string()));
    done.await.map_err(|error| error.to_string()).flatten().map_err(MemoryError::Disk)
}

/// An empty place, whatever was there.
fn clear(dir: &Path) -> std::io::Result<()> {
    match std::fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => std::fs::create_dir_all(dir),
    }
}

/// Follows no link: the agent may have put one in the workspace's place.
fn into_workspace(staged: &Path, agent: &Path, folder: &str) -> std::io::Result<()> {
    use rustix::fs::{CWD, Mode, OFlags, RenameFlags, openat, renameat_with};
    let dir = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::RDONLY;
    let agent = openat(CWD, agent, dir, Mode::empty())?;
    let workspace = openat(&agent, WORKSPACE, dir, Mode::empty())?;
    Ok(renameat_with(CWD, staged, &workspace, folder, RenameFlags::NOREPLACE)?)
}

fn of_keys(error: KeyError) -> MemoryError {
    MemoryError::Unavailable(Unavailable::new("memory.keys", error))
}

fn of_repository(error: Error) -> MemoryError {
    match error {
        Error::Damaged(why) => MemoryError::Damaged(why),
        Error::Unavailable(source) => Unavailable::new("memory", source).into(),
        error @ (Error::Local { .. } | Error::Broken(_)) => {
            MemoryError::Disk(chain(&error).to_string())
        }
    }
}

fn of_saving(error: SaveError) -> MemoryError {
    match error {
        SaveError::Refused(Refused::Fenced) => MemoryError::Fenced,
        SaveError::Refused(Refused::Unknown(source)) => {
            Unavailable::new("memory.permit", source).into()
        }
        SaveError::Unreadable(why) => MemoryError::Disk(why),
        SaveError::Repository(error) => of_repository(error),
    }
}
