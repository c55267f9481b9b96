//! Files of a repository that are altered or gone: what is said about it, and what still works.

mod support;

use std::time::Duration;

use domain::SnapshotId;
use snapshots::{Error, SaveError};
use support::trees::{self, Picture};
use support::{User, assert_restores, newest_and, restore, save, yes};

struct World {
    user: User,
    dir: tempfile::TempDir,
    picture: Picture,
    snapshot: SnapshotId,
}

fn world() -> World {
    let user = User::new();
    let dir = tempfile::tempdir().expect("a directory");
    trees::agent(dir.path());
    let mut repository = user.create().expect("created");
    let snapshot = save(&mut repository, dir.path(), 7, 0).expect("saved").snapshot.id;
    World { picture: Picture::of(dir.path()), user, dir, snapshot }
}

impl World {
    fn restore(&self) -> Result<snapshots::Restored, Error> {
        let target = tempfile::tempdir().expect("a directory");
        let restored = restore(&mut self.user.opened(), &self.snapshot, target.path());
        if restored.is_err() {
            assert_eq!(Picture::of(target.path()).len(), 0, "no half of it stays");
        }
        restored
    }

    /// Once altered and once gone, and whole again.
    fn with_each_damaged(&self, prefix: &str, mut then: impl FnMut(&Self)) {
        let whole = self.user.store.objects();
        let keys = self.user.store.keys(prefix);
        assert!(!keys.is_empty());
        for key in keys {
            self.user.store.flip_a_byte(&key);
            then(self);
            self.user.store.remove(&key);
            then(self);
            self.user.store.set_objects(whole.clone());
        }
        self.restore().expect("it is whole again");
    }
}

#[track_caller]
fn assert_damaged<T: std::fmt::Debug>(result: Result<T, Error>) {
    assert!(matches!(result, Err(Error::Damaged(_))), "{result:?}");
}

#[test]
fn a_damaged_pack_is_damage() {
    world().with_each_damaged("data/", |world| {
        assert_damaged(world.restore());
        let report = world.user.opened().check(true).expect("checked");
        assert!(!report.problems.is_empty());
    });
}

#[test]
fn a_damaged_index_is_damage_and_nothing_is_written() {
    world().with_each_damaged("index/", |world| {
        assert_damaged(world.restore());
        let before = world.user.store.objects();
        let mut repository = world.user.opened();
        let altered = !world.user.store.keys("index/").is_empty();
        if altered {
            let saved = save(&mut repository, world.dir.path(), 7, 5);
            assert!(matches!(saved, Err(SaveError::Repository(Error::Damaged(_)))), "{saved:?}");
            assert_eq!(world.user.store.objects(), before);
        }
        let tidied = world.user.opened().tidy(&newest_and(&[], Duration::ZERO), true, &yes());
        let refused = tidied.map(|tidied| tidied.pruned.is_err());
        assert!(matches!(refused, Ok(true) | Err(_)), "{refused:?}");
        assert_eq!(world.user.store.objects(), before);
    });
}

#[test]
fn a_damaged_config_is_damage_and_never_a_new_beginning() {
    let world = world();
    let whole = world.user.store.objects();
    world.user.store.flip_a_byte("config");
    assert_damaged(world.user.open().map(drop));
    world.user.store.remove("config");
    let before = world.user.store.objects();
    assert_damaged(world.user.open().map(drop));
    assert_damaged(world.user.create().map(drop));
    assert_eq!(world.user.store.objects(), before);
    world.user.store.set_objects(whole);
    world.restore().expect("it is whole again");
}

#[test]
fn the_key_of_somebody_else_opens_nothing() {
    let world = world();
    let keys = snapshots::keys::RepositoryKeys::generate();
    let opened = snapshots::Repository::open(world.user.store, &keys, None);
    assert_damaged(opened.map(drop));
}

#[test]
fn an_unreadable_snapshot_is_told_beside_the_others_and_stops_tidying() {
    let world = world();
    let mut repository = world.user.opened();
    trees::write(world.dir.path(), "workspace/later", b"later");
    let later = save(&mut repository, world.dir.path(), 7, 5).expect("saved").snapshot.id;
    world.user.store.flip_a_byte(&format!("snapshots/{later}"));
    let mut repository = world.user.opened();
    let listing = repository.list().expect("listed");
    let ids: Vec<_> = listing.refs().into_iter().map(|of| of.id).collect();
    assert_eq!(ids, std::slice::from_ref(&world.snapshot));
    let unreadable: Vec<_> = listing.unreadable.iter().map(|of| of.id.clone()).collect();
    assert_eq!(unreadable, [later]);
    let before = world.user.store.objects();
    assert_damaged(repository.tidy(&newest_and(&[], Duration::ZERO), true, &yes()));
    assert_eq!(world.user.store.objects(), before);
    assert_restores(&mut repository, &world.snapshot, &world.picture);
}

#[test]
fn a_snapshot_that_is_not_there_is_damage() {
    let world = world();
    let id = SnapshotId::new("ab".repeat(32)).expect("an id");
    let target = tempfile::tempdir().expect("a directory");
    assert_damaged(restore(&mut world.user.opened(), &id, target.path()));
    let id = SnapshotId::new("latest").expect("an id");
    assert_damaged(restore(&mut world.user.opened(), &id, target.path()));
}
