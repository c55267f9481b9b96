//! What a page has sent can be read, whole, and nothing else.

use domain::{FileName, UploadId, UploadKey};

use super::ContractWorld;
use crate::{OpenError, Upload, Uploads};

fn key(world: &dyn ContractWorld, name: &str) -> UploadKey {
    UploadKey {
        user: world.new_user(),
        id: UploadId::new("0f").expect("valid"),
        name: FileName::near(name).expect("visible"),
    }
}

async fn read(uploads: &dyn Uploads, key: &UploadKey) -> (u64, Vec<u8>) {
    let Upload { size, mut body } = uploads.open(key).await.expect("is there");
    let mut bytes = Vec::new();
    while let Some(chunk) = body.chunk().await.expect("reads") {
        bytes.extend(chunk);
    }
    (size, bytes)
}

pub async fn an_upload_reads_back_whatever_it_is_called(world: &dyn ContractWorld) {
    let names = ["a.txt", "Übersicht 최종 (1).pdf", "50% + a&b=c?#'\".sh", "😀.png"];
    for (name, bytes) in names.into_iter().zip([0, 1, 70_000, 300_000]) {
        let (key, bytes) = (key(world, name), vec![7; bytes]);
        world.upload(&key, &bytes).await;
        let (size, read) = read(&*world.uploads(), &key).await;
        assert_eq!(size, bytes.len() as u64, "{name}");
        assert!(read == bytes, "{name}");
    }
}

pub async fn what_was_never_sent_is_not_found(world: &dyn ContractWorld) {
    let there = key(world, "a.txt");
    world.upload(&there, b"a").await;
    let other_name = UploadKey { name: FileName::near("b.txt").expect("visible"), ..there.clone() };
    let other_user = UploadKey { user: world.new_user(), ..there };
    for missing in [other_name, other_user] {
        let outcome = world.uploads().open(&missing).await;
        assert!(matches!(outcome, Err(OpenError::NotFound)), "{missing}");
    }
}
