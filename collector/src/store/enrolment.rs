//! Identities coming in and being renewed.

use report::{Fingerprint, MachineId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _};

use super::audit::audit;
use super::{Operation, StoreError, standings, tokens};
use crate::audit::{Action, Entry};
use crate::enrol::token::TokenRefusal;
use crate::machine::Standing;

/// A certificate that was just issued.
#[derive(Clone, Debug)]
pub struct NewCertificate {
    /// SHA-256 of its DER form: what a connection is matched by.
    pub sha256: [u8; 32],
    /// Its serial number in hexadecimal.
    pub serial: String,
    /// SHA-256 of the issuing CA's certificate.
    pub issuer: [u8; 32],
    /// Valid from.
    pub not_before: Timestamp,
    /// Valid until.
    pub not_after: Timestamp,
}

/// A machine joins.
#[derive(Debug)]
pub struct Enrol {
    /// The token it joins with; checked again here, where enrolments stand in line.
    pub token: String,
    /// Its new name.
    pub machine: MachineId,
    /// The register row it is to be bound to.
    pub row: Option<String>,
    /// The unit of its token.
    pub unit: Option<String>,
    /// Its hardware.
    pub fingerprint: Fingerprint,
    /// Its certificate.
    pub certificate: NewCertificate,
    /// When.
    pub at: Timestamp,
    /// Where it came from, for the audit log.
    pub actor: String,
}

/// What came of an enrolment.
pub type Enrolled = Result<Standing, TokenRefusal>;

impl Operation for Enrol {
    type Outcome = Enrolled;

    fn apply(self, database: &Connection) -> Result<Enrolled, StoreError> {
        let Some(token) = tokens::find(database, &self.token)? else {
            return Ok(Err(TokenRefusal::Unknown));
        };
        if let Err(refusal) = token.record.check(self.at) {
            return Ok(Err(refusal));
        }
        database
            .prepare_cached("UPDATE tokens SET used = used + 1 WHERE id = ?")?
            .execute([&self.token])?;
        let standing = self.standing(database)?;
        self.insert_machine(database, standing)?;
        standings::note(database, self.machine, self.at, standing)?;
        insert_certificate(database, &self.machine, &self.certificate)?;
        audit(database, &self.entry(standing))?;
        Ok(Ok(standing))
    }
}

impl Enrol {
    /// A row that another identity holds leaves this one pending: an officer decides.
    fn standing(&self, database: &Connection) -> Result<Standing, StoreError> {
        let held = database
            .prepare_cached(
                "SELECT 1 FROM machines
                 WHERE register_row = ? AND standing IN ('current', 'clone')",
            )?
            .exists([&self.row])?;
        Ok(if held { Standing::Pending } else { Standing::Current })
    }

    fn insert_machine(&self, database: &Connection, standing: Standing) -> Result<(), StoreError> {
        database
            .prepare_cached(
                "INSERT INTO machines (id, register_row, token_unit, standing, fingerprint,
                    enrolled_at, contact_at, contact_skew) VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
            )?
            .execute((
                self.machine.to_string(),
                &self.row,
                &self.unit,
                standing.name(),
                self.fingerprint.to_string(),
                self.at.0,
                self.at.0,
            ))?;
        Ok(())
    }

    fn entry(&self, standing: Standing) -> Entry {
        let action = match standing {
            Standing::Pending => Action::EnrolledPending,
            Standing::Current | Standing::Clone | Standing::Revoked => Action::Enrolled,
        };
        let row = self.row.as_deref().unwrap_or("-");
        Entry {
            at: self.at,
            actor: self.actor.clone(),
            action,
            subject: self.machine.to_string(),
            detail: format!("token={} row={row} serial={}", self.token, self.certificate.serial),
        }
    }
}

/// A machine renews its certificate.
#[derive(Debug)]
pub struct Renew {
    /// Which.
    pub machine: MachineId,
    /// The hardware it says it runs on.
    pub fingerprint: Fingerprint,
    /// Its new certificate.
    pub certificate: NewCertificate,
    /// When.
    pub at: Timestamp,
    /// When the certificates before it end, if it is not used earlier.
    pub others_end: Timestamp,
}

impl Operation for Renew {
    /// Whether the hardware is the one that enrolled and the identity is in force; nothing is kept
    /// when not.
    type Outcome = bool;

    fn apply(self, database: &Connection) -> Result<bool, StoreError> {
        let id = self.machine.to_string();
        let fingerprint: Option<String> = database
            .prepare_cached(
                "SELECT fingerprint FROM machines WHERE id = ? AND standing <> 'revoked'",
            )?
            .query_row([&id], |row| row.get(0))
            .optional()?;
        if fingerprint != Some(self.fingerprint.to_string()) {
            return Ok(false);
        }
        database
            .prepare_cached(
                "UPDATE certificates SET ends_at = ? WHERE machine = ? AND ends_at IS NULL",
            )?
            .execute((self.others_end.0, &id))?;
        insert_certificate(database, &self.machine, &self.certificate)?;
        let entry = Entry {
            at: self.at,
            actor: format!("machine:{id}"),
            action: Action::Renewed,
            subject: id,
            detail: format!("serial={}", self.certificate.serial),
        };
        audit(database, &entry)?;
        Ok(true)
    }
}

pub(super) fn insert_certificate(
    database: &Connection,
    machine: &MachineId,
    certificate: &NewCertificate,
) -> Result<(), StoreError> {
    database
        .prepare_cached(
            "INSERT INTO certificates (sha256, serial, machine, issuer, not_before, not_after)
             VALUES (?, ?, ?, ?, ?, ?)",
        )?
        .execute((
            certificate.sha256,
            &certificate.serial,
            machine.to_string(),
            certificate.issuer,
            certificate.not_before.0,
            certificate.not_after.0,
        ))?;
    Ok(())
}
