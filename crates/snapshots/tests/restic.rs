//! `restic` itself reads what we write: nobody depends on us to get at his own memory.

mod support;

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use support::trees::{self, Picture};
use support::{User, newest_and, save, yes};

/// Set on machines that have no restic, and only there.
const WITHOUT: &str = "SNAPSHOTS_WITHOUT_RESTIC";

/// `None`: this machine is excused.
fn restic() -> Option<Command> {
    let found = Command::new("restic").arg("version").output();
    match found {
        Ok(_) => Some(Command::new("restic")),
        Err(_) if std::env::var_os(WITHOUT).is_some_and(|value| value == "1") => None,
        Err(error) => panic!(
            "this test wants `restic` (apt-get install restic), and it does not start: {error}; \
             to go without it, set {WITHOUT}=1"
        ),
    }
}

struct Restic<'a> {
    repository: &'a Path,
    password: &'a str,
}

impl Restic<'_> {
    fn run(&self, arguments: &[&str]) -> Output {
        Command::new("restic")
            .args(["--no-cache", "--repo"])
            .arg(self.repository)
            .args(arguments)
            .env("RESTIC_PASSWORD", self.password)
            .output()
            .expect("restic starts")
    }

    #[track_caller]
    fn does(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let (out, error) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "restic {arguments:?}: {out}{error}");
        out
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn restic_checks_and_restores_what_we_saved() {
    if restic().is_none() {
        return;
    }
    let user = User::new();
    let dir = tempfile::tempdir().expect("a directory");
    trees::agent(dir.path());
    trees::many(dir.path(), 200, 5_000);
    let mut repository = user.create().expect("created");
    save(&mut repository, dir.path(), 7, 0).expect("saved");
    trees::write(dir.path(), "workspace/notes.md", b"# Newer\n");
    let saved = save(&mut repository, dir.path(), 8, 5).expect("saved").snapshot;
    repository
        .tidy(&newest_and(&[], Duration::from_secs(24 * 3_600)), true, &yes())
        .expect("listed")
        .pruned
        .expect("done");
    let exported = tempfile::tempdir().expect("a directory");
    user.store.export(exported.path());
    let restic = Restic { repository: exported.path(), password: &user.keys.password };

    let checked = restic.does(&["check", "--read-data"]);
    assert!(checked.contains("no errors were found"), "{checked}");
    let listed = restic.does(&["snapshots", "--json"]);
    assert!(listed.contains(saved.id.as_str()), "{listed}");
    assert!(listed.contains("gen-8") && listed.contains("why-periodic"), "{listed}");
    assert!(listed.contains(r#""paths":["/"]"#) && listed.contains(r#""hostname":"openclaw""#));
    let target = tempfile::tempdir().expect("a directory");
    let path = target.path().to_str().expect("text");
    restic.does(&["restore", saved.id.as_str(), "--target", path]);
    Picture::of(dir.path()).assert_equal(target.path());
}
