//! The agent's workspace, as we write into it.
//!
//! All of it is the agent's, which may have put a link where we expect a folder. So no path is
//! followed: each folder is opened by itself, through the one above it and never through a link,
//! and a file appears under its name when it is whole.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use domain::MessageId;
use domain::upload::folder_of;
use rustix::fs::{self, AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;

const WORKSPACE: &str = "workspace";
const UPLOADS: &str = "uploads";
const FOLDER_MODE: Mode = Mode::from_raw_mode(0o755);
const FILE_MODE: Mode = Mode::from_raw_mode(0o644);

/// By default nowhere, for a life that is played without files.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    /// The folder that has it: where the agent's state lies.
    pub state_dir: PathBuf,
    /// The agent's uid and gid, when they are not ours.
    pub owner: Option<(u32, u32)>,
}

impl Workspace {
    /// Where a message's files go; made if need be.
    pub(crate) fn uploads_of(&self, message: &MessageId) -> io::Result<Folder> {
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = fs::open(&self.state_dir, flags, Mode::empty())?;
        let top = Folder { fd, owner: self.owner };
        top.enter(WORKSPACE)?.enter(UPLOADS)?.enter(&folder_of(message))
    }
}

/// What the agent calls a file of a message's, from its workspace.
pub(crate) fn relative_path(message: &MessageId, name: &str) -> String {
    format!("{UPLOADS}/{}/{name}", folder_of(message))
}

pub(crate) struct Folder {
    fd: OwnedFd,
    owner: Option<(u32, u32)>,
}

impl Folder {
    fn enter(&self, name: &str) -> io::Result<Self> {
        let made = match fs::mkdirat(&self.fd, name, FOLDER_MODE) {
            Ok(()) => true,
            Err(Errno::EXIST) => false,
            Err(error) => return Err(error.into()),
        };
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = fs::openat(&self.fd, name, flags, Mode::empty()).map_err(|error| match error {
            Errno::LOOP | Errno::NOTDIR => {
                let reason = format!("`{name}` is in the way: it is a link or a file");
                io::Error::new(io::ErrorKind::NotADirectory, reason)
            }
            error => error.into(),
        })?;
        if made {
            give(&fd, self.owner)?;
        }
        Ok(Self { fd, owner: self.owner })
    }

    /// `None`: there is no file of this name; a link is none.
    pub(crate) fn size_of(&self, name: &str) -> Option<u64> {
        let found = fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        let is_file = FileType::from_raw_mode(found.st_mode) == FileType::RegularFile;
        u64::try_from(found.st_size).ok().filter(|_| is_file)
    }

    pub(crate) fn draft(&self) -> io::Result<Draft<'_>> {
        let name = format!(".{}.part", uuid::Uuid::new_v4().simple());
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
        let fd = fs::openat(&self.fd, &name, flags | OFlags::CLOEXEC, FILE_MODE)?;
        let draft = Draft { folder: self, name: Some(name), file: File::from(fd) };
        give(&draft.file, self.owner)?;
        Ok(draft)
    }
}

/// A file that is not whole yet, and gone if it never is.
pub(crate) struct Draft<'a> {
    folder: &'a Folder,
    name: Option<String>,
    file: File,
}

impl Draft<'_> {
    pub(crate) fn file(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// In the place of whatever has the name, unless that is a folder.
    pub(crate) fn publish(mut self, name: &str) -> io::Result<()> {
        if let Some(draft) = &self.name {
            fs::renameat(&self.folder.fd, draft, &self.folder.fd, name)?;
        }
        self.name = None;
        Ok(())
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            // The agent may have removed it; there is nobody to tell.
            let _ = fs::unlinkat(&self.folder.fd, name, AtFlags::empty());
        }
    }
}

fn give(fd: &impl std::os::fd::AsFd, owner: Option<(u32, u32)>) -> io::Result<()> {
    let Some((uid, gid)) = owner else {
        return Ok(());
    };
    let (uid, gid) = (fs::Uid::from_raw(uid), fs::Gid::from_raw(gid));
    Ok(fs::fchown(fd, Some(uid), Some(gid))?)
}
