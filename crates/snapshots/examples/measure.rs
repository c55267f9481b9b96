//! Time, requests, bytes and peak memory of snapshots, with a store that takes a given time per
//! request: `measure [FILES BYTES_PER_FILE [MILLISECONDS]]`.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use domain::{Generation, SnapshotReason, Timestamp};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use snapshots::dir_store::DirStore;
use snapshots::keys::RepositoryKeys;
use snapshots::source::{AgentSource, Excludes, Gateway};
use snapshots::store::{Object, ObjectStore, StoreError};
use snapshots::{Part, Permit, Repository, SaveLabel, Usage};

struct SlowStore(DirStore, Duration);

impl SlowStore {
    fn after<T>(&self, answer: Result<T, StoreError>) -> Result<T, StoreError> {
        thread::sleep(self.1);
        answer
    }
}

impl ObjectStore for SlowStore {
    fn location(&self) -> String {
        self.0.location()
    }

    fn list(&self, prefix: &str) -> Result<Vec<Object>, StoreError> {
        self.after(self.0.list(prefix))
    }

    fn get(&self, key: &str) -> Result<Bytes, StoreError> {
        self.after(self.0.get(key))
    }

    fn get_range(&self, key: &str, offset: u64, length: u64) -> Result<Bytes, StoreError> {
        self.after(self.0.get_range(key, offset, length))
    }

    fn put(&self, key: &str, content: Vec<Bytes>) -> Result<(), StoreError> {
        self.after(self.0.put(key, content))
    }

    fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.after(self.0.delete(key))
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let given: Vec<u64> =
        std::env::args().skip(1).map(|text| text.parse()).collect::<Result<_, _>>()?;
    let files = given.first().copied().unwrap_or(3_670);
    let size = given.get(1).copied().unwrap_or(43_600);
    let delay = Duration::from_millis(given.get(2).copied().unwrap_or(0));
    let place = tempfile::tempdir()?;
    let agent = place.path().join("agent");
    for file in 0..files {
        write(&agent, file, size, 1)?;
    }
    println!("{files} files of {size} bytes, {} ms per request", delay.as_millis());

    let keys = RepositoryKeys::generate();
    let store: Arc<dyn ObjectStore> =
        Arc::new(SlowStore(DirStore::new(place.path().join("repository")), delay));
    let cache = Some(place.path().join("cache"));
    let create = || Ok(Repository::create(store.clone(), &keys, cache.clone())?);
    let mut repository = measured("create", create, Repository::usage)?;
    let mut minute = 0;
    let mut save = |repository: &mut Repository, what: &str| {
        minute += 5;
        let label = SaveLabel {
            generation: Generation(1),
            at: Timestamp(minute * 60_000),
            reason: SnapshotReason::Periodic,
        };
        let scratch = place.path().join("scratch");
        let permit: Permit = Arc::new(|| Ok(()));
        let source = AgentSource::new(&agent, Excludes::none(), Gateway::Live, &scratch)?;
        let save = || Ok(repository.save(source, label, &permit)?);
        measured(what, save, |saved| saved.usage)
    };
    save(&mut repository, "first")?;
    save(&mut repository, "unchanged")?;
    save(&mut repository, "unchanged again")?;
    for file in 0..5 {
        write(&agent, file * 7 % files, size, 2)?;
    }
    let last = save(&mut repository, "5 files changed")?.snapshot.id;
    drop(repository);

    let open = || {
        let opened = Repository::open(store.clone(), &keys, None)?.ok_or("it is not there")?;
        Ok(opened)
    };
    let mut repository = measured("open", open, Repository::usage)?;
    measured("list", || Ok(repository.list()?), |_| Usage::default())?;
    let target = place.path().join("restored");
    let restore = || Ok(repository.restore(&last, &Part::Everything, &target, None, &|_| ())?);
    measured("restore", restore, |restored| restored.usage)?;
    Ok(())
}

fn write(agent: &Path, file: u64, size: u64, seed: u64) -> std::io::Result<()> {
    let mut random = StdRng::seed_from_u64(file + seed * 1_000_000);
    let mut content = vec![0; size as usize];
    random.fill(&mut content[..]);
    let dir = agent.join(format!("workspace/{}", file % 100));
    std::fs::create_dir_all(&dir)?;
    std::fs::write(dir.join(file.to_string()), content)
}

fn measured<T>(
    what: &str,
    work: impl FnOnce() -> Result<T, Box<dyn std::error::Error>>,
    usage: impl FnOnce(&T) -> Usage,
) -> Result<T, Box<dyn std::error::Error>> {
    // Linux counts the peak anew.
    std::fs::write("/proc/self/clear_refs", "5")?;
    let start = Instant::now();
    let done = work()?;
    let (took, usage) = (start.elapsed(), usage(&done));
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("?").trim();
    println!(
        "{what:16} {:7.0} ms  {:4} requests  {:11} B sent  {:11} B received  peak {peak}",
        took.as_secs_f64() * 1000.0,
        usage.requests,
        usage.sent_bytes,
        usage.received_bytes,
    );
    Ok(done)
}
