//! The SQLite file: how it is opened, kept in shape and written to.

use std::cmp::Ordering;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::{StoreError, audit};

mod migrations {
    refinery::embed_migrations!("migrations/sqlite");
}

/// Opens for writing: WAL so that readers never wait, FULL so that a commit is on the disk.
pub(super) fn open(file: &Path) -> Result<Connection, StoreError> {
    let mut database = Connection::open(file)?;
    database.busy_timeout(std::time::Duration::from_secs(10))?;
    let journal: String =
        database.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if !journal.eq_ignore_ascii_case("wal") {
        // Some network file systems silently keep the old journal.
        return Err(StoreError::Migration(format!("the journal stays in mode {journal}, not WAL")));
    }
    database.pragma_update(None, "synchronous", "FULL")?;
    database.pragma_update(None, "foreign_keys", "ON")?;
    migrations::migrations::runner()
        .run(&mut database)
        .map_err(|error| StoreError::Migration(error.to_string()))?;
    audit::chain_earlier(&mut database)?;
    database.set_prepared_statement_cache_capacity(64);
    Ok(database)
}

/// Opens without the right to change anything.
pub(super) fn open_read_only(file: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(file, flags)?;
    database.busy_timeout(std::time::Duration::from_secs(10))?;
    check_layout(&database)?;
    Ok(database)
}

/// Only `serve` changes the layout of a store.
fn check_layout(database: &Connection) -> Result<(), StoreError> {
    let query = "SELECT max(version) FROM refinery_schema_history";
    let has: i64 = database.query_row(query, [], |row| row.get(0))?;
    let migrations = migrations::migrations::runner();
    let knows = migrations.get_migrations().iter().map(|migration| i64::from(migration.version()));
    let refuse = |why: &str| Err(StoreError::Migration(why.to_owned()));
    match knows.max().unwrap_or_default().cmp(&has) {
        Ordering::Equal => Ok(()),
        Ordering::Greater => refuse("an older version wrote it: start the collector once"),
        Ordering::Less => refuse("a newer version wrote it: use that one"),
    }
}

/// A store as an earlier version of this program left it.
#[cfg(test)]
pub(super) fn open_at(file: &Path, layout: i32) -> Connection {
    let mut database = Connection::open(file).unwrap();
    let target = refinery::Target::Version(layout);
    migrations::migrations::runner().set_target(target).run(&mut database).unwrap();
    database
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_synced_to_the_disk_and_readers_do_not_wait() {
        let folder = tempfile::tempdir().unwrap();
        let database = open(&folder.path().join("store.sqlite")).unwrap();
        let pragma = |name: &str| -> String {
            database
                .query_row(&format!("SELECT {name} FROM pragma_{name}"), [], |row| {
                    row.get::<_, rusqlite::types::Value>(0).map(|value| format!("{value:?}"))
                })
                .unwrap()
        };
        assert_eq!(pragma("synchronous"), "Integer(2)", "FULL");
        assert_eq!(pragma("journal_mode"), "Text(\"wal\")");
        assert_eq!(pragma("foreign_keys"), "Integer(1)");
    }
}
