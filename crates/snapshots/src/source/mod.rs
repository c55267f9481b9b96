//! What a snapshot is made of: the agent's directory, less what is left out, its databases whole.

mod content;
mod excludes;
mod meta;
mod report;
mod scratch;
mod sqlite;
mod survey;
#[cfg(test)]
mod tests;
mod walk;

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustic_core::repofile::NodeType;
use rustic_core::{ReadSource, ReadSourceEntry, RusticResult};
use rustix::fs::FileType;

pub use content::Content;
pub use excludes::{DEFAULT_EXCLUDES, Excludes, ExcludesError};
pub use report::{Noted, Report};
pub use survey::{Survey, survey};

use crate::lease;
use crate::save::Honest;
use meta::{Meta, Time};
use scratch::Scratch;
use sqlite::{CopyError, Database};
use walk::{Found, Walk, What, with_end};

/// Whether somebody may be writing the agent's databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gateway {
    /// Databases are copied as SQLite says.
    Live,
    /// Plain files, with what their last transactions left beside them.
    Stopped,
}

#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Not an empty agent: one that nobody can see.
    #[error("cannot open the agent's directory `{dir}`")]
    Directory {
        dir: String,
        #[source]
        source: io::Error,
    },
    #[error("cannot use `{dir}` for copies of databases")]
    Scratch {
        dir: String,
        #[source]
        source: io::Error,
    },
    #[error("{0}")]
    Incomplete(String),
}

/// For one snapshot.
#[derive(Debug)]
pub struct AgentSource {
    root: PathBuf,
    excludes: Excludes,
    gateway: Gateway,
    scratch: Arc<Scratch>,
    report: Report,
}

impl AgentSource {
    /// `scratch` is a folder that is ours alone: it is emptied now and gone afterwards. It lies
    /// on a disk with room for the agent's databases and not within `root`.
    pub fn new(
        root: &Path,
        excludes: Excludes,
        gateway: Gateway,
        scratch: &Path,
    ) -> Result<Self, SourceError> {
        let failed = |source| directory_error(root, source);
        let real = root.canonicalize().map_err(failed)?;
        Walk::new(&real, excludes.clone(), Report::default()).map_err(failed)?;
        let scratch = new_scratch(scratch, &real).map_err(|source| SourceError::Scratch {
            dir: scratch.display().to_string(),
            source,
        })?;
        let report = Report::default();
        Ok(Self { root: real, excludes, gateway, scratch: Arc::new(scratch), report })
    }

    /// The same as it fills. Ask for its complaint before a snapshot is written.
    pub fn report(&self) -> Report {
        self.report.clone()
    }
}

impl Honest for AgentSource {
    fn complaint(&self) -> Option<String> {
        self.report.complaint()
    }

    fn root(&self) -> &Path {
        &self.root
    }
}

impl ReadSource for AgentSource {
    type Open = Content;
    type Iter = Entries;

    fn size(&self) -> RusticResult<Option<u64>> {
        Ok(None)
    }

    fn entries(&self) -> Entries {
        let excludes = self.excludes.clone();
        let walk = Time::of_files()
            .and_then(|began| Ok((Walk::new(&self.root, excludes, self.report.clone())?, began)));
        // The archiver takes no error from here, but the report does.
        let walk = walk.inspect_err(|error| self.report.add_broken(&self.root, error));
        Entries {
            walk: walk.ok(),
            root: self.root.clone(),
            gateway: self.gateway,
            scratch: Arc::clone(&self.scratch),
            report: self.report.clone(),
            covered: HashSet::new(),
        }
    }
}

type Entry = ReadSourceEntry<Content>;

/// Within the source's root.
pub struct Entries {
    walk: Option<(Walk, Time)>,
    root: PathBuf,
    gateway: Gateway,
    scratch: Arc<Scratch>,
    report: Report,
    /// In a database's copy already.
    covered: HashSet<PathBuf>,
}

impl Iterator for Entries {
    type Item = RusticResult<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        let (mut walk, began) = self.walk.take()?;
        while !self.report.is_broken() {
            let found = walk.next()?;
            if let Some(entry) = self.entry(&found, began) {
                self.walk = Some((walk, began));
                return Some(Ok(entry));
            }
        }
        None
    }
}

impl Entries {
    /// `None`: it is not saved, and the report knows if it should have been.
    fn entry(&mut self, found: &Found, began: Time) -> Option<Entry> {
        let name = found.path.file_name()?;
        let node_type = match &found.what {
            What::Dir => NodeType::Dir,
            What::Link(target) => NodeType::from_link(target),
            What::File => return self.file(found, name, began),
        };
        Some(ReadSourceEntry {
            path: self.root.join(&found.path),
            node: found.meta.node(name, node_type),
            open: None,
        })
    }

    fn file(&mut self, found: &Found, name: &OsStr, began: Time) -> Option<Entry> {
        if self.covered.remove(&found.path) {
            return None;
        }
        let opened = found.folder.open(name).and_then(|file| {
            let meta = Meta::of_open(&file)?;
            Ok((file, meta))
        });
        let (file, meta) = opened.inspect_err(|e| self.report.add_failed(&found.path, e)).ok()?;
        if meta.kind != FileType::RegularFile {
            return None;
        }
        let (path, report) = (found.path.clone(), self.report.clone());
        let (content, meta) = match self.copy(found, name, &file)? {
            Some(copy) => {
                let content = Content::of_copy(copy.content, path, copy.meta.size, report);
                (content, copy.meta)
            }
            None => (Content::of_file(file, path, meta, report), meta),
        };
        let meta = if meta.ctime < began { meta } else { meta.distrusted() };
        Some(ReadSourceEntry {
            path: self.root.join(&found.path),
            node: meta.node(name, NodeType::File),
            open: Some(content),
        })
    }

    /// `Some(None)`: it is taken as it lies there. `None`: it is not saved.
    fn copy(&mut self, found: &Found, name: &OsStr, file: &File) -> Option<Option<sqlite::Copy>> {
        let is_database = self.gateway == Gateway::Live
            && sqlite::may_be_database(&found.folder, name)
            && sqlite::is_database(file);
        if !is_database {
            return Some(None);
        }
        let has_lease = found.path == Path::new(lease::DATABASE);
        let path = self.root.join(&found.path);
        let database = Database { path: &path, folder: &found.folder, name, file, has_lease };
        match database.copy(&self.scratch) {
            Ok(copy) => {
                let beside = |end| found.path.with_file_name(with_end(name, end));
                self.covered.extend(sqlite::COVERED.map(beside));
                Some(Some(copy))
            }
            Err(error) => self.not_copied(&found.path, &error),
        }
    }

    fn not_copied(&self, path: &Path, error: &CopyError) -> Option<Option<sqlite::Copy>> {
        if error.is_of_the_database() {
            tracing::warn!(%error, "a database is saved as it lies there: {}", path.display());
            self.report.add_copied_plainly(path);
            return Some(None);
        }
        self.report.add_broken(path, error);
        None
    }
}

/// It would be in the snapshot, and emptied if it is named wrongly.
fn new_scratch(dir: &Path, root: &Path) -> io::Result<Scratch> {
    let parent = dir.parent().ok_or(io::ErrorKind::InvalidInput)?;
    if parent.canonicalize()?.starts_with(root) {
        return Err(io::Error::other("it lies in the agent's directory"));
    }
    Scratch::new(dir)
}

fn directory_error(root: &Path, source: io::Error) -> SourceError {
    SourceError::Directory { dir: root.display().to_string(), source }
}
