//! Contacts in the store: what reports and heartbeats have in common.

use rusqlite::{Connection, OptionalExtension as _};

use super::holdings::{damaged, parse};
use super::{StoreError, standings};
use crate::audit::{Action, Entry};
use crate::ingest::admission::Introduction;
use crate::ingest::continuity::{Kind, Mark, Past};
use crate::machine::{Contact, SPAN_GAP, Standing};
use report::catalogue::DEFAULT_STALE_AFTER;
use report::{Sequence, Timestamp};

/// A contact whose facts were seen longer than this before it came is a span by itself, in seconds.
/// So at every moment within a span no fact is older than both together, and none is stale.
pub(super) const SPAN_LAG: i64 = 12 * 3600;

const _: () = assert!(SPAN_GAP + SPAN_LAG <= DEFAULT_STALE_AFTER);

/// What a contact says of when its machine was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Facts {
    /// The report's own topics, of which the earliest was seen at this moment.
    Seen(Timestamp),
    /// Those of the report before it, seen again at this moment.
    SeenAgain(Timestamp),
}

impl Facts {
    /// When they were last seen, after a contact whose own were seen at `before`.
    fn seen_at(self, before: Option<Timestamp>) -> Timestamp {
        match self {
            Self::Seen(at) => at,
            Self::SeenAgain(at) => before.map_or(at, |before| before.max(at)),
        }
    }
}

/// An unbroken span of contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// Its first contact.
    pub(super) first_at: Timestamp,
    /// Its last.
    pub(super) last_at: Timestamp,
    /// When the facts of the first were seen.
    pub(super) seen_from: Timestamp,
    /// When the facts of the last were seen.
    pub(super) seen_at: Timestamp,
    /// The machine's clock minus the collector's at the last, in seconds.
    pub(super) skew: i64,
}

impl Span {
    /// The span that the next contact of a machine makes of its last one: that one, prolonged, or
    /// one of its own.
    pub(super) fn after(last: Option<Self>, contact: Contact, facts: Facts) -> Self {
        let Contact { at, skew } = contact;
        let seen_at = facts.seen_at(last.map(|last| last.seen_at));
        match last {
            Some(last) if last.is_prolonged_by(at, seen_at) => {
                Self { last_at: last.last_at.max(at), seen_at, skew, ..last }
            }
            Some(_) | None => Self { first_at: at, last_at: at, seen_from: seen_at, seen_at, skew },
        }
    }

    fn is_prolonged_by(self, at: Timestamp, seen_at: Timestamp) -> bool {
        let is_near = at.since(self.last_at) <= SPAN_GAP;
        let is_prompt = |at: Timestamp, seen_at: Timestamp| at.since(seen_at) <= SPAN_LAG;
        is_near && is_prompt(self.last_at, self.seen_at) && is_prompt(at, seen_at)
    }

    /// Keeps it in the place of any that began in the same second.
    pub(super) fn keep(self, database: &Connection, id: &str) -> Result<(), StoreError> {
        database
            .prepare_cached(
                "INSERT OR REPLACE INTO contacts
                    (machine, first_at, last_at, seen_from, seen_at, skew)
                 VALUES (?, ?, ?, ?, ?, ?)",
            )?
            .execute((
                id,
                self.first_at.0,
                self.last_at.0,
                self.seen_from.0,
                self.seen_at.0,
                self.skew,
            ))?;
        Ok(())
    }

    /// In the columns from one on.
    pub(super) fn read(row: &rusqlite::Row<'_>, from: usize) -> rusqlite::Result<Self> {
        let moment = |column| row.get(from + column).map(Timestamp);
        Ok(Self {
            first_at: moment(0)?,
            last_at: moment(1)?,
            seen_from: moment(2)?,
            seen_at: moment(3)?,
            skew: row.get(from + 4)?,
        })
    }
}

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
    facts: Facts,
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
    Span::after(last_span(database, &id, contact.at)?, *contact, facts).keep(database, &id)
}

/// The machine's newest span that had begun by a moment. One that began under a clock that was ahead
/// is prolonged only when its time has come.
fn last_span(database: &Connection, id: &str, at: Timestamp) -> Result<Option<Span>, StoreError> {
    let last = database
        .prepare_cached(
            "SELECT first_at, last_at, seen_from, seen_at, skew FROM contacts
             WHERE machine = ? AND first_at <= ? ORDER BY first_at DESC LIMIT 1",
        )?
        .query_row((id, at.0), |row| Span::read(row, 0));
    Ok(last.optional()?)
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

/// Keeps what has become of the identity of whoever speaks.
pub(super) fn note_standing(
    database: &Connection,
    introduction: &Introduction,
    standing: Standing,
) -> Result<(), StoreError> {
    let Introduction { machine, contact, .. } = introduction;
    database
        .prepare_cached("UPDATE machines SET standing = ? WHERE id = ?")?
        .execute((standing.name(), machine.to_string()))?;
    standings::note(database, *machine, contact.at, standing)
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

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp(1_795_300_000);

    fn after(last: Option<Span>, at: Timestamp, facts: Facts) -> Span {
        Span::after(last, Contact { at, skew: 3 }, facts)
    }

    #[test]
    fn contacts_near_each_other_with_fresh_facts_are_one_span() {
        let first = after(None, AT, Facts::Seen(AT - 60));
        let next = after(Some(first), AT + SPAN_GAP, Facts::Seen(AT + SPAN_GAP - SPAN_LAG));
        assert_eq!((next.first_at, next.last_at), (AT, AT + SPAN_GAP));
        assert_eq!((next.seen_from, next.seen_at), (AT - 60, AT + SPAN_GAP - SPAN_LAG));
        let far = after(Some(first), AT + SPAN_GAP + 1, Facts::Seen(AT + SPAN_GAP));
        assert_eq!(far.first_at, AT + SPAN_GAP + 1);
    }

    #[test]
    fn a_contact_with_old_facts_is_a_span_by_itself() {
        let first = after(None, AT, Facts::Seen(AT));
        let late = after(Some(first), AT + 900, Facts::Seen(AT + 899 - SPAN_LAG));
        let next = after(Some(late), AT + 901, Facts::Seen(AT + 900));
        assert_eq!([late.first_at, next.first_at], [AT + 900, AT + 901]);
    }

    #[test]
    fn a_heartbeat_whose_survey_ended_before_the_report_takes_nothing_back() {
        let first = after(None, AT, Facts::Seen(AT - 60));
        let heard = |at| after(Some(first), AT + 900, Facts::SeenAgain(at)).seen_at;
        assert_eq!((heard(AT - 600), heard(AT + 800)), (AT - 60, AT + 800));
    }
}
