//! The directory that is restored into. Everything goes through handles of directories, so a
//! symbolic link inside, whoever puts it there, leads nowhere else.

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{
    AtFlags, FileType, Gid, Mode, OFlags, Stat, Timespec, Timestamps, Uid, chownat, fchmod, fchown,
    ftruncate, mkdirat, openat, readlinkat, statat, symlinkat, utimensat,
};

use super::plan::{Entry, Kind};
use crate::error::Error;

pub(super) struct Place {
    root: OwnedFd,
    path: PathBuf,
}

const PRIVATE_DIR: Mode = Mode::RWXU;
const PRIVATE_FILE: Mode = Mode::from_raw_mode(0o600);

impl Place {
    /// New, or empty.
    pub(super) fn prepare(path: &Path) -> Result<Self, Error> {
        std::fs::create_dir_all(path).map_err(|error| Error::local("create", path, error))?;
        let mut inside =
            std::fs::read_dir(path).map_err(|error| Error::local("look into", path, error))?;
        if inside.next().is_some() {
            return Err(Error::local("restore into", path, io::Error::other("it is not empty")));
        }
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::open(path, flags, Mode::empty())
            .map_err(|error| Error::local("open", path, error))?;
        Ok(Self { root, path: path.to_owned() })
    }

    /// After a failure: what is half there must not be taken for the whole.
    pub(super) fn clear(&self) -> io::Result<()> {
        for entry in std::fs::read_dir(&self.path)? {
            let entry = entry?;
            match entry.file_type()?.is_dir() {
                true => std::fs::remove_dir_all(entry.path())?,
                false => std::fs::remove_file(entry.path())?,
            }
        }
        Ok(())
    }

    fn explain<T>(
        &self,
        what: &'static str,
        path: &Path,
        result: rustix::io::Result<T>,
    ) -> Result<T, Error> {
        result.map_err(|error| Error::local(what, &self.path.join(path), io::Error::from(error)))
    }

    /// The directory that `path` is in, and its name there.
    fn parent<'a>(&self, path: &'a Path) -> rustix::io::Result<(OwnedFd, &'a OsStr)> {
        let name = path.file_name().unwrap_or(OsStr::new("."));
        let mut dir = openat(&self.root, ".", DIR, Mode::empty())?;
        for part in path.parent().into_iter().flat_map(Path::components) {
            if let Component::Normal(part) = part {
                dir = openat(&dir, part, DIR, Mode::empty())?;
            }
        }
        Ok((dir, name))
    }

    /// Directories, links, and files of the right length without their content.
    pub(super) fn make(&self, entry: &Entry) -> Result<(), Error> {
        let made = self.parent(&entry.path).and_then(|(dir, name)| match &entry.kind {
            Kind::Root => Ok(()),
            Kind::Dir => mkdirat(&dir, name, PRIVATE_DIR),
            Kind::Link(target) => symlinkat(target, &dir, name),
            Kind::File { size, .. } => {
                let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | FILE;
                let file = openat(&dir, name, flags, PRIVATE_FILE)?;
                if *size > 0 { ftruncate(&file, *size) } else { Ok(()) }
            }
        });
        self.explain("create", &entry.path, made)
    }

    pub(super) fn write(&self, path: &Path, offset: u64, content: &[u8]) -> Result<(), Error> {
        let write = || {
            let (dir, name) = self.parent(path)?;
            let file = openat(&dir, name, OFlags::WRONLY | FILE, Mode::empty())?;
            let mut at = offset;
            let mut rest = content;
            while !rest.is_empty() {
                let written = rustix::io::pwrite(&file, rest, at)?;
                if written == 0 {
                    return Err(rustix::io::Errno::IO);
                }
                rest = &rest[written..];
                at += written as u64;
            }
            Ok(())
        };
        self.explain("write", path, write())
    }

    /// Owner first: changing it takes bits off the mode.
    pub(super) fn dress(&self, entry: &Entry, owner: Option<(u32, u32)>) -> Result<(), Error> {
        let dress = || {
            let (dir, name) = self.parent(&entry.path)?;
            let owner = owner.map(|(uid, gid)| (Uid::from_raw(uid), Gid::from_raw(gid)));
            if let Kind::Link(_) = entry.kind {
                if let Some((uid, gid)) = owner {
                    chownat(&dir, name, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW)?;
                }
            } else {
                let open = openat(&dir, name, OFlags::RDONLY | FILE, Mode::empty())?;
                if let Some((uid, gid)) = owner {
                    fchown(&open, Some(uid), Some(gid))?;
                }
                if let Some(mode) = entry.mode {
                    fchmod(&open, Mode::from_raw_mode(mode))?;
                }
            }
            let Some(mtime) = entry.mtime else { return Ok(()) };
            let time = Timespec { tv_sec: mtime.0, tv_nsec: mtime.1 };
            let times = Timestamps { last_access: time, last_modification: time };
            utimensat(&dir, name, &times, AtFlags::SYMLINK_NOFOLLOW)
        };
        self.explain("set the mode and the times of", &entry.path, dress())
    }

    /// As the snapshot has it?
    pub(super) fn verify(&self, entry: &Entry) -> Result<(), Error> {
        let look = || {
            let (dir, name) = self.parent(&entry.path)?;
            let stat = statat(&dir, name, AtFlags::SYMLINK_NOFOLLOW)?;
            let target = match entry.kind {
                Kind::Link(_) => Some(readlinkat(&dir, name, Vec::new())?.into_bytes()),
                _ => None,
            };
            Ok((stat, target))
        };
        let (stat, target) = self.explain("look at", &entry.path, look())?;
        match difference(entry, &stat, target.as_deref()) {
            None => Ok(()),
            Some(what) => {
                let error = io::Error::other(format!("its {what} is not as in the snapshot"));
                Err(Error::local("restore", &self.path.join(&entry.path), error))
            }
        }
    }
}

const DIR: OFlags =
    OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
const FILE: OFlags = OFlags::NOFOLLOW.union(OFlags::CLOEXEC);

fn difference(entry: &Entry, stat: &Stat, target: Option<&[u8]>) -> Option<&'static str> {
    use std::os::unix::ffi::OsStrExt;
    let wanted = match &entry.kind {
        Kind::Root | Kind::Dir => FileType::Directory,
        Kind::Link(_) => FileType::Symlink,
        Kind::File { .. } => FileType::RegularFile,
    };
    let mode = entry.mode.filter(|_| !matches!(entry.kind, Kind::Link(_)));
    match &entry.kind {
        _ if FileType::from_raw_mode(stat.st_mode) != wanted => Some("type"),
        Kind::File { size, .. } if stat.st_size as u64 != *size => Some("size"),
        Kind::Link(wanted) if target != Some(wanted.as_os_str().as_bytes()) => Some("target"),
        _ if mode.is_some_and(|mode| mode != stat.st_mode & 0o7777) => Some("mode"),
        _ if entry.mtime.is_some_and(|mtime| mtime != (stat.st_mtime, stat.st_mtime_nsec as _)) => {
            Some("time")
        }
        _ => None,
    }
}
