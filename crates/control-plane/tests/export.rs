//! What a user takes with him is all of it, or he is told what it lacks.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::sync::Arc;
use std::time::Duration;

use control_plane::ExportUser;
use domain::{
    FileName, InboxState, Outcome, Reply, Setting, SettingKey, SnapshotId, SnapshotRef, UploadId,
    UploadKey,
};
use platform::{Clock, Completion};
use platform_sim::World;
use serde_json::Value;

mod world;

use world::{Cases, cases, incoming, message_id};

fn export(world: &World) -> ExportUser {
    ExportUser {
        belongings: world.belongings(),
        exports: world.exports(),
        tasks: world.tasks(),
        workspace: world.workspace_files(),
        clock: Arc::new(world.clock().clone()),
        entropy: || [3; 16],
    }
}

/// A conversation, a message that waits, settings, uploads, and a snapshot with a workspace.
async fn live(cases: &Cases) {
    let (world, user) = (&cases.world, &cases.user);
    let launch = protocol::Nudge::Inbox { message_id: "m1".into() };
    cases.ensure().run(user, &launch).await.expect("launches");
    cases.bridge_is_up().await;
    let generation = world.task(user).generation;
    for id in ["m1", "m2", "m3"] {
        cases.accept().run(user, incoming(id)).await.expect("accepts");
        let leased = world.inbox().lease(user, &message_id(id), generation).await;
        let message = &leased.expect("is open");
        let reply = &Reply {
            text: format!("the answer to {id}"),
            outcome: Outcome::Complete,
            error: None,
            usage: None,
            at: world.clock().now(),
        };
        let state = InboxState::Done;
        let completion = Completion { message, reply, state, generation, owed: false };
        world.inbox().complete(user, &completion).await.expect("completes");
        world.clock().advance(Duration::from_secs(1));
    }
    cases.accept().run(user, incoming("waits")).await.expect("accepts");
    let value = serde_json::from_str("\"de\"").expect("JSON");
    let setting = Setting::parse(SettingKey::Language, &value).expect("valid");
    world.settings().put(user, &setting).await.expect("writes");
    for number in ["01", "02", "03"] {
        let id = UploadId::new(number).expect("valid");
        let name = FileName::near("plan.pdf").expect("visible");
        world.upload(&UploadKey { user: user.clone(), id, name }, number.as_bytes());
    }
    let id = SnapshotId::new("5f").expect("valid");
    let at = world.clock().now();
    let snapshot = SnapshotRef { id: id.clone(), generation, at };
    world.snapshots().begin_from(user, generation, Some(&snapshot), at).await.expect("begins");
    for (path, text) in [("MEMORY.md", "what it knows"), ("a/b/deep.txt", "deep"), ("a/c", "x")] {
        world.keep_file(user, &id, path, text.as_bytes());
    }
}

fn unpacked(world: &World, cases: &Cases) -> BTreeMap<String, String> {
    let exports = world.exports_of(&cases.user);
    let [(_, bytes)] = exports.as_slice() else { panic!("{} exports", exports.len()) };
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).expect("a zip file");
    let mut files = BTreeMap::new();
    for place in 0..zip.len() {
        let mut file = zip.by_index(place).expect("is there");
        let (name, mut text) = (file.name().expect("UTF-8").into_owned(), String::new());
        file.read_to_string(&mut text).expect("whole");
        assert!(files.insert(name.clone(), text).is_none(), "{name} twice");
    }
    files
}

#[tokio::test]
async fn everything_is_in_it() {
    let ana = cases();
    live(&ana).await;
    let offer = export(&ana.world).run(&ana.user).await.expect("exports");
    let files = unpacked(&ana.world, &ana);
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    let expected = [
        "README.txt",
        "conversations/default.json",
        "conversations/default.md",
        "links.json",
        "profile.json",
        "schedules.json",
        "settings.json",
        "snapshots.json",
        "uploads/01/plan.pdf",
        "uploads/02/plan.pdf",
        "uploads/03/plan.pdf",
        "usage.json",
        "waiting.json",
        "workspace/MEMORY.md",
        "workspace/a/b/deep.txt",
        "workspace/a/c",
    ];
    assert_eq!(names, expected);
    let json = |name: &str| serde_json::from_str::<Value>(&files[name]).expect(name);
    let talk = json("conversations/default.json");
    let said = talk["messages"].as_array().expect("messages");
    let replies: Vec<&str> = said
        .iter()
        .filter(|m| m["role"] == "assistant")
        .filter_map(|m| m["text"].as_str())
        .collect();
    assert_eq!(replies, ["the answer to m1", "the answer to m2", "the answer to m3"]);
    assert!(talk["title"].is_string());
    assert!(files["conversations/default.md"].contains("the answer to m3"));
    assert_eq!(json("settings.json")[0]["value"], "de");
    assert_eq!(json("waiting.json").as_array().map(Vec::len), Some(1));
    assert_eq!(files["workspace/a/b/deep.txt"], "deep");
    assert_eq!(json("profile.json")["userId"], ana.user.as_str());
    assert_eq!(offer.left_out.len(), 1, "{:?}", offer.left_out);
    assert!(files["README.txt"].contains("agent state"));
    let parts: BTreeMap<&str, u64> =
        offer.contents.iter().map(|part| (part.path.as_str(), part.files)).collect();
    assert_eq!((parts["uploads/"], parts["workspace/"], parts["conversations/"]), (3, 3, 2));
    assert_eq!(offer.bytes, ana.world.exports_of(&ana.user)[0].1.len() as u64);
    assert!(offer.url.contains(ana.user.as_str()));
}

#[tokio::test]
async fn a_read_that_fails_is_never_an_export_that_lacks_something() {
    let reads = [
        "exports.begin",
        "tasks.get",
        "belongings.records",
        "belongings.files",
        "belongings.open",
        "uploads.read",
        "files.list",
        "files.open",
        "exports.part",
        "exports.finish",
        "exports.link",
    ];
    for step in reads {
        let ana = cases();
        live(&ana).await;
        ana.world.fail_next(step, 1);
        let failed = export(&ana.world).run(&ana.user).await;
        assert!(failed.is_err(), "{step}");
        assert_eq!(ana.world.exports_under_way(), 0, "{step}: its parts were taken back");
        let links = ana.world.exports_of(&ana.user).len();
        assert_eq!(links, usize::from(step == "exports.link"), "{step}");
    }
}

/// Time goes by with every look at it.
struct SlowClock(World);

impl Clock for SlowClock {
    fn now(&self) -> domain::Timestamp {
        self.0.clock().advance(Duration::from_secs(2));
        self.0.clock().now()
    }
}

#[tokio::test]
async fn what_there_was_no_time_for_is_named() {
    let ana = cases();
    live(&ana).await;
    let clock = Arc::new(SlowClock(ana.world.clone()));
    let offer = ExportUser { clock, ..export(&ana.world) }.run(&ana.user).await.expect("exports");
    let files = unpacked(&ana.world, &ana);
    assert!(files.contains_key("conversations/default.json"), "what is small is there");
    assert!(!files.contains_key("workspace/MEMORY.md"));
    let named: Vec<&str> = offer.left_out.iter().map(|left| left.path.as_str()).collect();
    assert!(named.contains(&"uploads/") && named.contains(&"workspace/"), "{named:?}");
    for left in &offer.left_out {
        assert!(files["README.txt"].contains(&left.why) && !left.how.is_empty());
    }
}
