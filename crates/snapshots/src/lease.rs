//! The gateway's own lock on its state: a row that a gateway on another host respects for five
//! minutes. We hold the generation's fence, so whoever the row names is gone.

use std::io;
use std::path::Path;

use domain::limits::SNAPSHOT_DATABASE_WAIT;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

/// The database with the row, in the agent's directory.
pub(crate) const DATABASE: &str = "state/openclaw.sqlite";

#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    #[error("cannot look at {DATABASE}")]
    Look(#[source] io::Error),
    #[error("cannot release the gateway's lease in {DATABASE}")]
    Release(#[source] rusqlite::Error),
}

/// After a restore and before the gateway starts. Whether there was a lease. SQLite gives what it
/// makes beside a database the database's owner.
pub fn release_owner_lease(state_dir: &Path) -> Result<bool, LeaseError> {
    let path = state_dir.join(DATABASE);
    match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(LeaseError::Look(error)),
        // The gateway makes one of it.
        Ok(meta) if meta.len() == 0 => return Ok(false),
        Ok(_) => {}
    }
    release_in(&path).map_err(LeaseError::Release)
}

fn release_in(path: &Path) -> rusqlite::Result<bool> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(path, flags)?;
    database.busy_timeout(SNAPSHOT_DATABASE_WAIT)?;
    let released = release(&database)?;
    database.close().map_err(|(_, error)| error)?;
    Ok(released)
}

/// The agent's programs can write this database: nothing in it runs here.
pub(crate) fn release(database: &Connection) -> rusqlite::Result<bool> {
    database.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    database.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    let table = "select exists(select 1 from sqlite_schema \
                 where type = 'table' and name = 'state_leases')";
    if !database.query_row(table, [], |row| row.get(0))? {
        return Ok(false);
    }
    let released =
        database.execute("delete from state_leases where scope = 'gateway-owner'", [])?;
    Ok(released > 0)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};

    use tempfile::TempDir;

    use super::*;

    fn state_with(sql: &str) -> TempDir {
        let dir = TempDir::new().expect("a directory");
        fs::create_dir(dir.path().join("state")).expect("made");
        let database = Connection::open(dir.path().join(DATABASE)).expect("open");
        database.execute_batch(sql).expect("created");
        dir
    }

    const LEASES: &str = "pragma journal_mode = wal;
        create table state_leases (scope text, key text);
        insert into state_leases values ('gateway-owner', 'global'), ('other', 'a');";

    #[test]
    fn the_owners_row_goes_and_the_others_stay() {
        let dir = state_with(LEASES);
        assert!(release_owner_lease(dir.path()).expect("released"));
        assert!(!release_owner_lease(dir.path()).expect("nothing left"));
        let database = Connection::open(dir.path().join(DATABASE)).expect("open");
        let left: String = database
            .query_row("select scope from state_leases", [], |row| row.get(0))
            .expect("one");
        assert_eq!(left, "other");
    }

    #[test]
    fn the_file_stays_its_owners_and_nothing_is_left_beside_it() {
        let dir = state_with(LEASES);
        let path = dir.path().join(DATABASE);
        fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("set");
        if rustix::process::geteuid().is_root() {
            chown(&path, Some(65_534), Some(65_534)).expect("given away");
        }
        let look = || {
            let meta = fs::metadata(&path).expect("there");
            (meta.ino(), meta.mode(), meta.uid(), meta.gid())
        };
        let before = look();
        assert!(release_owner_lease(dir.path()).expect("released"));
        assert_eq!(look(), before);
        assert_eq!(fs::read_dir(dir.path().join("state")).expect("a folder").count(), 1);
    }

    #[test]
    fn without_a_database_or_a_table_there_is_no_lease() {
        assert!(!release_owner_lease(state_with("").path()).expect("an empty file"));
        assert!(!release_owner_lease(state_with("create table a (b)").path()).expect("no table"));
        let none = TempDir::new().expect("a directory");
        assert!(!release_owner_lease(none.path()).expect("no database"));
        assert_eq!(fs::read_dir(none.path()).expect("a folder").count(), 0);
    }

    #[test]
    fn a_trigger_of_the_agents_does_not_keep_the_row() {
        let trigger = "create trigger guard before delete on state_leases begin
            select raise(abort, 'no'); end;";
        let dir = state_with(&format!("{LEASES}{trigger}"));
        assert!(release_owner_lease(dir.path()).expect("released"));
    }

    #[test]
    fn a_damaged_database_is_an_error() {
        let dir = state_with("");
        fs::write(dir.path().join(DATABASE), [7; 5000]).expect("written");
        let error = release_owner_lease(dir.path()).expect_err("damaged");
        assert!(error.to_string().contains(DATABASE), "{error}");
    }
}
