//! What there is in the agent's directory, less what is left out, in the archiver's order:
//! depth first, names as bytes. Symbolic links are never followed, not even one that takes a
//! folder's place meanwhile: we may be root, and the agent's programs are not to be trusted.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::limits::{SNAPSHOT_DEPTH_MAX, SNAPSHOT_PATH_MAX_BYTES};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};

use super::excludes::{CACHE_TAG, CACHE_TAG_STARTS, Excludes, Said};
use super::meta::Meta;
use super::report::Report;
use super::sqlite;

/// Under it a folder can be marked as a cache. Itself it never is.
const WORKSPACE: &str = "workspace";
/// Whose folders are put there anew at every wake, unless the agent made them.
const SKILLS: &str = "skills";

pub(crate) struct Walk {
    excludes: Excludes,
    report: Report,
    levels: Vec<Level>,
}

struct Level {
    folder: Arc<Folder>,
    next: usize,
}

/// One that is open. Its names are those it had when it was opened.
pub(crate) struct Folder {
    fd: OwnedFd,
    path: PathBuf,
    /// In order.
    names: Vec<OsString>,
}

pub(crate) struct Found {
    /// Relative to where the walk began.
    pub path: PathBuf,
    pub meta: Meta,
    pub what: What,
    pub folder: Arc<Folder>,
}

pub(crate) enum What {
    Dir,
    File,
    Link(PathBuf),
}

impl Walk {
    pub(crate) fn new(root: &Path, excludes: Excludes, report: Report) -> io::Result<Self> {
        let fd = rustix::fs::open(root, folder_flags(), Mode::empty())?;
        let top = Folder::read(fd, PathBuf::new())?;
        let levels = vec![Level { folder: Arc::new(top), next: 0 }];
        Ok(Self { excludes, report, levels })
    }

    /// `None`: it is not saved.
    fn look(&mut self, folder: &Arc<Folder>, name: &OsStr) -> Option<Found> {
        let path = folder.path.join(name);
        let found = self.find(folder, name, &path);
        found.unwrap_or_else(|error| {
            self.report.add_failed(&path, &error);
            None
        })
    }

    fn find(
        &mut self,
        folder: &Arc<Folder>,
        name: &OsStr,
        path: &Path,
    ) -> io::Result<Option<Found>> {
        if sqlite::is_shared_memory(folder, name) {
            return Ok(None);
        }
        let meta = folder.stat(name)?;
        let said = self.excludes.say(path, meta.kind == FileType::Directory);
        if said == Said::LeaveOut {
            return Ok(None);
        }
        if path.as_os_str().len() > SNAPSHOT_PATH_MAX_BYTES {
            self.report.add_left_out(path);
            return Ok(None);
        }
        let (what, meta) = match meta.kind {
            FileType::Directory => match self.descend(folder, name, path, said) {
                Ok(Some(meta)) => (What::Dir, meta),
                Ok(None) => return Ok(None),
                // It is there, and that is all we may know.
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                    self.report.add_left_out(path);
                    (What::Dir, meta)
                }
                Err(error) => return Err(error),
            },
            FileType::RegularFile => (What::File, meta),
            FileType::Symlink => (What::Link(folder.link(name)?), meta),
            // Sockets, pipes and devices belong to programs that run.
            _ => return Ok(None),
        };
        Ok(Some(Found { path: path.to_owned(), meta, what, folder: Arc::clone(folder) }))
    }

    fn descend(
        &mut self,
        parent: &Folder,
        name: &OsStr,
        path: &Path,
        said: Said,
    ) -> io::Result<Option<Meta>> {
        let fd = rustix::fs::openat(&parent.fd, name, folder_flags(), Mode::empty())?;
        let meta = Meta::of_open(&fd)?;
        if self.levels.len() >= SNAPSHOT_DEPTH_MAX {
            self.report.add_left_out(path);
            return Ok(Some(meta));
        }
        let folder = Folder::read(fd, path.to_owned())?;
        if said == Said::Nothing && folder.is_cache() {
            return Ok(None);
        }
        self.levels.push(Level { folder: Arc::new(folder), next: 0 });
        Ok(Some(meta))
    }
}

impl Iterator for Walk {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        loop {
            let level = self.levels.last_mut()?;
            let Some(name) = level.folder.names.get(level.next).cloned() else {
                self.levels.pop();
                continue;
            };
            level.next += 1;
            let folder = Arc::clone(&level.folder);
            if let Some(found) = self.look(&folder, &name) {
                return Some(found);
            }
        }
    }
}

impl Folder {
    fn read(fd: OwnedFd, path: PathBuf) -> io::Result<Self> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&fd)? {
            let name = entry?.file_name().to_bytes().to_vec();
            if name != b"." && name != b".." {
                names.push(OsString::from_vec(name));
            }
        }
        names.sort_unstable();
        Ok(Self { fd, path, names })
    }

    pub(crate) fn has(&self, name: &OsStr) -> bool {
        self.names.binary_search_by(|known| known.as_os_str().cmp(name)).is_ok()
    }

    pub(crate) fn stat(&self, name: &OsStr) -> io::Result<Meta> {
        let stat = rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(Meta::of(&stat))
    }

    /// Never blocks, should a pipe have taken the file's place.
    pub(crate) fn open(&self, name: &OsStr) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        Ok(File::from(rustix::fs::openat(self.fd.as_fd(), name, flags, Mode::empty())?))
    }

    fn link(&self, name: &OsStr) -> io::Result<PathBuf> {
        let target = rustix::fs::readlinkat(&self.fd, name, Vec::new())?;
        Ok(PathBuf::from(OsString::from_vec(target.into_bytes())))
    }

    fn is_cache(&self) -> bool {
        let mut below = self.path.components().map(|part| part.as_os_str());
        let may_be = below.next().is_some_and(|top| top == WORKSPACE || top == SKILLS);
        if !may_be || below.next().is_none() {
            return false;
        }
        let mut starts = [0; CACHE_TAG_STARTS.len()];
        self.has(OsStr::new(CACHE_TAG))
            && self.open(OsStr::new(CACHE_TAG)).is_ok_and(|mut tag| {
                tag.read_exact(&mut starts).is_ok() && starts == *CACHE_TAG_STARTS
            })
    }
}

fn folder_flags() -> OFlags {
    OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC
}

/// `name` with something behind it.
pub(crate) fn with_end(name: &OsStr, end: &str) -> OsString {
    let mut name = name.to_owned();
    name.push(end);
    name
}

/// `name` without `end`, if it ends so.
pub(crate) fn without_end<'a>(name: &'a OsStr, end: &str) -> Option<&'a OsStr> {
    name.as_bytes().strip_suffix(end.as_bytes()).map(OsStr::from_bytes)
}
