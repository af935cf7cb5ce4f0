//! Identities coming in and being renewed.

use std::net::IpAddr;

use report::{Fingerprint, MachineId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _};

use super::audit::audit;
use super::holdings::{damaged, parse};
use super::{Archive, Operation, StoreError, standings, tokens};
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
    /// Where it came from.
    pub from: IpAddr,
}

/// What came of an enrolment.
pub type Enrolled = Result<Standing, TokenRefusal>;

impl Operation for Enrol {
    type Outcome = Enrolled;

    fn apply(self, database: &Connection) -> Result<Enrolled, StoreError> {
        let Some(token) = tokens::find(database, &self.token)? else {
            return Ok(Err(TokenRefusal::Unknown));
        };
        if let Err(refusal) = token.record.check(self.at, self.from) {
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
                    enrolled_at, contact_at, contact_skew, token)
                 VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?)",
            )?
            .execute((
                self.machine.to_string(),
                &self.row,
                &self.unit,
                standing.name(),
                self.fingerprint.to_string(),
                self.at.0,
                self.at.0,
                &self.token,
            ))?;
        Ok(())
    }

    fn entry(&self, standing: Standing) -> Entry {
        let row = self.row.as_deref().unwrap_or("-");
        Entry {
            at: self.at,
            actor: format!("address:{}", self.from),
            action: joining(standing),
            subject: self.machine.to_string(),
            detail: format!("token={} row={row} serial={}", self.token, self.certificate.serial),
        }
    }
}

fn joining(standing: Standing) -> Action {
    match standing {
        Standing::Pending => Action::EnrolledPending,
        Standing::Current | Standing::Clone | Standing::Revoked => Action::Enrolled,
    }
}

/// For how long who joined and was never heard of may ask for its certificate again, in seconds.
const ANSWERED_AGAIN: i64 = 15 * 60;
/// How many certificates it is given in all.
const ANSWERS: u32 = 5;

/// A machine asks again for the certificate that it joined for: the answer got lost on its way.
#[derive(Debug)]
pub struct EnrolAgain {
    /// The token that it used up.
    pub token: String,
    /// Who it became.
    pub machine: MachineId,
    /// Its hardware.
    pub fingerprint: Fingerprint,
    /// Its certificate, for a key that may be another one; those before it end.
    pub certificate: NewCertificate,
    /// When.
    pub at: Timestamp,
    /// Where it came from.
    pub from: IpAddr,
}

impl Operation for EnrolAgain {
    type Outcome = Enrolled;

    fn apply(self, database: &Connection) -> Result<Enrolled, StoreError> {
        let Some(token) = tokens::find(database, &self.token)? else {
            return Ok(Err(TokenRefusal::Unknown));
        };
        if let Err(refusal) = token.record.check_time_and_place(self.at, self.from) {
            return Ok(Err(refusal));
        }
        let unheard = unheard(database, &self.token, self.fingerprint, self.at)?;
        let Some(standing) = unheard.filter(|(id, _)| *id == self.machine).map(|(_, is)| is) else {
            return Ok(Err(TokenRefusal::Spent));
        };
        let machine = self.machine.to_string();
        database
            .prepare_cached(
                "UPDATE certificates SET ends_at = ? WHERE machine = ? AND ends_at IS NULL",
            )?
            .execute((self.at.0, &machine))?;
        insert_certificate(database, &self.machine, &self.certificate)?;
        let serial = &self.certificate.serial;
        let entry = Entry {
            at: self.at,
            actor: format!("address:{}", self.from),
            action: joining(standing),
            subject: machine,
            detail: format!("again token={} serial={serial}", self.token),
        };
        audit(database, &entry)?;
        Ok(Ok(standing))
    }
}

/// Who joined with a token on this hardware a short while ago and was never heard of.
fn unheard(
    database: &Connection,
    token: &str,
    fingerprint: Fingerprint,
    now: Timestamp,
) -> Result<Option<(MachineId, Standing)>, StoreError> {
    let found: Option<(String, String)> = database
        .prepare_cached(
            "SELECT id, standing FROM machines
             WHERE token = ?1 AND token IS NOT NULL AND incarnation IS NULL AND fingerprint = ?2
                AND enrolled_at > ?3 AND standing IN ('current', 'pending')
                AND (SELECT count(*) < ?4 AND max(used_at) IS NULL FROM certificates
                     WHERE certificates.machine = machines.id)
             ORDER BY enrolled_at DESC LIMIT 1",
        )?
        .query_row((token, fingerprint.to_string(), now.0 - ANSWERED_AGAIN, ANSWERS), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let Some((id, standing)) = found else { return Ok(None) };
    let what = format!("machine {id}");
    let known = Standing::from_name(&standing);
    let standing = known.ok_or_else(|| damaged(&what, format!("unknown standing {standing:?}")))?;
    Ok(Some((parse(&what, &id)?, standing)))
}

impl Archive {
    /// Who joined with a token on this hardware a short while ago and was never heard of: the answer
    /// may have got lost.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn unheard(
        &self,
        token: &str,
        fingerprint: Fingerprint,
        now: Timestamp,
    ) -> Result<Option<MachineId>, StoreError> {
        let unheard = unheard(&self.open()?, token, fingerprint, now)?;
        Ok(unheard.map(|(machine, _)| machine))
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
