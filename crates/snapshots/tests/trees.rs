//! Any tree comes back as it was, and as it was later, from two snapshots of one repository.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Permissions};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use bytes::Bytes;
use domain::{Generation, SnapshotId, SnapshotReason, Timestamp};
use filetime::FileTime;
use proptest::prelude::*;
use proptest::sample::Index;
use snapshots::keys::RepositoryKeys;
use snapshots::source::{AgentSource, Excludes, Gateway, survey};
use snapshots::store::{Object, ObjectStore, StoreError};
use snapshots::{Part, Repository, SaveLabel};
use tempfile::TempDir;

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 16,
        failure_persistence: None,
        max_shrink_iters: 200,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_tree_comes_back_as_it_was_at_each_moment(tree in tree(), changes in changes()) {
        let mut world = World::new();
        make_all(&world.root(), &tree, &mut Vec::new());
        let (first, then) = world.save();
        for (index, change) in &changes {
            world.apply(index, change);
        }
        let (second, now) = world.save();
        prop_assert_eq!(world.restored(&first), then);
        prop_assert_eq!(world.restored(&second), now);
    }
}

#[test]
fn files_of_megabytes_and_with_holes_come_back() {
    let mut world = World::new();
    let dress = Dress { mode: 0o640, mtime: (1_000_000_000, 123_456_789) };
    let contents = [Content::Long(3_000_000), Content::Sparse];
    for (number, content) in contents.into_iter().enumerate() {
        let file = Thing::File(content, dress.clone());
        make(&world.root().join(number.to_string()), &file, &mut Vec::new());
    }
    let (id, then) = world.save();
    assert_eq!(world.restored(&id), then);
}

type Named = (Vec<u8>, Thing);

#[derive(Clone, Debug)]
enum Thing {
    File(Content, Dress),
    Dir(Vec<Named>, Dress),
    Link(Vec<u8>),
    /// Another name of the first file.
    HardLink,
}

#[derive(Clone, Debug)]
enum Content {
    Short(Vec<u8>),
    /// Of so many bytes, none like the next.
    Long(u32),
    /// Mostly a hole.
    Sparse,
}

#[derive(Clone, Debug)]
struct Dress {
    mode: u32,
    mtime: (i64, u32),
}

#[derive(Clone, Debug)]
enum Change {
    Delete,
    Rename(Vec<u8>),
    /// Whatever was there before.
    Become(Thing),
    /// A byte of a file, its size and its time as before.
    ByStealth,
    Mode(u32),
    Add(Named),
}

fn tree() -> impl Strategy<Value = Vec<Named>> {
    let leaf = prop_oneof![
        8 => (content(), dress()).prop_map(|(content, dress)| Thing::File(content, dress)),
        3 => target().prop_map(Thing::Link),
        1 => Just(Thing::HardLink),
    ];
    let thing = leaf.prop_recursive(4, 24, 6, |inner| {
        let children = prop::collection::vec((name(), inner), 0..6);
        (children, dress()).prop_map(|(children, dress)| Thing::Dir(children, dress))
    });
    prop::collection::vec((name(), thing), 1..8)
}

fn changes() -> impl Strategy<Value = Vec<(Index, Change)>> {
    let thing = || tree().prop_map(|tree| tree.into_iter().next().expect("one at least"));
    let change = prop_oneof![
        2 => Just(Change::Delete),
        1 => name().prop_map(Change::Rename),
        3 => thing().prop_map(|(_, thing)| Change::Become(thing)),
        2 => Just(Change::ByStealth),
        1 => mode().prop_map(Change::Mode),
        1 => thing().prop_map(Change::Add),
    ];
    prop::collection::vec((any::<Index>(), change), 1..6)
}

fn name() -> impl Strategy<Value = Vec<u8>> {
    let bytes = prop::collection::vec(any::<u8>(), 1..40);
    prop_oneof![
        4 => "[a-z]{1,3}(\\.txt)?".prop_map(String::into_bytes),
        1 => "[ \\n\\t\\r\"'`$*\\\\a-c-]{1,9}".prop_map(String::into_bytes),
        1 => "[\u{1f600}-\u{1f640}]{1,9}e\u{301}?".prop_map(String::into_bytes),
        1 => "[a-z]{255}".prop_map(String::into_bytes),
        2 => bytes,
    ]
    .prop_map(|mut name| {
        name.retain(|byte| *byte != b'/' && *byte != 0);
        if name.is_empty() || name == b"." || name == b".." { b"...".to_vec() } else { name }
    })
}

fn target() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(b".".to_vec()),
        Just(b"../..".to_vec()),
        Just(b"/etc/passwd".to_vec()),
        Just(b"to/nothing".to_vec()),
        name(),
    ]
}

fn content() -> impl Strategy<Value = Content> {
    prop_oneof![
        2 => Just(Content::Short(Vec::new())),
        40 => prop::collection::vec(any::<u8>(), 1..2000).prop_map(Content::Short),
        1 => (600_000_u32..1_500_000).prop_map(Content::Long),
        1 => Just(Content::Sparse),
    ]
}

fn dress() -> impl Strategy<Value = Dress> {
    let mtime = (-1_000_000_000_i64..4_000_000_000, 0_u32..1_000_000_000);
    (mode(), mtime).prop_map(|(mode, mtime)| Dress { mode, mtime })
}

fn mode() -> impl Strategy<Value = u32> {
    prop_oneof![Just(0o644), Just(0o755), Just(0o000), Just(0o4755), Just(0o3771), 0_u32..0o10000]
}

fn make_all(dir: &Path, children: &[Named], files: &mut Vec<PathBuf>) {
    for (name, thing) in children {
        make(&dir.join(OsStr::from_bytes(name)), thing, files);
    }
}

fn make(path: &Path, thing: &Thing, files: &mut Vec<PathBuf>) {
    if path.symlink_metadata().is_ok() {
        return;
    }
    match thing {
        Thing::File(content, dress) => {
            write(path, content);
            put_on(path, dress);
            files.push(path.to_owned());
        }
        Thing::Dir(children, dress) => {
            fs::create_dir(path).expect("made");
            make_all(path, children, files);
            put_on(path, dress);
        }
        Thing::Link(target) => symlink(OsStr::from_bytes(target), path).expect("linked"),
        Thing::HardLink => {
            if let Some(first) = files.first() {
                fs::hard_link(first, path).expect("linked");
            }
        }
    }
}

fn write(path: &Path, content: &Content) {
    match content {
        Content::Short(bytes) => fs::write(path, bytes).expect("written"),
        Content::Long(size) => {
            let mut state = *size;
            let next = |_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state.to_be_bytes()[0]
            };
            fs::write(path, (0..*size).map(next).collect::<Vec<u8>>()).expect("written");
        }
        Content::Sparse => {
            let file = File::create(path).expect("made");
            file.set_len(3_000_000).expect("a hole");
            file.write_all_at(b"in the middle", 1_500_000).expect("written");
        }
    }
}

fn put_on(path: &Path, dress: &Dress) {
    set_mode(path, dress.mode);
    let mtime = FileTime::from_unix_time(dress.mtime.0, dress.mtime.1);
    filetime::set_file_mtime(path, mtime).expect("set");
}

/// Without root's rights what nobody may read cannot be saved.
fn set_mode(path: &Path, mode: u32) {
    let mode = if rustix::process::geteuid().is_root() { mode } else { mode | 0o700 };
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("set");
}

/// All that must come back.
#[derive(Debug, PartialEq, Eq)]
struct Look {
    mode: u32,
    mtime: (i64, i64),
    what: What,
}

#[derive(Debug, PartialEq, Eq)]
enum What {
    Dir,
    Link(PathBuf),
    /// The size and a digest.
    File(usize, Vec<u8>),
}

type Picture = BTreeMap<OsString, Look>;

fn picture(root: &Path) -> Picture {
    let mut picture = Picture::new();
    look_into(root, root, &mut picture);
    picture
}

fn look_into(root: &Path, dir: &Path, picture: &mut Picture) {
    for entry in fs::read_dir(dir).expect("a folder") {
        let path = entry.expect("read").path();
        let meta = path.symlink_metadata().expect("there");
        let what = match meta.file_type() {
            kind if kind.is_dir() => What::Dir,
            kind if kind.is_symlink() => What::Link(fs::read_link(&path).expect("a link")),
            _ => {
                let content = fs::read(&path).expect("read");
                What::File(content.len(), digest(&content))
            }
        };
        let look = Look { mode: meta.mode(), mtime: (meta.mtime(), meta.mtime_nsec()), what };
        let name = path.strip_prefix(root).expect("inside").as_os_str().to_owned();
        picture.insert(name, look);
        if meta.is_dir() {
            look_into(root, &path, picture);
        }
    }
}

fn digest(content: &[u8]) -> Vec<u8> {
    use sha2::Digest;
    sha2::Sha256::digest(content).to_vec()
}

/// Made once: a key from a password takes a second.
static EMPTY: OnceLock<(RepositoryKeys, Objects)> = OnceLock::new();

fn empty_repository() -> (RepositoryKeys, Objects) {
    let (keys, store) = (RepositoryKeys::generate(), Arc::new(Memory::default()));
    drop(Repository::create(store.clone(), &keys, None).expect("created"));
    let objects = store.with(|objects| objects.clone());
    (keys, objects)
}

/// An agent's directory and its repository.
struct World {
    dir: TempDir,
    repository: Repository,
    minute: u64,
}

impl World {
    fn new() -> Self {
        let dir = TempDir::new().expect("a directory");
        fs::create_dir(dir.path().join("agent")).expect("made");
        let (keys, objects) = EMPTY.get_or_init(empty_repository);
        let store = Arc::new(Memory(Mutex::new(objects.clone())));
        let repository = Repository::open(store, keys, None).expect("it answers");
        Self { dir, repository: repository.expect("it is there"), minute: 0 }
    }

    fn root(&self) -> PathBuf {
        self.dir.path().join("agent")
    }

    /// And how everything looked.
    fn save(&mut self) -> (SnapshotId, Picture) {
        let (root, scratch) = (self.root(), self.dir.path().join("scratch"));
        let picture = picture(&root);
        let source = AgentSource::new(&root, Excludes::none(), Gateway::Live, &scratch);
        let source = source.expect("a source");
        let report = source.report();
        self.minute += 1;
        let label = SaveLabel {
            generation: Generation(1),
            at: Timestamp(1_795_262_400_000 + self.minute * 60_000),
            reason: SnapshotReason::Periodic,
        };
        let saved = self.repository.save(source, label, &(Arc::new(|| Ok(())) as _));
        let saved = saved.expect("saved");
        assert_eq!((report.left_out().count, report.changed().count), (0, 0));
        let seen = survey(&root, &Excludes::none()).expect("surveyed");
        let files = picture.values().filter(|look| matches!(look.what, What::File(..))).count();
        assert_eq!(seen.files, files as u64);
        (saved.snapshot.id, picture)
    }

    fn restored(&mut self, id: &SnapshotId) -> Picture {
        let target = TempDir::new_in(self.dir.path()).expect("a directory");
        self.repository
            .restore(id, &Part::Everything, target.path(), None, &|_| {})
            .expect("restored");
        picture(target.path())
    }

    fn apply(&self, index: &Index, change: &Change) {
        let root = self.root();
        let names: Vec<OsString> = picture(&root).into_keys().collect();
        if let Change::Add((name, thing)) = change {
            make(&root.join(OsStr::from_bytes(name)), thing, &mut Vec::new());
        }
        if names.is_empty() {
            return;
        }
        let path = root.join(index.get(&names));
        let meta = path.symlink_metadata().expect("there");
        match change {
            Change::Delete => delete(&path),
            Change::Rename(name) => {
                let to = root.join(OsString::from_vec(name.clone()));
                if to.symlink_metadata().is_err() {
                    fs::rename(&path, to).expect("renamed");
                }
            }
            Change::Become(thing) => {
                delete(&path);
                make(&path, thing, &mut Vec::new());
            }
            Change::ByStealth if meta.is_file() && meta.len() > 0 => by_stealth(&path),
            Change::Mode(mode) if !meta.is_symlink() => set_mode(&path, *mode),
            Change::Add(_) | Change::ByStealth | Change::Mode(_) => {}
        }
    }
}

fn delete(path: &Path) {
    match path.symlink_metadata().expect("there").is_dir() {
        true => fs::remove_dir_all(path).expect("deleted"),
        false => fs::remove_file(path).expect("deleted"),
    }
}

fn by_stealth(path: &Path) {
    let meta = path.metadata().expect("there");
    let mut content = fs::read(path).expect("read");
    content[0] ^= 1;
    fs::write(path, content).expect("written");
    filetime::set_file_mtime(path, FileTime::from_last_modification_time(&meta)).expect("set");
}

type Objects = BTreeMap<String, Bytes>;

#[derive(Default)]
struct Memory(Mutex<Objects>);

impl Memory {
    fn with<T>(&self, work: impl FnOnce(&mut Objects) -> T) -> T {
        work(&mut self.0.lock().expect("whole"))
    }
}

impl ObjectStore for Memory {
    fn location(&self) -> String {
        "memory".into()
    }

    fn list(&self, prefix: &str) -> Result<Vec<Object>, StoreError> {
        let object = |(key, content): (&String, &Bytes)| {
            let size = content.len() as u64;
            key.starts_with(prefix).then(|| Object { key: key.clone(), size })
        };
        Ok(self.with(|objects| objects.iter().filter_map(object).collect()))
    }

    fn get(&self, key: &str) -> Result<Bytes, StoreError> {
        self.with(|objects| objects.get(key).cloned()).ok_or(StoreError::NotFound(key.into()))
    }

    fn get_range(&self, key: &str, offset: u64, length: u64) -> Result<Bytes, StoreError> {
        let from = usize::try_from(offset).expect("small");
        let length = usize::try_from(length).expect("small");
        Ok(self.get(key)?.slice(from..from + length))
    }

    fn put(&self, key: &str, content: Vec<Bytes>) -> Result<(), StoreError> {
        self.with(|objects| objects.insert(key.into(), content.concat().into()));
        Ok(())
    }

    fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.with(|objects| objects.remove(key));
        Ok(())
    }
}
