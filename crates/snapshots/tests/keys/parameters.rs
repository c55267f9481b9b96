//! Wrapping by keys in a parameter.

use serde_json::{Value, json};
use snapshots::keys::{KeyError, KeyParameter, Wrapper};

use crate::{Arc, BUCKET, Cloud, Fault, KeyStore, NOW, Rewrapped, same, text, user};

fn store(cloud: &Cloud) -> KeyStore {
    KeyStore::new(
        cloud.s3(),
        BUCKET,
        Arc::new(KeyParameter::new(cloud.ssm(), "/openclaw/snapshot-key")),
    )
}

fn with_parameter() -> Cloud {
    let cloud = Cloud::default();
    cloud.with(|inside| inside.parameter = Some(KeyParameter::new_text()));
    cloud
}

#[tokio::test]
async fn keys_that_a_parameter_wraps_are_read_again_and_by_their_user_alone() {
    let cloud = with_parameter();
    let (ana, ben) = (user("ana"), user("ben"));
    let made = store(&cloud).load_or_create(&ana, NOW).await.expect("made");
    let read = store(&cloud).load(&ana).await.expect("read").expect("there");
    assert!(same(&made, &read));
    let wrapper = KeyParameter::new(cloud.ssm(), "/openclaw/snapshot-key");
    let wrapped = wrapper.wrap(&ana, b"secret").await.expect("wraps");
    assert_eq!(wrapper.unwrap(&ana, &wrapped).await.expect("unwraps"), b"secret");
    let error = wrapper.unwrap(&ben, &wrapped).await.expect_err("another user's");
    assert!(matches!(error, KeyError::Unusable { .. }), "{error:?}");
}

#[tokio::test]
async fn a_key_that_is_added_wraps_and_those_before_it_unwrap() {
    let cloud = with_parameter();
    let ana = user("ana");
    let made = store(&cloud).load_or_create(&ana, NOW).await.expect("made");
    let newer: Value = serde_json::from_str(&KeyParameter::new_text()).expect("JSON");
    cloud.with(|inside| {
        let mut ring: Value =
            serde_json::from_str(inside.parameter.as_ref().expect("set")).expect("JSON");
        ring["keys"].as_array_mut().expect("keys").insert(0, newer["keys"][0].clone());
        inside.parameter = Some(ring.to_string());
    });
    assert!(same(&made, &store(&cloud).load(&ana).await.expect("read").expect("there")));
    assert_eq!(store(&cloud).rewrap(&ana).await.expect("moved"), Rewrapped::Moved);
    cloud.with(|inside| inside.parameter = Some(newer.to_string()));
    assert!(same(&made, &store(&cloud).load(&ana).await.expect("read").expect("there")));
}

#[tokio::test]
async fn without_the_parameter_nothing_is_made_and_nothing_follows() {
    let damaged =
        [None, Some("{}".to_owned()), Some(json!({"version": 1, "keys": []}).to_string())];
    for parameter in damaged {
        let cloud = Cloud::default();
        cloud.with(|inside| inside.parameter = parameter.clone());
        let error = store(&cloud).load_or_create(&user("ana"), NOW).await.expect_err("no key");
        assert!(matches!(error, KeyError::Unavailable { .. }), "{error:?}");
        assert!(text(&error).contains("/openclaw/snapshot-key"), "{}", text(&error));
        assert_eq!(cloud.writes(), 0, "{parameter:?}");
    }
    let cloud = with_parameter();
    // The record is looked for, and the repository; the third call reads the parameter.
    cloud.next([Fault::None, Fault::None, Fault::Status(400, "ThrottlingException")]);
    let error = store(&cloud).load_or_create(&user("ana"), NOW).await.expect_err("throttled");
    assert!(text(&error).contains("ThrottlingException"), "{}", text(&error));
    assert_eq!(cloud.writes(), 0);
}
