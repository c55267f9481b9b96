use aws_sdk_s3::{
    primitives::ByteStream,
    types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart, Delete, ObjectIdentifier},
};
use futures_util::future::join_all;

use crate::support::World;

const BUCKET: &str = "openclaw-data";

fn body(content: impl Into<Vec<u8>>) -> ByteStream {
    ByteStream::from(content.into())
}

async fn read(client: &aws_sdk_s3::Client, key: &str) -> Vec<u8> {
    let got = client.get_object().bucket(BUCKET).key(key).send().await.expect("reads");
    got.body.collect().await.expect("a body").to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_conditional_puts_one_wins() {
    let world = World::start().await;
    let client = world.s3();
    for round in 0..5 {
        let key = format!("lock-{round}");
        let puts = (0..50).map(|n| {
            let put = client.put_object().bucket(BUCKET).key(&key).if_none_match("*");
            put.body(body(format!("winner {n}"))).send()
        });
        let results = join_all(puts).await;
        let winners: Vec<usize> =
            results.iter().enumerate().filter(|(_, it)| it.is_ok()).map(|(n, _)| n).collect();
        assert_eq!(winners.len(), 1, "round {round}: {winners:?}");
        assert_eq!(read(&client, &key).await, format!("winner {}", winners[0]).into_bytes());
        for result in results.into_iter().filter_map(Result::err) {
            assert_eq!(result.raw_response().map(|it| it.status().as_u16()), Some(412));
        }
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn if_match_replaces_only_what_was_read() {
    let world = World::start().await;
    let client = world.s3();
    let put =
        |content: &str| client.put_object().bucket(BUCKET).key("x").body(body(content.as_bytes()));
    let first = put("1").send().await.expect("writes").e_tag.expect("an etag");
    put("2").if_match(&first).send().await.expect("it is still that one");
    let stale = put("3").if_match(&first).send().await.expect_err("not that one any more");
    assert_eq!(stale.into_service_error().meta().code(), Some("PreconditionFailed"));
    assert_eq!(read(&client, "x").await, b"2");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_checksum_stores_nothing() {
    let world = World::start().await;
    let client = world.s3();
    for algorithm in [
        ChecksumAlgorithm::Crc32,
        ChecksumAlgorithm::Crc32C,
        ChecksumAlgorithm::Sha256,
        ChecksumAlgorithm::Crc64Nvme,
    ] {
        let key = algorithm.as_str().to_owned();
        let put = client.put_object().bucket(BUCKET).key(&key).checksum_algorithm(algorithm);
        put.body(body("good")).send().await.expect("a right checksum is accepted");
        assert_eq!(read(&client, &key).await, b"good");
    }
    let put = || client.put_object().bucket(BUCKET).key("bad").body(body("x"));
    let wrong = put().checksum_crc32("AAAAAA==").send().await.expect_err("wrong CRC");
    assert_eq!(wrong.into_service_error().meta().code(), Some("BadDigest"));
    let wrong = put().content_md5("AAAAAAAAAAAAAAAAAAAAAA==").send().await.expect_err("wrong MD5");
    assert_eq!(wrong.into_service_error().meta().code(), Some("BadDigest"));
    let head = client.head_object().bucket(BUCKET).key("bad").send().await;
    assert!(head.expect_err("nothing there").into_service_error().is_not_found());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_keys_are_all_different_and_listed_by_their_names() {
    let world = World::start().await;
    let client = world.s3();
    let long = "k".repeat(1000);
    let keys =
        ["x", "x/y", "a//b", "./", "../up", "dir/", "안녕 & <b>\"'", "q?a=b&c#d+e%20", &long];
    for key in keys {
        let put = client.put_object().bucket(BUCKET).key(key).body(body(key));
        put.send().await.unwrap_or_else(|error| panic!("{key}: {error:?}"));
    }
    for key in keys {
        assert_eq!(read(&client, key).await, key.as_bytes(), "{key}");
    }
    let listed = client.list_objects_v2().bucket(BUCKET).send().await.expect("lists");
    let mut names: Vec<_> = listed.contents().iter().filter_map(|it| it.key()).collect();
    let mut expected = keys.to_vec();
    names.sort_unstable();
    expected.sort_unstable();
    assert_eq!(names, expected);
    assert!(listed.contents().iter().all(|it| it.e_tag().is_some() && it.size().is_some()));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn listings_page_through_prefixes_and_survive_a_restart() {
    let world = World::start().await;
    let client = world.s3();
    let put = |n: usize| {
        let key = format!("snap/{:02}/{n:03}", n % 7);
        client.put_object().bucket(BUCKET).key(key).body(body("x")).send()
    };
    for done in join_all((0..70).map(put)).await {
        done.expect("writes");
    }
    let world = World::on(world.stop().await, |_| {}).await;
    let client = world.s3();
    let list = client.list_objects_v2().bucket(BUCKET).prefix("snap/").max_keys(3);
    let pages = list.clone().into_paginator().send().collect::<Result<Vec<_>, _>>().await;
    let pages = pages.expect("pages");
    let mut keys: Vec<_> = pages.iter().flat_map(|page| page.contents()).collect();
    assert_eq!((pages.len(), keys.len()), (24, 70));
    keys.dedup_by_key(|object| object.key().map(str::to_owned));
    assert_eq!(keys.len(), 70);
    let folded = list.delimiter("/").into_paginator().send().collect::<Result<Vec<_>, _>>().await;
    let folded = folded.expect("pages");
    let prefixes: Vec<_> = folded.iter().flat_map(|page| page.common_prefixes()).collect();
    assert_eq!((folded.len(), prefixes.len()), (3, 7));
    assert_eq!(prefixes[6].prefix(), Some("snap/06/"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ranges_metadata_copies_and_deletes() {
    let world = World::start().await;
    let client = world.s3();
    let put = client.put_object().bucket(BUCKET).key("a").body(body("0123456789"));
    put.content_type("text/x").metadata("gen", "7").send().await.expect("writes");
    let part = client.get_object().bucket(BUCKET).key("a").range("bytes=2-4").send().await;
    let part = part.expect("reads");
    assert_eq!(part.content_range(), Some("bytes 2-4/10"));
    assert_eq!(part.body.collect().await.expect("a body").to_vec(), b"234");
    let beyond = client.get_object().bucket(BUCKET).key("a").range("bytes=10-").send().await;
    assert_eq!(
        beyond.expect_err("beyond").into_service_error().meta().code(),
        Some("InvalidRange")
    );
    let copy = client.copy_object().bucket(BUCKET).key("b").copy_source(format!("{BUCKET}/a"));
    copy.send().await.expect("copies");
    let head = client.head_object().bucket(BUCKET).key("b").send().await.expect("is there");
    assert_eq!(head.content_length(), Some(10));
    assert_eq!(head.content_type(), Some("text/x"));
    assert_eq!(head.metadata().and_then(|it| it.get("gen")).map(String::as_str), Some("7"));
    let object = |key: &str| ObjectIdentifier::builder().key(key).build().expect("a key");
    let both = Delete::builder().objects(object("a")).objects(object("none")).build().expect("two");
    client.delete_objects().bucket(BUCKET).delete(both).send().await.expect("deletes");
    client.delete_object().bucket(BUCKET).key("b").send().await.expect("deletes");
    let left = client.list_objects_v2().bucket(BUCKET).send().await.expect("lists");
    assert_eq!(left.key_count(), Some(0));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn large_objects_go_in_parts() {
    const PART: usize = 5 * 1024 * 1024;
    let world = World::start().await;
    let client = world.s3();
    let create = client.create_multipart_upload().bucket(BUCKET).key("big").metadata("a", "b");
    let id = create.send().await.expect("begins").upload_id.expect("an id");
    let contents = [vec![1_u8; PART], vec![2; PART], vec![3; 17]];
    let mut parts = Vec::new();
    for (number, content) in (1..).zip(&contents) {
        let part = client.upload_part().bucket(BUCKET).key("big").upload_id(&id);
        let part =
            part.part_number(number).body(body(content.clone())).send().await.expect("takes");
        let tag = part.e_tag.expect("an etag");
        parts.push(CompletedPart::builder().part_number(number).e_tag(tag).build());
    }
    let done = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
    let complete = client.complete_multipart_upload().bucket(BUCKET).key("big").upload_id(&id);
    let completed = complete.multipart_upload(done).send().await.expect("completes");
    assert!(completed.e_tag().is_some_and(|tag| tag.contains("-3")), "{completed:?}");
    assert_eq!(read(&client, "big").await, contents.concat());
    let range = format!("bytes={}-{}", PART - 2, PART + 1);
    let seam = client.get_object().bucket(BUCKET).key("big").range(range).send().await;
    assert_eq!(seam.expect("reads").body.collect().await.expect("body").to_vec(), [1, 1, 2, 2]);
    let gone =
        client.abort_multipart_upload().bucket(BUCKET).key("big").upload_id(&id).send().await;
    assert!(gone.expect_err("used up").into_service_error().is_no_such_upload());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_bucket_is_said_to_be_missing_and_faults_are_xml() {
    let world = World::start().await;
    let client = world.s3();
    let put = client.put_object().bucket("nowhere").key("a").body(body("x")).send().await;
    assert_eq!(
        put.expect_err("no bucket").into_service_error().meta().code(),
        Some("NoSuchBucket")
    );
    client.head_bucket().bucket(BUCKET).send().await.expect("this one exists");
    let missing = client.get_object().bucket(BUCKET).key("none").send().await;
    assert!(missing.expect_err("no key").into_service_error().is_no_such_key());
    let faults = serde_json::json!({"errorRate": {"s3:*": 1.0}});
    world.stack.set_faults(serde_json::from_value(faults).expect("faults")).expect("usable");
    let slow = client.list_objects_v2().bucket(BUCKET).send().await.expect_err("told to fail");
    assert_eq!(slow.into_service_error().meta().code(), Some("SlowDown"));
    let calls = world.stack.counters().calls;
    assert_eq!(
        (calls["s3:PutObject"], calls["s3:ListObjectsV2"], calls["s3:HeadBucket"]),
        (1, 1, 1)
    );
    world.stop().await;
}
