//! Policy sets in the store, by content: what was judged can be judged again.

use std::collections::BTreeMap;

use report::Timestamp;
use rusqlite::{Connection, OptionalExtension as _};

use super::snapshot::damaged;
use super::sqlite::audit;
use super::{Operation, StoreError};
use crate::audit::Entry;

/// The files of a policies folder by relative path.
pub type KeptFolder = BTreeMap<String, String>;

/// A policy set takes effect.
#[derive(Debug)]
pub struct PoliciesInForce {
    /// The folder's hash.
    pub hash: String,
    /// The folder, whole.
    pub files: KeptFolder,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub entry: Entry,
}

impl Operation for PoliciesInForce {
    type Outcome = ();

    fn apply(self, database: &Connection) -> Result<(), StoreError> {
        let files = serde_json::to_string(&self.files)
            .map_err(|error| damaged("the policies folder", error))?;
        database
            .prepare_cached("INSERT OR IGNORE INTO policy_sets (hash, files) VALUES (?, ?)")?
            .execute((&self.hash, files))?;
        database
            .prepare_cached("INSERT INTO policies_in_force (at, hash) VALUES (?, ?)")?
            .execute((self.at.0, &self.hash))?;
        audit(database, &self.entry)
    }
}

/// The set that was last in force.
pub(super) fn last(database: &Connection) -> Result<Option<KeptFolder>, StoreError> {
    let files: Option<String> = database
        .query_row(
            "SELECT files FROM policy_sets JOIN policies_in_force USING (hash)
             ORDER BY number DESC LIMIT 1",
            [],
            |row| row.get(0),
        )
        .optional()?;
    files
        .map(|files| serde_json::from_str(&files).map_err(|error| damaged("policy_sets", error)))
        .transpose()
}
