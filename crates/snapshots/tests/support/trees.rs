//! Directories as an agent has them, and what they are to be like afterwards.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use filetime::FileTime;
use rand::{RngExt, SeedableRng, rngs::StdRng};

/// Of a directory: everything in it, as it is to be restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Picture(BTreeMap<PathBuf, What>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct What {
    mode: u32,
    mtime: (i64, i64),
    content: Content,
}

#[derive(Clone, PartialEq, Eq)]
enum Content {
    Dir,
    Link(PathBuf),
    File(Vec<u8>),
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Content::Dir => write!(f, "a directory"),
            Content::Link(to) => write!(f, "a link to {}", to.display()),
            Content::File(bytes) => write!(f, "{} bytes", bytes.len()),
        }
    }
}

impl Picture {
    pub(crate) fn of(dir: &Path) -> Self {
        let mut found = BTreeMap::new();
        look(dir, dir, &mut found);
        Self(found)
    }

    #[track_caller]
    pub(crate) fn assert_equal(&self, dir: &Path) {
        let other = Self::of(dir);
        for (path, what) in &self.0 {
            assert_eq!(other.0.get(path), Some(what), "{}", path.display());
        }
        let additional: Vec<_> = other.0.keys().filter(|key| !self.0.contains_key(*key)).collect();
        assert!(additional.is_empty(), "{additional:?}");
    }

    /// What is in one directory, or what is not in it.
    pub(crate) fn within(&self, dir: &str) -> Self {
        let inside = self.0.iter().filter_map(|(path, what)| {
            let inner = path.strip_prefix(dir).ok().filter(|inner| *inner != Path::new(""))?;
            Some((inner.to_owned(), what.clone()))
        });
        Self(inside.collect())
    }

    pub(crate) fn without(&self, dir: &str) -> Self {
        let outside = self.0.iter().filter(|(path, _)| !path.starts_with(dir));
        Self(outside.map(|(path, what)| (path.clone(), what.clone())).collect())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

fn look(root: &Path, dir: &Path, found: &mut BTreeMap<PathBuf, What>) {
    for entry in fs::read_dir(dir).expect("it can be listed") {
        let path = entry.expect("an entry").path();
        let meta = path.symlink_metadata().expect("it is there");
        let content = if meta.is_dir() {
            look(root, &path, found);
            Content::Dir
        } else if meta.is_symlink() {
            Content::Link(fs::read_link(&path).expect("a link"))
        } else {
            Content::File(fs::read(&path).expect("it can be read"))
        };
        let mode = if meta.is_symlink() { 0 } else { meta.mode() & 0o7777 };
        let what = What { mode, mtime: (meta.mtime(), meta.mtime_nsec()), content };
        found.insert(path.strip_prefix(root).expect("it is inside").to_owned(), what);
    }
}

/// Small, with everything in it that a directory can have.
pub(crate) fn agent(dir: &Path) {
    let mut random = StdRng::seed_from_u64(4);
    write(dir, "openclaw.json", b"{}");
    write(dir, "state/sessions/one.jsonl", b"hello\n");
    write(dir, "workspace/notes.md", b"# Notes\n");
    write(dir, "workspace/name with \n, \" and \u{1f980}", b"odd");
    write(dir, "workspace/empty", b"");
    let mut large = vec![0; 3_000_000];
    random.fill(&mut large[..2_000_000]);
    write(dir, "workspace/large", &large);
    fs::create_dir_all(dir.join("workspace/nothing/in/here")).expect("a directory");
    symlink("notes.md", dir.join("workspace/link")).expect("a link");
    symlink(".", dir.join("workspace/loop")).expect("a link");
    symlink("/nowhere", dir.join("dangling")).expect("a link");
    chmod(dir, "workspace/notes.md", 0o640);
    chmod(dir, "state", 0o700);
    chmod(dir, "workspace", 0o2775);
    let past = FileTime::from_unix_time(1_234_567_890, 123_456_789);
    filetime::set_file_mtime(dir.join("workspace/nothing"), past).expect("a time");
    filetime::set_symlink_file_times(dir.join("dangling"), past, past).expect("a time");
}

/// `count` files of `size` bytes that no compression helps with.
pub(crate) fn many(dir: &Path, count: usize, size: usize) {
    let mut random = StdRng::seed_from_u64(5);
    let mut content = vec![0; size];
    for index in 0..count {
        random.fill(&mut content[..]);
        write(dir, &format!("workspace/{}/{index}", index % 20), &content);
    }
}

pub(crate) fn write(dir: &Path, path: &str, content: &[u8]) {
    let path = dir.join(path);
    fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
    fs::write(path, content).expect("a file");
}

fn chmod(dir: &Path, path: &str, mode: u32) {
    let mode = fs::Permissions::from_mode(mode);
    fs::set_permissions(dir.join(path), mode).expect("a mode");
}
