//! Wrapping by a key file.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Barrier;

use snapshots::keys::{KeyError, KeyFileError, LocalKeyFile, Wrapped, Wrapper};

use crate::{Arc, BUCKET, Cloud, KeyStore, NOW, Rewrapped, same, user};

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("lists");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    names.map(|name| name.into_string().expect("text")).collect()
}

#[test]
fn a_key_file_is_made_once_for_its_owner_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("keys");
    assert!(matches!(LocalKeyFile::open(&path), Err(KeyFileError::Missing(_))));
    let barrier = Barrier::new(8);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                barrier.wait();
                LocalKeyFile::open_or_create(&path).expect("made, or found");
            });
        }
    });
    let content = fs::read_to_string(&path).expect("there");
    assert_eq!(content.matches("\"id\"").count(), 1);
    assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
    assert_eq!(names(folder.path()), ["keys"]);
    LocalKeyFile::open_or_create(&path).expect("found");
    assert_eq!(fs::read_to_string(&path).expect("there"), content);
}

#[test]
fn a_key_file_that_others_may_read_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("keys");
    LocalKeyFile::open_or_create(&path).expect("made");
    for mode in [0o640, 0o604, 0o660, 0o602] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("changed");
        let error = LocalKeyFile::open(&path).expect_err("exposed").to_string();
        assert!(error.contains("chmod 600"), "{error}");
    }
}

#[test]
fn a_damaged_key_file_is_refused_and_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("keys");
    LocalKeyFile::open_or_create(&path).expect("made");
    let whole = fs::read_to_string(&path).expect("there");
    let key = &whole[whole.find("[").expect("a list") + 1..whole.rfind(']').expect("its end")];
    let damaged = [
        (String::new(), "not as documented"),
        (whole[..whole.len() / 2].to_owned(), "not as documented"),
        (whole.replace("\"version\":1", "\"version\":7"), "another version"),
        (whole.replace(key, ""), "no keys"),
        (whole.replace(key, &format!("{key},{key}")), "same id"),
        (whole.replace("\"key\":\"", "\"key\":\"AAAA"), "32 bytes"),
    ];
    for (content, why) in damaged {
        fs::write(&path, &content).expect("written");
        let error = LocalKeyFile::open_or_create(&path).expect_err(why).to_string();
        assert!(error.contains(why), "{why}: {error}");
        assert_eq!(fs::read_to_string(&path).expect("there"), content);
    }
}

#[tokio::test]
async fn what_is_wrapped_comes_back_to_its_user_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = LocalKeyFile::open_or_create(folder.path().join("keys")).expect("made");
    let (ana, bob) = (user("ana"), user("bob"));
    let wrapped = file.wrap(&ana, b"secret").await.expect("wrapped");
    assert_eq!(file.unwrap(&ana, &wrapped).await.expect("unwrapped"), b"secret");
    assert_ne!(wrapped, file.wrap(&ana, b"secret").await.expect("wrapped"), "a nonce each");
    assert!(matches!(file.unwrap(&bob, &wrapped).await, Err(KeyError::Unusable { .. })));
    for at in 0..wrapped.ciphertext.len() {
        let mut damaged = wrapped.clone();
        damaged.ciphertext[at] ^= 1;
        file.unwrap(&ana, &damaged).await.expect_err("a bit is wrong");
        damaged.ciphertext.truncate(at);
        file.unwrap(&ana, &damaged).await.expect_err("too short");
    }
    let foreign = Wrapped { key_id: "0".into(), ..wrapped };
    let error = file.unwrap(&ana, &foreign).await.expect_err("another key").to_string();
    assert!(error.contains("not in the key file"), "{error}");
}

#[tokio::test]
async fn keys_move_to_the_newest_key_of_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("keys");
    let file = LocalKeyFile::open_or_create(&path).expect("made");
    let cloud = Cloud::default();
    let store = KeyStore::new(cloud.s3(), BUCKET, Arc::new(file.clone()));
    let ana = user("ana");
    let keys = store.load_or_create(&ana, NOW).await.expect("made");
    assert_eq!(store.rewrap(&ana).await.expect("looked"), Rewrapped::AlreadyThere);

    let id = file.add_key().expect("added");
    assert!(same(&keys, &store.load(&ana).await.expect("read").expect("by the old key")));
    assert_eq!(store.rewrap(&ana).await.expect("moved"), Rewrapped::Moved);
    let record = String::from_utf8(cloud.object("snapshot-keys/ana.json")).expect("text");
    assert!(record.contains(&id), "{record}");
    assert!(same(&keys, &store.load(&ana).await.expect("read").expect("by the new key")));
}

#[test]
fn keys_that_are_added_at_once_are_all_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("keys");
    let file = LocalKeyFile::open_or_create(&path).expect("made");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| file.add_key().expect("added"));
        }
    });
    let content = fs::read_to_string(&path).expect("there");
    assert_eq!(content.matches("\"id\"").count(), 9);
    assert_eq!(names(folder.path()), ["keys"]);
}
