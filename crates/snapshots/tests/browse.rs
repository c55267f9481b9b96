//! Looking into a snapshot without restoring it.

mod support;

use std::os::unix::fs::symlink;

use domain::SnapshotId;
use snapshots::{Child, ChildKind, Error, Looked, UserSnapshots};
use support::{Directory, User, label, yes};

fn path(text: &str) -> Vec<String> {
    text.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

struct Saved {
    user: User,
    id: SnapshotId,
    large: Vec<u8>,
}

impl Saved {
    async fn new() -> Self {
        let (user, dir) = (User::new(), tempfile::tempdir().expect("a directory"));
        let below = |name: &str| dir.path().join("workspace").join(name);
        std::fs::create_dir_all(below("sub/empty")).expect("made");
        let large: Vec<u8> = (0..9_000_000_u32).map(|n| (n.wrapping_mul(n) >> 7) as u8).collect();
        std::fs::write(below("large"), &large).expect("written");
        std::fs::write(below("sub/한국어 .txt"), "hello").expect("written");
        std::fs::write(below("nothing in it"), "").expect("written");
        std::fs::write(dir.path().join("secret"), "secret").expect("written");
        symlink("../secret", below("link")).expect("linked");
        symlink("..", below("out")).expect("linked");
        let snapshots = Self::start(&user);
        let source = Directory::new(dir.path());
        let saved = snapshots.save(move || Ok(source), label(1, 0), yes()).await.expect("saved");
        Self { user, id: saved.snapshot.id, large }
    }

    /// As somebody who has nothing of it, and keeps nothing.
    fn start(user: &User) -> UserSnapshots {
        UserSnapshots::start(user.store.clone(), user.keys.clone(), None).expect("a thread")
    }

    async fn look(&self, at: &str) -> Result<Looked, Error> {
        Self::start(&self.user).look(self.id.clone(), path(at)).await
    }

    async fn read(&self, at: &str) -> (Looked, Vec<u8>) {
        let opened = Self::start(&self.user).open(self.id.clone(), path(at)).await;
        let (looked, mut pieces) = opened.expect("it answers");
        let mut content = Vec::new();
        while let Some(piece) = pieces.recv().await {
            content.extend(piece.expect("whole"));
        }
        (looked, content)
    }
}

#[tokio::test]
async fn a_folder_shows_what_was_in_it() {
    let saved = Saved::new().await;
    let Looked::Folder(children) = saved.look("workspace").await.expect("answers") else {
        panic!("a folder")
    };
    let seen = |child: &Child| (child.name.to_str().map(str::to_owned), child.kind, child.size);
    let name = |name: &str| Some(name.to_owned());
    let expected = [
        (name("large"), ChildKind::File, 9_000_000),
        (name("link"), ChildKind::Link, 0),
        (name("nothing in it"), ChildKind::File, 0),
        (name("out"), ChildKind::Link, 0),
        (name("sub"), ChildKind::Folder, 0),
    ];
    let mut found: Vec<_> = children.iter().map(seen).collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(found, expected);
    assert!(children.iter().all(|child| child.modified_at.is_some()));
    let empty = saved.look("workspace/sub/empty").await.expect("answers");
    assert_eq!(empty, Looked::Folder(Vec::new()));
    assert!(matches!(saved.look("").await, Ok(Looked::Folder(_))));
}

#[tokio::test]
async fn a_file_comes_as_it_was() {
    let saved = Saved::new().await;
    let (looked, content) = saved.read("workspace/large").await;
    assert_eq!(looked, Looked::File { size: 9_000_000 });
    assert!(content == saved.large);
    assert_eq!(saved.read("workspace/sub/한국어 .txt").await.1, b"hello");
    let empty = saved.read("workspace/nothing in it").await;
    assert_eq!(empty, (Looked::File { size: 0 }, Vec::new()));
}

#[tokio::test]
async fn no_link_is_followed() {
    let saved = Saved::new().await;
    assert_eq!(saved.look("workspace/link").await.expect("answers"), Looked::Link);
    let nothing =
        ["workspace/out/secret", "workspace/large/x", "workspace/..", "workspace/no", "no"];
    for nothing in nothing {
        assert_eq!(saved.look(nothing).await.expect("answers"), Looked::Nothing, "{nothing}");
    }
    assert_eq!(saved.read("workspace/out/secret").await, (Looked::Nothing, Vec::new()));
}

/// Who has had enough of a file stops it, and the next question is answered.
#[tokio::test]
async fn a_file_that_nobody_reads_to_its_end_blocks_nobody() {
    let saved = Saved::new().await;
    let snapshots = Saved::start(&saved.user);
    let (_, mut pieces) =
        snapshots.open(saved.id.clone(), path("workspace/large")).await.expect("it answers");
    pieces.recv().await.expect("a piece").expect("whole");
    drop(pieces);
    let looked = snapshots.look(saved.id.clone(), path("workspace/sub/empty")).await;
    assert_eq!(looked.expect("answers"), Looked::Folder(Vec::new()));
}

#[tokio::test]
async fn a_snapshot_that_is_not_there_is_not_an_empty_one() {
    let saved = Saved::new().await;
    let other = SnapshotId::new("0".repeat(64)).expect("valid");
    let looked = Saved::start(&saved.user).look(other, path("workspace")).await;
    assert!(matches!(looked, Err(Error::Damaged(_))), "{looked:?}");
}
