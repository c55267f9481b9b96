//! What became of the files that could not be saved as they were. The archiver only drops them;
//! whoever writes the snapshot asks here first.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;

/// How many of each sort are named. The rest is counted.
const NAMED: usize = 20;

/// The same report for all its clones.
#[derive(Clone, Debug, Default)]
pub struct Report(Arc<Mutex<Account>>);

#[derive(Debug, Default)]
struct Account {
    left_out: Noted,
    changed: Noted,
    copied_plainly: Noted,
    broken: Option<String>,
}

/// Some files, the first of them with their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Noted {
    pub count: u64,
    pub named: Vec<PathBuf>,
}

impl Noted {
    fn add(&mut self, path: &Path) {
        self.count += 1;
        if self.named.len() < NAMED {
            self.named.push(path.to_owned());
        }
    }
}

impl Report {
    /// Why no snapshot may be written: something is there and could not be read. `None` when
    /// all is well.
    pub fn complaint(&self) -> Option<String> {
        self.account().broken.clone()
    }

    /// Not in the snapshot: we may not read it, or it lies too deep.
    pub fn left_out(&self) -> Noted {
        self.account().left_out.clone()
    }

    /// Changed while it was read, and so in the snapshot in a state it may never have been in.
    /// The next snapshot reads it again.
    pub fn changed(&self) -> Noted {
        self.account().changed.clone()
    }

    /// Databases that SQLite would not copy (damaged, or locked for good): as they lie there.
    pub fn copied_plainly(&self) -> Noted {
        self.account().copied_plainly.clone()
    }

    pub(crate) fn add_left_out(&self, path: &Path) {
        self.account().left_out.add(path);
    }

    pub(crate) fn add_changed(&self, path: &Path) {
        self.account().changed.add(path);
    }

    pub(crate) fn add_copied_plainly(&self, path: &Path) {
        self.account().copied_plainly.add(path);
    }

    pub(crate) fn add_failed(&self, path: &Path, error: &io::Error) {
        match Failure::of(error) {
            Failure::Gone => {}
            Failure::Forbidden => self.add_left_out(path),
            Failure::Broken => self.add_broken(path, error),
        }
    }

    pub(crate) fn add_broken(&self, path: &Path, error: &dyn std::fmt::Display) {
        let why = || format!("cannot read `{}`: {error}", path.display());
        self.account().broken.get_or_insert_with(why);
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.account().broken.is_some()
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Failure {
    /// Deleted, or replaced by something else, since its folder was read.
    Gone,
    Forbidden,
    Broken,
}

impl Failure {
    fn of(error: &io::Error) -> Self {
        match Errno::from_io_error(error) {
            // A file that became a symbolic link (LOOP), a link that became something else
            // (INVAL), a file that became a socket (NXIO).
            Some(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::INVAL | Errno::NXIO) => {
                Failure::Gone
            }
            Some(Errno::ACCESS | Errno::PERM) => Failure::Forbidden,
            _ => Failure::Broken,
        }
    }
}
