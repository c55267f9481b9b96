use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;

use rustic_core::{ReadSource, ReadSourceOpen};
use rustix::fs::{FileType, Mode};

use super::*;

#[test]
fn the_order_is_that_of_bytes_folder_by_folder() {
    let agent = Agent::new();
    for name in ["a/1", "a.b", "a b/1", "\u{1f600}", "Z", "new\nline"] {
        agent.write(&format!("workspace/{name}"), "");
    }
    fs::write(agent.path("workspace").join(OsStr::from_bytes(b"\xff\xfe")), "").expect("written");
    let source = agent.source(Gateway::Live);
    let path = |entry: RusticResult<Entry>| in_snapshot(&source, &entry.expect("found").path);
    let seen: Vec<_> = source.entries().map(|entry| path(entry).into_os_string()).collect();
    let expected: Vec<&OsStr> = [
        &b"/state"[..],
        b"/workspace",
        b"/workspace/Z",
        b"/workspace/a",
        b"/workspace/a/1",
        b"/workspace/a b",
        b"/workspace/a b/1",
        b"/workspace/a.b",
        b"/workspace/new\nline",
        "/workspace/\u{1f600}".as_bytes(),
        b"/workspace/\xff\xfe",
    ]
    .map(OsStr::from_bytes)
    .to_vec();
    assert_eq!(seen, expected);
}

#[test]
fn what_belongs_to_running_programs_and_marked_caches_is_left_out() {
    let agent = Agent::new();
    let _socket = UnixListener::bind(agent.path("workspace/socket")).expect("bound");
    let pipe = agent.path("workspace/pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, FileType::Fifo, Mode::RUSR, 0).expect("made");
    let tag = b"Signature: 8a477f597d28d172789f06886806bc55\n# by hand";
    agent.write("workspace/build/CACHEDIR.TAG", tag);
    agent.write("workspace/build/big", "derived");
    agent.write("workspace/notes/CACHEDIR.TAG", "a note of that name");
    agent.write("workspace/CACHEDIR.TAG", tag);
    agent.write("skills/CACHEDIR.TAG", tag);
    agent.write("skills/managed/CACHEDIR.TAG", tag);
    agent.write("skills/own/SKILL.md", "own");
    agent.write("workspace/cache/mine", "mine");
    agent.write("cache/theirs", "theirs");

    let (saved, report) = agent.saved(Gateway::Live);
    let left_out =
        ["/workspace/socket", "/workspace/pipe", "/workspace/build", "/cache", "/skills/managed"];
    for path in left_out {
        assert!(!has(&saved, path), "{path}");
    }
    assert_eq!(content(&saved, "/workspace/cache/mine"), b"mine");
    for path in ["/workspace/notes/CACHEDIR.TAG", "/workspace/CACHEDIR.TAG", "/skills/own"] {
        assert!(has(&saved, path), "{path}");
    }
    assert_eq!(report.left_out(), Noted::default());
}

#[test]
fn a_link_is_saved_as_a_link_wherever_it_leads() {
    let agent = Agent::new();
    fs::create_dir(agent.path("workspace/folder")).expect("made");
    for (target, name) in [("..", "up"), ("self", "self"), ("/etc/passwd", "away"), ("no", "none")]
    {
        symlink(target, agent.path("workspace").join(name)).expect("linked");
    }
    let (saved, _) = agent.saved(Gateway::Live);
    for (target, name) in [("..", "up"), ("self", "self"), ("/etc/passwd", "away"), ("no", "none")]
    {
        let (node, content) = &saved[&Path::new("/workspace").join(name)];
        assert_eq!(node.node_type.to_link(), Path::new(target));
        assert!(content.is_empty());
    }
    // Two folders of the agent, one in the workspace, four links.
    assert_eq!(saved.len(), 7);
}

/// All or nothing by the time of the walk, though it is read later.
#[test]
fn a_file_that_is_replaced_or_deleted_after_the_walk_is_saved_as_it_was() {
    let agent = Agent::new();
    let replaced = agent.write("workspace/a", "as it was");
    let deleted = agent.write("workspace/b", "deleted");
    let source = agent.source(Gateway::Live);
    let entries: Vec<_> = source.entries().map(|entry| entry.expect("found")).collect();
    fs::rename(agent.write("workspace/draft", "new"), replaced).expect("replaced");
    fs::remove_file(deleted).expect("deleted");
    let content = |entry: Entry| {
        let mut content = String::new();
        entry.open?.open().expect("open").read_to_string(&mut content).expect("read");
        Some(content)
    };
    let contents: Vec<String> = entries.into_iter().filter_map(content).collect();
    assert_eq!(contents, ["as it was", "deleted"]);
    assert_eq!(source.report().complaint(), None);
}

#[test]
fn a_file_that_grows_or_shrinks_while_it_is_read_fits_its_node_and_is_named() {
    for (now, expected) in
        [("longer than before", "longer than "), ("short", "short\0\0\0\0\0\0\0")]
    {
        let agent = Agent::new();
        let path = agent.write("workspace/a", "twelve bytes");
        let source = agent.source(Gateway::Live);
        let entry = source.entries().map(|e| e.expect("found")).find(|e| e.open.is_some());
        let entry = entry.expect("the file");
        fs::write(&path, now).expect("written");
        let mut content = String::new();
        entry
            .open
            .expect("a file")
            .open()
            .expect("open")
            .read_to_string(&mut content)
            .expect("read");
        assert_eq!(content, expected);
        assert_eq!(content.len() as u64, entry.node.meta.size);
        assert_eq!(source.report().changed().named, [Path::new("workspace/a")]);
        assert_eq!(source.report().complaint(), None);

        let (again, _) = agent.saved(Gateway::Live);
        let again = &again[Path::new("/workspace/a")];
        assert_eq!(again.1, now.as_bytes());
        let times = |node: &Node| (node.meta.size, node.meta.mtime, node.meta.ctime);
        assert_ne!(times(&again.0), times(&entry.node), "it must be read again");
    }
}

/// A write in the same tick of the file system's clock leaves all times as they are.
#[test]
fn a_file_written_during_the_walk_looks_changed_to_the_next_snapshot() {
    let agent = Agent::new();
    agent.write("workspace/a", "1");
    let source = agent.source(Gateway::Live);
    let mut entries = source.entries();
    let survey = agent.survey();
    // The walk began before this write, and nobody writes after it.
    agent.write("workspace/a", "2");
    let meta = |entry: Entry| entry.node.meta;
    let find = |entries: &mut Entries| {
        let found = entries.map(|e| e.expect("found")).find(|e| e.open.is_some());
        meta(found.expect("the file"))
    };
    let first = find(&mut entries);
    settled(&agent);
    let second = find(&mut agent.source(Gateway::Live).entries());
    assert_eq!((first.size, first.mtime), (second.size, second.mtime));
    assert_ne!(first.ctime, second.ctime);
    assert_ne!(agent.survey(), survey);
}

#[test]
fn without_the_right_to_read_a_file_the_rest_is_saved_and_the_file_is_named() {
    let agent = Agent::new();
    agent.write("workspace/mine", "mine");
    let locked = agent.write("workspace/locked", "not ours");
    fs::set_permissions(&locked, Permissions::from_mode(0o000)).expect("set");
    agent.write("workspace/folder/inside", "not ours");
    let folder = agent.path("workspace/folder");
    fs::set_permissions(&folder, Permissions::from_mode(0o000)).expect("set");
    for open in [agent.dir.path(), &agent.root()] {
        fs::set_permissions(open, Permissions::from_mode(0o777)).expect("set");
    }

    let (saved, report) = as_nobody(|| agent.saved(Gateway::Live));
    assert_eq!(content(&saved, "/workspace/mine"), b"mine");
    assert!(has(&saved, "/workspace/folder") && !has(&saved, "/workspace/locked"));
    let named = [Path::new("workspace/folder"), Path::new("workspace/locked")];
    assert_eq!(report.left_out(), Noted { count: 2, named: named.map(Path::to_owned).to_vec() });
    fs::set_permissions(&folder, Permissions::from_mode(0o700)).expect("set");
}

/// Root may read everything. This thread then is not root any more.
fn as_nobody<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let drop_rights = || {
        let nobody = rustix::process::Uid::from_raw(65_534);
        if rustix::process::geteuid().is_root() {
            rustix::thread::set_thread_res_uid(nobody, nobody, nobody).expect("dropped");
        }
    };
    std::thread::scope(|scope| {
        let thread = scope.spawn(move || {
            drop_rights();
            work()
        });
        thread.join().expect("it worked")
    })
}

#[test]
fn an_unreadable_file_of_any_other_kind_forbids_the_snapshot() {
    let agent = Agent::new();
    agent.write("workspace/a", "a");
    let source = agent.source(Gateway::Live);
    let path = PathBuf::from("workspace/a");
    // Reading a folder as a file is an error like one of the disk.
    let folder = File::open(agent.root()).expect("open");
    let mut content = Content::of_copy(folder, path, 1, source.report());
    content.read_to_end(&mut Vec::new()).expect_err("an error");
    let complaint = source.report().complaint().expect("a complaint");
    assert!(complaint.contains("cannot read `workspace/a`"), "{complaint}");
    assert_eq!(source.entries().count(), 0, "nothing more is worth reading");
}

#[test]
fn a_directory_that_is_not_there_is_not_an_empty_agent() {
    let agent = Agent::new();
    fs::rename(agent.root(), agent.dir.path().join("elsewhere")).expect("moved");
    let missing =
        AgentSource::new(&agent.root(), Excludes::none(), Gateway::Live, &agent.scratch());
    assert!(matches!(missing, Err(SourceError::Directory { .. })));
    assert!(matches!(survey(&agent.root(), &Excludes::none()), Err(SourceError::Directory { .. })));
}

#[test]
fn what_lies_too_deep_is_named_and_the_rest_is_saved() {
    let agent = Agent::new();
    let depth = domain::limits::SNAPSHOT_DEPTH_MAX;
    agent.write(&format!("workspace/{}deep", "d/".repeat(depth)), "deep");
    agent.write("workspace/z", "z");
    let (saved, report) = agent.saved(Gateway::Live);
    assert_eq!(report.left_out().count, 1);
    assert_eq!(content(&saved, "/workspace/z"), b"z");
    assert_eq!(saved.len(), 2 + depth);
}

#[test]
fn a_survey_tells_every_change_and_no_other() {
    let agent = Agent::new();
    let path = agent.write("workspace/a", "one");
    agent.write("tmp/lock", "1");
    agent.write("state/openclaw.sqlite", "");
    agent.write("state/openclaw.sqlite-shm", "an index");
    let mut last = settled(&agent);
    assert_eq!((last.files, last.bytes), (2, 3));
    agent.write("tmp/lock", "2");
    agent.write("state/openclaw.sqlite-shm", "changed by a reader");
    assert_eq!(settled(&agent), last);

    let times = fs::metadata(&path).expect("there").modified().expect("a time");
    let changes: [(&str, &dyn Fn()); 8] = [
        ("content of the same size and time", &|| {
            fs::write(&path, "two").expect("written");
            File::options()
                .write(true)
                .open(&path)
                .expect("open")
                .set_modified(times)
                .expect("set");
        }),
        ("mode", &|| fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("set")),
        ("a link", &|| symlink("a", agent.path("workspace/l")).expect("linked")),
        ("its target", &|| {
            fs::remove_file(agent.path("workspace/l")).expect("removed");
            symlink("b", agent.path("workspace/l")).expect("linked");
        }),
        ("an empty folder", &|| fs::create_dir(agent.path("workspace/e")).expect("made")),
        ("a WAL", &|| drop(agent.write("state/openclaw.sqlite-wal", "committed"))),
        ("a name", &|| fs::rename(&path, agent.path("workspace/b")).expect("renamed")),
        ("a deletion", &|| fs::remove_file(agent.path("workspace/b")).expect("removed")),
    ];
    for (what, change) in changes {
        change();
        let now = settled(&agent);
        assert_ne!(now, last, "{what}");
        assert_eq!(settled(&agent), now, "{what}");
        last = now;
    }
}

/// Once the file system's clock has moved on from the last write.
fn settled(agent: &Agent) -> Survey {
    let written = Time::of_files().expect("a clock");
    while Time::of_files().expect("a clock") == written {
        std::thread::yield_now();
    }
    agent.survey()
}
