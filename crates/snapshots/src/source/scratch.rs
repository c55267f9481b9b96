//! A place for copies of databases while a snapshot is made.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Ours alone and private: the copies are people's conversations. Gone when it is dropped. What
/// an earlier process left there, killed meanwhile, goes first.
#[derive(Debug)]
pub(crate) struct Scratch {
    dir: PathBuf,
    copies: AtomicU64,
}

impl Scratch {
    pub(crate) fn new(dir: &Path) -> io::Result<Self> {
        remove(dir)?;
        DirBuilder::new().mode(0o700).create(dir)?;
        Ok(Self { dir: dir.to_owned(), copies: AtomicU64::new(0) })
    }

    /// For one database and whatever SQLite puts beside it.
    pub(crate) fn place(&self) -> io::Result<Place> {
        let number = self.copies.fetch_add(1, Ordering::Relaxed);
        let dir = self.dir.join(number.to_string());
        DirBuilder::new().mode(0o700).create(&dir)?;
        Ok(Place(dir))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = remove(&self.dir) {
            let dir = self.dir.display();
            tracing::warn!(%error, "cannot remove copies of databases in {dir}");
        }
    }
}

fn remove(dir: &Path) -> io::Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

pub(crate) struct Place(PathBuf);

impl Place {
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Without a name from now on: its space is free as soon as it has been read.
    pub(crate) fn take(self, name: &str) -> io::Result<File> {
        File::open(self.file(name))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // If this fails, the scratch folder goes as a whole.
        let _ = fs::remove_dir_all(&self.0);
    }
}
