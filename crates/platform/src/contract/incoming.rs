//! What a user has sent lies there until it is removed, under the path that he chose.

use domain::{IncomingKey, UploadId, UserId, WorkspacePath};

use super::ContractWorld;
use crate::{IncomingFiles, OpenError};

fn key(user: &UserId, id: &str, path: &str) -> IncomingKey {
    let path = WorkspacePath::parse(path).expect("valid");
    IncomingKey::new(user.clone(), UploadId::new(id).expect("valid"), path).expect("fits")
}

async fn read(incoming: &dyn IncomingFiles, key: &IncomingKey) -> Vec<u8> {
    let mut upload = incoming.open(key).await.expect("is there");
    let mut bytes = Vec::new();
    while let Some(chunk) = upload.body.chunk().await.expect("reads") {
        bytes.extend(chunk);
    }
    assert_eq!(upload.size, bytes.len() as u64);
    bytes
}

pub async fn what_was_sent_is_listed_and_reads_back(world: &dyn ContractWorld) {
    let (incoming, ana, ben) = (world.incoming(), world.new_user(), world.new_user());
    assert_eq!(incoming.list(&ana).await.expect("reads"), []);
    let paths =
        ["a.txt", "한국어/b c (1).txt", "d/e/f&g=h?#'\"%2e+.txt", "d/<x>.txt", ".hidden/ a"];
    let mut sent = Vec::new();
    for (n, path) in paths.into_iter().enumerate() {
        let key = key(&ana, &format!("id-{n}"), path);
        world.send_in(&key, path.as_bytes()).await;
        sent.push(key);
    }
    let mut listed = incoming.list(&ana).await.expect("reads");
    listed.sort();
    assert_eq!(listed, sent);
    for key in &sent {
        assert_eq!(read(&*incoming, key).await, key.path.as_str().as_bytes());
    }
    assert_eq!(incoming.list(&ben).await.expect("reads"), [], "another user's");
}

pub async fn what_was_removed_is_gone_and_may_be_removed_again(world: &dyn ContractWorld) {
    let (incoming, ana) = (world.incoming(), world.new_user());
    let [gone, stays] = [key(&ana, "1", "a"), key(&ana, "2", "a")];
    world.send_in(&gone, b"gone").await;
    world.send_in(&stays, b"stays").await;
    for _ in 0..2 {
        incoming.remove(&gone).await.expect("removes");
        assert_eq!(incoming.list(&ana).await.expect("reads"), std::slice::from_ref(&stays));
        assert!(matches!(incoming.open(&gone).await, Err(OpenError::NotFound)));
    }
    assert_eq!(read(&*incoming, &stays).await, b"stays");
}
