//! What happens to identities after they joined.

use report::{MachineId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _};
use serde::{Deserialize, Serialize};

use super::audit::audit;
use super::holdings::{damaged, parse};
use super::{Operation, StoreError, shadows, standings};
use crate::audit::{Action, Entry};
use crate::machine::Standing;

/// What an officer says of identities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The one that waits has the row it claims; whoever held it is revoked.
    Approve,
    /// The one that waits is revoked.
    Reject,
    /// Any identity is revoked.
    Revoke,
}

/// What an officer says of one identity after the other, kept together.
#[derive(Debug)]
pub struct Decide {
    /// What.
    pub decision: Decision,
    /// Of whom.
    pub machines: Vec<MachineId>,
    /// Who says so.
    pub actor: String,
    /// When.
    pub at: Timestamp,
}

/// What became of one identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decided {
    /// As was said.
    Done(Consequence),
    /// Nothing: it does not wait, or not any more.
    NotPending,
    /// Nothing: it is revoked already, or there is none.
    NotInForce,
}

impl Decided {
    /// What it has changed, if anything.
    #[must_use]
    pub fn change(&self) -> Option<&Consequence> {
        match self {
            Self::Done(change) => Some(change),
            Self::NotPending | Self::NotInForce => None,
        }
    }
}

/// What a decision has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consequence {
    /// Who lost the row to the machine.
    pub replaced: Option<MachineId>,
    /// How everyone stands now of whom it changed, in the order of the changes.
    pub standings: Vec<(MachineId, Standing)>,
}

impl Consequence {
    /// How many entries of the audit log tell of it: one for whoever was meant, and one for whoever
    /// lost the row. Copies of an identity end with it, unmentioned.
    #[must_use]
    pub fn entries(&self) -> u64 {
        1 + u64::from(self.replaced.is_some())
    }
}

impl Operation for Decide {
    /// In the order of the machines.
    type Outcome = Vec<Decided>;

    fn apply(self, database: &Connection) -> Result<Vec<Decided>, StoreError> {
        self.machines.iter().map(|machine| self.decide(database, *machine)).collect()
    }
}

impl Decide {
    fn decide(&self, database: &Connection, machine: MachineId) -> Result<Decided, StoreError> {
        let Some((standing, row)) = find(database, machine)? else {
            return Ok(Decided::NotInForce);
        };
        let mut change = Consequence::default();
        match (self.decision, standing) {
            (Decision::Approve, Standing::Pending) => {
                self.approve(database, machine, &row.unwrap_or_default(), &mut change)?;
            }
            (Decision::Reject, Standing::Pending) => {
                self.end(database, machine, Action::Rejected, String::new(), &mut change)?;
            }
            (
                Decision::Approve | Decision::Reject,
                Standing::Current | Standing::Clone | Standing::Revoked,
            ) => return Ok(Decided::NotPending),
            (Decision::Revoke, Standing::Current | Standing::Pending | Standing::Clone) => {
                self.end(database, machine, Action::Revoked, String::new(), &mut change)?;
            }
            (Decision::Revoke, Standing::Revoked) => return Ok(Decided::NotInForce),
        }
        Ok(Decided::Done(change))
    }

    /// The one that holds the row goes first: a row has one holder at a time.
    fn approve(
        &self,
        database: &Connection,
        machine: MachineId,
        row: &str,
        change: &mut Consequence,
    ) -> Result<(), StoreError> {
        if let Some(holder) = holder(database, row)? {
            let detail = format!("row={row} by={machine}");
            self.end(database, holder, Action::Superseded, detail, change)?;
            change.replaced = Some(holder);
        }
        let standing = match shadows::in_force(database, machine)?.is_empty() {
            true => Standing::Current,
            false => Standing::Clone,
        };
        self.stand(database, machine, standing, change)?;
        self.note(database, machine, Action::Approved, format!("row={row}"))
    }

    /// Ends an identity for good, for everybody who uses it.
    fn end(
        &self,
        database: &Connection,
        machine: MachineId,
        action: Action,
        detail: String,
        change: &mut Consequence,
    ) -> Result<(), StoreError> {
        self.stand(database, machine, Standing::Revoked, change)?;
        for shadow in shadows::in_force(database, machine)? {
            self.stand(database, shadow, Standing::Revoked, change)?;
        }
        self.note(database, machine, action, detail)
    }

    fn stand(
        &self,
        database: &Connection,
        machine: MachineId,
        standing: Standing,
        change: &mut Consequence,
    ) -> Result<(), StoreError> {
        database
            .prepare_cached("UPDATE machines SET standing = ? WHERE id = ?")?
            .execute((standing.name(), machine.to_string()))?;
        change.standings.push((machine, standing));
        standings::note(database, machine, self.at, standing)
    }

    fn note(
        &self,
        database: &Connection,
        machine: MachineId,
        action: Action,
        detail: String,
    ) -> Result<(), StoreError> {
        let (actor, subject) = (self.actor.clone(), machine.to_string());
        audit(database, &Entry { at: self.at, actor, action, subject, detail })
    }
}

/// How an identity stands, and the row it is bound to.
fn find(
    database: &Connection,
    machine: MachineId,
) -> Result<Option<(Standing, Option<String>)>, StoreError> {
    let found: Option<(String, Option<String>)> = database
        .prepare_cached("SELECT standing, register_row FROM machines WHERE id = ?")?
        .query_row([machine.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let known = found.map(|(name, row)| {
        let standing = Standing::from_name(&name);
        let unknown =
            || damaged(&format!("machine {machine}"), format!("unknown standing {name:?}"));
        Ok((standing.ok_or_else(unknown)?, row))
    });
    known.transpose()
}

/// Who has a row.
fn holder(database: &Connection, row: &str) -> Result<Option<MachineId>, StoreError> {
    let holder: Option<String> = database
        .prepare_cached(
            "SELECT id FROM machines WHERE register_row = ? AND standing IN ('current', 'clone')",
        )?
        .query_row([row], |row| row.get(0))
        .optional()?;
    holder.map(|id| parse(&format!("machine {id}"), &id)).transpose()
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
