//! The SQLite file: how it is opened, kept in shape and written to.

use std::cmp::Ordering;
use std::path::Path;

#[cfg(test)]
use refinery_core::Target;
use refinery_core::{Migration, Runner};
use rusqlite::{Connection, OpenFlags};

use super::{StoreError, audit};

/// Every layout of the store, as what leads to it from the one before.
const LAYOUTS: [(&str, &str); 10] = [
    ("V1__journey", include_str!("../../migrations/sqlite/V1__journey.sql")),
    ("V2__heartbeats", include_str!("../../migrations/sqlite/V2__heartbeats.sql")),
    ("V3__pending", include_str!("../../migrations/sqlite/V3__pending.sql")),
    ("V4__held_policies", include_str!("../../migrations/sqlite/V4__held_policies.sql")),
    ("V5__past", include_str!("../../migrations/sqlite/V5__past.sql")),
    ("V6__chain", include_str!("../../migrations/sqlite/V6__chain.sql")),
    ("V7__snapshots", include_str!("../../migrations/sqlite/V7__snapshots.sql")),
    ("V8__tokens", include_str!("../../migrations/sqlite/V8__tokens.sql")),
    ("V9__authorities", include_str!("../../migrations/sqlite/V9__authorities.sql")),
    ("V10__clones", include_str!("../../migrations/sqlite/V10__clones.sql")),
];

fn migrations() -> Result<Runner, StoreError> {
    let read = LAYOUTS.into_iter().map(|(name, text)| Migration::unapplied(name, text));
    let migrations = read.collect::<Result<Vec<_>, _>>().map_err(refused)?;
    Ok(Runner::new(&migrations))
}

fn refused(error: impl std::fmt::Display) -> StoreError {
    StoreError::Migration(error.to_string())
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
    migrations()?.run(&mut database).map_err(refused)?;
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
    let migrations = migrations()?;
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
    migrations().unwrap().set_target(Target::Version(layout)).run(&mut database).unwrap();
    database
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layout_that_was_written_is_in_the_program() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite");
        let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name());
        let mut written: Vec<_> = files.map(|name| name.into_string().unwrap()).collect();
        let mut known = LAYOUTS.map(|(name, _)| format!("{name}.sql"));
        written.sort_unstable();
        known.sort_unstable();
        assert_eq!(written, known);
    }

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
