//! Leaving and taking along, with the Lambdas' own ports over the stand-ins: whatever names a user
//! is found by looking at everything there is.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use domain::{FileName, Setting, SettingKey, UploadId, UploadKey, UserId};
use local_stack::{CREDENTIAL, REGION};
use platform_aws::Tables;
use serde_json::Value;

use crate::support::{World, get};

const BUCKET: &str = "openclaw-data";

async fn world() -> World {
    World::with(|config| {
        config.tables = platform_aws::tables::create_table_json(&Tables::prefixed("openclaw-"));
    })
    .await
}

fn environment(world: &World) -> BTreeMap<String, String> {
    let endpoint = &world.stack.urls.aws_endpoint;
    let keys = world.dir.path().join("snapshot-keys.json").display().to_string();
    let tables = Tables::prefixed("openclaw-");
    let pairs = [
        ("AWS_REGION", REGION),
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_ACCESS_KEY_ID", CREDENTIAL),
        ("AWS_SECRET_ACCESS_KEY", CREDENTIAL),
        ("TABLE_TASK_STATE", &tables.task_state),
        ("TABLE_PENDING_MESSAGES", &tables.pending_messages),
        ("TABLE_CONVERSATIONS", &tables.conversations),
        ("TABLE_CONNECTIONS", &tables.connections),
        ("TABLE_SETTINGS", &tables.settings),
        ("DATA_BUCKET", BUCKET),
        ("WS_MANAGEMENT_URL", endpoint),
        ("TELEGRAM_API_URL", endpoint),
        ("ECS_CLUSTER", "openclaw"),
        ("ECS_TASK_DEFINITION", "openclaw-agent"),
        ("ECS_SUBNETS", "subnet-local"),
        ("ECS_SECURITY_GROUPS", "sg-local"),
        ("OFFERED_MODELS", "demo"),
        ("SCHEDULE_GROUP", "openclaw"),
        ("SCHEDULE_TARGET_ARN", "arn:aws:lambda:us-east-1:000000000000:function:scheduled-message"),
        ("SCHEDULE_ROLE_ARN", "arn:aws:iam::000000000000:role/scheduler"),
        ("USER_POOL_ID", "local_users"),
        ("SNAPSHOT_KEY_FILE", &keys),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Of the token's claims.
async fn signed_in(world: &World, name: &str) -> UserId {
    let token = world.access_token(name).await;
    let claims = token.split('.').nth(1).expect("a JWT");
    let claims = data_encoding::BASE64URL_NOPAD.decode(claims.as_bytes()).expect("base64");
    let claims: Value = serde_json::from_slice(&claims).expect("JSON");
    UserId::new(claims["sub"].as_str().expect("a subject")).expect("valid")
}

/// Every row and every object that says the user's id, wherever it is.
async fn traces(world: &World, user: &UserId) -> Vec<String> {
    let tables = Tables::prefixed("openclaw-");
    let mut found = Vec::new();
    let names = [
        tables.task_state,
        tables.pending_messages,
        tables.conversations,
        tables.connections,
        tables.settings,
    ];
    for table in names {
        let rows = world.dynamodb().scan().table_name(&table).send().await.expect("scans");
        let rows = rows.items().iter().filter(|row| format!("{row:?}").contains(user.as_str()));
        found.extend(rows.map(|row| format!("{table} {:?}", row["PK"])));
    }
    let objects = world.s3().list_objects_v2().bucket(BUCKET).send().await.expect("lists");
    let keys = objects.contents().iter().filter_map(|object| object.key());
    found.extend(keys.filter(|key| key.contains(user.as_str())).map(str::to_owned));
    found
}

async fn furnish(world: &World, ports: &api::Ports, user: &UserId) {
    for (key, json) in [(SettingKey::Language, "\"de\""), (SettingKey::TimeZone, "\"UTC\"")] {
        let value = serde_json::from_str(json).expect("JSON");
        let setting = Setting::parse(key, &value).expect("valid");
        ports.settings.settings.put(user, &setting).await.expect("writes");
    }
    let incoming = control_plane::Incoming {
        id: domain::MessageId::new("m1").expect("valid"),
        conversation: domain::ConversationId::default(),
        channel: domain::Channel::Web,
        reply_to: domain::ReplyTo::None,
        text: "hello".into(),
        attachments: Vec::new(),
        album: None,
    };
    ports.accept.run(user, incoming).await.expect("accepts");
    for number in 0..3 {
        let id = UploadId::new(format!("0{number}")).expect("valid");
        let name = FileName::near("a plan & more.pdf").expect("visible");
        let key = UploadKey { user: user.clone(), id, name };
        for key in [
            key.to_string(),
            format!("snapshots/{user}/data/{number}"),
            format!("texts/{user}/{number}"),
        ] {
            let put = world.s3().put_object().bucket(BUCKET).key(key);
            put.body(b"content".to_vec().into()).send().await.expect("puts");
        }
    }
    let key = format!("snapshot-keys/{user}.json");
    let put = world.s3().put_object().bucket(BUCKET).key(key);
    put.body(b"{}".to_vec().into()).send().await.expect("puts");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_of_who_leaves_goes_and_nothing_of_who_stays() {
    let world = world().await;
    let environment = environment(&world);
    let lookup = |name: &str| environment.get(name).cloned();
    let ports = api::Ports::from_lookup(&lookup).expect("complete");
    let (ana, ben) = (signed_in(&world, "ana").await, signed_in(&world, "ben").await);
    furnish(&world, &ports, &ana).await;
    furnish(&world, &ports, &ben).await;
    let kept = traces(&world, &ben).await;
    assert_eq!(traces(&world, &ana).await.len(), kept.len());
    assert!(kept.len() >= 14, "{kept:?}");

    let receipt = ports.delete.run(&ana).await.expect("deletes");
    let counts: Vec<u64> = ["uploads", "texts", "snapshots", "snapshotKeys", "settings", "inbox"]
        .map(|place| receipt.deleted.get(place).copied().unwrap_or_default())
        .into();
    assert_eq!(counts, [3, 3, 3, 1, 2, 1]);
    let left = traces(&world, &ana).await;
    assert_eq!(left.len(), 2, "the fence and the mark: {left:?}");
    assert!(left.iter().all(|row| row.starts_with("openclaw-TaskState ")), "{left:?}");
    assert_eq!(traces(&world, &ben).await, kept);

    // He is signed out, and his name is nobody's.
    let watchdog = watchdog::Ports::from_lookup(&lookup).expect("complete");
    assert_eq!(watchdog.delete.follow_up().await, 0);
    let accounts = ports.delete.accounts.as_ref().expect("there is a user pool");
    assert!(!accounts.remove(&ana).await.expect("answers"), "he was removed before");
    assert!(accounts.remove(&ben).await.expect("answers"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_fetched_by_its_link_alone() {
    let world = world().await;
    let environment = environment(&world);
    let ports = api::Ports::from_lookup(&|name| environment.get(name).cloned()).expect("complete");
    let ana = signed_in(&world, "ana").await;
    furnish(&world, &ports, &ana).await;
    let offer = ports.export.run(&ana).await.expect("exports");
    let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new())
        .build_http::<http_body_util::Full<bytes::Bytes>>();
    let fetched = client.get(offer.url.parse().expect("a URL")).await.expect("answers");
    assert_eq!(fetched.status(), 200);
    let body = http_body_util::BodyExt::collect(fetched.into_body()).await.expect("whole");
    let bytes = body.to_bytes();
    assert_eq!(bytes.len() as u64, offer.bytes);
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).expect("a zip file");
    let mut text = String::new();
    zip.by_name("waiting.json").expect("is there").read_to_string(&mut text).expect("whole");
    assert!(text.contains("\"hello\""), "{text}");
    let mut text = String::new();
    let mut file = zip.by_name("uploads/01/a plan & more.pdf").expect("is there");
    file.read_to_string(&mut text).expect("whole");
    assert_eq!(text, "content");
    let forged = offer.url.replace("X-Amz-Signature=", "X-Amz-Signature=0");
    assert!((400..=403).contains(&get(&forged).await.status), "nobody else signs");
    world.stop().await;
}
