//! What became of each identity, and when.

use report::{MachineId, Timestamp};
use rusqlite::Connection;

use super::StoreError;
use crate::machine::Standing;

/// Notes what has become of an identity. Of several words within a second the last one stays.
pub(super) fn note(
    database: &Connection,
    machine: MachineId,
    at: Timestamp,
    standing: Standing,
) -> Result<(), StoreError> {
    database
        .prepare_cached(
            "INSERT OR REPLACE INTO standings (machine, at, standing) VALUES (?, ?, ?)",
        )?
        .execute((machine.to_string(), at.0, standing.name()))?;
    Ok(())
}
