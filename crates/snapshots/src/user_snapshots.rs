//! A user's repository for async callers: one thread does the work, one piece after the other.
//!
//! Whoever stops waiting for an answer stops nothing: what has begun is finished, and the next
//! piece waits for it.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::thread;

use domain::{Snapshot, SnapshotId};
use rustic_core::ReadSource;
use tokio::sync::{mpsc as chunks, oneshot};

use crate::browse::{Content, Looked};
use crate::check::CheckReport;
use crate::error::{Error, Permit, SaveError};
use crate::keys::RepositoryKeys;
use crate::list::Listing;
use crate::repository::Repository;
use crate::restore::{Owner, Part, Progress, Restored};
use crate::retention::Retention;
use crate::save::{Honest, SaveLabel, Saved};
use crate::store::ObjectStore;
use crate::tidy::Tidied;

#[derive(Clone)]
pub struct UserSnapshots {
    jobs: mpsc::Sender<Job>,
}

type Job = Box<dyn FnOnce(&mut Worker) + Send>;

/// Of a file, in order.
pub type Pieces = chunks::Receiver<Result<Vec<u8>, Error>>;
/// A piece has a megabyte or two, and eight at most.
const PIECES_AHEAD: usize = 2;

/// Lower than everything else in the task: a snapshot never makes a reply wait.
const NICE: i32 = 10;

impl UserSnapshots {
    /// Asks nothing of the store yet. `cache` may be lost at any time.
    pub fn start(
        store: Arc<dyn ObjectStore>,
        keys: RepositoryKeys,
        cache: Option<PathBuf>,
    ) -> io::Result<Self> {
        let (jobs, waiting) = mpsc::channel::<Job>();
        thread::Builder::new().name("snapshots".into()).spawn(move || {
            if let Err(error) = rustix::process::setpriority_process(None, NICE) {
                tracing::warn!(%error, "snapshots are taken at the priority of everything else");
            }
            let mut worker = Worker { store, keys, cache, repository: None };
            waiting.iter().for_each(|job| job(&mut worker));
        })?;
        Ok(Self { jobs })
    }

    async fn run<T, E>(
        &self,
        work: impl FnOnce(&mut Worker) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |worker| {
            let done = catch_unwind(AssertUnwindSafe(|| work(worker))).unwrap_or_else(|_| {
                // Whatever it was in the middle of, the store has the truth.
                worker.repository = None;
                Err(Error::Broken("it panicked".into()).into())
            });
            // Nobody waits for the answer any more: fine.
            drop(answer.send(done));
        });
        let gone = || Error::Broken("its thread has ended".into());
        self.jobs.send(job).map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }

    /// `None`: there is no repository, and the store said so.
    pub async fn list(&self) -> Result<Option<Listing>, Error> {
        self.run(|worker| match worker.open()? {
            Some(_) => worker.doubting_the_cache(Repository::list, Listing::is_odd).map(Some),
            None => Ok(None),
        })
        .await
    }

    /// What the next snapshot is compared with, if it is not the one restored from.
    pub async fn set_parent(&self, parent: SnapshotId) -> Result<(), Error> {
        self.run(move |worker| worker.existing()?.set_parent(&parent)).await
    }

    /// `source` is made on the thread that reads it; it may do work of its own there. The
    /// first snapshot creates the repository.
    pub async fn save<S>(
        &self,
        source: impl FnOnce() -> Result<S, SaveError> + Send + 'static,
        label: SaveLabel,
        permit: Permit,
    ) -> Result<Saved, SaveError>
    where
        S: ReadSource + Honest + 'static,
        S::Open: Send,
        S::Iter: Send,
    {
        self.run(move |worker| {
            let repository = worker.open_or_create(&permit)?;
            repository.save(source()?, label, &permit)
        })
        .await
    }

    pub async fn restore(
        &self,
        id: SnapshotId,
        part: Part,
        target: PathBuf,
        owner: Owner,
        progress: impl Fn(Progress) + Send + Sync + 'static,
    ) -> Result<Restored, Error> {
        self.run(move |worker| {
            let restore =
                |repo: &mut Repository| repo.restore(&id, &part, &target, owner, &progress);
            worker.doubting_the_cache(restore, |_| false)
        })
        .await
    }

    /// What lies at a path of a snapshot.
    pub async fn look(&self, id: SnapshotId, path: Vec<String>) -> Result<Looked, Error> {
        self.run(move |worker| Ok(worker.existing()?.look(&id, &path)?.0)).await
    }

    /// The same, and of a file what is in it, piece by piece. Who drops the pieces has had enough.
    pub async fn open(&self, id: SnapshotId, path: Vec<String>) -> Result<(Looked, Pieces), Error> {
        let (looked, content) = self.run(move |worker| worker.existing()?.look(&id, &path)).await?;
        let (sender, pieces) = chunks::channel(PIECES_AHEAD);
        let snapshots = self.clone();
        tokio::spawn(async move {
            let (to, failed) = (sender.clone(), sender);
            if let Err(error) = snapshots.send(content, to).await {
                let _ = failed.send(Err(error)).await;
            }
        });
        Ok((looked, pieces))
    }

    async fn send(
        &self,
        content: Content,
        to: chunks::Sender<Result<Vec<u8>, Error>>,
    ) -> Result<(), Error> {
        self.run(move |worker| {
            worker.existing()?.read(&content, |piece| to.blocking_send(Ok(piece)).is_ok())
        })
        .await
    }

    pub async fn check(&self, read_data: bool) -> Result<CheckReport, Error> {
        self.run(move |worker| worker.existing()?.check(read_data)).await
    }

    pub async fn tidy(
        &self,
        retention: Retention,
        prune: bool,
        permit: Permit,
    ) -> Result<Tidied, Error> {
        self.run(move |worker| worker.existing()?.tidy(&retention, prune, &permit)).await
    }

    pub async fn find(&self, id: SnapshotId) -> Result<Option<Snapshot>, Error> {
        let listing = self.list().await?.unwrap_or_default();
        let found = listing.snapshots.iter().find(|listed| listed.snapshot.id == id);
        Ok(found.map(Snapshot::from))
    }
}

struct Worker {
    store: Arc<dyn ObjectStore>,
    keys: RepositoryKeys,
    cache: Option<PathBuf>,
    repository: Option<Repository>,
}

impl Worker {
    fn open(&mut self) -> Result<Option<&mut Repository>, Error> {
        if self.repository.is_none() {
            self.repository = Repository::open(self.store.clone(), &self.keys, self.cache.clone())?;
        }
        Ok(self.repository.as_mut())
    }

    fn existing(&mut self) -> Result<&mut Repository, Error> {
        let missing = || Error::Damaged("there is no repository".into());
        self.open()?.ok_or_else(missing)
    }

    /// What looks damaged may be damaged here only: then the store is asked without the cache.
    fn doubting_the_cache<T>(
        &mut self,
        work: impl Fn(&mut Repository) -> Result<T, Error>,
        is_odd: impl Fn(&T) -> bool,
    ) -> Result<T, Error> {
        let done = work(self.existing()?);
        let doubtful = match &done {
            Ok(done) => is_odd(done),
            Err(error) => matches!(error, Error::Damaged(_)),
        };
        match &self.cache {
            Some(cache) if doubtful && cache.exists() => {
                let cleared = std::fs::remove_dir_all(cache);
                cleared.map_err(|error| Error::local("clear", cache, error))?;
                self.repository = None;
                work(self.existing()?)
            }
            _ => done,
        }
    }

    fn open_or_create(&mut self, permit: &Permit) -> Result<&mut Repository, SaveError> {
        if self.open()?.is_none() {
            permit()?;
            let created = Repository::create(self.store.clone(), &self.keys, self.cache.clone())?;
            self.repository = Some(created);
        }
        Ok(self.existing()?)
    }
}
