//! What the API asks of a bridge: to look into the agent's workspace, and to take files in and out.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use domain::errand::{Answer, Ask};
use domain::limits::{ERRAND_TTL, UPLOAD_MAX_BYTES};
use domain::{Errand, ErrandState, IncomingKey, UploadId, WorkspacePath};
use platform::{Clock, Errands};
use protocol::Nudge;

use crate::support::{Scripted, Stage, claim, until, user};

fn path(text: &str) -> WorkspacePath {
    WorkspacePath::parse(text).expect("valid")
}

fn id(text: &str) -> UploadId {
    UploadId::new(text).expect("valid")
}

struct Visited(Stage);

impl Visited {
    async fn new() -> Self {
        let stage = Stage::new(Scripted::new(|_| Vec::new())).await;
        fs::create_dir_all(stage.state_dir.path().join("workspace")).expect("made");
        Self(stage)
    }

    fn file(&self, below: &str) -> PathBuf {
        self.0.state_dir.path().join("workspace").join(below)
    }

    async fn asked(&self, ask: Ask) -> UploadId {
        let id = id(&uuid::Uuid::new_v4().to_string());
        let now = self.0.world.clock().now();
        let errand = Errand { id: id.clone(), ask, expires_at: now + ERRAND_TTL };
        Errands::ask(&self.0.world, &user(), &errand).await.expect("no faults");
        bridge::nudged(&self.0.bridge, Nudge::Errand { id: id.to_string() }).await;
        id
    }

    async fn state(&self, id: &UploadId) -> ErrandState {
        let now = self.0.world.clock().now();
        let state = Errands::read(&self.0.world, &user(), id, now).await.expect("no faults");
        state.expect("was asked")
    }

    async fn ask(&self, ask: Ask) -> Answer {
        let id = self.asked(ask).await;
        loop {
            if let ErrandState::Answered(answer) = self.state(&id).await {
                return answer;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    async fn send_in(&self, name: &str, at: &str, bytes: &[u8]) -> Answer {
        let key = IncomingKey::new(user(), id(name), path(at)).expect("fits");
        self.0.world.send_in(&key, bytes);
        self.ask(Ask::TakeIn { incoming: id(name) }).await
    }

    fn waiting(&self) -> usize {
        self.0.world.incoming_of(&user()).len()
    }
}

fn list(at: &str) -> Ask {
    Ask::List { path: path(at), after: None, limit: 10 }
}

#[tokio::test(start_paused = true)]
async fn a_folder_is_listed_as_it_is_now() {
    let visited = Visited::new().await;
    fs::write(visited.file("a.txt"), "hello").expect("written");
    let Answer::Listed { page } = visited.ask(list("")).await else { panic!("listed") };
    assert_eq!(page.entries.iter().map(|e| e.name.as_str()).collect::<Vec<_>>(), ["a.txt"]);
    assert_eq!(visited.ask(list("nothing")).await, Answer::NotFound);
    assert!(matches!(visited.ask(list("a.txt")).await, Answer::Refused { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_file_is_put_where_its_user_fetches_it() {
    let visited = Visited::new().await;
    let content = vec![7; 700_000];
    fs::write(visited.file("a b.bin"), &content).expect("written");
    let fetch = |at| Ask::Fetch { path: path(at), download: id("d1") };
    assert_eq!(visited.ask(fetch("a b.bin")).await, Answer::Fetched { bytes: 700_000 });
    let (key, bytes) = visited.0.world.downloads_of(&user()).pop().expect("one");
    assert_eq!(key.to_string(), "downloads/ana/d1/a b.bin");
    assert!(bytes == content);
    symlink("/etc/passwd", visited.file("out")).expect("linked");
    assert!(matches!(visited.ask(fetch("out")).await, Answer::Refused { .. }));
    assert_eq!(visited.ask(fetch("nothing")).await, Answer::NotFound);
    assert_eq!(visited.0.world.downloads_of(&user()).len(), 1);
    visited.0.world.fail_next("downloads.put", 1);
    assert_eq!(visited.ask(fetch("a b.bin")).await, Answer::Failed);
}

#[tokio::test(start_paused = true)]
async fn what_is_sent_lies_in_the_workspace_and_no_longer_in_the_store() {
    let visited = Visited::new().await;
    let taken = visited.send_in("1", "한국어/b/c.txt", b"one").await;
    assert_eq!(taken, Answer::TakenIn { path: path("한국어/b/c.txt") });
    assert_eq!(fs::read(visited.file("한국어/b/c.txt")).expect("there"), b"one");
    assert_eq!(visited.waiting(), 0);
    visited.send_in("2", "한국어/b/c.txt", b"two").await;
    assert_eq!(fs::read(visited.file("한국어/b/c.txt")).expect("replaced"), b"two");
    let largest = vec![7; UPLOAD_MAX_BYTES as usize];
    assert!(matches!(visited.send_in("3", "large", &largest).await, Answer::TakenIn { .. }));
    assert_eq!(visited.ask(Ask::TakeIn { incoming: id("1") }).await, Answer::NotFound);
}

#[tokio::test(start_paused = true)]
async fn what_is_in_the_way_stays_and_so_does_what_was_sent() {
    let visited = Visited::new().await;
    let outside = visited.0.state_dir.path().join("outside");
    fs::create_dir(&outside).expect("made");
    fs::create_dir_all(visited.file("folder/sub")).expect("made");
    fs::write(visited.file("file"), "mine").expect("written");
    symlink(&outside, visited.file("link")).expect("linked");
    symlink(outside.join("target"), visited.file("link.txt")).expect("linked");
    for (n, at) in ["folder", "file/below", "link/x", "link/y/z"].into_iter().enumerate() {
        let refused = visited.send_in(&format!("n{n}"), at, b"?").await;
        assert!(matches!(refused, Answer::Refused { .. }), "{at}: {refused:?}");
        assert_eq!(visited.waiting(), n + 1, "{at} is still in the store");
    }
    // A link under the very name is replaced, and not followed.
    let taken = visited.send_in("l", "link.txt", b"!").await;
    assert!(matches!(taken, Answer::TakenIn { .. }), "{taken:?}");
    assert!(fs::symlink_metadata(visited.file("link.txt")).expect("there").is_file());
    assert_eq!(fs::read(visited.file("file")).expect("there"), b"mine");
    assert_eq!(fs::read_dir(&outside).expect("there").count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_break_between_placing_and_removing_is_made_good() {
    let visited = Visited::new().await;
    visited.0.world.fail_next("incoming.remove", 1);
    assert_eq!(visited.send_in("1", "a", b"one").await, Answer::Failed);
    assert_eq!(
        (fs::read(visited.file("a")).expect("there"), visited.waiting()),
        (b"one".into(), 1)
    );
    // The next life finds it.
    bridge::take_in_all(visited.0.bridge.clone()).await;
    assert_eq!(
        (fs::read(visited.file("a")).expect("there"), visited.waiting()),
        (b"one".into(), 0)
    );
}

#[tokio::test(start_paused = true)]
async fn a_zombie_answers_nothing_and_takes_nothing_out_of_the_store() {
    let visited = Visited::new().await;
    let key = IncomingKey::new(user(), id("1"), path("a")).expect("fits");
    visited.0.world.send_in(&key, b"one");
    claim(&visited.0.world).await;
    bridge::take_in_all(visited.0.bridge.clone()).await;
    assert_eq!(visited.waiting(), 1);
    let asked = visited.asked(list("")).await;
    until(|| visited.0.bridge.halt.is_fenced()).await;
    assert_eq!(visited.state(&asked).await, ErrandState::Asked);
}
