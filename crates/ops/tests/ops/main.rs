//! The built program against a bucket.

mod deployment;
mod doctor;
mod faults;
mod people;
mod release;
mod scene;
mod stand_in;
mod telegram;
mod users;
mod world;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use domain::{Generation, SnapshotRef, Timestamp};
use platform::{Claim, Snapshots, Tasks};
use platform_aws::{DynamoSnapshots, DynamoTasks, Tables};
use serde_json::Value;
use world::{BUCKET, World, ana, run};

fn read(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Two snapshots; `today.md` says which.
async fn with_snapshots() -> (World, [domain::Snapshot; 2]) {
    let world = World::start().await;
    let agent = world.agent();
    let first = world.save(&agent, 1, 0).await;
    fs::write(agent.join("workspace/notes/today.md"), "two!").expect("written");
    let second = world.save(&agent, 2, 5).await;
    (world, [first, second])
}

#[tokio::test(flavor = "multi_thread")]
async fn snapshots_are_listed_for_people_and_for_scripts() {
    let (world, [first, second]) = with_snapshots().await;
    let table = world.ops(&["snapshots", "list", "--user", "ana"]).await.well().out;
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("ID        TAKEN (UTC)"), "{table}");
    assert!(lines[1].starts_with(&first.id.as_str()[..8]), "{table}");
    assert!(lines[1].contains("2026-11-21 12:00:00"), "{table}");
    assert!(lines[2].starts_with(&second.id.as_str()[..8]), "{table}");
    assert!(table.contains("the newest of the highest generation"), "{table}");

    let list = world.ops(&["snapshots", "list", "--user", "ana", "--json"]).await.well().json();
    assert_eq!(list["snapshots"][0]["id"], first.id.as_str());
    assert_eq!(list["snapshots"][1]["generation"], 2);
    assert_eq!(list["latest"], second.id.as_str());
    assert_eq!(list["latestBy"], "newest");

    let none = world.ops(&["snapshots", "list", "--user", "bob"]).await.well().out;
    assert_eq!(none, "user `bob` has no snapshots\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_is_restored_whole_or_its_workspace_alone() {
    let (world, [first, _]) = with_snapshots().await;
    let (whole, part) = (world.path("whole"), world.path("part"));
    let to = whole.to_str().expect("text");
    let ran = world.ops(&["snapshots", "restore", "--user", "ana", "--to", to]).await.well();
    assert!(ran.err.contains("the newest of the highest generation"), "{ran:?}");
    assert_eq!(read(whole.join("workspace/notes/today.md")), "two!");
    assert_eq!(read(whole.join("workspace/link")), "two!");
    assert_eq!(read(whole.join("openclaw.json")), "{}");

    let to = part.to_str().expect("text");
    let id = &first.id.as_str()[..8];
    let restore = ["snapshots", "restore", "--user", "ana", "--workspace-only", "--snapshot"];
    let ran = world.ops(&[&restore[..], &[id, "--to", to, "--json"]].concat()).await.well();
    assert_eq!(ran.json()["snapshot"], first.id.as_str());
    assert_eq!(read(part.join("notes/today.md")), "one");
    assert!(!part.join("openclaw.json").exists());

    let again = world.ops(&["snapshots", "restore", "--user", "ana", "--to", to]).await;
    again.fails(2, "is not empty: name a new folder");
    assert_eq!(read(part.join("notes/today.md")), "one");
}

/// A user who went back in time: what is newer is no longer where his memory stands.
#[tokio::test(flavor = "multi_thread")]
async fn latest_is_what_the_next_task_would_restore() {
    let world = World::start().await;
    let agent = world.agent();
    let first = world.save(&agent, 1, 0).await;
    fs::write(agent.join("workspace/notes/today.md"), "undone").expect("written");
    world.save(&agent, 1, 5).await;
    let tables = Tables::prefixed("openclaw-");
    let memory = DynamoSnapshots::new(world.dynamodb(), tables.task_state, tables.settings);
    let generation = launched_twice(&world.tasks()).await;
    let base = SnapshotRef::from(&first);
    memory.begin_from(&ana(), generation, Some(&base), Timestamp(3)).await.expect("begun");

    let data = world.data();
    let local = ["--local", data.to_str().expect("text"), "--json"];
    let list = [&local[..], &["snapshots", "list", "--user", "ana"]].concat();
    let list = run(&list, &[]).await.well().json();
    assert_eq!(list["latestBy"], "recorded");
    assert_eq!(list["latest"], first.id.as_str(), "{list}");
    assert_eq!(list["snapshots"].as_array().expect("a list").len(), 2);

    let to = world.path("restored");
    let to = ["snapshots", "restore", "--user", "ana", "--to", to.to_str().expect("text")];
    let restored = run(&[&local[..], &to].concat(), &[]).await.well();
    assert!(restored.err.contains("the next task would restore it"), "{restored:?}");
    assert_eq!(read(world.path("restored/workspace/notes/today.md")), "one");
}

async fn launched_twice(tasks: &DynamoTasks) -> Generation {
    let mut generation = Generation(0);
    for minute in 1..=2 {
        let seen = tasks.get(&ana()).await.expect("read");
        let claim = Claim {
            seen_status: seen.status,
            seen_generation: seen.generation,
            launch_token_sha256: "0".into(),
            now: Timestamp(minute),
            due_at: Timestamp(minute),
        };
        generation = tasks.claim_launch(&ana(), &claim).await.expect("claimed");
    }
    generation
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_finds_what_is_missing() {
    let (world, _) = with_snapshots().await;
    let check = ["snapshots", "check", "--user", "ana"];
    let read_data = [&check[..], &["--read-data"]].concat();
    let ran = world.ops(&check).await.well();
    assert!(ran.out.contains("2 snapshots, no problem found"), "{ran:?}");
    world.ops(&read_data).await.well();

    let objects = world.objects().await;
    let pack = objects.iter().find(|(key, _)| key.contains("/data/")).expect("a pack").0.clone();
    let whole = world.s3().get_object().bucket(BUCKET).key(&pack).send().await.expect("read");
    let mut bytes = whole.body.collect().await.expect("read").to_vec();
    bytes[10] ^= 1;
    let put = world.s3().put_object().bucket(BUCKET).key(&pack).body(bytes.into());
    put.send().await.expect("damaged");
    let ran = world.ops(&read_data).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("PROBLEM: "), "{ran:?}");

    world.s3().delete_object().bucket(BUCKET).key(&pack).send().await.expect("removed");
    let ran = world.ops(&[&check[..], &["--json"]].concat()).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(!ran.json()["problems"].as_array().expect("a list").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_opens_with_tar() {
    let (world, [first, second]) = with_snapshots().await;
    for (name, flags) in [("ana.tar.gz", "xzpf"), ("ana.tar", "xpf")] {
        let file = world.path(name);
        let to = file.to_str().expect("text");
        let export = ["snapshots", "export", "--user", "ana", "--to", to];
        world.ops(&export).await.well();
        assert_eq!(fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600);
        let out = tempfile::tempdir().expect("a folder");
        let opened = Command::new("tar").arg(flags).arg(&file).arg("-C").arg(out.path()).status();
        assert!(opened.expect("tar runs").success());
        let top = out.path().join(format!("ana-{}", &second.id.as_str()[..8]));
        assert_eq!(read(top.join("workspace/notes/today.md")), "two!");
        assert_eq!(read(top.join("workspace/odd \n ✓ name")), "odd");
        assert!(top.join("workspace/empty").is_dir());
        let link = fs::read_link(top.join("workspace/link")).expect("a link");
        assert_eq!(link, Path::new("notes/today.md"));
        let run = fs::metadata(top.join("workspace/run.sh")).expect("there");
        assert_eq!(run.permissions().mode() & 0o777, 0o755);
        world.ops(&export).await.fails(2, "is there already");
    }
    let named = world.path("first.tar");
    let to = named.to_str().expect("text");
    let id = first.id.as_str();
    world.ops(&["snapshots", "export", "--user", "ana", "--snapshot", id, "--to", to]).await.well();
    let odd = world.ops(&["snapshots", "export", "--user", "ana", "--to", "x.zip"]).await;
    odd.fails(2, "ends neither in .tar");
    let left = fs::read_dir(world.dir.path()).expect("lists");
    let left = left.filter(|it| {
        it.as_ref().expect("an entry").file_name().to_string_lossy().starts_with(".ops-export")
    });
    assert_eq!(left.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_changes_nothing_in_the_bucket() {
    let (world, _) = with_snapshots().await;
    let before = world.objects().await;
    let (dir, tar) = (world.path("out"), world.path("out.tar"));
    let (dir, tar) = (dir.to_str().expect("text"), tar.to_str().expect("text"));
    for command in [
        vec!["list"],
        vec!["check", "--read-data"],
        vec!["restore", "--to", dir],
        vec!["export", "--to", tar],
        vec!["restic-env", "--show-password"],
    ] {
        let arguments = [&["snapshots"], &command[..], &["--user", "ana"]].concat();
        world.ops(&arguments).await.well();
    }
    assert_eq!(world.objects().await, before);
}

/// Debian's own restic, by what `restic-env` prints.
#[tokio::test(flavor = "multi_thread")]
async fn restic_itself_restores_what_restic_env_points_to() {
    let (world, _) = with_snapshots().await;
    let shown = world.ops(&["snapshots", "restic-env", "--user", "ana"]).await.well();
    assert!(!shown.out.contains("RESTIC_PASSWORD="), "{shown:?}");
    let Ok(version) = Command::new("restic").arg("version").output() else {
        eprintln!("restic is not installed: apt-get install restic");
        return;
    };
    assert!(version.status.success());
    world.ops(&["keys", "rotate", "--user", "ana"]).await.well();
    let shown = world.ops(&["snapshots", "restic-env", "--user", "ana", "--show-password"]).await;
    let to = world.path("by-restic");
    let script = format!(
        "{}\nrestic --no-cache --no-lock restore latest --target '{}' && restic --no-cache check --no-lock",
        shown.well().out,
        to.display(),
    );
    let done = tokio::task::spawn_blocking(move || {
        let credentials = [("AWS_ACCESS_KEY_ID", "local"), ("AWS_SECRET_ACCESS_KEY", "local")];
        Command::new("sh").arg("-c").arg(script).envs(credentials).output()
    });
    let done = done.await.expect("no panic").expect("sh runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(read(to.join("workspace/notes/today.md")), "two!");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_rotated_and_everything_still_opens() {
    let (world, _) = with_snapshots().await;
    let before = world.keys().load(&ana()).await.expect("read").expect("there");
    let ran = world.ops(&["keys", "rotate", "--user", "ana"]).await.well();
    assert!(ran.out.contains("1 old key file(s) removed"), "{ran:?}");
    let rotated = world.keys().load(&ana()).await.expect("read").expect("there");
    assert_ne!(rotated.password, before.password);
    assert!(!ran.out.contains(&rotated.password) && !ran.err.contains(&rotated.password));

    let there = world.ops(&["keys", "rewrap", "--all", "--json"]).await.well().json();
    assert_eq!(there["alreadyThere"], serde_json::json!(["ana"]));
    world.ops(&["keys", "add-file-key"]).await.well();
    let moved = world.ops(&["keys", "rewrap", "--all", "--json"]).await.well().json();
    assert_eq!(moved["moved"], serde_json::json!(["ana"]));
    let one = world.ops(&["keys", "rewrap", "--user", "ana"]).await.well();
    assert!(one.out.starts_with("0 moved"), "{one:?}");
    world.ops(&["snapshots", "check", "--user", "ana"]).await.well();
}

#[tokio::test(flavor = "multi_thread")]
async fn creators_at_once_agree_on_a_real_endpoint() {
    let world = World::start().await;
    let stores: Vec<_> = (0..8).map(|_| world.keys()).collect();
    let tasks: Vec<_> = stores
        .into_iter()
        .map(|store| tokio::spawn(async move { store.load_or_create(&ana(), Timestamp(1)).await }))
        .collect();
    let mut passwords = std::collections::BTreeSet::new();
    for task in tasks {
        passwords.insert(task.await.expect("no panic").expect("made").password);
    }
    assert_eq!(passwords.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_says_what_to_do() {
    let (world, _) = with_snapshots().await;
    let bob = world.ops(&["snapshots", "restore", "--user", "bob", "--to", "x"]).await;
    bob.fails(1, "user `bob` has no snapshots");
    let unknown =
        ["snapshots", "export", "--user", "ana", "--snapshot", "00000000", "--to", "x.tar"];
    world.ops(&unknown).await.fails(1, "`ops snapshots list` shows those there are");
    world.ops(&["snapshots", "list", "--user", "no/body"]).await.fails(2, "userId must be");
    world.ops(&["keys", "rewrap"]).await.fails(2, "--all");
    world.ops(&["keys", "rotate", "--user", "bob"]).await.fails(1, "there are no keys of user");

    run(&["snapshots", "list", "--user", "ana"], &[]).await.fails(2, "AWS_REGION is not set");
    let nowhere = world.path("nowhere");
    let nowhere = nowhere.to_str().expect("text");
    let local = run(&["--local", nowhere, "snapshots", "list", "--user", "ana"], &[]).await;
    local.fails(2, "make run");

    let record = "snapshot-keys/ana.json";
    world.s3().delete_object().bucket(BUCKET).key(record).send().await.expect("removed");
    let lost = world.ops(&["snapshots", "list", "--user", "ana"]).await;
    lost.fails(1, "bring the object snapshot-keys/ana.json back");
    fs::remove_file(world.key_file()).expect("removed");
    let lost = world.ops(&["snapshots", "list", "--user", "ana"]).await;
    lost.fails(1, "there is no key file");
    assert!(!world.key_file().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_away_is_not_an_empty_one() {
    let (world, _) = with_snapshots().await;
    let faults = serde_json::from_str(r#"{"errorRate": {"s3:ListObjectsV2": 1.0}}"#);
    world.stack.set_faults(faults.expect("faults")).expect("set");
    let list: Value = {
        let ran = world.ops(&["snapshots", "list", "--user", "ana", "--json"]).await;
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.err.contains("cannot be reached"), "{ran:?}");
        ran.out.into()
    };
    assert_eq!(list, "");
}
