//! Policy sets in the store, by content: what was judged can be judged again.

use std::collections::BTreeMap;

use report::Timestamp;
use rusqlite::{Connection, OptionalExtension as _};

use super::audit::audit;
use super::holdings::damaged;
use super::{Archive, Operation, StoreError};
use crate::audit::Entry;

/// The files of a policies folder by relative path.
pub type KeptFolder = BTreeMap<String, String>;

/// A policy set takes effect; nothing is held any more.
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
        hold_nothing(database)?;
        audit(database, &self.entry)
    }
}

/// A policy set waits for an officer's word, in the place of any that waited before.
#[derive(Debug)]
pub struct PoliciesHeld {
    /// The folder's hash.
    pub hash: String,
    /// Since when.
    pub at: Timestamp,
    /// Why.
    pub entry: Entry,
}

impl Operation for PoliciesHeld {
    type Outcome = ();

    fn apply(self, database: &Connection) -> Result<(), StoreError> {
        database
            .prepare_cached(
                "INSERT OR REPLACE INTO policies_held (number, at, hash) VALUES (1, ?, ?)",
            )?
            .execute((self.at.0, &self.hash))?;
        audit(database, &self.entry)
    }
}

/// The policy set that waited is no longer in the folder.
#[derive(Debug)]
pub struct PoliciesWithdrawn(pub Entry);

impl Operation for PoliciesWithdrawn {
    type Outcome = ();

    fn apply(self, database: &Connection) -> Result<(), StoreError> {
        hold_nothing(database)?;
        audit(database, &self.0)
    }
}

fn hold_nothing(database: &Connection) -> Result<(), StoreError> {
    database.prepare_cached("DELETE FROM policies_held")?.execute([])?;
    Ok(())
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
    read(files)
}

/// The set that was in force at a moment.
pub(super) fn at(database: &Connection, at: Timestamp) -> Result<Option<KeptFolder>, StoreError> {
    let files = database.query_row(
        "SELECT files FROM policy_sets JOIN policies_in_force USING (hash)
         WHERE at <= ? ORDER BY number DESC LIMIT 1",
        [at.0],
        |row| row.get(0),
    );
    read(files.optional()?)
}

/// The set of this hash.
pub(super) fn of(database: &Connection, hash: &str) -> Result<Option<KeptFolder>, StoreError> {
    let query = "SELECT files FROM policy_sets WHERE hash = ?";
    read(database.query_row(query, [hash], |row| row.get(0)).optional()?)
}

fn read(files: Option<String>) -> Result<Option<KeptFolder>, StoreError> {
    files
        .map(|files| serde_json::from_str(&files).map_err(|error| damaged("policy_sets", error)))
        .transpose()
}

/// Since when the policies folder holds a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileHistory {
    /// The hash of the set that was last in force.
    pub policies: String,
    /// Since when every set in force has held the file.
    pub since: Timestamp,
    /// Since when it has stood there as it does now.
    pub unchanged_since: Timestamp,
}

impl Archive {
    /// Since when the set that was last in force holds a file; `None`: it does not.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn file_history(&self, path: &str) -> Result<Option<FileHistory>, StoreError> {
        let database = self.open()?;
        let place = format!("$.\"{path}\"");
        let mut sets = database.prepare(
            "SELECT at, hash, json_extract(files, ?) FROM policies_in_force
             JOIN policy_sets USING (hash) ORDER BY number DESC",
        )?;
        let mut sets = sets.query([place])?;
        let mut found: Option<(FileHistory, String)> = None;
        while let Some(row) = sets.next()? {
            let (at, text) = (Timestamp(row.get(0)?), row.get::<_, Option<String>>(2)?);
            let Some(text) = text else {
                break;
            };
            match &mut found {
                None => {
                    let policies = row.get(1)?;
                    found = Some((FileHistory { policies, since: at, unchanged_since: at }, text));
                }
                Some((history, latest)) => {
                    // Older wordings do not move what has stood since the last one.
                    if history.unchanged_since == history.since && *latest == text {
                        history.unchanged_since = at;
                    }
                    history.since = at;
                }
            }
        }
        Ok(found.map(|(history, _)| history))
    }
}

/// The hash of the set that waits.
pub(super) fn held(database: &Connection) -> Result<Option<String>, StoreError> {
    let hash = database.query_row("SELECT hash FROM policies_held", [], |row| row.get(0));
    Ok(hash.optional()?)
}
