//! What happens to identities after they joined.

use report::{MachineId, Timestamp};
use rusqlite::Connection;

use super::audit::audit;
use super::{Operation, StoreError, shadows, standings};
use crate::audit::Entry;
use crate::machine::Standing;

/// Ends an identity for good, for everybody who uses it.
#[derive(Debug)]
pub struct RevokeMachine {
    /// Which.
    pub machine: MachineId,
    /// Who, when.
    pub entry: Entry,
}

impl Operation for RevokeMachine {
    /// Whether there was such an identity, not yet revoked.
    type Outcome = bool;

    fn apply(self, database: &Connection) -> Result<bool, StoreError> {
        let revoked = database
            .prepare_cached(
                "UPDATE machines SET standing = 'revoked' WHERE id = ? AND standing <> 'revoked'",
            )?
            .execute([self.machine.to_string()])?;
        if revoked > 0 {
            standings::note(database, self.machine, self.entry.at, Standing::Revoked)?;
            shadows::revoke(database, self.machine, self.entry.at)?;
            audit(database, &self.entry)?;
        }
        Ok(revoked > 0)
    }
}

/// A certificate was used for the first time: those before it end now.
#[derive(Debug)]
pub struct CertificateUsed {
    /// Which certificate.
    pub sha256: [u8; 32],
    /// Whose.
    pub machine: MachineId,
    /// When.
    pub at: Timestamp,
}

impl Operation for CertificateUsed {
    type Outcome = ();

    fn apply(self, database: &Connection) -> Result<(), StoreError> {
        database
            .prepare_cached("UPDATE certificates SET used_at = ? WHERE sha256 = ?")?
            .execute((self.at.0, self.sha256))?;
        database
            .prepare_cached(
                "UPDATE certificates SET ends_at = ?1
                 WHERE machine = ?2 AND sha256 <> ?3 AND ends_at > ?1",
            )?
            .execute((self.at.0, self.machine.to_string(), self.sha256))?;
        Ok(())
    }
}
