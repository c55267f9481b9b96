//! Tidying up: what goes, what stays, and who else is at work meanwhile.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use snapshots::{Permit, Refused, Retention, SaveError};
use support::trees::{self, Picture};
use support::{User, assert_restores, newest_and, save, yes};

/// Only the newest, and unused packs for so long.
fn newest(unused_kept: Duration) -> Retention {
    newest_and(&[], unused_kept)
}

const DAY: Duration = Duration::from_secs(24 * 3600);

#[test]
fn what_is_not_kept_is_forgotten_and_its_packs_go_later() {
    let user = User::new();
    let dir = tempfile::tempdir().expect("a directory");
    let mut repository = user.create().expect("created");
    trees::many(dir.path(), 3, 200_000);
    let first = save(&mut repository, dir.path(), 7, 0).expect("saved").snapshot;
    std::fs::remove_dir_all(dir.path().join("workspace")).expect("removed");
    trees::write(dir.path(), "workspace/small", b"small");
    let second = save(&mut repository, dir.path(), 7, 120).expect("saved").snapshot;
    let packs = user.store.keys("data/");

    let tidied = repository.tidy(&newest(DAY), true, &yes()).expect("listed");
    assert_eq!(tidied.forgotten, [first]);
    let pruned = tidied.pruned.expect("tidied").expect("pruned");
    assert_eq!((pruned.marked_packs, pruned.removed_packs), (2, 0));
    assert!(packs.iter().all(|pack| user.store.keys("data/").contains(pack)), "never at once");
    let again = repository.tidy(&newest(DAY), true, &yes()).expect("listed");
    assert_eq!(again.forgotten, []);
    assert!(packs.iter().all(|pack| user.store.keys("data/").contains(pack)), "not that soon");

    let done = repository.tidy(&newest(Duration::ZERO), true, &yes()).expect("listed");
    assert!(done.pruned.expect("tidied").expect("pruned").removed_bytes > 500_000);
    let left: usize = user.store.objects().values().map(|content| content.len()).sum();
    assert!(left < 100_000, "{left} bytes are left");
    assert_restores(&mut user.opened(), &second.id, &Picture::of(dir.path()));
}

#[test]
fn what_must_be_kept_is_kept_whatever_its_age() {
    let user = User::new();
    let dir = tempfile::tempdir().expect("a directory");
    trees::agent(dir.path());
    let mut repository = user.create().expect("created");
    let saved: Vec<_> = [0, 120, 240]
        .map(|minute| save(&mut repository, dir.path(), 7, minute).expect("saved").snapshot)
        .into();
    let keep = [saved[0].id.clone()];
    let retention = newest_and(&keep, DAY);
    let tidied = repository.tidy(&retention, false, &yes()).expect("listed");
    assert_eq!(tidied.forgotten, [saved[1].clone()]);
    assert!(matches!(tidied.pruned, Ok(None)));
    assert_restores(&mut user.opened(), &keep[0], &Picture::of(dir.path()));
}

#[test]
fn permission_is_asked_before_every_change() {
    let user = User::new();
    let dir = tempfile::tempdir().expect("a directory");
    let mut repository = user.create().expect("created");
    let retention = newest(Duration::ZERO);
    for minute in [0, 60, 120, 180] {
        trees::write(dir.path(), "workspace/notes", minute.to_string().as_bytes());
        save(&mut repository, dir.path(), 7, minute).expect("saved");
        if minute == 60 {
            // So that there are packs to remove.
            let tidied = repository.tidy(&retention, true, &yes()).expect("listed");
            tidied.pruned.expect("tidied");
        }
    }
    let whole = user.store.objects();
    for allowed in 0.. {
        user.store.set_objects(whole.clone());
        user.store.take_calls();
        let (asked, permit) = allowing(allowed);
        let tidied = user.opened().tidy(&retention, true, &permit);
        let tidied = tidied.expect("listed");
        let changes = user.store.calls().iter().filter(|call| call.changes()).count();
        match tidied.pruned {
            Err(SaveError::Refused(Refused::Fenced)) => assert!(changes <= allowed),
            Ok(_) => {
                assert_eq!(changes, asked.load(Ordering::SeqCst));
                let packs = user.store.keys("data/");
                let whole = whole.keys().filter(|key| key.starts_with("data/"));
                assert!(whole.filter(|key| !packs.contains(key)).count() > 0, "no pack went");
                return;
            }
            Err(other) => panic!("{other:?}"),
        }
        assert!(tidied.forgotten.len() <= allowed);
        let there = user.store.keys("snapshots/").len();
        assert_eq!(there, 3 - tidied.forgotten.len(), "it says what is gone");
    }
}

/// So many times.
fn allowing(allowed: usize) -> (Arc<AtomicUsize>, Permit) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let permit: Permit = Arc::new(move || {
        let before = count.fetch_add(1, Ordering::SeqCst);
        if before < allowed { Ok(()) } else { Err(Refused::Fenced) }
    });
    (asked, permit)
}

/// The writer relies on packs that are marked for removal meanwhile.
#[test]
fn who_saves_while_others_tidy_loses_nothing() {
    let user = User::new();
    let dir = tempfile::tempdir().expect("a directory");
    trees::agent(dir.path());
    let rich = Picture::of(dir.path());
    let poor = tempfile::tempdir().expect("a directory");
    trees::write(poor.path(), "workspace/alone", b"alone");

    let mut writer = user.create().expect("created");
    save(&mut writer, dir.path(), 7, 0).expect("saved");
    // Its index is loaded now, and knows all of `dir`.
    save(&mut writer, dir.path(), 7, 1).expect("saved");
    let mut other = user.opened();
    save(&mut other, poor.path(), 8, 120).expect("saved");
    let tidied = other.tidy(&newest(DAY), true, &yes()).expect("listed");
    assert_eq!(tidied.forgotten.len(), 2);
    assert!(tidied.pruned.expect("tidied").expect("pruned").marked_packs > 0);

    let packs = user.store.keys("data/");
    let late = save(&mut writer, dir.path(), 7, 150).expect("saved").snapshot.id;
    assert_eq!(user.store.keys("data/"), packs, "it relied on what was there");
    assert_restores(&mut user.opened(), &late, &rich);
    assert_restores(&mut other, &late, &rich);
    // The next tidying finds that they are needed after all.
    let keep = [late.clone()];
    let again = other.tidy(&newest_and(&keep, Duration::ZERO), true, &yes()).expect("listed");
    again.pruned.expect("tidied");
    assert_restores(&mut user.opened(), &late, &rich);
    let report = user.opened().check(true).expect("checked");
    assert_eq!(report.problems, Vec::<String>::new());
}

/// What was restored through marked packs is not built upon: they may go.
#[test]
fn a_snapshot_after_such_a_restore_stands_on_its_own() {
    let user = User::new();
    let dir = tempfile::tempdir().expect("a directory");
    trees::agent(dir.path());
    let mut writer = user.create().expect("created");
    let only = save(&mut writer, dir.path(), 7, 0).expect("saved").snapshot.id;
    let kept = user.store.objects();
    let poor = tempfile::tempdir().expect("a directory");
    trees::write(poor.path(), "workspace/alone", b"alone");
    save(&mut writer, poor.path(), 7, 120).expect("saved");
    let tidied = writer.tidy(&newest(DAY), true, &yes()).expect("listed");
    tidied.pruned.expect("tidied");
    let name = format!("snapshots/{only}");
    let mut objects = user.store.objects();
    objects.insert(name.clone(), kept[&name].clone());
    user.store.set_objects(objects);

    let mut restored = user.opened();
    assert_restores(&mut restored, &only, &Picture::of(dir.path()));
    let own = save(&mut restored, dir.path(), 8, 130).expect("saved").snapshot.id;
    user.store.remove(&name);
    let marked: Vec<_> = kept.keys().filter(|key| key.starts_with("data/")).collect();
    marked.iter().for_each(|key| user.store.remove(key));
    assert_restores(&mut user.opened(), &own, &Picture::of(dir.path()));
}
