//! The source as the archiver sees it.

mod databases;
mod files;
mod writer;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use rustic_core::repofile::Node;
use rustic_core::{ReadSource, ReadSourceOpen};
use tempfile::TempDir;

use super::*;

/// An agent's directory and a place for copies beside it.
pub(super) struct Agent {
    dir: TempDir,
}

/// By path, in the order of the walk.
pub(super) type Saved = BTreeMap<PathBuf, (Node, Vec<u8>)>;

impl Agent {
    pub(super) fn new() -> Self {
        let dir = TempDir::new().expect("a directory");
        fs::create_dir_all(dir.path().join("agent/workspace")).expect("made");
        fs::create_dir_all(dir.path().join("agent/state")).expect("made");
        Self { dir }
    }

    pub(super) fn root(&self) -> PathBuf {
        self.dir.path().join("agent")
    }

    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    pub(super) fn scratch(&self) -> PathBuf {
        self.dir.path().join("scratch")
    }

    pub(super) fn write(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("in a folder")).expect("made");
        fs::write(&path, content).expect("written");
        path
    }

    pub(super) fn source(&self, gateway: Gateway) -> AgentSource {
        let excludes = Excludes::with_added("").expect("patterns");
        AgentSource::new(&self.root(), excludes, gateway, &self.scratch()).expect("a source")
    }

    pub(super) fn survey(&self) -> Survey {
        survey(&self.root(), &Excludes::with_added("").expect("patterns")).expect("surveyed")
    }

    /// Without complaint.
    pub(super) fn saved(&self, gateway: Gateway) -> (Saved, Report) {
        let source = self.source(gateway);
        let saved = read(&source);
        assert_eq!(source.report().complaint(), None);
        (saved, source.report())
    }

    /// All there is on disk, excluded or not.
    pub(super) fn on_disk(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).expect("a folder");
        let name = |entry: fs::DirEntry| entry.file_name().into_string().expect("text");
        let mut names: Vec<String> = entries.map(|entry| name(entry.expect("read"))).collect();
        names.sort();
        names
    }
}

pub(super) fn read(source: &AgentSource) -> Saved {
    let mut saved = Saved::new();
    for entry in source.entries() {
        let entry = entry.expect("never an error");
        let mut content = Vec::new();
        if let Some(open) = entry.open {
            open.open().expect("open").read_to_end(&mut content).expect("read");
            assert_eq!(content.len() as u64, entry.node.meta.size, "{:?}", entry.path);
        }
        saved.insert(in_snapshot(source, &entry.path), (entry.node, content));
    }
    saved
}

pub(super) fn in_snapshot(source: &AgentSource, path: &Path) -> PathBuf {
    Path::new("/").join(path.strip_prefix(source.root()).expect("within the root"))
}

#[track_caller]
pub(super) fn content<'a>(saved: &'a Saved, path: &str) -> &'a [u8] {
    &saved.get(Path::new(path)).unwrap_or_else(|| panic!("{path} is not saved")).1
}

pub(super) fn has(saved: &Saved, path: &str) -> bool {
    saved.contains_key(Path::new(path))
}
