//! What is measured. Each in a process of its own, so that a peak of memory is its own, too.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::{Generation, SnapshotId, SnapshotReason, Timestamp};
use rustic_core::repofile::MasterKey;
use serde::{Deserialize, Serialize};
use snapshots::keys::RepositoryKeys;
use snapshots::source::{AgentSource, Excludes, Gateway, survey};
use snapshots::{Part, Permit, Repository, SaveLabel};

use crate::Failure;
use crate::store::{CountingStore, Requests};

/// Where everything of one run lies.
pub(crate) struct Place(pub(crate) PathBuf);

impl Place {
    pub(crate) fn agent(&self) -> PathBuf {
        self.0.join("agent")
    }

    pub(crate) fn repository(&self) -> PathBuf {
        self.0.join("repository")
    }

    pub(crate) fn restored(&self) -> PathBuf {
        self.0.join("restored")
    }

    pub(crate) fn make_keys(&self) -> Result<String, Failure> {
        let RepositoryKeys { password, master } = RepositoryKeys::generate();
        std::fs::write(self.keys_file(), serde_json::to_vec(&(&password, &master))?)?;
        Ok(password)
    }

    fn keys_file(&self) -> PathBuf {
        self.0.join("keys.json")
    }

    fn keys(&self) -> Result<RepositoryKeys, Failure> {
        let file = std::fs::read(self.keys_file())?;
        let (password, master): (String, MasterKey) = serde_json::from_slice(&file)?;
        Ok(RepositoryKeys { password, master })
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Measured {
    pub(crate) took: Duration,
    /// Nobody counts what `restic` uses.
    pub(crate) used: Option<Used>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Used {
    pub(crate) requests: Requests,
    /// In bytes.
    pub(crate) peak: u64,
}

pub(crate) const FIRST: &str = "first";
pub(crate) const SURVEY: &str = "survey";
pub(crate) const AGAIN: &str = "again";
pub(crate) const RESTORE: &str = "restore";

/// In the child: does one, and says how it went.
pub(crate) fn run(phase: &str, place: &Path, latency: Duration) -> Result<Measured, Failure> {
    let place = Place(place.to_owned());
    let work = Work {
        store: Arc::new(CountingStore::new(place.repository(), latency)),
        keys: place.keys()?,
        excludes: Excludes::with_added("")?,
        place,
    };
    let took = match phase {
        FIRST => work.first(),
        SURVEY => work.survey(),
        AGAIN => work.again(),
        RESTORE => work.restore(),
        other => Err(format!("there is no phase `{other}`").into()),
    }?;
    let used = Used { requests: work.store.take(), peak: peak()? };
    Ok(Measured { took, used: Some(used) })
}

struct Work {
    place: Place,
    store: Arc<CountingStore>,
    keys: RepositoryKeys,
    excludes: Excludes,
}

impl Work {
    /// With the making of the repository.
    fn first(&self) -> Result<Duration, Failure> {
        let start = Instant::now();
        let cache = Some(self.place.0.join("cache"));
        let mut repository = Repository::create(self.store.clone(), &self.keys, cache)?;
        self.save(&mut repository, 0)?;
        Ok(start.elapsed())
    }

    /// What an unchanged directory costs: two that are equal, and then nothing is saved.
    fn survey(&self) -> Result<Duration, Failure> {
        let before = survey(&self.place.agent(), &self.excludes)?;
        let start = Instant::now();
        let now = survey(&self.place.agent(), &self.excludes)?;
        let took = start.elapsed();
        if before == now { Ok(took) } else { Err("nothing changed, and the survey did".into()) }
    }

    /// As by a bridge that has been up for a while: opened, and the cache is there.
    fn again(&self) -> Result<Duration, Failure> {
        let (mut repository, newest) = self.open(self.place.0.join("cache"))?;
        repository.set_parent(&newest.id)?;
        self.store.take();
        let start = Instant::now();
        self.save(&mut repository, newest.at.millis() / MINUTE + 5)?;
        Ok(start.elapsed())
    }

    /// As on a new machine: opens, lists, and puts back first the state and then the workspace.
    fn restore(&self) -> Result<Duration, Failure> {
        let start = Instant::now();
        let (mut repository, newest) = self.open(self.place.0.join("new-cache"))?;
        let (target, workspace) = (self.place.restored(), OsString::from("workspace"));
        let within = target.join(&workspace);
        let (state, rest) = (Part::AllBut(workspace.clone()), Part::Only(workspace));
        repository.restore(&newest.id, &state, &target, None, &|_| ())?;
        repository.restore(&newest.id, &rest, &within, None, &|_| ())?;
        Ok(start.elapsed())
    }

    fn open(&self, cache: PathBuf) -> Result<(Repository, domain::SnapshotRef), Failure> {
        let opened = Repository::open(self.store.clone(), &self.keys, Some(cache))?;
        let mut repository = opened.ok_or("there is no repository")?;
        let newest = repository.list()?.refs().pop().ok_or("there is no snapshot")?;
        Ok((repository, newest))
    }

    fn save(&self, repository: &mut Repository, minute: u64) -> Result<SnapshotId, Failure> {
        let scratch = self.place.0.join("scratch");
        let agent = self.place.agent();
        let source = AgentSource::new(&agent, self.excludes.clone(), Gateway::Stopped, &scratch)?;
        let label = SaveLabel {
            generation: Generation(1),
            at: Timestamp(minute * MINUTE),
            reason: SnapshotReason::Periodic,
        };
        let permit: Permit = Arc::new(|| Ok(()));
        Ok(repository.save(source, label, &permit)?.snapshot.id)
    }
}

/// In milliseconds.
const MINUTE: u64 = 60_000;

fn peak() -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    Ok(kilobytes.ok_or("the system does not say what memory was used")?.parse::<u64>()? * 1024)
}
