//! A program that writes a database: a process of its own, because SQLite's locks are between
//! processes, and one process that opens the file twice loses them.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rusqlite::Connection;

const DATABASE: &str = "SNAPSHOT_TEST_DATABASE";
const LIMIT: Duration = Duration::from_secs(60);

pub(super) struct Writer(Child);

impl Writer {
    /// Returns when it has committed for the first time.
    pub(super) fn start(database: &Path) -> Self {
        let child = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "source::tests::writer::write_for_another_test", "--ignored"])
            .env(DATABASE, database)
            .stdout(Stdio::null())
            .spawn()
            .expect("started");
        let writer = Self(child);
        let began = Instant::now();
        while !database.with_extension("begun").exists() {
            assert!(began.elapsed() < LIMIT, "the writer did not begin");
            std::thread::sleep(Duration::from_millis(5));
        }
        writer
    }
}

impl Drop for Writer {
    /// As a task ends that is killed.
    fn drop(&mut self) {
        self.0.kill().expect("killed");
        self.0.wait().expect("gone");
    }
}

/// Transaction n adds rows (n, 1) to (n, 5) and moves as much from one account to the other.
#[test]
#[ignore = "another test starts it"]
fn write_for_another_test() {
    let Some(path) = std::env::var_os(DATABASE) else {
        return;
    };
    let path = Path::new(&path);
    let mut database = Connection::open(path).expect("open");
    let began = Instant::now();
    for n in 0_i64.. {
        let transaction = database.transaction().expect("begun");
        for part in 1..=5 {
            let row = (n, part, vec![u8::try_from(n % 251).expect("small"); 700]);
            transaction.execute("insert into row values (?, ?, ?)", row).expect("inserted");
        }
        // Pages in the middle of the file change as well.
        transaction.execute("update account set sum = sum - ? where name = 'a'", [n]).expect("set");
        transaction.execute("update account set sum = sum + ? where name = 'z'", [n]).expect("set");
        transaction.commit().expect("committed");
        if n == 0 {
            std::fs::write(path.with_extension("begun"), "").expect("written");
        }
        if began.elapsed() > LIMIT {
            return;
        }
        // With a journal, readers get in between transactions only.
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// `mode`: of its journal.
pub(super) fn create(path: &Path, mode: &str) -> Connection {
    let database = Connection::open(path).expect("open");
    let set: String = database
        .pragma_update_and_check(None, "journal_mode", mode, |row| row.get(0))
        .expect("set");
    assert_eq!(set, mode);
    let schema = "pragma synchronous = off;
        create table account (name text primary key, sum integer not null, filler blob);
        create table row (n integer not null, part integer not null, filler blob);
        insert into account values ('a', 0, zeroblob(9000)), ('z', 0, zeroblob(9000));";
    database.execute_batch(schema).expect("created");
    database
}

/// How many whole transactions it holds: those up to some number, each complete.
pub(super) fn transactions(path: &Path) -> Result<i64, String> {
    let failed = |error: rusqlite::Error| error.to_string();
    let database = Connection::open(path).map_err(failed)?;
    let one = |sql: &str| database.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(failed);
    let verdict: String =
        database.query_row("pragma integrity_check", [], |row| row.get(0)).map_err(failed)?;
    let count = one("select count(distinct n) from row")?;
    let facts = [
        one("select coalesce(max(n) + 1, 0) from row")?,
        one("select count(*) / 5 from row")?,
        one("select count(*) from (select n from row group by n having count(*) = 5)")?,
    ];
    let moved = one("select sum from account where name = 'z'")?;
    let left = one("select sum from account where name = 'a'")?;
    match verdict == "ok"
        && facts == [count; 3]
        && moved == count * (count - 1) / 2
        && left == -moved
    {
        true => Ok(count),
        false => Err(format!("{verdict}; {count} transactions, {facts:?}, {moved}, {left}")),
    }
}
