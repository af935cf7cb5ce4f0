//! The audit log in the store. Every entry enters by [`audit`], and so the chain.

use report::Timestamp;
use rusqlite::{Connection, Row};
use serde::{Deserialize, Serialize};

use super::chain::{BEGINNING, Hash, Link, Log, RowHash, tail};
use super::{Archive, Operation, StoreError};
use crate::audit::Entry;

/// Writes an entry beside the change it speaks of.
pub(super) fn audit(database: &Connection, entry: &Entry) -> Result<(), StoreError> {
    let last = tail(database, Log::Audit)?;
    let row = AuditRow {
        at: entry.at.0,
        actor: &entry.actor,
        action: entry.action.name(),
        subject: &entry.subject,
        detail: &entry.detail,
    };
    row.keep(database, &last, last.number.saturating_add(1))?;
    Ok(())
}

/// An audit entry that accompanies no other change.
#[derive(Debug)]
pub struct AppendAudit(pub Entry);

impl Operation for AppendAudit {
    type Outcome = ();

    fn apply(self, database: &Connection) -> Result<(), StoreError> {
        audit(database, &self.0)
    }
}

/// An entry as it stands in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedEntry {
    /// Its number, from 1 on.
    pub number: i64,
    /// When, by the collector's clock.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What was done: the name of an [`Action`](crate::audit::Action) of this version or another.
    pub action: String,
    /// To whom or what.
    pub subject: String,
    /// What else matters.
    pub detail: String,
}

impl LoggedEntry {
    /// In the order of its fields. Text that somebody has damaged hides no other entry.
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let text = |column: usize| {
            let bytes = row.get_ref(column)?.as_bytes()?;
            Ok::<_, rusqlite::Error>(String::from_utf8_lossy(bytes).into_owned())
        };
        Ok(Self {
            number: row.get(0)?,
            at: Timestamp(row.get(1)?),
            actor: text(2)?,
            action: text(3)?,
            subject: text(4)?,
            detail: text(5)?,
        })
    }
}

/// Which entries are wanted: what is NULL does not matter.
const WANTED: &str = "FROM audit WHERE at >= ifnull(?1, at) AND actor = ifnull(?2, actor)
    AND action = ifnull(?3, action)";

impl Archive {
    /// The newest so many entries since a moment, by an actor, of an action; and how many there are
    /// of these in all.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn audit(
        &self,
        since: Option<Timestamp>,
        actor: Option<&str>,
        action: Option<&str>,
        most: usize,
    ) -> Result<(Vec<LoggedEntry>, u64), StoreError> {
        let database = self.open()?;
        let wanted = (since.map(|since| since.0), actor, action);
        let all: i64 =
            database.query_row(&format!("SELECT count(*) {WANTED}"), wanted, |row| row.get(0))?;
        let mut newest = database.prepare(&format!(
            "SELECT number, at, actor, action, subject, detail {WANTED}
             ORDER BY number DESC LIMIT {most}"
        ))?;
        let entries = newest.query_map(wanted, LoggedEntry::read)?;
        let mut entries = entries.collect::<Result<Vec<_>, _>>()?;
        entries.reverse();
        Ok((entries, u64::try_from(all).unwrap_or_default()))
    }
}

/// The columns of an entry, where they lie.
pub(super) struct AuditRow<'r> {
    at: i64,
    actor: &'r str,
    action: &'r str,
    subject: &'r str,
    detail: &'r str,
}

impl<'r> AuditRow<'r> {
    /// The columns from the second one on, after the number.
    pub(super) fn of(row: &'r Row<'_>) -> rusqlite::Result<Self> {
        let text = |column| Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_str()?);
        Ok(Self {
            at: row.get(1)?,
            actor: text(2)?,
            action: text(3)?,
            subject: text(4)?,
            detail: text(5)?,
        })
    }

    /// The hash it has to have under a number after a row of this hash.
    pub(super) fn hash(&self, previous: &Hash, number: i64) -> Hash {
        let Self { at, actor, action, subject, detail } = *self;
        let row = RowHash::new(Log::Audit, previous, number).number(at);
        row.text(actor).text(action).text(subject).text(detail).finish()
    }

    fn keep(
        &self,
        database: &Connection,
        previous: &Link,
        number: i64,
    ) -> Result<Link, StoreError> {
        let Self { at, actor, action, subject, detail } = *self;
        let hash = self.hash(&previous.hash, number);
        database
            .prepare_cached(
                "INSERT INTO audit (number, at, actor, action, subject, detail, hash)
                 VALUES (?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute((number, at, actor, action, subject, detail, hash))?;
        Ok(Link { number, hash })
    }
}

/// Chains what an earlier version logged. The table it lies in goes in the same transaction, so
/// this happens once, and again after a crash in between.
pub(super) fn chain_earlier(database: &mut Connection) -> Result<(), StoreError> {
    let waits = "SELECT 1 FROM sqlite_schema WHERE name = 'audit_unchained'";
    if !database.prepare(waits)?.exists([])? {
        return Ok(());
    }
    let transaction = database.transaction()?;
    chain_rows(&transaction)?;
    transaction.execute_batch("DROP TABLE audit_unchained")?;
    Ok(transaction.commit()?)
}

fn chain_rows(database: &Connection) -> Result<(), StoreError> {
    let mut entries = database.prepare(
        "SELECT number, at, actor, action, subject, detail FROM audit_unchained ORDER BY number",
    )?;
    let mut rows = entries.query([])?;
    let mut last = BEGINNING;
    while let Some(row) = rows.next()? {
        last = AuditRow::of(row)?.keep(database, &last, row.get(0)?)?;
    }
    Ok(())
}
