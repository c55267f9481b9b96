//! Every call of the store fails once, in every way a call can fail, and once for good.

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use domain::SnapshotId;
use snapshots::store::ObjectStore;
use snapshots::{Error, Repository, SaveError};
use support::faults::{Call, Kind, Plan};
use support::trees::{self, Picture};
use support::{User, assert_restores, newest_and, restore, save, yes};

/// More calls than any operation here makes.
const FOR_GOOD: usize = 10_000;

/// Until the plan strikes no more. Each time from the same beginning.
fn at_every_call(mut attempt: impl FnMut(Plan) -> bool) {
    let for_good = (Kind::Before, FOR_GOOD);
    for (kind, count) in [(Kind::Before, 1), (Kind::After, 1), (Kind::Late, 1), for_good] {
        let mut first = 0;
        while attempt(Plan { first, count, kind }) {
            first += 1;
            assert!(first < 200, "it never ends");
        }
        assert!(first > 0, "nothing ever failed");
    }
}

/// One snapshot of one directory, and a changed directory.
struct World {
    user: User,
    _dir: tempfile::TempDir,
    before: Picture,
    finished: SnapshotId,
    changed: tempfile::TempDir,
    after: Picture,
    objects: BTreeMap<String, bytes::Bytes>,
}

fn small(dir: &Path, text: &[u8]) {
    trees::write(dir, "workspace/notes.md", text);
    trees::write(dir, "workspace/deep/down/same", b"the same in both");
    trees::write(dir, "state/session", text);
}

fn world() -> World {
    let user = User::new();
    let dir = tempfile::tempdir().expect("a directory");
    small(dir.path(), b"before");
    let mut repository = user.create().expect("created");
    let finished = save(&mut repository, dir.path(), 7, 0).expect("saved").snapshot.id;
    let changed = tempfile::tempdir().expect("a directory");
    small(changed.path(), b"and after");
    let (before, after) = (Picture::of(dir.path()), Picture::of(changed.path()));
    let objects = user.store.objects();
    World { user, _dir: dir, before, finished, changed, after, objects }
}

impl World {
    /// As it was in the beginning; what fails is what `plan` says.
    fn begin(&self, plan: Plan) {
        self.user.store.set_objects(self.objects.clone());
        self.user.store.fail(plan);
    }

    #[track_caller]
    fn finished_restores(&self) {
        let mut repository = self.user.opened();
        assert_restores(&mut repository, &self.finished, &self.before);
        let report = repository.check(false).expect("checked");
        assert_eq!(report.problems, Vec::<String>::new());
    }
}

/// After a failed read nothing is changed (I9). rustic writes packs in threads of their own, one
/// for trees and one for data, so one of each may have been let through already when the read
/// failed: a pack that no index names is nobody's loss.
#[track_caller]
fn assert_reads_before_writes(calls: &[Call]) {
    let failed_read = calls.iter().position(|call| call.failed && !call.changes());
    if let Some(failed) = failed_read {
        let later = calls[failed..].iter().filter(|call| call.changes());
        let (under_way, changes): (Vec<_>, Vec<_>) =
            later.partition(|call| call.what == "put" && call.key.starts_with("data/"));
        assert!(changes.is_empty(), "{changes:?} after {:?}", calls[failed]);
        assert!(under_way.len() <= 2, "{under_way:?} after {:?}", calls[failed]);
    }
}

#[track_caller]
fn assert_unavailable(error: &Error) {
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
}

#[test]
fn a_creation_goes_on_where_it_broke_off() {
    let user = User::new();
    let dir = tempfile::tempdir().expect("a directory");
    small(dir.path(), b"first");
    at_every_call(|plan| {
        user.store.set_objects(BTreeMap::new());
        user.store.fail(plan);
        let created = user.create();
        assert_reads_before_writes(&user.store.calls());
        let struck = user.store.settle();
        match created {
            Ok(_) => assert!(!struck),
            Err(error) => assert_unavailable(&error),
        }
        let mut repository = user.create().expect("it is taken up again");
        let saved = save(&mut repository, dir.path(), 7, 0).expect("saved").snapshot;
        assert_restores(&mut user.opened(), &saved.id, &Picture::of(dir.path()));
        assert!(!user.store.keys("keys/").is_empty(), "restic has a key");
        struck
    });
}

#[test]
fn a_failed_save_leaves_what_was_there() {
    let world = world();
    at_every_call(|plan| {
        world.begin(plan);
        let mut repository = None;
        let saved = try_to_save(&world, &mut repository);
        let calls = world.user.store.calls();
        assert_reads_before_writes(&calls);
        let struck = world.user.store.settle();
        world.finished_restores();
        let there = world.user.store.keys("snapshots/").len();
        match saved {
            Ok(id) => {
                assert!(!struck);
                assert_restores(&mut world.user.opened(), &id, &world.after);
            }
            Err(error) => {
                let unavailable = matches!(&error, SaveError::Repository(Error::Unavailable(_)));
                assert!(unavailable, "{error:?}");
                // Only if the snapshot itself was written and the answer got lost.
                let last = calls.last().expect("there were calls");
                let is_snapshot = last.what == "put" && last.key.starts_with("snapshots/");
                let unheard = is_snapshot && plan.kind != Kind::Before;
                assert_eq!(there, if unheard { 2 } else { 1 }, "{calls:?}");
            }
        }
        // The same repository goes on when the store is back.
        if let Some(mut repository) = repository {
            let again = save(&mut repository, world.changed.path(), 7, 10).expect("saved");
            assert_restores(&mut world.user.opened(), &again.snapshot.id, &world.after);
        }
        struck
    });
}

/// As a bridge does: it opens, knows its parent, saves.
fn try_to_save(world: &World, kept: &mut Option<Repository>) -> Result<SnapshotId, SaveError> {
    let repository = kept.insert(world.user.open()?.expect("it is there"));
    repository.set_parent(&world.finished)?;
    Ok(save(repository, world.changed.path(), 7, 5)?.snapshot.id)
}

#[test]
fn a_failed_restore_changes_nothing_and_leaves_no_half() {
    let world = world();
    at_every_call(|plan| {
        world.begin(plan);
        let target = tempfile::tempdir().expect("a directory");
        let restored = world.user.open().and_then(|repository| {
            let mut repository = repository.expect("it is there");
            let listed = repository.list()?;
            assert_eq!(listed.snapshots.len(), 1, "a part of the list");
            restore(&mut repository, &world.finished, target.path())
        });
        let calls = world.user.store.calls();
        assert!(!calls.iter().any(Call::changes), "{calls:?}");
        let struck = world.user.store.settle();
        match restored {
            Ok(_) => {
                assert!(!struck);
                world.before.assert_equal(target.path());
            }
            Err(error) => {
                assert_unavailable(&error);
                assert_eq!(Picture::of(target.path()).len(), 0);
            }
        }
        assert_eq!(world.user.store.objects(), world.objects);
        struck
    });
}

#[test]
fn a_failed_tidying_loses_nothing_that_is_kept() {
    let world = world();
    let mut repository = world.user.opened();
    // Packs that are partly needed, not needed any more, and marked already.
    let changed = world.changed.path();
    save(&mut repository, changed, 7, 1).expect("saved");
    trees::write(changed, "workspace/gone", b"only in this one");
    save(&mut repository, changed, 7, 2).expect("saved");
    let keep = [world.finished.clone()];
    let retention = newest_and(&keep, Duration::ZERO);
    repository.tidy(&retention, true, &yes()).expect("listed").pruned.expect("tidied");
    std::fs::remove_file(changed.join("workspace/gone")).expect("removed");
    let newest = save(&mut repository, changed, 7, 3).expect("saved").snapshot.id;
    let picture = Picture::of(changed);
    let world = World { objects: world.user.store.objects(), ..world };
    at_every_call(|plan| {
        world.begin(plan);
        let tidied = world
            .user
            .open()
            .and_then(|repository| repository.expect("it is there").tidy(&retention, true, &yes()));
        assert_reads_before_writes(&world.user.store.calls());
        let struck = world.user.store.settle();
        match tidied.map(|tidied| tidied.pruned) {
            Ok(Ok(_)) => assert!(!struck),
            Ok(Err(SaveError::Repository(error))) | Err(error) => assert_unavailable(&error),
            Ok(Err(other)) => panic!("{other:?}"),
        }
        world.finished_restores();
        assert_restores(&mut world.user.opened(), &newest, &picture);
        // And what remains of it is done by the next one.
        let again = world.user.opened().tidy(&retention, true, &yes()).expect("listed");
        again.pruned.expect("tidied");
        world.finished_restores();
        assert_restores(&mut world.user.opened(), &newest, &picture);
        struck
    });
}

/// Nothing is spared, so that one run does all there is to do.
#[test]
fn nothing_is_changed_when_the_listing_fails() {
    let world = world();
    for prefix in ["", "index/", "snapshots/"] {
        let mut repository = world.user.opened();
        world.user.store.fail(Plan { first: 0, count: FOR_GOOD, kind: Kind::Before });
        assert!(world.user.store.list(prefix).is_err());
        let saved = save(&mut repository, world.changed.path(), 7, 5);
        assert!(saved.is_err());
        assert!(repository.tidy(&newest_and(&[], Duration::ZERO), true, &yes()).is_err());
        assert!(world.user.open().is_err());
        assert!(world.user.create().is_err());
        assert!(!world.user.store.calls().iter().any(Call::changes));
        world.user.store.settle();
        assert_eq!(world.user.store.objects(), world.objects);
    }
}
