//! Join tokens in the store.

use rusqlite::{Connection, Row};

use report::Timestamp;

use super::audit::audit;
use super::holdings::parse;
use super::{Operation, StoreError};
use crate::audit::Entry;
use crate::enrol::token::TokenRecord;
use crate::network::Cidr;

/// A token with the hash of its secret.
#[derive(Clone, Debug)]
pub struct KeptToken {
    /// SHA-256 of the secret.
    pub secret_hash: [u8; 32],
    /// The rest.
    pub record: TokenRecord,
}

/// Keeps new tokens, all or none.
#[derive(Debug)]
pub struct CreateTokens {
    /// The tokens.
    pub tokens: Vec<KeptToken>,
    /// Who made them.
    pub entry: Entry,
}

impl Operation for CreateTokens {
    type Outcome = ();

    fn apply(self, database: &Connection) -> Result<(), StoreError> {
        for token in &self.tokens {
            insert(database, token)?;
        }
        audit(database, &self.entry)
    }
}

fn insert(database: &Connection, token: &KeptToken) -> Result<(), StoreError> {
    let KeptToken { secret_hash, record } = token;
    database
        .prepare_cached(
            "INSERT INTO tokens (id, secret_hash, register_row, unit, registered_only, sources,
                uses, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute((
            &record.id,
            secret_hash,
            &record.row,
            &record.unit,
            record.registered_only,
            record.from.iter().map(Cidr::to_string).collect::<Vec<_>>().join(","),
            record.uses,
            record.created_at.0,
            record.expires_at.0,
        ))?;
    Ok(())
}

/// Takes a token back.
#[derive(Debug)]
pub struct RevokeToken {
    /// Which.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub entry: Entry,
}

impl Operation for RevokeToken {
    /// Whether there was such a token, not yet revoked.
    type Outcome = bool;

    fn apply(self, database: &Connection) -> Result<bool, StoreError> {
        let revoked = database
            .prepare_cached("UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL")?
            .execute((self.at.0, &self.id))?;
        if revoked > 0 {
            audit(database, &self.entry)?;
        }
        Ok(revoked > 0)
    }
}

const COLUMNS: &str = "id, secret_hash, register_row, unit, registered_only, uses, used, \
                       created_at, expires_at, revoked_at, sources";

/// The token of this id, as the transaction sees it.
pub(super) fn find(database: &Connection, id: &str) -> Result<Option<KeptToken>, StoreError> {
    let mut statement =
        database.prepare_cached(&format!("SELECT {COLUMNS} FROM tokens WHERE id = ?"))?;
    let mut rows = statement.query([id])?;
    rows.next()?.map(read).transpose()
}

/// Every token.
pub(super) fn all(database: &Connection) -> Result<Vec<KeptToken>, StoreError> {
    let mut statement =
        database.prepare(&format!("SELECT {COLUMNS} FROM tokens ORDER BY created_at, id"))?;
    let mut rows = statement.query([])?;
    let mut tokens = Vec::new();
    while let Some(row) = rows.next()? {
        tokens.push(read(row)?);
    }
    Ok(tokens)
}

fn read(row: &Row<'_>) -> Result<KeptToken, StoreError> {
    let id: String = row.get(0)?;
    let what = format!("token {id}");
    let sources: String = row.get(10)?;
    let sources = sources.split(',').filter(|source| !source.is_empty());
    Ok(KeptToken {
        secret_hash: row.get(1)?,
        record: TokenRecord {
            id,
            row: row.get(2)?,
            unit: row.get(3)?,
            registered_only: row.get(4)?,
            from: sources.map(|source| parse(&what, source)).collect::<Result<_, _>>()?,
            uses: row.get(5)?,
            used: row.get(6)?,
            created_at: Timestamp(row.get(7)?),
            expires_at: Timestamp(row.get(8)?),
            revoked_at: row.get::<_, Option<i64>>(9)?.map(Timestamp),
        },
    })
}
