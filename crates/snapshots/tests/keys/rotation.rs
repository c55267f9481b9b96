//! A new password: wherever it breaks off, the one in the record opens the repository.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use snapshots::Repository;
use snapshots::dir_store::DirStore;
use snapshots::keys::{KeyError, RepositoryKeys, RotateError};
use snapshots::store::{Object, ObjectStore, StoreError};
use tempfile::TempDir;

use crate::{Arc, Cloud, Fault, KEY, KeyStore, NOW, OTHER_KEY, store, user};

/// A directory that stops answering after so many calls.
struct Failing {
    inner: DirStore,
    left: AtomicUsize,
}

impl Failing {
    fn after(calls: usize, dir: &Path) -> Arc<dyn ObjectStore> {
        Arc::new(Self { inner: DirStore::new(dir), left: AtomicUsize::new(calls) })
    }

    fn call(&self, what: &'static str, key: &str) -> Result<(), StoreError> {
        let left = |left: usize| left.checked_sub(1);
        let answered = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left);
        let gone = |_| StoreError::Unavailable { what, key: key.into(), source: "gone".into() };
        answered.map(drop).map_err(gone)
    }
}

impl ObjectStore for Failing {
    fn location(&self) -> String {
        self.inner.location()
    }

    fn list(&self, prefix: &str) -> Result<Vec<Object>, StoreError> {
        self.call("list", prefix)?;
        self.inner.list(prefix)
    }

    fn get(&self, key: &str) -> Result<Bytes, StoreError> {
        self.call("read", key)?;
        self.inner.get(key)
    }

    fn get_range(&self, key: &str, offset: u64, length: u64) -> Result<Bytes, StoreError> {
        self.call("read", key)?;
        self.inner.get_range(key, offset, length)
    }

    fn put(&self, key: &str, content: Vec<Bytes>) -> Result<(), StoreError> {
        self.call("write", key)?;
        self.inner.put(key, content)
    }

    fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.call("delete", key)?;
        self.inner.delete(key)
    }
}

struct Scene {
    cloud: Cloud,
    store: KeyStore,
    keys: RepositoryKeys,
    dir: TempDir,
}

impl Scene {
    async fn new() -> Self {
        let cloud = Cloud::default();
        let store = store(&cloud, KEY);
        let keys = store.load_or_create(&user("ana"), NOW).await.expect("made");
        let dir = tempfile::tempdir().expect("a folder");
        let objects = Arc::new(DirStore::new(dir.path()));
        Repository::create(objects, &keys, None).expect("created");
        Self { cloud, store, keys, dir }
    }

    fn objects(&self) -> Arc<dyn ObjectStore> {
        Arc::new(DirStore::new(self.dir.path()))
    }

    fn key_files(&self) -> BTreeSet<String> {
        let listed = self.objects().list("keys/").expect("lists");
        listed.into_iter().map(|object| object.key).collect()
    }

    async fn recorded(&self) -> RepositoryKeys {
        self.store.load(&user("ana")).await.expect("read").expect("there")
    }

    /// Whether one of these key files opens with the password, as restic would try.
    fn opens(&self, password: &str, files: &BTreeSet<String>) -> bool {
        files.iter().any(|key| {
            let file = self.objects().get(key).expect("there");
            let file: rustic_core::repofile::KeyFile =
                serde_json::from_slice(&file).expect("a key file");
            file.key_from_password(&password).is_ok()
        })
    }
}

#[tokio::test]
async fn a_new_password_takes_the_place_of_the_old_one() {
    let scene = Scene::new().await;
    let before = scene.key_files();
    let removed = scene.store.rotate_password(&user("ana"), scene.objects()).await;
    assert_eq!(removed.expect("rotated"), 1);
    let (now, keys) = (scene.key_files(), scene.recorded().await);
    assert_eq!(now.len(), 1);
    assert!(now.is_disjoint(&before));
    assert!(scene.opens(&keys.password, &now));
    assert!(!scene.opens(&scene.keys.password, &now));
    // The data is still under the same key.
    Repository::open(scene.objects(), &scene.keys, None).expect("opens").expect("is there");
}

#[tokio::test]
async fn wherever_a_rotation_breaks_off_the_recorded_password_opens() {
    let mut broke_off = 0;
    loop {
        let scene = Scene::new().await;
        let before = scene.key_files();
        let objects = Failing::after(broke_off, scene.dir.path());
        let done = scene.store.rotate_password(&user("ana"), objects).await;
        let (files, keys) = (scene.key_files(), scene.recorded().await);
        let is_new = keys.password != scene.keys.password;
        // Which file is whose is known without trying: deriving the key takes long.
        let own = |key: &&String| before.contains(*key) != is_new;
        assert!(files.iter().any(|key| own(&key)), "{broke_off}: {before:?} {files:?}");
        match done {
            Ok(_) => break,
            Err(RotateError::OldRemain(_)) => assert!(is_new && files.len() == 2),
            Err(error) => assert!(!is_new, "{error}"),
        }
        if broke_off > 0 && files.len() == 2 {
            // The next one leaves nothing behind.
            scene.store.rotate_password(&user("ana"), scene.objects()).await.expect("rotated");
            assert_eq!(scene.key_files().len(), 1);
        }
        broke_off += 1;
    }
    assert!(broke_off >= 4, "list, read, list, write, delete: {broke_off}");
}

#[tokio::test]
async fn a_rotation_that_does_not_know_whether_the_record_is_written_keeps_both() {
    for fault in [Fault::Lost, Fault::Status(503, "SlowDown"), Fault::AnswerLost] {
        let scene = Scene::new().await;
        let before = scene.key_files();
        // Read, unwrap, wrap, prove; the write and its second try; whose record it is now.
        let quiet = [Fault::None; 4];
        let lost = [fault, Fault::Lost, Fault::Lost, Fault::Lost];
        scene.cloud.next(quiet.into_iter().chain(lost));
        let failed = scene.store.rotate_password(&user("ana"), scene.objects()).await;
        let error = failed.expect_err("not known");
        assert!(matches!(error, RotateError::Keys(KeyError::Unavailable { .. })), "{error:?}");
        let files = scene.key_files();
        assert_eq!(files.len(), 2);
        assert!(files.is_superset(&before));
        scene.cloud.next([]);
        assert!(scene.opens(&scene.recorded().await.password, &files), "{fault:?}");
    }
}

#[tokio::test]
async fn the_loser_of_two_rotations_takes_his_key_file_back() {
    let scene = Scene::new().await;
    let ana = user("ana");
    let other = store(&scene.cloud, KEY);
    let (one, two) = tokio::join!(
        scene.store.rotate_password(&ana, scene.objects()),
        other.rotate_password(&ana, scene.objects()),
    );
    let lost = |outcome: &Result<usize, RotateError>| {
        matches!(outcome, Err(RotateError::Keys(KeyError::Replaced(_))))
    };
    assert!(one.is_ok() && lost(&two) || lost(&one) && two.is_ok(), "{one:?} {two:?}");
    let files = scene.key_files();
    assert!(scene.opens(&scene.recorded().await.password, &files), "{files:?}");
    assert_eq!(files.len(), 1);
}

#[tokio::test]
async fn a_rotation_and_a_move_do_not_undo_each_other() {
    let scene = Scene::new().await;
    let ana = user("ana");
    scene.store.rotate_password(&ana, scene.objects()).await.expect("rotated");
    let rotated = scene.recorded().await.password;
    store(&scene.cloud, OTHER_KEY).rewrap(&ana).await.expect("moved");
    assert_eq!(scene.recorded().await.password, rotated);
}

#[tokio::test]
async fn without_snapshots_there_is_no_password_to_change() {
    let scene = Scene::new().await;
    let empty = tempfile::tempdir().expect("a folder");
    let nothing = Arc::new(DirStore::new(empty.path()));
    let ana = user("ana");
    let refused = scene.store.rotate_password(&ana, nothing.clone()).await;
    assert!(matches!(refused, Err(RotateError::NoRepository(_))), "{refused:?}");
    let refused = scene.store.rotate_password(&user("bob"), nothing).await;
    assert!(matches!(refused, Err(RotateError::Keys(KeyError::Missing(_)))), "{refused:?}");
}
