//! Keys are made once, are never made anew because they could not be read, and change only as
//! somebody has seen them.

mod cloud;
mod files;
mod parameters;
mod rotation;

use std::sync::Arc;

use cloud::{BUCKET, Cloud, Fault};
use domain::{Timestamp, UserId};
use futures_util::future::join_all;
use serde_json::Value;
use snapshots::keys::{KeyError, KeyStore, Kms, RepositoryKeys, Rewrapped};

const NOW: Timestamp = Timestamp(1_795_249_140_123);
const RECORD: &str = "snapshot-keys/ana.json";
const KEY: &str = "arn:aws:kms:us-east-1:000000000000:key/one";
const OTHER_KEY: &str = "arn:aws:kms:us-east-1:000000000000:key/two";

fn user(name: &str) -> UserId {
    UserId::new(name).expect("a good id")
}

fn store(cloud: &Cloud, key: &str) -> KeyStore {
    KeyStore::new(cloud.s3(), BUCKET, Arc::new(Kms::new(cloud.kms(), key)))
}

fn text(error: &KeyError) -> String {
    let source = std::error::Error::source(error).map(|source| format!(": {source}"));
    format!("{error}{}", source.unwrap_or_default())
}

fn same(a: &RepositoryKeys, b: &RepositoryKeys) -> bool {
    let master = |keys: &RepositoryKeys| serde_json::to_string(&keys.master).expect("JSON");
    a.password == b.password && master(a) == master(b)
}

/// A record of `ana`, and what is in it.
async fn with_record() -> (Cloud, KeyStore, RepositoryKeys) {
    let cloud = Cloud::default();
    let store = store(&cloud, KEY);
    let keys = store.load_or_create(&user("ana"), NOW).await.expect("made");
    cloud.with(|inside| inside.calls.clear());
    (cloud, store, keys)
}

#[tokio::test]
async fn keys_are_made_once_and_read_back() {
    let (cloud, store, keys) = with_record().await;
    assert_eq!(keys.password.len(), 43, "32 bytes in base64url");
    let again = store.load_or_create(&user("ana"), Timestamp(1)).await.expect("read");
    assert!(same(&keys, &again));
    assert_eq!(cloud.writes(), 0);
    assert!(store.load(&user("bob")).await.expect("an answer").is_none());
    let record: Value = serde_json::from_slice(&cloud.object(RECORD)).expect("JSON");
    assert_eq!(record["version"], 1);
    assert_eq!(record["wrapper"], "kms");
    assert_eq!(record["keyId"], KEY);
    assert_eq!(record["createdAt"], NOW.millis());
}

#[tokio::test]
async fn nothing_secret_is_printed_or_lies_open() {
    let (cloud, _, keys) = with_record().await;
    assert_eq!(format!("{keys:?}"), "RepositoryKeys { .. }");
    let record = String::from_utf8(cloud.object(RECORD)).expect("text");
    assert!(!record.contains(&keys.password));
}

#[tokio::test]
async fn creators_at_once_agree() {
    let cloud = Cloud::default();
    let stores: Vec<KeyStore> = (0..20).map(|_| store(&cloud, KEY)).collect();
    let ana = user("ana");
    let made = join_all(stores.iter().map(|store| store.load_or_create(&ana, NOW))).await;
    let made: Vec<RepositoryKeys> = made.into_iter().map(|keys| keys.expect("made")).collect();
    assert!(made.iter().all(|keys| same(keys, &made[0])));
    assert_eq!(cloud.writes(), 20, "all of them tried");
}

#[tokio::test]
async fn a_creator_whose_answer_was_lost_finds_his_own() {
    let cloud = Cloud::default();
    let store = store(&cloud, KEY);
    // Read, list, wrap and unwrap; then the write, which is tried again and refused.
    cloud.next([Fault::None, Fault::None, Fault::None, Fault::None, Fault::AnswerLost]);
    let keys = store.load_or_create(&user("ana"), NOW).await.expect("made");
    assert_eq!(cloud.writes(), 2);
    let read = store.load(&user("ana")).await.expect("read").expect("there");
    assert!(same(&keys, &read));
}

#[tokio::test]
async fn two_writes_that_meet_in_s3_are_tried_again() {
    let cloud = Cloud::default();
    let meets = Fault::Status(409, "ConditionalRequestConflict");
    let quiet = [Fault::None; 4];
    cloud.next(quiet.into_iter().chain([meets]));
    store(&cloud, KEY).load_or_create(&user("ana"), NOW).await.expect("made at last");
}

/// I9, at every call and for every fault: the record stays what it was.
#[tokio::test]
async fn a_record_that_cannot_be_read_is_never_made_anew() {
    let faults = [
        Fault::Status(403, "AccessDenied"),
        Fault::Status(404, "NoSuchBucket"),
        Fault::Status(503, "SlowDown"),
        Fault::Status(500, "InternalError"),
        Fault::Lost,
        Fault::Cut,
    ];
    for fault in faults {
        // The read, and then the unwrapping; each with its second try.
        for before in 0..2 {
            let (cloud, store, keys) = with_record().await;
            let record = cloud.object(RECORD);
            let quiet = vec![Fault::None; before];
            cloud.next(quiet.into_iter().chain([fault, fault]));
            let failed = store.load_or_create(&user("ana"), NOW).await;
            let error = failed.expect_err(&format!("{fault:?} after {before}"));
            assert!(!matches!(error, KeyError::Missing(_) | KeyError::Lost { .. }), "{error:?}");
            assert_eq!(cloud.writes(), 0, "{fault:?} after {before}");
            assert_eq!(cloud.object(RECORD), record);
            cloud.next([]);
            let read = store.load(&user("ana")).await.expect("read").expect("there");
            assert!(same(&keys, &read));
        }
    }
}

#[tokio::test]
async fn a_record_that_makes_no_sense_is_never_replaced() {
    let (cloud, store, _) = with_record().await;
    let whole = String::from_utf8(cloud.object(RECORD)).expect("text");
    let damaged = [
        (String::new(), "not JSON"),
        (whole[..whole.len() - 1].to_owned(), "not JSON"),
        (whole.replace("\"version\":1", "\"version\":2"), "version 2"),
        (whole.replace("\"kms\"", "\"file\""), "wrapped by `file`"),
        (whole.replace("\"wrapped\":\"", "\"wrapped\":\"!"), "damaged"),
        (whole.replace("\"wrapped\":\"", "\"wrapped\":\"AAAA"), "damaged"),
        (whole.replace(KEY, OTHER_KEY), "not wrapped for this user by this key"),
    ];
    for (record, why) in damaged {
        cloud.put(RECORD, record.clone());
        let error = store.load_or_create(&user("ana"), NOW).await.expect_err(why);
        assert!(matches!(error, KeyError::Unusable { .. }), "{error:?}");
        assert!(text(&error).contains(why), "{why}: {error}");
        store.rewrap(&user("ana")).await.expect_err(why);
        assert_eq!(cloud.object(RECORD), record.as_bytes());
    }
    assert_eq!(cloud.writes(), 0);
}

#[tokio::test]
async fn anothers_record_opens_nothing() {
    let (cloud, store, _) = with_record().await;
    cloud.put("snapshot-keys/bob.json", cloud.object(RECORD));
    let error = store.load(&user("bob")).await.expect_err("it is ana's");
    assert!(text(&error).contains("another user's"), "{error}");
}

#[tokio::test]
async fn keys_that_are_gone_are_not_made_anew_beside_a_repository() {
    let cloud = Cloud::default();
    cloud.put("snapshots/ana/config", "sealed");
    let store = store(&cloud, KEY);
    let error = store.load_or_create(&user("ana"), NOW).await.expect_err("lost");
    assert!(matches!(error, KeyError::Lost { .. }), "{error:?}");
    assert!(text(&error).contains(RECORD), "{error}");
    assert_eq!(cloud.writes(), 0);
    // Whose name only begins alike is somebody else.
    store.load_or_create(&user("an"), NOW).await.expect("made");
}

#[tokio::test]
async fn whether_there_is_a_repository_must_be_known() {
    let cloud = Cloud::default();
    let refused = Fault::Status(403, "AccessDenied");
    cloud.next([Fault::None, refused]);
    let error = store(&cloud, KEY).load_or_create(&user("ana"), NOW).await.expect_err("refused");
    assert!(matches!(error, KeyError::Unavailable { .. }), "{error:?}");
    assert_eq!(cloud.writes(), 0);
}

#[tokio::test]
async fn a_refusal_says_what_it_may_hide() {
    let cloud = Cloud::default();
    cloud.next([Fault::Status(403, "AccessDenied")]);
    let error = store(&cloud, KEY).load(&user("ana")).await.expect_err("refused");
    assert!(text(&error).contains("unless s3:ListBucket is allowed"), "{error}");
}

#[tokio::test]
async fn what_kms_refuses_is_said_so_that_a_person_can_mend_it() {
    let codes = [
        ("AccessDeniedException", "kms:Encrypt and kms:Decrypt"),
        ("NotFoundException", "SNAPSHOT_KEY_ID"),
        ("DisabledException", "enable it"),
        ("KMSInvalidStateException", "cancel the deletion"),
        ("ThrottlingException", "ThrottlingException: no"),
    ];
    for (code, words) in codes {
        let (cloud, store, _) = with_record().await;
        cloud.with(|inside| inside.kms_refuses = Some(code));
        let error = store.load_or_create(&user("ana"), NOW).await.expect_err(code);
        assert!(matches!(error, KeyError::Unavailable { .. }), "{error:?}");
        assert!(text(&error).contains(words), "{code}: {}", text(&error));
        assert_eq!(cloud.writes(), 0);
    }
}

#[tokio::test]
async fn keys_move_to_another_kms_key_and_stay_the_same() {
    let (cloud, _, keys) = with_record().await;
    cloud.with(|inside| inside.aliases.insert("alias/snapshots".into(), OTHER_KEY.into()));
    let store = store(&cloud, "alias/snapshots");
    let ana = user("ana");
    assert_eq!(store.rewrap(&ana).await.expect("moved"), Rewrapped::Moved);
    assert_eq!(store.rewrap(&ana).await.expect("looked"), Rewrapped::AlreadyThere);
    let record: Value = serde_json::from_slice(&cloud.object(RECORD)).expect("JSON");
    assert_eq!(record["keyId"], OTHER_KEY);
    assert_eq!(record["createdAt"], NOW.millis());
    assert!(same(&keys, &store.load(&ana).await.expect("read").expect("there")));
    assert_eq!(cloud.writes(), 1);
}

#[tokio::test]
async fn nobody_is_rewrapped_who_has_no_keys() {
    let cloud = Cloud::default();
    let error = store(&cloud, KEY).rewrap(&user("ana")).await.expect_err("nothing there");
    assert!(matches!(error, KeyError::Missing(_)), "{error:?}");
}

#[tokio::test]
async fn movers_at_once_leave_one_record_that_opens() {
    let (cloud, _, keys) = with_record().await;
    let (one, two) = (store(&cloud, OTHER_KEY), store(&cloud, OTHER_KEY));
    let ana = user("ana");
    let (one_moved, two_moved) = tokio::join!(one.rewrap(&ana), two.rewrap(&ana));
    one_moved.expect("moved");
    two_moved.expect("moved or found moved");
    assert!(same(&keys, &one.load(&ana).await.expect("read").expect("there")));
}

#[tokio::test]
async fn a_move_whose_answer_was_lost_is_a_move() {
    let (cloud, _, _) = with_record().await;
    // Read, unwrap, wrap, prove; then the write, which is tried again and refused.
    cloud.next([Fault::None, Fault::None, Fault::None, Fault::None, Fault::AnswerLost]);
    let moved = store(&cloud, OTHER_KEY).rewrap(&user("ana")).await.expect("moved");
    assert_eq!(moved, Rewrapped::Moved);
    assert_eq!(cloud.writes(), 2);
}

#[tokio::test]
async fn keys_are_replaced_only_as_they_were_read() {
    let (cloud, store, _) = with_record().await;
    let ana = user("ana");
    let load = async || store.load_to_replace(&ana).await.expect("read").expect("there");
    let (first, second) = (load().await, load().await);
    let keys = first.keys.with_new_password();
    store.replace(&ana, &first, &keys).await.expect("replaced");
    let late = store.replace(&ana, &second, &second.keys.with_new_password()).await;
    assert!(matches!(late, Err(KeyError::Replaced(_))), "{late:?}");
    assert!(same(&keys, &load().await.keys));
    // Whose answer was lost has replaced them all the same.
    let third = load().await;
    let keys = third.keys.with_new_password();
    cloud.next([Fault::None, Fault::None, Fault::AnswerLost]);
    store.replace(&ana, &third, &keys).await.expect("his own write refuses the second try");
    assert!(same(&keys, &load().await.keys));
}

#[tokio::test]
async fn everybody_with_keys_is_found_on_all_pages() {
    let cloud = Cloud::default();
    let store = store(&cloud, KEY);
    for name in ["ana", "bob", "cid", "d:e", "e.f"] {
        store.load_or_create(&user(name), NOW).await.expect("made");
    }
    let users = store.users().await.expect("listed");
    assert_eq!(users, ["ana", "bob", "cid", "d:e", "e.f"].map(user));
    cloud.next([Fault::None, Fault::Status(403, "AccessDenied")]);
    store.users().await.expect_err("half of them is not all of them");
}
