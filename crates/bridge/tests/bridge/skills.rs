//! The skills that a user manages, where his agent looks for them.

use std::fs;
use std::io::{Cursor, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use data_encoding::HEXLOWER;
use domain::{Skill, SkillName, Timestamp};
use platform::{Push, Skills};
use protocol::{Nudge, ServerFrame};
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;

use crate::support::{Scripted, Stage, until, user, world_at};

const MARK: &str = "CACHEDIR.TAG";

fn archive(files: &[(&str, u32, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, mode, text) in files {
        zip.start_file(name, SimpleFileOptions::default().unix_permissions(*mode)).expect("starts");
        zip.write_all(text.as_bytes()).expect("writes");
    }
    zip.finish().expect("finishes").into_inner()
}

fn skill(name: &str, archive: &[u8], at: u64) -> Skill {
    Skill {
        name: SkillName::new(name).expect("valid"),
        description: "d".into(),
        sha256: HEXLOWER.encode(&Sha256::digest(archive)),
        files: 1,
        bytes: 1,
        at: Timestamp(at),
    }
}

struct Taught(Stage);

impl Taught {
    async fn new() -> Self {
        let world = world_at(1).await;
        let push: std::sync::Arc<dyn Push> = world.push();
        let stage = Stage::in_world(world, Scripted::new(|_| Vec::new()), push).await;
        stage.bridge.tasks.spawn(bridge::follow_skills(stage.bridge.clone()));
        Self(stage)
    }

    fn path(&self, below: &str) -> PathBuf {
        self.0.state_dir.path().join("skills").join(below)
    }

    fn text(&self, below: &str) -> Option<String> {
        fs::read_to_string(self.path(below)).ok()
    }

    async fn put(&self, name: &str, files: &[(&str, u32, &str)], at: u64) {
        let archive = archive(files);
        let skill = skill(name, &archive, at);
        Skills::put(&self.0.world, &user(), &skill, archive).await.expect("no faults");
    }

    async fn nudge(&self) {
        bridge::nudged(&self.0.bridge, Nudge::Skills).await;
    }

    fn told(&self) -> Vec<String> {
        let details = self.0.frames(0).into_iter().filter_map(|frame| match frame {
            ServerFrame::Status { detail, .. } => detail,
            _ => None,
        });
        details.collect()
    }

    fn names(&self) -> Vec<String> {
        let there = fs::read_dir(self.path("")).expect("made");
        let name = |entry: std::io::Result<fs::DirEntry>| {
            entry.expect("reads").file_name().into_string().expect("text")
        };
        let mut names: Vec<String> = there.map(name).collect();
        names.sort();
        names
    }
}

#[tokio::test(start_paused = true)]
async fn a_skill_comes_changes_and_goes_with_the_users_list() {
    let taught = Taught::new().await;
    let files = [("SKILL.md", 0o644, "one"), ("scripts/run.sh", 0o755, "#!/bin/sh")];
    taught.put("pdf", &files, 1).await;
    taught.put("other", &[("SKILL.md", 0o644, "other")], 1).await;
    taught.nudge().await;
    until(|| taught.text("pdf/SKILL.md").is_some() && taught.text("other/SKILL.md").is_some())
        .await;
    let run = fs::metadata(taught.path("pdf/scripts/run.sh")).expect("there");
    assert_eq!(run.permissions().mode() & 0o777, 0o755);
    // What snapshots leave out.
    let mark = taught.text(&format!("pdf/{MARK}")).expect("marked");
    assert!(mark.starts_with("Signature: 8a477f597d28d172789f06886806bc55\n"), "{mark}");

    taught.put("pdf", &[("SKILL.md", 0o644, "two")], 2).await;
    Skills::remove(&taught.0.world, &user(), &SkillName::new("other").expect("valid"))
        .await
        .expect("no faults");
    taught.nudge().await;
    until(|| taught.text("pdf/SKILL.md").as_deref() == Some("two")).await;
    until(|| taught.names() == ["pdf"]).await;
    assert!(!taught.path("pdf/scripts").exists(), "the older one is gone whole");
    let beside = taught.0.state_dir.path().with_file_name(format!(
        "{}-skills",
        taught.0.state_dir.path().file_name().expect("named").to_string_lossy()
    ));
    assert!(!beside.exists(), "nothing is left beside");
    assert_eq!(taught.told(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn what_the_agent_made_itself_is_never_touched() {
    let taught = Taught::new().await;
    for own in ["own", "pdf"] {
        fs::create_dir_all(taught.path(own)).expect("made");
        fs::write(taught.path(own).join("SKILL.md"), "the agent's").expect("written");
    }
    fs::write(taught.path("own").join(MARK), "Signature: 8a477f597d28d172789f06886806bc55\n")
        .expect("written");
    taught.put("pdf", &[("SKILL.md", 0o644, "the user's")], 1).await;
    taught.put("new", &[("SKILL.md", 0o644, "the user's")], 1).await;
    taught.nudge().await;
    until(|| taught.text("new/SKILL.md").is_some()).await;
    until(|| !taught.told().is_empty()).await;
    assert_eq!(taught.text("own/SKILL.md").as_deref(), Some("the agent's"));
    assert_eq!(taught.text("pdf/SKILL.md").as_deref(), Some("the agent's"));
    let told = taught.told();
    assert!(told.len() == 1 && told[0].contains("pdf"), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_list_that_cannot_be_read_removes_nothing() {
    let taught = Taught::new().await;
    taught.put("pdf", &[("SKILL.md", 0o644, "one")], 1).await;
    taught.nudge().await;
    until(|| taught.text("pdf/SKILL.md").is_some()).await;
    taught.0.world.fail_next("skills.list", 100);
    taught.nudge().await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(taught.text("pdf/SKILL.md").as_deref(), Some("one"));
    // An archive that cannot be fetched leaves the older one, and says so.
    taught.0.world.fail_next("skills.list", 0);
    taught.0.world.fail_next("skills.open", 1);
    taught.put("pdf", &[("SKILL.md", 0o644, "two")], 2).await;
    taught.nudge().await;
    until(|| !taught.told().is_empty()).await;
    assert_eq!(taught.text("pdf/SKILL.md").as_deref(), Some("one"));
    taught.nudge().await;
    until(|| taught.text("pdf/SKILL.md").as_deref() == Some("two")).await;
}

#[tokio::test(start_paused = true)]
async fn an_archive_that_was_tampered_with_is_not_unpacked() {
    let taught = Taught::new().await;
    let good = archive(&[("SKILL.md", 0o644, "good")]);
    let listed = skill("a", &good, 1);
    let other = archive(&[("SKILL.md", 0o644, "other")]);
    Skills::put(&taught.0.world, &user(), &listed, other).await.expect("no faults");
    let leads_out = archive(&[("SKILL.md", 0o644, "x"), ("../../out", 0o644, "x")]);
    let listed = skill("b", &leads_out, 1);
    Skills::put(&taught.0.world, &user(), &listed, leads_out).await.expect("no faults");
    taught.nudge().await;
    until(|| taught.told().len() == 2).await;
    assert_eq!(taught.names(), Vec::<String>::new());
}
