use std::fs;
use std::os::unix::fs::MetadataExt;

use rusqlite::Connection;

use super::writer::{Writer, create, transactions};
use super::*;

const DATABASE: &str = "agents/main/agent/openclaw-agent.sqlite";
const IN_SNAPSHOT: &str = "/agents/main/agent/openclaw-agent.sqlite";

fn agent_with(mode: &str) -> (Agent, PathBuf, Connection) {
    let agent = Agent::new();
    let path = agent.path(DATABASE);
    fs::create_dir_all(path.parent().expect("in a folder")).expect("made");
    let connection = create(&path, mode);
    (agent, path, connection)
}

fn add(database: &Connection, n: i64) {
    let sql = "insert into row select ?1, value, x'00' from
        (select 1 as value union select 2 union select 3 union select 4 union select 5);";
    database.execute(sql, [n]).expect("inserted");
    let sql = "update account set sum = sum + case name when 'a' then -?1 else ?1 end";
    database.execute(sql, [n]).expect("updated");
}

/// As a restore would lay it down, alone in a folder.
fn restored(dir: &Path, saved: &Saved) -> PathBuf {
    let path = dir.join("restored.sqlite");
    for end in ["", "-wal", "-journal"] {
        let from = format!("{IN_SNAPSHOT}{end}");
        let to = dir.join(format!("restored.sqlite{end}"));
        let _ = fs::remove_file(&to);
        if has(saved, &from) {
            fs::write(to, content(saved, &from)).expect("written");
        }
    }
    path
}

#[track_caller]
fn check_copies_under_fire(mode: &str) {
    let (agent, path, connection) = agent_with(mode);
    drop(connection);
    let _writer = Writer::start(&path);
    let restore_to = TempDir::new().expect("a directory");
    let mut last = 0;
    for number in 0..30 {
        let (saved, report) = agent.saved(Gateway::Live);
        assert_eq!(report.copied_plainly(), Noted::default());
        assert!(!has(&saved, &format!("{IN_SNAPSHOT}-wal")));
        assert!(!has(&saved, &format!("{IN_SNAPSHOT}-shm")));
        let now = transactions(&restored(restore_to.path(), &saved));
        let now = now.unwrap_or_else(|torn| panic!("copy {number} is torn: {torn}"));
        assert!(now >= last, "copy {number} is older than the one before");
        last = now;
    }
    assert!(last > 30, "the writer hardly wrote: {last} transactions");
}

#[test]
fn thirty_copies_of_a_wal_database_under_fire_hold_whole_transactions() {
    check_copies_under_fire("wal");
}

#[test]
fn thirty_copies_of_a_database_with_a_journal_under_fire_hold_whole_transactions() {
    check_copies_under_fire("delete");
}

/// What the copies above would be without SQLite's help.
#[test]
fn plain_copies_of_a_database_under_fire_are_torn_or_old() {
    let (agent, path, connection) = agent_with("wal");
    drop(connection);
    let _writer = Writer::start(&path);
    let restore_to = TempDir::new().expect("a directory");
    let mut last = 0;
    let fresh = |number| {
        let copy = restore_to.path().join(format!("{number}.sqlite"));
        fs::copy(&path, &copy).expect("copied");
        let transactions = transactions(&copy);
        // It goes forward with each copy, if the copies are any good.
        let fresh = transactions.as_ref().is_ok_and(|now| *now > last);
        last = transactions.unwrap_or(last);
        fresh
    };
    assert!(!(0..30).all(fresh), "then SQLite's copies would be needless");
    drop(agent);
}

#[test]
fn a_copy_leaves_the_original_and_what_lies_beside_it_as_they_are() {
    for mode in ["wal", "delete"] {
        let (agent, path, connection) = agent_with(mode);
        add(&connection, 0);
        let folder = "agents/main/agent";
        let look = || {
            let meta = |name: &String| {
                let meta = fs::metadata(agent.path(folder).join(name)).expect("there");
                (meta.ino(), meta.size(), meta.mtime(), meta.mtime_nsec(), meta.uid())
            };
            let names = agent.on_disk(folder);
            let stable = names.iter().filter(|name| !name.ends_with("-shm"));
            let metas: Vec<_> = stable.map(meta).collect();
            (metas, names)
        };
        let before = look();
        let (saved, _) = agent.saved(Gateway::Live);
        assert_eq!(look(), before, "{mode}, open");
        let copies = TempDir::new().expect("a directory");
        assert_eq!(transactions(&restored(copies.path(), &saved)), Ok(1));
        drop(connection);

        let before = look();
        let (saved, _) = agent.saved(Gateway::Live);
        assert_eq!(look(), before, "{mode}, closed");
        assert_eq!(before.1, ["openclaw-agent.sqlite"]);
        assert_eq!(transactions(&restored(copies.path(), &saved)), Ok(1));
        let original = fs::read(&path).expect("read");
        assert_eq!(content(&saved, IN_SNAPSHOT).len(), original.len());
    }
    assert!(!Agent::new().scratch().exists());
}

/// The writer is gone and left its WAL or its journal, with and without the index beside it.
#[test]
fn what_a_killed_writer_left_is_saved_live_and_stopped_and_not_touched() {
    for mode in ["wal", "delete"] {
        for index in [true, false] {
            let (agent, path, connection) = agent_with(mode);
            drop(connection);
            drop(Writer::start(&path));
            if !index {
                let _ = fs::remove_file(format!("{}-shm", path.display()));
            }
            let before = (agent.on_disk("agents/main/agent"), fs::read(&path).expect("read"));
            let copies = TempDir::new().expect("a directory");
            let found = [Gateway::Live, Gateway::Stopped].map(|gateway| {
                let (saved, report) = agent.saved(gateway);
                assert_eq!(report.copied_plainly(), Noted::default());
                assert!(!has(&saved, &format!("{IN_SNAPSHOT}-shm")));
                let wal = has(&saved, &format!("{IN_SNAPSHOT}-wal"));
                assert_eq!(wal, mode == "wal" && gateway == Gateway::Stopped);
                transactions(&restored(copies.path(), &saved)).expect("whole")
            });
            assert_eq!(found[0], found[1], "{mode}");
            assert!(found[0] > 0);
            let after = (agent.on_disk("agents/main/agent"), fs::read(&path).expect("read"));
            assert!(before == after, "{mode}, index {index}");
        }
    }
}

#[test]
fn an_unchanged_database_looks_unchanged_and_a_changed_one_does_not() {
    let (agent, _, connection) = agent_with("wal");
    let meta = || {
        settle();
        let (saved, _) = agent.saved(Gateway::Live);
        let (node, content) = &saved[Path::new(IN_SNAPSHOT)];
        (node.meta.clone(), content.clone())
    };
    let first = meta();
    let survey = agent.survey();
    assert!(meta() == first);
    assert_eq!(agent.survey(), survey, "a snapshot must not cause the next");
    add(&connection, 0);
    let second = meta();
    assert_ne!(second.0.mtime, first.0.mtime);
    assert!(meta() == second);
    // The same content in another place: the WAL goes into the file.
    drop(connection);
    assert_ne!(meta().0.ctime, second.0.ctime);
}

fn settle() {
    let written = Time::of_files().expect("a clock");
    while Time::of_files().expect("a clock") == written {
        std::thread::yield_now();
    }
}

#[test]
fn the_gateways_lease_is_not_in_the_copy_and_a_persons_table_is() {
    let agent = Agent::new();
    let create = |path: &str| {
        fs::create_dir_all(agent.path(path).parent().expect("a folder")).expect("made");
        let database = Connection::open(agent.path(path)).expect("open");
        let sql = "pragma journal_mode = wal;
            create table state_leases (scope text, key text);
            create trigger guard before delete on state_leases begin
                select raise(abort, 'no'); end;
            insert into state_leases values ('gateway-owner', 'global'), ('other', '1');";
        database.execute_batch(sql).expect("created");
        database
    };
    let open = [create("state/openclaw.sqlite"), create("workspace/mine.db")];
    let (saved, _) = agent.saved(Gateway::Live);
    let leases = |path: &str| {
        let copy = agent.write("workspace/copy.sqlite", content(&saved, path));
        let copy = Connection::open(copy).expect("open");
        copy.query_row("select count(*) from state_leases", [], |row| row.get::<_, i64>(0))
    };
    assert_eq!(leases("/state/openclaw.sqlite"), Ok(1));
    assert_eq!(leases("/workspace/mine.db"), Ok(2));
    drop(open);
}

#[test]
fn a_file_that_only_looks_like_a_database_is_saved_as_it_is() {
    let agent = Agent::new();
    let damaged = [&b"SQLite format 3\0"[..], &[7; 5000]].concat();
    agent.write("workspace/damaged.db", &damaged);
    agent.write("workspace/damaged.db-wal", "its WAL");
    agent.write("workspace/text.db", "not a database");
    agent.write("workspace/text.db-journal", "not a journal");
    agent.write("workspace/empty.sqlite", "");
    agent.write("workspace/cut.sqlite", &damaged[..16]);
    agent.write("workspace/a-shm", "no database beside it");
    let (saved, report) = agent.saved(Gateway::Live);
    for name in agent.on_disk("workspace") {
        let original = fs::read(agent.path("workspace").join(&name)).expect("read");
        assert_eq!(content(&saved, &format!("/workspace/{name}")), original, "{name}");
    }
    assert_eq!(report.copied_plainly().named, [Path::new("workspace/damaged.db")]);
}

#[test]
fn copies_are_private_and_gone_afterwards_and_those_of_a_killed_process_too() {
    let (agent, _, _connection) = agent_with("wal");
    fs::create_dir_all(agent.scratch().join("7")).expect("made");
    fs::write(agent.scratch().join("7/copy"), "of a killed process").expect("written");
    let source = agent.source(Gateway::Live);
    let mode = fs::metadata(agent.scratch()).expect("there").mode();
    assert_eq!(mode & 0o777, 0o700);
    assert_eq!(fs::read_dir(agent.scratch()).expect("a folder").count(), 0);
    assert!(has(&read(&source), IN_SNAPSHOT));
    assert_eq!(fs::read_dir(agent.scratch()).expect("a folder").count(), 0);
    drop(source);
    assert!(!agent.scratch().exists());
}

#[test]
fn copies_never_lie_where_they_would_be_saved() {
    let agent = Agent::new();
    agent.write("workspace/mine", "mine");
    let inside = agent.path("workspace");
    let source = AgentSource::new(&agent.root(), Excludes::none(), Gateway::Live, &inside);
    assert!(matches!(source, Err(SourceError::Scratch { .. })));
    assert!(agent.path("workspace/mine").exists());
}

#[test]
fn a_path_too_long_for_sqlite_is_copied_all_the_same() {
    let agent = Agent::new();
    let folder = format!("workspace/{}", "a folder of some length/".repeat(24));
    fs::create_dir_all(agent.path(&folder)).expect("made");
    let short = agent.path("workspace/mine.db");
    let connection = create(&short, "wal");
    add(&connection, 0);
    drop(connection);
    fs::rename(&short, agent.path(&folder).join("mine.db")).expect("moved");
    let (saved, report) = agent.saved(Gateway::Live);
    assert_eq!(report.copied_plainly(), Noted::default());
    let copy = agent.write("copy.db", content(&saved, &format!("/{folder}mine.db")));
    assert_eq!(transactions(&copy), Ok(1));
}
