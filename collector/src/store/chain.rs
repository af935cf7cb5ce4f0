//! Chained logs: each row carries a hash over the row before it and its own content.
//!
//! The hash takes in the log's name, the row's number and every column with its length, so no row
//! can pass for another and no two contents read alike.

use rusqlite::{Connection, OptionalExtension as _};
use sha2::{Digest as _, Sha256};

use super::StoreError;

/// A hash of a chain.
pub type Hash = [u8; 32];

/// What the first row follows on.
pub(super) const BEGINNING: Link = Link { number: 0, hash: [0; 32] };

/// Of a store whose audit log has no first row.
pub(super) const NO_FIRST: [u8; 16] = [0; 16];

/// A chained log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Log {
    /// Who did what.
    Audit,
    /// What the judge said of whom.
    Verdicts,
}

/// A row of a chain: its number, from 1 on, and its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its number; 0: the beginning, before any row.
    pub number: i64,
    /// Its hash.
    pub hash: Hash,
}

/// How both logs end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogEnds {
    /// The first half of the hash of the first audit entry: it tells stores apart.
    pub first: [u8; 16],
    /// The last row of the audit log.
    pub audit: Link,
    /// The last row of the log of verdicts.
    pub verdicts: Link,
}

impl LogEnds {
    /// The last row of a log.
    #[must_use]
    pub fn of(&self, log: Log) -> Link {
        match log {
            Log::Audit => self.audit,
            Log::Verdicts => self.verdicts,
        }
    }
}

impl Log {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Audit, Self::Verdicts];

    /// What stands first in every hash of the log.
    fn domain(self) -> &'static [u8; 18] {
        match self {
            Self::Audit => b"lachan audit    1\n",
            Self::Verdicts => b"lachan verdicts 1\n",
        }
    }

    fn last_row(self) -> &'static str {
        match self {
            Self::Audit => "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1",
            Self::Verdicts => "SELECT number, hash FROM verdicts ORDER BY number DESC LIMIT 1",
        }
    }
}

/// The row a log ends with.
pub(super) fn tail(database: &Connection, log: Log) -> Result<Link, StoreError> {
    let mut statement = database.prepare_cached(log.last_row())?;
    let last = statement
        .query_row([], |row| Ok(Link { number: row.get(0)?, hash: row.get(1)? }))
        .optional()?;
    Ok(last.unwrap_or(BEGINNING))
}

/// The number of the row a log ends with, whatever else that row holds.
pub(super) fn last_number(database: &Connection, log: Log) -> Result<i64, StoreError> {
    let mut statement = database.prepare_cached(log.last_row())?;
    let last = statement.query_row([], |row| row.get(0)).optional()?;
    Ok(last.unwrap_or(BEGINNING.number))
}

/// The first half of the hash of the first audit entry; [`NO_FIRST`] where there is none that can be
/// read.
pub(super) fn first(database: &Connection) -> Result<[u8; 16], StoreError> {
    let first: Option<Option<Hash>> = database
        .query_row("SELECT hash FROM audit WHERE number = 1", [], |row| Ok(row.get(0).ok()))
        .optional()?;
    let mut half = NO_FIRST;
    if let Some(first) = first.flatten() {
        half.copy_from_slice(&first[..16]);
    }
    Ok(half)
}

/// How both logs end at one moment of the store.
pub(super) fn ends(database: &Connection) -> Result<LogEnds, StoreError> {
    let (audit, verdicts) = (tail(database, Log::Audit)?, tail(database, Log::Verdicts)?);
    Ok(LogEnds { first: first(database)?, audit, verdicts })
}

/// The hash of a row in the making: its columns are told in their order.
pub(super) struct RowHash(Sha256);

impl RowHash {
    /// Of the row of this number that follows on one of this hash.
    pub(super) fn new(log: Log, previous: &Hash, number: i64) -> Self {
        let begun = Sha256::new_with_prefix(log.domain()).chain_update(previous);
        Self(begun.chain_update(number.to_be_bytes()))
    }

    pub(super) fn number(self, column: i64) -> Self {
        self.bytes(&column.to_be_bytes())
    }

    pub(super) fn text(self, column: &str) -> Self {
        self.bytes(column.as_bytes())
    }

    fn bytes(self, column: &[u8]) -> Self {
        let length = (column.len() as u64).to_be_bytes();
        Self(self.0.chain_update(length).chain_update(column))
    }

    pub(super) fn finish(self) -> Hash {
        self.0.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_differs_in_a_row_differs_in_its_hash() {
        let zero = [0; 32];
        let hash = |log, previous: &Hash, number, a: &str, b: &str| {
            RowHash::new(log, previous, number).text(a).text(b).number(7).finish()
        };
        let all = [
            hash(Log::Audit, &zero, 1, "ab", "c"),
            hash(Log::Audit, &zero, 1, "a", "bc"),
            hash(Log::Audit, &zero, 1, "abc", ""),
            hash(Log::Audit, &zero, 2, "ab", "c"),
            hash(Log::Audit, &[1; 32], 1, "ab", "c"),
            hash(Log::Verdicts, &zero, 1, "ab", "c"),
        ];
        for (index, one) in all.iter().enumerate() {
            assert!(!all[..index].contains(one), "{index}");
        }
    }
}
