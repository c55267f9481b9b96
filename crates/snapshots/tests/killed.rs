//! A process that saves and tidies up is killed, again and again, at random moments.

mod support;

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use domain::SnapshotId;
use rand::RngExt;
use snapshots::dir_store::DirStore;
use snapshots::keys::RepositoryKeys;
use snapshots::store::ObjectStore;
use snapshots::{Error, Repository};
use support::{minute_of, newest_and, restore, save, trees, yes};

const KILLS: usize = 200;
/// Set for the process that is to be killed.
const PLACE: &str = "SNAPSHOTS_TEST_PLACE";

struct Place(PathBuf);

impl Place {
    fn make(dir: &Path) -> Self {
        let keys = RepositoryKeys::generate();
        let json = serde_json::to_vec(&keys.master).expect("keys are JSON");
        fs::write(dir.join("master"), json).expect("a file");
        fs::write(dir.join("password"), keys.password).expect("a file");
        Self(dir.into())
    }

    fn keys(&self) -> RepositoryKeys {
        let master = fs::read(self.0.join("master")).expect("a file");
        RepositoryKeys {
            password: fs::read_to_string(self.0.join("password")).expect("a file"),
            master: serde_json::from_slice(&master).expect("a key"),
        }
    }

    fn store(&self) -> Arc<dyn ObjectStore> {
        Arc::new(DirStore::new(self.0.join("repository")))
    }

    fn open(&self) -> Result<Option<Repository>, Error> {
        Repository::open(self.store(), &self.keys(), None)
    }

    /// One line for every snapshot that was finished: what it holds, and its id.
    fn finished(&self) -> Vec<(u64, SnapshotId)> {
        let text = fs::read_to_string(self.0.join("finished")).unwrap_or_default();
        let line = |line: &str| {
            let (number, id) = line.split_once(' ').expect("two words");
            (number.parse().expect("a number"), SnapshotId::new(id).expect("an id"))
        };
        text.lines().map(line).collect()
    }
}

/// Not a test of its own: what is killed.
#[test]
#[ignore = "started by the other test"]
fn saves_until_it_is_killed() {
    let place = Place(std::env::var_os(PLACE).expect("started by the other test").into());
    let mut repository =
        Repository::create(place.store(), &place.keys(), None).expect("opened or created");
    println!("\nopened");
    let path = place.0.join("finished");
    let mut finished = OpenOptions::new().append(true).create(true).open(path).expect("a file");
    let agent = place.0.join("agent");
    // One that was saved but not noted any more counts as well: of two snapshots of the same
    // minute either may be the newest.
    let listing = repository.list().expect("listed");
    let begin = listing.snapshots.iter().map(|of| minute_of(&of.snapshot)).max().unwrap_or(0);
    for number in begin + 1.. {
        trees::write(&agent, "workspace/number", number.to_string().as_bytes());
        trees::write(&agent, &format!("workspace/{}", number % 10), &[number as u8; 5_000]);
        let saved = save(&mut repository, &agent, 1, number).expect("saved");
        writeln!(finished, "{number} {}", saved.snapshot.id).expect("written");
        println!("saved");
        if number % 3 == 0 {
            let retention = newest_and(&[], Duration::ZERO);
            repository.tidy(&retention, true, &yes()).expect("listed").pruned.expect("tidied");
        }
    }
}

fn start(place: &Place) -> Child {
    Command::new(std::env::current_exe().expect("this program"))
        .args(["--ignored", "--exact", "saves_until_it_is_killed", "--nocapture"])
        .env(PLACE, &place.0)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts")
}

/// Before it has opened the repository, at first while it creates one; before it has saved; after.
fn kill_at_some_moment(mut child: Child) {
    let mut random = rand::rng();
    // Held until it is dead: it would panic if nobody could hear it.
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let awaited = [None, Some("opened"), Some("saved"), Some("saved")];
    if let Some(word) = awaited[random.random_range(0..awaited.len())] {
        let heard = lines.by_ref().map_while(Result::ok).any(|line| line == word);
        if !heard {
            let mut why = String::new();
            child.stderr.take().expect("its output").read_to_string(&mut why).expect("text");
            panic!("it ended by itself: {why}");
        }
    }
    std::thread::sleep(Duration::from_micros(random.random_range(0..60_000)));
    child.kill().expect("it is killed");
    let ended = child.wait().expect("it ended");
    assert_eq!(ended.code(), None, "it did not end by itself");
}

#[test]
fn killed_at_random_moments_it_always_restores() {
    let dir = tempfile::tempdir().expect("a directory");
    let place = Place::make(dir.path());
    for kill in 0..KILLS {
        kill_at_some_moment(start(&place));
        let finished = place.finished();
        let Some((number, id)) = finished.last() else { continue };
        let mut repository = place.open().expect("it opens").expect("it is there");
        let listing = repository.list().expect("listed");
        assert_eq!(listing.unreadable, [], "after {kill} kills");
        assert!(listing.refs().iter().any(|of| of.id == *id), "after {kill} kills: {id} is gone");
        let target = tempfile::tempdir().expect("a directory");
        restore(&mut repository, id, target.path()).expect("it restores");
        let text = fs::read_to_string(target.path().join("workspace/number")).expect("a file");
        assert_eq!(text, number.to_string());
    }
    // Half of them were waited for.
    assert!(place.finished().len() > KILLS / 4, "it hardly ever got to save");
    let mut repository = place.open().expect("it opens").expect("it is there");
    let report = repository.check(true).expect("checked");
    assert_eq!(report.problems, Vec::<String>::new());
}
