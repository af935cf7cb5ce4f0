//! Which authorities were in force when.

use std::collections::BTreeSet;

use report::Timestamp;
use rusqlite::Connection;

use super::audit::audit;
use super::{Operation, StoreError};
use crate::audit::{Action, Entry};
use crate::enrol::ca::hex;

/// An authority that is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityRecord {
    /// SHA-256 of its certificate.
    pub sha256: [u8; 32],
    /// What kind it is of.
    pub kind: &'static str,
    /// Valid until.
    pub not_after: Timestamp,
}

/// Notes which authorities are in force, and writes into the audit log which of them are new and
/// which others are not in force any more.
#[derive(Debug)]
pub struct NoteAuthorities {
    /// Those that are.
    pub in_force: Vec<AuthorityRecord>,
    /// When.
    pub at: Timestamp,
}

impl Operation for NoteAuthorities {
    /// How many entries of the audit log that made.
    type Outcome = u64;

    fn apply(self, database: &Connection) -> Result<u64, StoreError> {
        let known = known(database)?;
        let mut entries = 0;
        for authority in &self.in_force {
            if !known.iter().any(|(sha256, _)| *sha256 == authority.sha256) {
                self.begin(database, authority)?;
                entries += 1;
            }
        }
        let in_force: BTreeSet<_> = self.in_force.iter().map(|one| one.sha256).collect();
        for (sha256, kind) in known.iter().filter(|(sha256, _)| !in_force.contains(sha256)) {
            self.end(database, *sha256, kind)?;
            entries += 1;
        }
        Ok(entries)
    }
}

impl NoteAuthorities {
    /// One that comes back, with a folder from a backup, begins anew.
    fn begin(&self, database: &Connection, one: &AuthorityRecord) -> Result<(), StoreError> {
        database
            .prepare_cached(
                "INSERT INTO authorities (sha256, kind, since) VALUES (?, ?, ?)
                 ON CONFLICT (sha256) DO UPDATE SET since = excluded.since, until = NULL",
            )?
            .execute((one.sha256, one.kind, self.at.0))?;
        let detail = format!("kind={} not_after={}", one.kind, one.not_after);
        audit(database, &self.entry(Action::AuthorityMade, one.sha256, detail))
    }

    fn end(&self, database: &Connection, sha256: [u8; 32], kind: &str) -> Result<(), StoreError> {
        database
            .prepare_cached("UPDATE authorities SET until = ? WHERE sha256 = ?")?
            .execute((self.at.0, sha256))?;
        audit(database, &self.entry(Action::AuthorityRetired, sha256, format!("kind={kind}")))
    }

    fn entry(&self, action: Action, sha256: [u8; 32], detail: String) -> Entry {
        let (at, actor) = (self.at, "collector".to_owned());
        Entry { at, actor, action, subject: hex(&sha256), detail }
    }
}

fn known(database: &Connection) -> Result<Vec<([u8; 32], String)>, StoreError> {
    let mut statement = database.prepare(
        "SELECT sha256, kind FROM authorities WHERE until IS NULL ORDER BY since, sha256",
    )?;
    let known = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(known.collect::<Result<_, _>>()?)
}
