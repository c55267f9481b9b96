//! Files that come with a message lie in the workspace before the agent reads of them.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use domain::{Attachment, FileName, InboxState, Outcome, UploadId, UploadKey};
use platform::{Clock, Inbox, NewMessage};

use super::support::*;

fn key(name: &str) -> UploadKey {
    let name = FileName::near(name).expect("visible");
    UploadKey { user: user(), id: UploadId::new("0f").expect("valid"), name }
}

impl Stage {
    fn workspace(&self) -> PathBuf {
        self.state_dir.path().join("workspace")
    }

    async fn put_with(&self, message: &str, text: &str, attachments: Vec<UploadKey>) {
        let attachments = attachments.into_iter().map(Attachment::from).collect();
        let message = NewMessage {
            id: id(message),
            conversation: conversation("default"),
            channel: domain::Channel::Web,
            reply_to: domain::ReplyTo::None,
            text: text.into(),
            attachments,
            album: None,
            received_at: self.world.clock().now(),
            due_at: self.world.clock().now(),
        };
        Inbox::put(&self.world, &user(), &message).await.expect("no faults");
    }

    /// What the agent was given, once.
    fn given(&self) -> String {
        let requests = self.agent.requests();
        assert_eq!(requests.len(), 1, "{requests:?}");
        requests[0].message.clone()
    }
}

type Seen = Arc<Mutex<Vec<Option<Vec<u8>>>>>;

/// Reads a file whenever it is asked something.
fn reading(path: &str) -> (Scripted, impl Fn(&Stage), Seen) {
    let (seen, path, dir) = (Seen::default(), path.to_owned(), Arc::<Mutex<PathBuf>>::default());
    let (reads, at) = (seen.clone(), dir.clone());
    let agent = Scripted::new(move |_| {
        let file = at.lock().expect("no panics").join(&path);
        reads.lock().expect("no panics").push(std::fs::read(file).ok());
        say("read")
    });
    (agent, move |stage| *dir.lock().expect("no panics") = stage.workspace(), seen)
}

#[tokio::test]
async fn a_file_is_in_the_workspace_before_the_agent_is_asked() {
    let (agent, show, seen) = reading("uploads/m1/plan (1).pdf");
    let stage = Stage::new(agent).await;
    show(&stage);
    let bytes: Vec<u8> = (0..200_000u32).map(|n| n as u8).collect();
    stage.world.upload(&key("plan (1).pdf"), &bytes);
    stage.put_with("m1", "What is in it?", vec![key("plan (1).pdf")]).await;
    stage.start();
    stage.until("m1", InboxState::Done).await;
    assert!(*seen.lock().expect("no panics") == [Some(bytes)]);
    assert_eq!(
        stage.given(),
        "[attachments] Came with this message, in the workspace: \
         \"uploads/m1/plan (1).pdf\" (200000 bytes).\n\nWhat is in it?"
    );
    let folder = stage.workspace().join("uploads/m1");
    assert_eq!(std::fs::read_dir(&folder).expect("there").count(), 1, "no draft is left");
    let mode = |path: PathBuf| std::fs::metadata(path).expect("there").permissions().mode();
    assert_eq!(mode(folder) & 0o700, 0o700);
    let told = stage.history("default").await;
    assert_eq!(
        (told[0].text.as_str(), &told[0].attachments),
        ("What is in it?", &vec![Attachment::from(key("plan (1).pdf"))])
    );
}

#[tokio::test]
async fn files_of_one_name_are_told_apart_and_a_message_may_be_called_dot_dot() {
    let stage = Stage::new(Scripted::echo()).await;
    let other = UploadKey { id: UploadId::new("0e").expect("valid"), ..key("a.txt") };
    stage.world.upload(&key("a.txt"), b"one");
    stage.world.upload(&other, b"two");
    stage.put_with("..", "", vec![key("a.txt"), other]).await;
    stage.start();
    stage.until("..", InboxState::Done).await;
    let read = |name: &str| {
        std::fs::read_to_string(stage.workspace().join("uploads/_..").join(name)).expect("there")
    };
    assert_eq!((read("a.txt").as_str(), read("a (2).txt").as_str()), ("one", "two"));
    let above = std::fs::read_dir(stage.state_dir.path()).expect("there").count();
    assert_eq!(above, 1, "nothing lies outside the workspace");
    assert!(stage.given().contains("\"uploads/_../a (2).txt\" (3 bytes)"), "{}", stage.given());
}

/// Each of the places where the agent may have put a link that leads out of its workspace.
#[tokio::test]
async fn no_link_is_followed() {
    for planted in ["workspace", "workspace/uploads", "workspace/uploads/m1"] {
        let stage = Stage::new(Scripted::echo()).await;
        let outside = tempfile::TempDir::new().expect("a directory");
        let link = stage.state_dir.path().join(planted);
        std::fs::create_dir_all(link.parent().expect("has one")).expect("made");
        symlink(outside.path(), &link).expect("planted");
        stage.world.upload(&key("a.txt"), b"one");
        stage.put_with("m1", "look", vec![key("a.txt")]).await;
        stage.start();
        stage.until("m1", InboxState::Done).await;
        let leaked = std::fs::read_dir(outside.path()).expect("there").count();
        assert_eq!(leaked, 0, "through {planted}");
        let name = planted.rsplit('/').next().expect("has one");
        let told =
            format!("could not be saved: \"a.txt\". Tell the user why: \"`{name}` is in the way");
        assert!(stage.given().contains(&told), "{}", stage.given());
    }
}

#[tokio::test]
async fn a_link_under_the_files_own_name_is_replaced_and_what_it_leads_to_is_not_touched() {
    let stage = Stage::new(Scripted::echo()).await;
    let outside = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(outside.path(), "precious").expect("written");
    let folder = stage.workspace().join("uploads/m1");
    std::fs::create_dir_all(&folder).expect("made");
    symlink(outside.path(), folder.join("a.txt")).expect("planted");
    stage.world.upload(&key("a.txt"), b"12345678");
    stage.put_with("m1", "look", vec![key("a.txt")]).await;
    stage.start();
    stage.until("m1", InboxState::Done).await;
    assert_eq!(std::fs::read_to_string(outside.path()).expect("there"), "precious");
    let placed = std::fs::symlink_metadata(folder.join("a.txt")).expect("there");
    assert!(placed.is_file());
}

#[tokio::test]
async fn a_file_that_is_no_longer_stored_is_named_and_the_reply_goes_on() {
    let stage = Stage::new(Scripted::echo()).await;
    stage.world.upload(&key("there.txt"), b"one");
    stage.put_with("m1", "look", vec![key("gone.txt"), key("there.txt")]).await;
    stage.start();
    stage.until("m1", InboxState::Done).await;
    let given = stage.given();
    assert!(given.contains("no longer stored: \"gone.txt\""), "{given}");
    assert!(given.contains("in the workspace: \"uploads/m1/there.txt\""), "{given}");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_does_not_answer_is_asked_again_and_never_read_as_missing() {
    for operation in ["uploads.open", "uploads.read"] {
        let stage = Stage::new(Scripted::echo()).await;
        stage.world.upload(&key("a.txt"), b"one");
        stage.put_with("m1", "look", vec![key("a.txt")]).await;
        stage.world.fail_next(operation, 2);
        stage.start();
        stage.until("m1", InboxState::Done).await;
        let given = stage.given();
        assert!(given.contains("in the workspace") && !given.contains("stored"), "{given}");
        let file = stage.workspace().join("uploads/m1/a.txt");
        assert_eq!(std::fs::read_to_string(file).expect("there"), "one");
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_stays_silent_ends_the_message_and_keeps_it() {
    let stage = Stage::new(Scripted::echo()).await;
    stage.world.upload(&key("a.txt"), b"one");
    stage.put_with("m1", "look", vec![key("a.txt")]).await;
    stage.world.fail_next("uploads.open", 1_000);
    stage.start();
    stage.until("m1", InboxState::Dead).await;
    assert!(stage.agent.requests().is_empty(), "the agent never hears of it");
    let told = stage.history("default").await;
    assert_eq!(told[1].outcome, Some(Outcome::Failed));
    let error = told[1].error.as_deref().expect("a sentence");
    assert!(error.contains("its attachments cannot be fetched at present"), "{error}");
    assert_eq!(
        stage.row("m1").attachments,
        [Attachment::from(key("a.txt"))],
        "they can be sent again"
    );
}

#[tokio::test]
async fn a_file_that_is_there_is_not_fetched_again() {
    let stage = Stage::new(Scripted::echo()).await;
    let folder = stage.workspace().join("uploads/m1");
    std::fs::create_dir_all(&folder).expect("made");
    // As long as the upload, so that a second fetch shows.
    std::fs::write(folder.join("same.txt"), "ours").expect("written");
    std::fs::write(folder.join("torn.txt"), "ou").expect("written");
    std::fs::write(folder.join("expired.txt"), "ours").expect("written");
    for name in ["same.txt", "torn.txt"] {
        stage.world.upload(&key(name), b"sent");
    }
    let names = ["same.txt", "torn.txt", "expired.txt"];
    stage.put_with("m1", "look", names.map(key).into()).await;
    stage.start();
    stage.until("m1", InboxState::Done).await;
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("there");
    assert_eq!(names.map(read), ["ours", "sent", "ours"]);
    assert!(!stage.given().contains("stored"), "{}", stage.given());
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_cancelled_while_its_files_come_is_not_given_to_the_agent() {
    let stage = Stage::new(Scripted::echo()).await;
    stage.world.upload(&key("a.txt"), b"one");
    stage.put_with("m1", "look", vec![key("a.txt")]).await;
    stage.world.fail_next("uploads.open", 1);
    stage.start();
    stage.until("m1", InboxState::Leased).await;
    let cancel = protocol::Nudge::Cancel { message_id: "m1".into() };
    bridge::nudged(&stage.bridge, cancel).await;
    stage.until("m1", InboxState::Done).await;
    assert!(stage.agent.requests().is_empty());
    assert_eq!(stage.history("default").await[1].outcome, Some(Outcome::Cancelled));
}
