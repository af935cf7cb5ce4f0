//! The SQLite file: how it is opened, kept in shape and written to.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::{Operation, StoreError};
use crate::audit::Entry;

mod migrations {
    refinery::embed_migrations!("migrations/sqlite");
}

/// Opens for writing: WAL so that readers never wait, FULL so that a commit is on the disk.
pub(super) fn open(file: &Path) -> Result<Connection, StoreError> {
    let mut database = Connection::open(file)?;
    database.busy_timeout(std::time::Duration::from_secs(10))?;
    database.pragma_update(None, "journal_mode", "WAL")?;
    database.pragma_update(None, "synchronous", "FULL")?;
    database.pragma_update(None, "foreign_keys", "ON")?;
    migrations::migrations::runner()
        .run(&mut database)
        .map_err(|error| StoreError::Migration(error.to_string()))?;
    database.set_prepared_statement_cache_capacity(64);
    Ok(database)
}

/// Opens without the right to change anything.
pub(super) fn open_read_only(file: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(file, flags)?;
    database.busy_timeout(std::time::Duration::from_secs(10))?;
    Ok(database)
}

/// Writes an entry of the audit log beside the change it speaks of.
pub(super) fn audit(database: &Connection, entry: &Entry) -> Result<(), StoreError> {
    database
        .prepare_cached(
            "INSERT INTO audit (at, actor, action, subject, detail) VALUES (?, ?, ?, ?, ?)",
        )?
        .execute((entry.at.0, &entry.actor, entry.action.name(), &entry.subject, &entry.detail))?;
    Ok(())
}

/// An audit entry that accompanies no other change.
#[derive(Debug)]
pub struct AppendAudit(pub Entry);

impl Operation for AppendAudit {
    type Outcome = ();

    fn apply(self, database: &Connection) -> Result<(), StoreError> {
        audit(database, &self.0)
    }
}
