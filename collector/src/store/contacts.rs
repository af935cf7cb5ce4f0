//! Contacts in the store: what reports and heartbeats have in common.

use rusqlite::{Connection, OptionalExtension as _};

use super::StoreError;
use super::holdings::{damaged, parse};
use crate::audit::{Action, Entry};
use crate::ingest::admission::Introduction;
use crate::ingest::continuity::{Kind, Mark, Past};
use crate::machine::Standing;
use report::{Sequence, Timestamp};

/// Two contacts further apart than this belong to two spans, in seconds: twice the longest time an
/// agent lets itself be told to wait.
pub(super) const SPAN_GAP: i64 = 12 * 3600;

/// What the store remembers of whoever speaks, and the standing of that identity.
pub(super) fn past(
    database: &Connection,
    introduction: &Introduction,
) -> Result<(Past, Standing), StoreError> {
    let id = introduction.machine.to_string();
    let seen = database
        .prepare_cached("SELECT 1 FROM incarnations WHERE machine = ? AND incarnation = ?")?
        .exists((&id, introduction.mark.incarnation.to_string()))?;
    let row = database
        .prepare_cached(
            "SELECT fingerprint, standing, incarnation, sequence, kind, digest, reported_at
             FROM machines WHERE id = ?",
        )?
        .query_row([&id], |row| {
            Ok(Row {
                fingerprint: row.get(0)?,
                standing: row.get(1)?,
                incarnation: row.get(2)?,
                sequence: row.get(3)?,
                kind: row.get(4)?,
                digest: row.get(5)?,
                reported_at: row.get(6)?,
            })
        })
        .optional()?;
    let what = format!("machine {id}");
    row.ok_or_else(|| damaged(&what, "there is no such row"))?.read(&what, seen)
}

/// The columns of a machine that tell its past.
struct Row {
    fingerprint: String,
    standing: String,
    incarnation: Option<String>,
    sequence: Option<i64>,
    kind: Option<String>,
    digest: Option<String>,
    reported_at: Option<i64>,
}

impl Row {
    fn read(self, what: &str, incarnation_seen: bool) -> Result<(Past, Standing), StoreError> {
        let last = match (self.incarnation, self.sequence, self.kind, self.digest) {
            (Some(incarnation), Some(sequence), Some(kind), Some(digest)) => Some(Mark {
                incarnation: parse(what, &incarnation)?,
                sequence: Sequence(u64::try_from(sequence).unwrap_or_default()),
                kind: Kind::from_name(&kind).ok_or_else(|| damaged(what, "unknown kind"))?,
                digest: parse(what, &digest)?,
            }),
            _ => None,
        };
        let standing =
            Standing::from_name(&self.standing).ok_or_else(|| damaged(what, "unknown standing"))?;
        let fingerprint = parse(what, &self.fingerprint)?;
        let reported_at = self.reported_at.map(Timestamp);
        Ok((Past { fingerprint, last, reported_at, incarnation_seen }, standing))
    }
}

/// Keeps that a contact was accepted.
pub(super) fn keep(
    database: &Connection,
    introduction: &Introduction,
    standing: Standing,
) -> Result<(), StoreError> {
    let Introduction { machine, contact, fingerprint: _, mark } = introduction;
    let id = machine.to_string();
    let incarnation = mark.incarnation.to_string();
    database
        .prepare_cached(
            "UPDATE machines SET standing = ?, contact_at = ?, contact_skew = ?, incarnation = ?,
                sequence = ?, kind = ?, digest = ? WHERE id = ?",
        )?
        .execute((
            standing.name(),
            contact.at.0,
            contact.skew,
            &incarnation,
            i64::try_from(mark.sequence.0).unwrap_or(i64::MAX),
            mark.kind.name(),
            mark.digest.to_string(),
            &id,
        ))?;
    database
        .prepare_cached("INSERT OR IGNORE INTO incarnations (machine, incarnation) VALUES (?, ?)")?
        .execute((&id, &incarnation))?;
    keep_span(database, &id, contact.at)
}

/// Prolongs the span of contact, or begins a new one after a gap.
fn keep_span(database: &Connection, id: &str, at: Timestamp) -> Result<(), StoreError> {
    let prolonged = database
        .prepare_cached(
            "UPDATE contacts SET last_at = max(last_at, ?1) WHERE machine = ?2 AND first_at =
                (SELECT max(first_at) FROM contacts WHERE machine = ?2) AND last_at >= ?1 - ?3",
        )?
        .execute((at.0, id, SPAN_GAP))?;
    if prolonged == 0 {
        database
            .prepare_cached(
                "INSERT OR IGNORE INTO contacts (machine, first_at, last_at) VALUES (?1, ?2, ?2)",
            )?
            .execute((id, at.0))?;
    }
    Ok(())
}

/// What becomes of an identity that two machines speak with. One that waits for an officer waits
/// on: the row it claims belongs to another.
pub(super) fn cloned(standing: Standing) -> Standing {
    match standing {
        Standing::Current | Standing::Clone => Standing::Clone,
        Standing::Pending => Standing::Pending,
        Standing::Revoked => Standing::Revoked,
    }
}

/// The audit entry of a contact that does not simply follow on the past.
pub(super) fn entry(introduction: &Introduction, action: Action, past: &Past) -> Entry {
    let Introduction { machine, contact, fingerprint, mark } = introduction;
    let before = past.last.map_or_else(String::new, |last| format!(" after={}", last.sequence));
    Entry {
        at: contact.at,
        actor: format!("machine:{machine}"),
        action,
        subject: machine.to_string(),
        detail: format!(
            "sequence={}{before} incarnation={} fingerprint={fingerprint}",
            mark.sequence, mark.incarnation,
        ),
    }
}
