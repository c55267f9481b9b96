//! The agent's files as their user asks for them. They are the agent's: no link is followed, and
//! nothing outside of the workspace is seen, whatever it has put there.

use std::cell::RefCell;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use async_trait::async_trait;
use domain::limits::DOWNLOAD_MAX_BYTES;
use domain::{EntryKind, FolderPage, Timestamp, WorkspaceEntry, WorkspacePath};
use platform::{Unavailable, Upload, UploadBody};
use rustix::fs::{self, AtFlags, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use tokio::io::AsyncReadExt;

use crate::workspace::Workspace;

#[derive(Debug)]
pub(crate) enum NoFile {
    NotFound,
    /// For people.
    Refused(String),
    Disk(io::Error),
}

impl From<io::Error> for NoFile {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

pub(crate) fn list(
    workspace: &Workspace,
    path: &WorkspacePath,
    after: Option<&str>,
    limit: usize,
) -> Result<FolderPage, NoFile> {
    let folder = folder(workspace, path)?;
    let failed = RefCell::new(None);
    let names = Dir::read_from(&folder).map_err(io::Error::from)?.filter_map(|entry| match entry {
        Ok(entry) => Some(entry.file_name().to_string_lossy().into_owned()),
        Err(error) => {
            failed.replace(Some(error));
            None
        }
    });
    let names = names.filter(|name| name != "." && name != "..");
    let page = FolderPage::of(names, after, limit, |name| {
        match fs::statat(&folder, name.as_str(), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) => Some(entry(name, &found)),
            // Gone meanwhile; or its name is no text, and this one is not quite its own.
            Err(_) => name.contains(char::REPLACEMENT_CHARACTER).then(|| unnamed(name)),
        }
    });
    match failed.into_inner() {
        Some(error) => Err(io::Error::from(error).into()),
        None => Ok(page),
    }
}

fn entry(name: String, found: &Stat) -> WorkspaceEntry {
    let kind = match FileType::from_raw_mode(found.st_mode) {
        FileType::RegularFile => EntryKind::File,
        FileType::Directory => EntryKind::Folder,
        FileType::Symlink => EntryKind::Link,
        _ => EntryKind::Other,
    };
    let bytes = if kind == EntryKind::File { found.st_size } else { 0 };
    let seconds = u64::try_from(found.st_mtime).ok();
    let modified_at = seconds.map(|seconds| Timestamp(seconds.saturating_mul(1_000)));
    WorkspaceEntry { name, kind, bytes: u64::try_from(bytes).unwrap_or_default(), modified_at }
}

fn unnamed(name: String) -> WorkspaceEntry {
    WorkspaceEntry { name, kind: EntryKind::Other, bytes: 0, modified_at: None }
}

/// A file to be read, as long as it is now.
pub(crate) fn open(workspace: &Workspace, path: &WorkspacePath) -> Result<Upload, NoFile> {
    let (parent, name) = path.split_name().ok_or(NoFile::NotFound)?;
    let folder = folder(workspace, &parent)?;
    // Without waiting: the agent may have put a pipe there.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = match fs::openat(&folder, name, flags, Mode::empty()) {
        Ok(fd) => File::from(fd),
        Err(Errno::NOENT | Errno::NOTDIR | Errno::NAMETOOLONG) => return Err(NoFile::NotFound),
        Err(Errno::LOOP) => return Err(refused("That is a link, and links are not followed.")),
        Err(Errno::NXIO) => return Err(refused("That is no file.")),
        Err(error) => return Err(io::Error::from(error).into()),
    };
    let found = file.metadata()?;
    if found.is_dir() {
        return Err(refused("That is a folder; only files can be fetched."));
    }
    if !found.is_file() {
        return Err(refused("That is no file."));
    }
    let size = found.len();
    if size > DOWNLOAD_MAX_BYTES {
        let most = format!("at most {DOWNLOAD_MAX_BYTES} can be fetched");
        return Err(NoFile::Refused(format!("The file has {size} bytes; {most}.")));
    }
    let body = Body { file: tokio::fs::File::from_std(file), left: size };
    Ok(Upload { size, body: Box::new(body) })
}

fn refused(why: &str) -> NoFile {
    NoFile::Refused(why.into())
}

fn folder(workspace: &Workspace, path: &WorkspacePath) -> Result<OwnedFd, NoFile> {
    let mut folder = workspace.open()?.fd;
    for name in path.names() {
        folder = below(folder.as_fd(), name)?;
    }
    Ok(folder)
}

fn below(folder: impl AsFd, name: &str) -> Result<OwnedFd, NoFile> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match fs::openat(folder, name, flags, Mode::empty()) {
        Ok(fd) => Ok(fd),
        Err(Errno::NOENT | Errno::NAMETOOLONG) => Err(NoFile::NotFound),
        Err(Errno::NOTDIR | Errno::LOOP) => {
            Err(refused("That is no folder, or it lies behind a link, which is not followed."))
        }
        Err(error) => Err(io::Error::from(error).into()),
    }
}

struct Body {
    file: tokio::fs::File,
    left: u64,
}

const PIECE_BYTES: usize = 262_144;

#[async_trait]
impl UploadBody for Body {
    /// What is written behind its end meanwhile is not read.
    async fn chunk(&mut self) -> platform::Result<Option<Vec<u8>>> {
        let wanted = usize::try_from(self.left).unwrap_or(PIECE_BYTES).min(PIECE_BYTES);
        let mut piece = vec![0; wanted];
        let read = self.file.read(&mut piece).await;
        let read = read.map_err(|error| Unavailable::new("workspace.read", error))?;
        piece.truncate(read);
        self.left -= read as u64;
        Ok((read > 0).then_some(piece))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use tempfile::TempDir;

    use super::*;

    fn workspace() -> (TempDir, Workspace) {
        let dir = TempDir::new().expect("a directory");
        let workspace = Workspace { state_dir: dir.path().join("state"), owner: None };
        std::fs::create_dir_all(dir.path().join("state/workspace/sub/.hidden")).expect("made");
        let own = dir.path().join("state/workspace");
        std::fs::write(own.join("a.txt"), "hello").expect("written");
        std::fs::write(own.join("sub/b"), "").expect("written");
        std::fs::write(dir.path().join("secret"), "secret").expect("written");
        symlink(dir.path(), own.join("out")).expect("linked");
        symlink(dir.path().join("secret"), own.join("out.txt")).expect("linked");
        (dir, workspace)
    }

    fn path(text: &str) -> WorkspacePath {
        WorkspacePath::parse(text).expect("valid")
    }

    async fn read(workspace: &Workspace, at: &str) -> Result<Vec<u8>, NoFile> {
        let mut file = open(workspace, &path(at))?;
        let mut bytes = Vec::new();
        while let Some(piece) = file.body.chunk().await.expect("reads") {
            bytes.extend(piece);
        }
        assert_eq!(file.size, bytes.len() as u64);
        Ok(bytes)
    }

    #[tokio::test]
    async fn a_folder_is_listed_by_the_page_and_links_are_shown_only() {
        let (_dir, workspace) = workspace();
        let all = list(&workspace, &path(""), None, 10).expect("there");
        let seen: Vec<_> = all.entries.iter().map(|e| (e.name.as_str(), e.kind, e.bytes)).collect();
        let expected = [
            ("a.txt", EntryKind::File, 5),
            ("out", EntryKind::Link, 0),
            ("out.txt", EntryKind::Link, 0),
            ("sub", EntryKind::Folder, 0),
        ];
        assert_eq!((seen, all.after), (expected.to_vec(), None));
        let first = list(&workspace, &path(""), None, 3).expect("there");
        assert_eq!(first.after.as_deref(), Some("out.txt"));
        let rest = list(&workspace, &path(""), first.after.as_deref(), 3).expect("there");
        assert_eq!(rest.entries.len(), 1);
        assert_eq!(list(&workspace, &path("sub/.hidden"), None, 9).expect("there").entries, []);
    }

    #[tokio::test]
    async fn only_the_workspaces_own_files_are_read() {
        let (_dir, workspace) = workspace();
        assert_eq!(read(&workspace, "a.txt").await.expect("there"), b"hello");
        assert_eq!(read(&workspace, "sub/b").await.expect("there"), b"");
        for gone in ["nothing", "sub/nothing", "nothing/a"] {
            assert!(matches!(open(&workspace, &path(gone)), Err(NoFile::NotFound)), "{gone}");
        }
        for refused in ["out.txt", "out/secret", "sub", "a.txt/b"] {
            let opened = open(&workspace, &path(refused));
            assert!(matches!(opened, Err(NoFile::Refused(_))), "{refused}");
        }
        assert!(matches!(list(&workspace, &path("out"), None, 9), Err(NoFile::Refused(_))));
        let pipe = workspace.state_dir.join("workspace/pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).expect("made");
        assert!(matches!(open(&workspace, &path("pipe")), Err(NoFile::Refused(_))));
    }

    #[test]
    fn a_file_is_fetched_up_to_100_mib() {
        let (_dir, workspace) = workspace();
        let file = File::create(workspace.state_dir.join("workspace/large")).expect("made");
        file.set_len(DOWNLOAD_MAX_BYTES).expect("a hole");
        assert!(open_sync(&workspace, "large").is_ok());
        file.set_len(DOWNLOAD_MAX_BYTES + 1).expect("a hole");
        assert!(matches!(open_sync(&workspace, "large"), Err(NoFile::Refused(_))));
    }

    fn open_sync(workspace: &Workspace, at: &str) -> Result<u64, NoFile> {
        open(workspace, &path(at)).map(|file| file.size)
    }
}
