//! The agent's workspace, as we write into it.
//!
//! All of it is the agent's, which may have put a link where we expect a folder. So no path is
//! followed: each folder is opened by itself, through the one above it and never through a link,
//! and a file appears under its name when it is whole.

use std::fs::File;
use std::io::{self, Read, Write};
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
    pub(crate) fn is_somewhere(&self) -> bool {
        !self.state_dir.as_os_str().is_empty()
    }

    /// Where the agent's state lies; made if need be.
    pub(crate) fn state(&self) -> io::Result<Folder> {
        // Before the first gateway there is none. Whoever starts it says whose it is.
        std::fs::create_dir_all(&self.state_dir)?;
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = fs::open(&self.state_dir, flags, Mode::empty())?;
        Ok(Folder { fd, owner: self.owner })
    }

    /// The agent's own folder; made if need be.
    pub(crate) fn open(&self) -> io::Result<Folder> {
        self.state()?.enter(WORKSPACE)
    }

    /// Where a message's files go; made if need be.
    pub(crate) fn uploads_of(&self, message: &MessageId) -> io::Result<Folder> {
        self.open()?.enter(UPLOADS)?.enter(&folder_of(message))
    }
}

/// What the agent calls a file of a message's, from its workspace.
pub(crate) fn relative_path(message: &MessageId, name: &str) -> String {
    format!("{UPLOADS}/{}/{name}", folder_of(message))
}

pub(crate) struct Folder {
    pub(crate) fd: OwnedFd,
    owner: Option<(u32, u32)>,
}

impl Folder {
    /// Made if need be.
    pub(crate) fn enter(&self, name: &str) -> io::Result<Self> {
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

    /// As it is: nothing is made.
    pub(crate) fn look_into(&self, name: &str) -> io::Result<Self> {
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = fs::openat(&self.fd, name, flags, Mode::empty())?;
        Ok(Self { fd, owner: self.owner })
    }

    /// `None`: there is no file of this name; a link is none.
    pub(crate) fn size_of(&self, name: &str) -> Option<u64> {
        let found = fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        let is_file = FileType::from_raw_mode(found.st_mode) == FileType::RegularFile;
        u64::try_from(found.st_size).ok().filter(|_| is_file)
    }

    /// `None`: there is no such file. What is no file, or more than `most` bytes, is an error.
    pub(crate) fn read(&self, name: &str, most: u64) -> io::Result<Option<String>> {
        // Without waiting: the agent may have put a pipe there.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let fd = match fs::openat(&self.fd, name, flags, Mode::empty()) {
            Err(Errno::NOENT) => return Ok(None),
            opened => opened?,
        };
        let file = File::from(fd);
        let found = file.metadata()?;
        if !found.is_file() || found.len() > most {
            return Err(io::Error::other(format!("`{name}` is not a text of {most} bytes")));
        }
        let mut text = String::new();
        file.take(most).read_to_string(&mut text)?;
        Ok(Some(text))
    }

    /// In the place of what has the name.
    pub(crate) fn write(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let draft = self.draft()?;
        draft.file()?.write_all(content)?;
        draft.publish(name)
    }

    pub(crate) fn remove(&self, name: &str) -> io::Result<()> {
        Ok(fs::unlinkat(&self.fd, name, AtFlags::empty())?)
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
