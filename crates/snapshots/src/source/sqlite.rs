//! A database that is being written, as one file that holds whole transactions only.
//!
//! Nothing beside the original is made or changed. With programs at work on it, SQLite copies it
//! (in one step: its readers do not hold up a writer of a WAL database). With nobody at work, the
//! files are copied and then checked to be the same as before, and SQLite tidies up the copy.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use domain::limits::SNAPSHOT_DATABASE_WAIT;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use rustix::fs::FileType;

use super::meta::{Meta, Time};
use super::scratch::{Place, Scratch};
use super::walk::{Folder, with_end, without_end};
use crate::lease;

const NAMES_END: [&str; 4] = [".sqlite", ".sqlite3", ".db", ".db3"];
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const HEADER_BYTES: usize = 20;
/// Of the header: 2 is WAL.
const READ_VERSION: usize = 19;

const WAL: &str = "-wal";
const JOURNAL: &str = "-journal";
const SHARED_MEMORY: &str = "-shm";

/// What the copy holds as well.
pub(super) const COVERED: [&str; 2] = [WAL, JOURNAL];

/// Of finding it unchanged behind a copy.
const ATTEMPTS: usize = 5;

/// Linux' slowest clock ticks 100 times a second.
const TICK_MAX_MS: u32 = 20;

/// In the scratch folder.
const COPY: &str = "copy";

/// A WAL's index: means nothing to the next process, and is changed by mere readers.
pub(super) fn is_shared_memory(folder: &Folder, name: &OsStr) -> bool {
    let of = without_end(name, SHARED_MEMORY);
    of.is_some_and(|of| folder.has(of) && may_be_database(folder, of))
}

/// A WAL or a journal with its database beside it.
pub(super) fn is_of_database(folder: &Folder, name: &OsStr) -> bool {
    COVERED.iter().any(|end| without_end(name, end).is_some_and(|of| folder.has(of)))
}

/// By its name and those beside it.
pub(super) fn may_be_database(folder: &Folder, name: &OsStr) -> bool {
    NAMES_END.iter().any(|end| without_end(name, end).is_some())
        || COVERED.iter().any(|end| folder.has(&with_end(name, end)))
}

pub(super) fn is_database(file: &File) -> bool {
    header(file).is_ok_and(|header| header.starts_with(MAGIC))
}

fn header(file: &File) -> io::Result<[u8; HEADER_BYTES]> {
    let mut header = [0; HEADER_BYTES];
    file.read_exact_at(&mut header, 0)?;
    Ok(header)
}

pub(super) struct Database<'a> {
    /// Without symbolic links in it.
    pub path: &'a Path,
    pub folder: &'a Folder,
    pub name: &'a OsStr,
    pub file: &'a File,
    /// Its `gateway-owner` row would keep the next gateway from starting.
    pub has_lease: bool,
}

pub(super) struct Copy {
    pub content: File,
    /// Of the original, with the newest times of its files, and the copy's size.
    pub meta: Meta,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum CopyError {
    #[error("its files changed with each attempt to copy them")]
    Unsettled,
    #[error("another program has locked it")]
    Locked,
    #[error("SQLite cannot copy it: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl CopyError {
    /// Its content is the reason, and it may be a person's: it is kept as it lies there.
    pub(super) fn is_of_the_database(&self) -> bool {
        match self {
            CopyError::Unsettled | CopyError::Locked => true,
            CopyError::Sqlite(error) => !matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure | ErrorCode::OutOfMemory)
            ),
            CopyError::Io(_) => false,
        }
    }
}

/// What lies there at one moment. SQLite, as root, gives a WAL or a journal its database's owner
/// whenever it opens it: their ctimes move with each copy, and say nothing.
struct Files {
    database: Meta,
    wal: Option<Meta>,
    journal: Option<Meta>,
    index: Option<Meta>,
}

impl Files {
    fn unchanged(&self, other: &Self) -> bool {
        let of = |meta: &Meta| (meta.size, meta.mtime, meta.inode);
        let beside = |files: &Self| [&files.wal, &files.journal].map(|meta| meta.as_ref().map(of));
        self.database.same_content(&other.database)
            && beside(self) == beside(other)
            && self.index.is_some() == other.index.is_some()
    }

    fn changed_at(&self) -> Time {
        self.newest_from(self.database.ctime)
    }

    fn written_at(&self) -> Time {
        self.newest_from(self.database.mtime)
    }

    fn newest_from(&self, of_database: Time) -> Time {
        let beside = [&self.wal, &self.journal].into_iter().flatten();
        beside.map(|meta| meta.mtime).fold(of_database, Ord::max)
    }
}

impl Database<'_> {
    pub(super) fn copy(&self, scratch: &Scratch) -> Result<Copy, CopyError> {
        let mut last = CopyError::Unsettled;
        for _ in 0..ATTEMPTS {
            match self.attempt(scratch) {
                Ok(copy) => return Ok(copy),
                Err(error @ CopyError::Unsettled) => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }

    fn attempt(&self, scratch: &Scratch) -> Result<Copy, CopyError> {
        let files = self.files()?;
        let place = match self.through_sqlite(scratch, &files)? {
            Some(place) => place,
            None => self.as_files(scratch, &files)?,
        };
        self.tidy(&place)?;
        let content = place.take(COPY)?;
        let size = Meta::of_open(&content)?.size;
        let (mtime, ctime) = (files.written_at(), files.changed_at());
        Ok(Copy { content, meta: Meta { size, mtime, ctime, links: 1, ..files.database } })
    }

    /// `None`: SQLite cannot without leaving something beside the original, or not at all.
    fn through_sqlite(&self, scratch: &Scratch, files: &Files) -> Result<Option<Place>, CopyError> {
        let is_wal = header(self.file)?[READ_VERSION] == 2 || files.wal.is_some();
        // A mere reader makes a WAL and its index where there are none.
        if is_wal && (files.wal.is_none() || files.index.is_none()) {
            return Ok(None);
        }
        let place = scratch.place()?;
        match self.back_up(&place) {
            Ok(()) => Ok(Some(place)),
            Err(error) if needs_recovery(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn back_up(&self, place: &Place) -> Result<(), CopyError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let original = Connection::open_with_flags(self.path, flags)?;
        original.busy_handler(Some(wait_for_its_turn))?;
        let mut copy = open_copy(place)?;
        let outcome = Backup::new(&original, &mut copy)?.step(-1)?;
        match outcome {
            StepResult::Done => Ok(()),
            _ => Err(CopyError::Locked),
        }
    }

    fn as_files(&self, scratch: &Scratch, before: &Files) -> Result<Place, CopyError> {
        wait_until_settled(before.changed_at())?;
        let place = scratch.place()?;
        let copy = |end: &str| {
            let original = self.folder.open(&with_end(self.name, end));
            let to = place.file(&format!("{COPY}{end}"));
            original.and_then(|mut original| io::copy(&mut original, &mut File::create(to)?))
        };
        let present =
            [("", true), (WAL, before.wal.is_some()), (JOURNAL, before.journal.is_some())];
        for (end, _) in present.into_iter().filter(|(_, present)| *present) {
            copy(end).map_err(gone_means_unsettled)?;
        }
        match self.files()?.unchanged(before) {
            true => Ok(place),
            false => Err(CopyError::Unsettled),
        }
    }

    /// Brings the WAL into the file, or takes back an unfinished transaction.
    fn tidy(&self, place: &Place) -> Result<(), CopyError> {
        let copy = open_copy(place)?;
        copy.query_row("select count(*) from sqlite_schema", [], |_| Ok(()))?;
        if self.has_lease {
            lease::release(&copy)?;
        }
        copy.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()))?;
        copy.close().map_err(|(_, error)| error)?;
        Ok(())
    }

    fn files(&self) -> Result<Files, CopyError> {
        let beside = |end| match self.folder.stat(&with_end(self.name, end)) {
            Ok(meta) if meta.kind == FileType::RegularFile => Ok(Some(meta)),
            Ok(_) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        };
        let database = self.folder.stat(self.name).map_err(gone_means_unsettled)?;
        Ok(Files {
            database,
            wal: beside(WAL)?,
            journal: beside(JOURNAL)?,
            index: beside(SHARED_MEMORY)?,
        })
    }
}

/// SQLite's own waits grow to 100 ms, and a busy writer always comes first.
fn wait_for_its_turn(waits: i32) -> bool {
    const WAIT: Duration = Duration::from_millis(1);
    std::thread::sleep(WAIT);
    u128::try_from(waits).is_ok_and(|waits| waits < SNAPSHOT_DATABASE_WAIT.as_millis())
}

/// A write within the file system's tick would leave the times as they are.
fn wait_until_settled(changed: Time) -> Result<(), CopyError> {
    for _ in 0..TICK_MAX_MS {
        if Time::of_files()? > changed {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Err(CopyError::Unsettled)
}

fn gone_means_unsettled(error: io::Error) -> CopyError {
    match error.kind() {
        io::ErrorKind::NotFound => CopyError::Unsettled,
        _ => error.into(),
    }
}

/// A writer died in its transaction; only a connection that may write takes it back. Or SQLite
/// does not open it there: it takes no path of more than 512 bytes.
fn needs_recovery(error: &CopyError) -> bool {
    let CopyError::Sqlite(error) = error else {
        return false;
    };
    matches!(error.sqlite_error_code(), Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen))
}

fn open_copy(place: &Place) -> Result<Connection, CopyError> {
    let copy = Connection::open(place.file(COPY))?;
    // It is read once and thrown away.
    copy.pragma_update(None, "synchronous", "off")?;
    Ok(copy)
}
