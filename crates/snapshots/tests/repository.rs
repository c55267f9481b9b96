//! What a repository promises when nothing fails.

mod support;

use std::fs;
use std::sync::Mutex;

use domain::{SnapshotReason, candidates};
use snapshots::{Part, Progress, Refused, SaveError};
use support::trees::{self, Picture};
use support::{Directory, User, assert_restores, label, save, yes};

fn agent() -> (tempfile::TempDir, Picture) {
    let dir = tempfile::tempdir().expect("a directory");
    trees::agent(dir.path());
    let picture = Picture::of(dir.path());
    (dir, picture)
}

#[test]
fn what_was_saved_comes_back() {
    let (user, (dir, picture)) = (User::new(), agent());
    assert!(user.open().expect("it answers").is_none());
    let saved = save(&mut user.create().expect("created"), dir.path(), 7, 0).expect("saved");
    assert_restores(&mut user.opened(), &saved.snapshot.id, &picture);
}

#[test]
fn the_list_says_what_the_labels_said() {
    let (user, (dir, _)) = (User::new(), agent());
    let mut repository = user.create().expect("created");
    let first = save(&mut repository, dir.path(), 7, 0).expect("saved");
    let second = save(&mut repository, dir.path(), 8, 5).expect("saved");
    let listing = user.opened().list().expect("listed");
    assert_eq!(listing, repository.list().expect("listed"));
    assert_eq!(listing.unreadable, []);
    let listed: Vec<domain::Snapshot> = listing.snapshots.iter().map(Into::into).collect();
    assert_eq!(listed, [first.snapshot.clone(), second.snapshot]);
    assert_eq!(first.snapshot.reason, SnapshotReason::Periodic);
    assert_eq!(first.snapshot.at, label(7, 0).at);
    // Links are files; see `trees::agent`.
    assert_eq!(first.snapshot.files, 9);
    assert_eq!(first.snapshot.bytes, 3_000_000 + 2 + 6 + 8 + 3);
    assert!((2_000_000..2_100_000).contains(&first.snapshot.added_bytes));
}

#[test]
fn parts_come_back_for_themselves() {
    let (user, (dir, picture)) = (User::new(), agent());
    let saved = save(&mut user.create().expect("created"), dir.path(), 7, 0).expect("saved");
    let mut repository = user.opened();
    let target = tempfile::tempdir().expect("a directory");
    let mut restore = |part: Part, name: &str| {
        let target = target.path().join(name);
        let id = &saved.snapshot.id;
        repository.restore(id, &part, &target, None, &|_| ()).expect("it restores");
        target
    };
    let state = restore(Part::AllBut("workspace".into()), "state");
    picture.without("workspace").assert_equal(&state);
    let workspace = restore(Part::Only("workspace".into()), "state/workspace");
    picture.within("workspace").assert_equal(&workspace);
    let meta = fs::metadata(&workspace).expect("it is there");
    assert_eq!(std::os::unix::fs::MetadataExt::mode(&meta) & 0o7777, 0o2775);
    let nothing = restore(Part::Only("not there".into()), "nothing");
    assert_eq!(Picture::of(&nothing).len(), 0);
}

#[test]
fn nothing_is_restored_over_something() {
    let (user, (dir, _)) = (User::new(), agent());
    let saved = save(&mut user.create().expect("created"), dir.path(), 7, 0).expect("saved");
    let before = Picture::of(dir.path());
    let error = support::restore(&mut user.opened(), &saved.snapshot.id, dir.path());
    assert!(matches!(error, Err(snapshots::Error::Local { .. })), "{error:?}");
    before.assert_equal(dir.path());
}

#[test]
fn progress_ends_with_everything() {
    let (user, (dir, _)) = (User::new(), agent());
    let saved = save(&mut user.create().expect("created"), dir.path(), 7, 0).expect("saved");
    let target = tempfile::tempdir().expect("a directory");
    let seen = Mutex::new(Vec::new());
    let note = |progress: Progress| seen.lock().expect("no panic").push(progress);
    let id = &saved.snapshot.id;
    let mut repository = user.opened();
    repository.restore(id, &Part::Everything, target.path(), None, &note).expect("restored");
    let seen = seen.into_inner().expect("no panic");
    let (first, last) = (seen[0], seen[seen.len() - 1]);
    assert_eq!((first.bytes, first.total_bytes), (0, 3_000_019));
    assert_eq!((last.bytes, last.total_files), (3_000_019, 6));
    assert!(seen.is_sorted_by_key(|progress| progress.bytes));
}

/// The agent's programs may be at work in the target already.
#[test]
fn a_planted_link_leads_nowhere() {
    let (user, (dir, _)) = (User::new(), agent());
    let saved = save(&mut user.create().expect("created"), dir.path(), 7, 0).expect("saved");
    let (place, outside) = (tempfile::tempdir(), tempfile::tempdir());
    let (place, outside) = (place.expect("a directory"), outside.expect("a directory"));
    let target = place.path().join("target");
    let (aside, others) = (place.path().join("aside"), b"not the agent's");
    let plant = |progress: Progress| {
        if progress.bytes == 0 {
            let workspace = target.join("workspace");
            fs::rename(&workspace, &aside).expect("moved");
            std::os::unix::fs::symlink(outside.path(), workspace).expect("a link");
            for entry in fs::read_dir(&aside).expect("it can be listed") {
                let name = entry.expect("an entry").file_name();
                fs::write(outside.path().join(name), others).expect("a file");
            }
        }
    };
    let id = &saved.snapshot.id;
    let restored = user.opened().restore(id, &Part::Everything, &target, None, &plant);
    assert!(matches!(restored, Err(snapshots::Error::Local { .. })), "{restored:?}");
    for entry in fs::read_dir(outside.path()).expect("it can be listed") {
        let path = entry.expect("an entry").path();
        assert_eq!(fs::read(&path).expect("it is there"), others, "{}", path.display());
    }
}

#[test]
fn what_is_not_as_in_the_snapshot_is_noticed() {
    let (user, (dir, _)) = (User::new(), agent());
    let saved = save(&mut user.create().expect("created"), dir.path(), 7, 0).expect("saved");
    let target = tempfile::tempdir().expect("a directory");
    let cut = |progress: Progress| {
        if progress.bytes == progress.total_bytes {
            fs::write(target.path().join("workspace/notes.md"), b"").expect("a file");
        }
    };
    let id = &saved.snapshot.id;
    let restored = user.opened().restore(id, &Part::Everything, target.path(), None, &cut);
    assert!(matches!(restored, Err(snapshots::Error::Local { .. })), "{restored:?}");
    assert_eq!(Picture::of(target.path()).len(), 0, "no half of it stays");
}

#[test]
fn an_unchanged_snapshot_is_one_request_and_a_small_change_few() {
    let (user, (dir, _)) = (User::new(), agent());
    let mut repository = user.create().expect("created");
    save(&mut repository, dir.path(), 7, 0).expect("saved");
    // The index that came of the first is read again, from the cache.
    for minute in 5..8 {
        user.store.take_calls();
        save(&mut repository, dir.path(), 7, minute).expect("saved");
        let calls = user.store.take_calls();
        assert_eq!(calls.iter().map(|call| call.what).collect::<Vec<_>>(), ["put"], "{calls:?}");
    }
    trees::write(dir.path(), "workspace/notes.md", b"# More notes\n");
    let saved = save(&mut repository, dir.path(), 7, 10).expect("saved");
    // Data, trees, index, snapshot.
    assert_eq!(saved.usage.requests, 4, "{:?}", user.store.calls());
    assert_eq!((saved.new_files, saved.changed_files), (0, 1));
    assert_restores(&mut user.opened(), &saved.snapshot.id, &Picture::of(dir.path()));
}

#[test]
fn deletions_are_part_of_a_snapshot() {
    let (user, (dir, whole)) = (User::new(), agent());
    let mut repository = user.create().expect("created");
    let before = save(&mut repository, dir.path(), 7, 0).expect("saved").snapshot.id;
    fs::remove_dir_all(dir.path().join("workspace")).expect("removed");
    let after = save(&mut repository, dir.path(), 7, 5).expect("saved").snapshot.id;
    assert_restores(&mut user.opened(), &after, &whole.without("workspace"));
    assert_restores(&mut user.opened(), &before, &whole);
}

#[test]
fn without_permission_there_is_no_snapshot() {
    let (user, (dir, picture)) = (User::new(), agent());
    let mut repository = user.create().expect("created");
    let kept = save(&mut repository, dir.path(), 7, 0).expect("saved").snapshot.id;
    trees::write(dir.path(), "workspace/new", b"new");
    let no: snapshots::Permit = std::sync::Arc::new(|| Err(Refused::Fenced));
    let refused = repository.save(Directory::new(dir.path()), label(7, 5), &no);
    assert!(matches!(refused, Err(SaveError::Refused(Refused::Fenced))), "{refused:?}");
    assert_eq!(user.store.keys("snapshots/").len(), 1);
    assert_restores(&mut user.opened(), &kept, &picture);
    save(&mut repository, dir.path(), 8, 10).expect("the next one may");
}

#[test]
fn what_could_not_all_be_read_is_no_snapshot() {
    let (user, (dir, _)) = (User::new(), agent());
    let mut repository = user.create().expect("created");
    let source = Directory::new(dir.path()).complaining("`notes.md` is locked");
    let failed = repository.save(source, label(7, 0), &yes());
    assert!(
        matches!(&failed, Err(SaveError::Unreadable(why)) if why.contains("notes.md")),
        "{failed:?}"
    );
    assert!(user.store.keys("snapshots/").is_empty());
}

#[test]
fn of_two_generations_at_once_the_younger_is_picked() {
    let (user, (dir, _)) = (User::new(), agent());
    let other = tempfile::tempdir().expect("a directory");
    trees::write(other.path(), "workspace/other", b"the younger one's");
    let (mut old, mut young) = (user.create().expect("created"), user.opened());
    let (old_saved, young_saved) = std::thread::scope(|scope| {
        // The zombie's clock is ahead.
        let old = scope.spawn(|| save(&mut old, dir.path(), 7, 60));
        let young = scope.spawn(|| save(&mut young, other.path(), 8, 5));
        (old.join().expect("no panic"), young.join().expect("no panic"))
    });
    let (old_saved, young_saved) = (old_saved.expect("saved"), young_saved.expect("saved"));
    let mut repository = user.opened();
    let listed = repository.list().expect("listed").refs();
    let best = candidates(None, &listed);
    assert_eq!(best[0].id, young_saved.snapshot.id);
    assert_restores(&mut repository, &young_saved.snapshot.id, &Picture::of(other.path()));
    assert_restores(&mut repository, &old_saved.snapshot.id, &Picture::of(dir.path()));
    let report = repository.check(true).expect("checked");
    assert_eq!(report.problems, Vec::<String>::new());
}
