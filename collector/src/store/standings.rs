//! What became of each identity, and when.

use report::{MachineId, Timestamp};
use rusqlite::Connection;

use super::StoreError;
use crate::machine::Standing;

/// Notes what has become of an identity: of several words the last one counts.
pub(super) fn note(
    database: &Connection,
    machine: MachineId,
    at: Timestamp,
    standing: Standing,
) -> Result<(), StoreError> {
    database
        .prepare_cached("INSERT INTO standings (machine, at, standing) VALUES (?, ?, ?)")?
        .execute((machine.to_string(), at.0, standing.name()))?;
    Ok(())
}
