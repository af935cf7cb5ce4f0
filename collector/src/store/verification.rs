//! The logs, walked from their first row to their last, and held against heads.
//!
//! Rows are read where they lie and forgotten, however many there are; only of the first few that do
//! not fit the number is kept, so that a row that was moved can be told from one that was changed.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, Row};

use super::audit::AuditRow;
use super::chain::{self, BEGINNING, Hash, Link, Log, NO_FIRST};
use super::verdicts::VerdictRow;
use super::{Archive, StoreError};
use crate::audit::head::Head;
use crate::audit::key::PublicKey;
use crate::audit::verification::{Finding, HeadCheck, HeadFinding, LogCheck, Verification};

/// So many findings of a log are told one by one.
const TOLD: usize = 100;
/// So many rows that do not fit are tried in each other's place.
const SUSPECTS: usize = 24;

impl Archive {
    /// Walks both logs, holds them against heads, each with whether it lies beside the store, and
    /// looks whether every snapshot whose making is logged is there.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn verify(
        &self,
        heads: Vec<(Head, bool)>,
        key: &PublicKey,
    ) -> Result<Verification, StoreError> {
        let database = self.open()?;
        let logs = Log::ALL.iter().map(|log| walk(&database, *log));
        let logs = logs.collect::<Result<_, _>>()?;
        let heads = heads.into_iter().map(|(head, kept)| {
            let findings = hold(&database, &head, key)?;
            Ok::<_, StoreError>(HeadCheck { head, kept, findings })
        });
        let heads = heads.collect::<Result<_, _>>()?;
        Ok(Verification { logs, heads, lost_snapshots: self.lost_snapshots()? })
    }

    /// What is wrong between heads and the logs, by the rows that they name alone; each thing once.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn hold(&self, heads: &[Head], key: &PublicKey) -> Result<Vec<HeadFinding>, StoreError> {
        let database = self.open()?;
        let mut all = Vec::new();
        for head in heads {
            for finding in hold(&database, head, key)? {
                if !all.contains(&finding) {
                    all.push(finding);
                }
            }
        }
        Ok(all)
    }
}

/// How the rows of a log are read: number and moment first, the hash last.
struct Rows {
    query: &'static str,
    hash_column: usize,
    hash: fn(&Row<'_>, &Hash, i64) -> rusqlite::Result<Hash>,
}

fn rows(log: Log) -> Rows {
    match log {
        Log::Audit => Rows {
            query: "SELECT number, at, actor, action, subject, detail, hash FROM audit",
            hash_column: 6,
            hash: |row, previous, number| Ok(AuditRow::of(row)?.hash(previous, number)),
        },
        Log::Verdicts => Rows {
            query: "SELECT number, at, member, state, since, unit, rules, previous, hash \
                    FROM verdicts",
            hash_column: 8,
            hash: |row, previous, number| Ok(VerdictRow::of(row)?.hash(previous, number)),
        },
    }
}

/// One row of a log; `None`: there is none of this number.
fn numbered<T>(
    database: &Connection,
    log: Log,
    number: i64,
    read: impl FnOnce(&Rows, &Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>, StoreError> {
    let rows = rows(log);
    let mut statement = database.prepare_cached(&format!("{} WHERE number = ?", rows.query))?;
    Ok(statement.query_row([number], |row| read(&rows, row)).optional()?)
}

fn walk(database: &Connection, log: Log) -> Result<LogCheck, StoreError> {
    let Rows { query, hash_column, hash, .. } = rows(log);
    let mut statement = database.prepare(&format!("{query} ORDER BY number"))?;
    let mut rows = statement.query([])?;
    let mut walk = Walk::default();
    while let Some(row) = rows.next()? {
        let number = row.get(0)?;
        // What cannot be read is not what was written.
        let own = row.get(hash_column).ok();
        let fits = own.is_some() && hash(row, &walk.last.hash, number).ok() == own;
        walk.step(Link { number, hash: own.unwrap_or_default() }, fits);
    }
    walk.tell_moved(database, log)?;
    if log == Log::Verdicts && !newest_fit(database)? {
        walk.note(Finding::Newest);
    }
    Ok(LogCheck { log, rows: walk.rows, findings: walk.findings, more: walk.more })
}

/// How far a log was walked.
struct Walk {
    last: Link,
    rows: u64,
    findings: Vec<Finding>,
    more: u64,
    /// Rows that do not fit, with the hash they had to follow on.
    suspects: BTreeMap<i64, Suspect>,
}

struct Suspect {
    hash: Hash,
    before: Hash,
}

impl Default for Walk {
    fn default() -> Self {
        let suspects = BTreeMap::new();
        Self { last: BEGINNING, rows: 0, findings: Vec::new(), more: 0, suspects }
    }
}

impl Walk {
    fn step(&mut self, row: Link, fits: bool) {
        self.rows += 1;
        let expected = self.last.number.saturating_add(1);
        if row.number < expected {
            return self.note(Finding::Stray { number: row.number });
        }
        if row.number > expected {
            self.note(Finding::Missing { from: expected, to: row.number - 1 });
        } else if !fits {
            if self.suspects.len() < SUSPECTS {
                let suspect = Suspect { hash: row.hash, before: self.last.hash };
                self.suspects.insert(row.number, suspect);
            }
            self.changed(row.number);
        }
        self.last = row;
    }

    fn changed(&mut self, number: i64) {
        match self.findings.last_mut() {
            Some(Finding::Changed { to, .. }) if *to + 1 == number && self.more == 0 => {
                *to = number
            }
            Some(_) | None => self.note(Finding::Changed { from: number, to: number }),
        }
    }

    fn note(&mut self, finding: Finding) {
        match self.findings.len() < TOLD {
            true => self.findings.push(finding),
            false => self.more += 1,
        }
    }

    /// Tries the content of each row that does not fit in the places of the others.
    fn tell_moved(&mut self, database: &Connection, log: Log) -> Result<(), StoreError> {
        let mut written = BTreeMap::new();
        for number in self.suspects.keys() {
            let was = numbered(database, log, *number, |rows, row| self.written_as(rows, row))?;
            written.extend(was.flatten().map(|was| (*number, was)));
        }
        for (number, was) in written {
            self.split(number);
            if number != was {
                self.note(Finding::Moved { number, was });
            }
        }
        self.findings.sort_by_key(first_row);
        Ok(())
    }

    /// As which of those that do not fit a row was written, itself included: in that place, after
    /// what stands or stood before it, its content has the hash that stands there or went with it.
    fn written_as(&self, rows: &Rows, row: &Row<'_>) -> rusqlite::Result<Option<i64>> {
        let number: i64 = row.get(0)?;
        let Some(own) = self.suspects.get(&number) else {
            return Ok(None);
        };
        for (place, there) in &self.suspects {
            let hashes = self.suspects.values().map(|suspect| suspect.hash);
            for before in hashes.chain([there.before]) {
                let Ok(hash) = (rows.hash)(row, &before, *place) else {
                    return Ok(None);
                };
                if hash == own.hash || hash == there.hash {
                    return Ok(Some(*place));
                }
            }
        }
        Ok(None)
    }

    /// Takes a row out of those that are told as changed.
    fn split(&mut self, number: i64) {
        let within = |finding: &Finding| matches!(finding, Finding::Changed { from, to } if (*from..=*to).contains(&number));
        let Some(place) = self.findings.iter().position(within) else {
            return;
        };
        if let Finding::Changed { from, to } = self.findings.remove(place) {
            let before = (from < number).then(|| (from, number - 1));
            let after = (number < to).then(|| (number + 1, to));
            let parts = before.into_iter().chain(after);
            self.findings.extend(parts.map(|(from, to)| Finding::Changed { from, to }));
        }
    }
}

fn first_row(finding: &Finding) -> i64 {
    match finding {
        Finding::Changed { from, .. } | Finding::Missing { from, .. } => *from,
        Finding::Moved { number, .. } | Finding::Stray { number } => *number,
        Finding::Newest => i64::MAX,
    }
}

/// Whether the newest rows are those that no other row follows on. Each row takes away the number
/// of the one before it about the same member, so what remains of all numbers is theirs.
fn newest_fit(database: &Connection) -> Result<bool, StoreError> {
    let logged = "SELECT number, previous FROM verdicts";
    let newest = "SELECT number, 0 FROM verdicts_now JOIN verdicts USING (number)
                  WHERE verdicts.member = verdicts_now.member";
    let all: i64 = database.query_row("SELECT count(*) FROM verdicts_now", [], |row| row.get(0))?;
    let (logged, newest) = (Remaining::of(database, logged)?, Remaining::of(database, newest)?);
    Ok(logged == newest && newest.members == i128::from(all))
}

/// What remains of rows' numbers, and of how many members. Wider than a number: whoever writes to
/// the store chooses those.
#[derive(Debug, Default, PartialEq)]
struct Remaining {
    numbers: i128,
    members: i128,
}

impl Remaining {
    /// Of rows with their number and that of the one before.
    fn of(database: &Connection, query: &str) -> Result<Self, StoreError> {
        let mut statement = database.prepare(query)?;
        let mut rows = statement.query([])?;
        let mut remaining = Self::default();
        while let Some(row) = rows.next()? {
            let (number, previous): (i64, i64) = (row.get(0)?, row.get(1)?);
            remaining.numbers += i128::from(number) - i128::from(previous);
            remaining.members += i128::from(previous == 0);
        }
        Ok(remaining)
    }
}

fn hold(
    database: &Connection,
    head: &Head,
    key: &PublicKey,
) -> Result<Vec<HeadFinding>, StoreError> {
    if !head.is_signed() {
        return Ok(vec![HeadFinding::Unsigned]);
    }
    let mut findings = Vec::new();
    if head.key != *key {
        findings.push(HeadFinding::AnotherKey(head.key.fingerprint()));
    }
    let first = chain::first(database)?;
    // That the first row is missing or cannot be read the chain tells by itself.
    if first != NO_FIRST && first != head.ends.first {
        findings.push(HeadFinding::BegunAnew);
        return Ok(findings);
    }
    for log in Log::ALL {
        findings.extend(hold_log(database, head, log)?);
    }
    Ok(findings)
}

fn hold_log(
    database: &Connection,
    head: &Head,
    log: Log,
) -> Result<Option<HeadFinding>, StoreError> {
    let Link { number, hash } = head.ends.of(log);
    let last = chain::last_number(database, log)?;
    if last < number {
        return Ok(Some(HeadFinding::Truncated { log, last, was: number }));
    }
    if number == BEGINNING.number {
        return Ok(None);
    }
    let row = numbered(database, log, number, |rows, row| {
        Ok((row.get::<_, Hash>(rows.hash_column).ok(), row.get::<_, i64>(1)?))
    })?;
    Ok(match row {
        None => Some(HeadFinding::Missing { log, number }),
        Some((own, _)) if own == Some(hash) => None,
        Some((_, at)) if at > head.at.0 => Some(HeadFinding::WrittenOver { log, number }),
        Some(_) => Some(HeadFinding::Rewritten { log, number }),
    })
}
