//! The async face, as a bridge sees it.

mod support;

use std::path::Path;
use std::sync::{Arc, mpsc};

use snapshots::{Error, Part, SaveError, UserSnapshots};
use support::trees::{self, Picture};
use support::{Directory, User, label, yes};

fn start(user: &User) -> UserSnapshots {
    UserSnapshots::start(user.store.clone(), user.keys.clone(), None).expect("a thread")
}

#[tokio::test(flavor = "current_thread")]
async fn the_first_snapshot_makes_the_repository() {
    let user = User::new();
    let dir = tempfile::tempdir().expect("a directory");
    trees::agent(dir.path());
    let snapshots = start(&user);
    assert_eq!(snapshots.list().await.expect("it answers"), None);
    let source = Directory::new(dir.path());
    let saved = snapshots.save(move || Ok(source), label(7, 0), yes()).await.expect("saved");
    let listing = start(&user).list().await.expect("it answers").expect("it is there");
    assert_eq!(listing.refs(), [(&saved.snapshot).into()]);
    let target = tempfile::tempdir().expect("a directory");
    let path = target.path().to_owned();
    let id = saved.snapshot.id;
    snapshots.restore(id, Part::Everything, path, None, |_| ()).await.expect("restored");
    Picture::of(dir.path()).assert_equal(target.path());
}

#[tokio::test(flavor = "current_thread")]
async fn what_nobody_waits_for_is_finished_all_the_same() {
    let user = User::new();
    let dir = tempfile::tempdir().expect("a directory");
    trees::agent(dir.path());
    let snapshots = start(&user);
    let (begun, has_begun) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let source = Directory::new(dir.path());
    let slow = move || {
        begun.send(()).expect("somebody listens");
        may_go_on.recv().expect("it may go on");
        Ok(source)
    };
    let mut save = Box::pin(snapshots.save(slow, label(7, 0), yes()));
    assert!(futures_poll(&mut save).await.is_none());
    has_begun.recv().expect("it has begun");
    drop(save);
    go_on.send(()).expect("it waits");
    let listing = snapshots.list().await.expect("it answers").expect("it is there");
    assert_eq!(listing.snapshots.len(), 1);
}

/// Every file of it, as a disk that is full or dying leaves them.
fn damage(cache: &Path) -> usize {
    let mut damaged = 0;
    for entry in std::fs::read_dir(cache).expect("it can be listed") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            damaged += damage(&path);
        } else {
            let content = std::fs::read(&path).expect("it can be read");
            std::fs::write(&path, vec![b'x'; content.len()]).expect("a file");
            damaged += 1;
        }
    }
    damaged
}

#[tokio::test(flavor = "current_thread")]
async fn a_damaged_cache_is_no_damage() {
    let user = User::new();
    let dir = tempfile::tempdir().expect("a directory");
    trees::agent(dir.path());
    let cache = user.cache.path().join("cache");
    let start = || {
        let (store, keys) = (user.store.clone(), user.keys.clone());
        UserSnapshots::start(store, keys, Some(cache.clone())).expect("a thread")
    };
    let source = Directory::new(dir.path());
    let saved = start().save(move || Ok(source), label(7, 0), yes()).await.expect("saved");
    assert!(damage(&cache) > 3);
    let listing = start().list().await.expect("it answers").expect("it is there");
    assert_eq!(listing.refs(), [(&saved.snapshot).into()]);
    damage(&cache);
    let target = tempfile::tempdir().expect("a directory");
    let (id, path) = (saved.snapshot.id, target.path().to_owned());
    start().restore(id, Part::Everything, path, None, |_| ()).await.expect("restored");
    Picture::of(dir.path()).assert_equal(target.path());
}

/// Once.
async fn futures_poll<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(match std::pin::Pin::new(&mut *future).poll(context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

#[tokio::test(flavor = "current_thread")]
async fn a_panic_ends_one_piece_of_work_and_no_more() {
    let user = User::new();
    let dir = tempfile::tempdir().expect("a directory");
    trees::agent(dir.path());
    let snapshots = start(&user);
    let source = Directory::new(dir.path());
    let permit: snapshots::Permit = Arc::new(|| panic!("on purpose"));
    let broken = snapshots.save(move || Ok(source), label(7, 0), permit).await;
    assert!(matches!(broken, Err(SaveError::Repository(Error::Broken(_)))), "{broken:?}");
    let source = Directory::new(dir.path());
    snapshots.save(move || Ok(source), label(7, 5), yes()).await.expect("the next one works");
}

#[tokio::test(flavor = "current_thread")]
async fn its_work_gives_way_to_everything_else() {
    let user = User::new();
    let (tell, told) = mpsc::channel();
    let dir = tempfile::tempdir().expect("a directory");
    let source = Directory::new(dir.path());
    let nice = move || {
        // rustic's threads are made by this one.
        let threads = [(); 2].map(|()| std::thread::spawn(nice_of_this_thread));
        tell.send(threads.map(|thread| thread.join().expect("no panic"))).expect("listened to");
        Ok(source)
    };
    let before = nice_of_this_thread();
    start(&user).save(nice, label(7, 0), yes()).await.expect("saved");
    assert_eq!(told.recv().expect("told"), [10, 10]);
    assert_eq!(nice_of_this_thread(), before);
}

fn nice_of_this_thread() -> i32 {
    rustix::process::getpriority_process(None).expect("a priority")
}
