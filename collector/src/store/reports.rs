//! Reports in the store.

use rusqlite::{Connection, OptionalExtension as _};

use super::snapshot::{damaged, parse};
use super::sqlite::audit;
use super::{Operation, StoreError};
use crate::audit::{Action, Entry};
use crate::identities::Stranger;
use crate::ingest::admission::AdmittedReport;
use crate::ingest::continuity::{Continuity, Mark, Past, continuity};
use crate::machine::Standing;

/// Two contacts further apart than this belong to two spans, in seconds: twice the longest time an
/// agent lets itself be told to wait.
const SPAN_GAP: i64 = 12 * 3600;

/// Keeps a report that was admitted. There is no other way to one.
#[derive(Debug)]
pub struct StoreReport(pub AdmittedReport);

/// What came of a report.
#[derive(Debug)]
pub struct Stored {
    /// How it followed on the machine's past; only some of these were kept.
    pub continuity: Continuity,
    /// The identity's standing after it.
    pub standing: Standing,
    /// The report, handed back.
    pub report: AdmittedReport,
}

impl Operation for StoreReport {
    /// A revocation that came while the report was on its way is final.
    type Outcome = Result<Stored, Stranger>;

    fn apply(self, database: &Connection) -> Result<Self::Outcome, StoreError> {
        let report = self.0;
        let (past, standing) = past(database, &report)?;
        if standing == Standing::Revoked {
            return Ok(Err(Stranger::Revoked));
        }
        let continuity = continuity(&past, report.fingerprint(), report.mark());
        let standing = match continuity {
            Continuity::Next => standing,
            Continuity::Restore => {
                audit(database, &entry(&report, Action::Restored, &past))?;
                standing
            }
            Continuity::Clone => {
                audit(database, &entry(&report, Action::CloneSeen, &past))?;
                cloned(standing)
            }
            Continuity::Repeat | Continuity::SequenceConflict | Continuity::OldSequence => {
                return Ok(Ok(Stored { continuity, standing, report }));
            }
        };
        let number = keep_contact(database, &report, standing)?;
        for (name, body) in report.bodies() {
            keep_topic(database, &report, number, name, body)?;
        }
        Ok(Ok(Stored { continuity, standing, report }))
    }
}

/// What becomes of an identity that two machines speak with. One that waits for an officer waits
/// on: the row it claims belongs to another.
fn cloned(standing: Standing) -> Standing {
    match standing {
        Standing::Current | Standing::Clone => Standing::Clone,
        Standing::Pending => Standing::Pending,
        Standing::Revoked => Standing::Revoked,
    }
}

impl Stored {
    /// Whether the report is in the store, or was known or refused.
    #[must_use]
    pub fn was_kept(&self) -> bool {
        match self.continuity {
            Continuity::Next | Continuity::Restore | Continuity::Clone => true,
            Continuity::Repeat | Continuity::SequenceConflict | Continuity::OldSequence => false,
        }
    }
}

fn past(database: &Connection, report: &AdmittedReport) -> Result<(Past, Standing), StoreError> {
    let id = report.machine().to_string();
    let seen = database
        .prepare_cached("SELECT 1 FROM incarnations WHERE machine = ? AND incarnation = ?")?
        .exists((&id, report.mark().incarnation.to_string()))?;
    type Columns = (String, String, Option<String>, Option<i64>, Option<String>);
    let columns: Option<Columns> = database
        .prepare_cached(
            "SELECT fingerprint, standing, incarnation, sequence, digest FROM machines WHERE id = ?",
        )?
        .query_row([&id], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        })
        .optional()?;
    let what = || format!("machine {id}");
    let (fingerprint, standing, incarnation, sequence, digest) =
        columns.ok_or_else(|| damaged(&what(), "there is no such row"))?;
    let last = match (incarnation, sequence, digest) {
        (Some(incarnation), Some(sequence), Some(digest)) => Some(Mark {
            incarnation: parse(&what(), &incarnation)?,
            sequence: report::Sequence(u64::try_from(sequence).unwrap_or_default()),
            digest: parse(&what(), &digest)?,
        }),
        _ => None,
    };
    let standing =
        Standing::from_name(&standing).ok_or_else(|| damaged(&what(), "unknown standing"))?;
    let fingerprint = parse(&what(), &fingerprint)?;
    Ok((Past { fingerprint, last, incarnation_seen: seen }, standing))
}

fn keep_contact(
    database: &Connection,
    report: &AdmittedReport,
    standing: Standing,
) -> Result<u64, StoreError> {
    let id = report.machine().to_string();
    let Mark { incarnation, sequence, digest } = report.mark();
    let contact = report.contact();
    let number: i64 = database
        .prepare_cached(
            "UPDATE machines SET standing = ?, contact_at = ?, contact_skew = ?, incarnation = ?,
                sequence = ?, digest = ?, reports = reports + 1 WHERE id = ? RETURNING reports",
        )?
        .query_row(
            (
                standing.name(),
                contact.at.0,
                contact.skew,
                incarnation.to_string(),
                i64::try_from(sequence.0).unwrap_or(i64::MAX),
                digest.to_string(),
                &id,
            ),
            |row| row.get(0),
        )?;
    database
        .prepare_cached("INSERT OR IGNORE INTO incarnations (machine, incarnation) VALUES (?, ?)")?
        .execute((&id, incarnation.to_string()))?;
    let prolonged = database
        .prepare_cached(
            "UPDATE contacts SET last_at = max(last_at, ?1) WHERE machine = ?2 AND first_at =
                (SELECT max(first_at) FROM contacts WHERE machine = ?2) AND last_at >= ?1 - ?3",
        )?
        .execute((contact.at.0, &id, SPAN_GAP))?;
    if prolonged == 0 {
        database
            .prepare_cached(
                "INSERT OR IGNORE INTO contacts (machine, first_at, last_at) VALUES (?1, ?2, ?2)",
            )?
            .execute((&id, contact.at.0))?;
    }
    Ok(u64::try_from(number).unwrap_or_default())
}

fn entry(report: &AdmittedReport, action: Action, past: &Past) -> Entry {
    let mark = report.mark();
    let before = past.last.map_or_else(String::new, |last| format!(" after={}", last.sequence));
    Entry {
        at: report.contact().at,
        actor: format!("machine:{}", report.machine()),
        action,
        subject: report.machine().to_string(),
        detail: format!(
            "sequence={}{before} incarnation={} fingerprint={}",
            mark.sequence,
            mark.incarnation,
            report.fingerprint()
        ),
    }
}

fn keep_topic(
    database: &Connection,
    report: &AdmittedReport,
    number: u64,
    topic: &str,
    body: &str,
) -> Result<(), StoreError> {
    let id = report.machine().to_string();
    let contact = report.contact();
    let digest = report.topic_digest(topic, body);
    let before: Option<String> = database
        .prepare_cached("SELECT digest FROM topics WHERE machine = ? AND topic = ?")?
        .query_row((&id, topic), |row| row.get(0))
        .optional()?;
    database
        .prepare_cached(
            "INSERT INTO topics (machine, topic, body, digest, received_at, skew)
             VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT (machine, topic) DO UPDATE SET body = excluded.body,
                digest = excluded.digest, received_at = excluded.received_at, skew = excluded.skew",
        )?
        .execute((&id, topic, body, &digest, contact.at.0, contact.skew))?;
    if before.as_ref() != Some(&digest) {
        database
            .prepare_cached(
                "INSERT INTO history (machine, topic, report, received_at, skew, body)
                 VALUES (?, ?, ?, ?, ?, ?)",
            )?
            .execute((
                &id,
                topic,
                i64::try_from(number).unwrap_or(i64::MAX),
                contact.at.0,
                contact.skew,
                body,
            ))?;
    }
    Ok(())
}
