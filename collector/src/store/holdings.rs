//! Everything the collector holds in memory, read from the store when it starts.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use report::{MachineId, Timestamp, Topic, wire};
use rusqlite::{Connection, Row, Statement};

use super::policies::KeptFolder;
use super::tokens::KeptToken;
use super::{StoreError, bulk, policies, tokens};
use crate::fleet::Fleet;
use crate::identities::Certificates;
use crate::machine::{Contact, Kept, Machine, Standing};

/// The store's content at one moment.
#[derive(Debug, Default)]
pub struct Holdings {
    /// Every identity.
    pub fleet: Fleet,
    /// Every certificate that may still open a door.
    pub certificates: Certificates,
    /// Every join token.
    pub tokens: Vec<KeptToken>,
    /// The policy set that was last in force.
    pub policies: Option<KeptFolder>,
    /// The hash of the policy set that waits for an officer's word.
    pub policies_held: Option<String>,
    /// How many entries the audit log has.
    pub audit_entries: u64,
    /// Whether the store holds a simulation: machines that do not exist.
    pub is_simulation: bool,
}

/// A machine's certificate as it is kept.
#[derive(Clone, Debug)]
pub struct CertificateRecord {
    /// SHA-256 of its DER form.
    pub sha256: [u8; 32],
    /// Its serial number in hexadecimal.
    pub serial: String,
    /// Whose.
    pub machine: MachineId,
    /// SHA-256 of the issuing CA's certificate.
    pub issuer: [u8; 32],
    /// Valid from.
    pub not_before: Timestamp,
    /// Valid until.
    pub not_after: Timestamp,
    /// When it was first used.
    pub used_at: Option<Timestamp>,
    /// From when on a newer one stands in its place.
    pub ends_at: Option<Timestamp>,
}

impl Holdings {
    pub(super) fn load(database: &Connection) -> Result<Self, StoreError> {
        let audit_entries: i64 =
            database.query_row("SELECT count(*) FROM audit", [], |row| row.get(0))?;
        Ok(Self {
            fleet: fleet(database)?,
            certificates: certificates(database)?,
            tokens: tokens::all(database)?,
            policies: policies::last(database)?,
            policies_held: policies::held(database)?,
            audit_entries: u64::try_from(audit_entries).unwrap_or_default(),
            is_simulation: bulk::is_simulation(database)?,
        })
    }
}

pub(super) fn damaged(what: &str, why: impl Display) -> StoreError {
    StoreError::Damaged { what: what.to_owned(), why: why.to_string() }
}

pub(super) fn parse<T: FromStr<Err: Display>>(what: &str, text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|error| damaged(what, error))
}

/// An identifier in a column that may be empty.
pub(super) fn optional<T: FromStr<Err: Display>>(
    what: &str,
    text: Option<String>,
) -> Result<Option<T>, StoreError> {
    text.map(|text| parse(what, &text)).transpose()
}

/// Machines are packed one after the other: a million as they lie in the store would not fit.
fn fleet(database: &Connection) -> Result<Fleet, StoreError> {
    let mut statement = database.prepare(
        "SELECT id, register_row, token_unit, standing, enrolled_at, contact_at, contact_skew,
                security_pending_since, reports, clone_of
            FROM machines ORDER BY enrolled_at, id",
    )?;
    let mut topics = database.prepare(
        "SELECT topic, body, received_at, skew, report, confirmed_at
            FROM topics WHERE machine = ?",
    )?;
    let mut rows = statement.query([])?;
    let mut fleet = Fleet::default();
    while let Some(row) = rows.next()? {
        fleet.push(machine(row, &mut topics)?);
    }
    Ok(fleet)
}

fn machine(row: &Row<'_>, topics: &mut Statement<'_>) -> Result<Machine, StoreError> {
    let id: String = row.get(0)?;
    let what = format!("machine {id}");
    let standing: String = row.get(3)?;
    Ok(Machine {
        id: parse(&what, &id)?,
        row: row.get(1)?,
        token_unit: row.get(2)?,
        clone_of: optional(&what, row.get(9)?)?,
        standing: Standing::from_name(&standing)
            .ok_or_else(|| damaged(&what, format!("unknown standing {standing:?}")))?,
        enrolled_at: Timestamp(row.get(4)?),
        last_contact: Contact { at: Timestamp(row.get(5)?), skew: row.get(6)? },
        security_pending_since: row.get::<_, Option<i64>>(7)?.map(Timestamp),
        topics: kept_topics(&id, row.get(8)?, topics)?,
    })
}

/// The newest observation of each topic; those of the machine's last report are marked.
fn kept_topics(
    machine: &str,
    reports: i64,
    topics: &mut Statement<'_>,
) -> Result<BTreeMap<Topic, Kept>, StoreError> {
    let mut rows = topics.query([machine])?;
    let mut kept = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let name: String = row.get(0)?;
        // A topic of a newer agent is kept in the store until a newer collector reads it.
        if let Some(topic) = Topic::from_name(&name) {
            let body: String = row.get(1)?;
            let received_at = Timestamp(row.get(2)?);
            let observation = wire::decode_topic(topic, &body, received_at).observation;
            let in_last_report = row.get::<_, i64>(4)? == reports;
            let confirmed_at = row.get::<_, Option<i64>>(5)?.map(Timestamp);
            let skew = row.get(3)?;
            let one = Kept { observation, received_at, skew, in_last_report, confirmed_at };
            kept.insert(topic, one);
        }
    }
    Ok(kept)
}

/// Those that may still open a door, and not those that were over before one that the same machine
/// has used began: of them there are more every year.
fn certificates(database: &Connection) -> Result<Certificates, StoreError> {
    let mut statement = database.prepare(
        "SELECT sha256, serial, machine, issuer, not_before, not_after, used_at, ends_at
         FROM certificates AS c WHERE NOT EXISTS (
            SELECT 1 FROM certificates AS used
            WHERE used.machine = c.machine AND used.used_at IS NOT NULL
                AND used.not_before > c.not_after)",
    )?;
    let mut rows = statement.query([])?;
    let mut certificates = Certificates::default();
    while let Some(row) = rows.next()? {
        let serial: String = row.get(1)?;
        let machine: String = row.get(2)?;
        certificates.push(&CertificateRecord {
            sha256: row.get(0)?,
            machine: parse(&format!("certificate {serial}"), &machine)?,
            serial,
            issuer: row.get(3)?,
            not_before: Timestamp(row.get(4)?),
            not_after: Timestamp(row.get(5)?),
            used_at: row.get::<_, Option<i64>>(6)?.map(Timestamp),
            ends_at: row.get::<_, Option<i64>>(7)?.map(Timestamp),
        });
    }
    Ok(certificates)
}
