//! Snapshots in the store. They are added and read; nothing changes or removes one.

use rusqlite::{Connection, OptionalExtension as _, Row};

use super::audit::audit;
use super::policies::{self, KeptFolder};
use super::{Archive, LoggedEntry, Operation, StoreError};
use crate::audit::key::AuditKey;
use crate::audit::{self, Action};
use crate::snapshot::{Content, Cover, Entry, Snapshot, sign};
use report::Timestamp;

/// Keeps a snapshot.
#[derive(Debug)]
pub struct KeepSnapshot {
    /// What it says of itself.
    pub cover: Cover,
    /// What it holds.
    pub content: Content,
    /// Over all of it.
    pub digest: String,
    /// Of the digest.
    pub signature: String,
    /// Who made it.
    pub entry: audit::Entry,
}

impl KeepSnapshot {
    /// A snapshot, signed, with the entry that tells of its making.
    #[must_use]
    pub fn new(cover: Cover, content: Content, key: &AuditKey) -> Self {
        let digest = cover.digest();
        let entry = audit::Entry {
            at: cover.made_at,
            actor: cover.actor.clone(),
            action: Action::SnapshotMade,
            subject: cover.cut_off.clone().unwrap_or_else(|| cover.at.to_string()),
            // The digest last: by it the entry is held against the snapshots.
            detail: format!("at={} policies={} digest={digest}", cover.at, cover.policies),
        };
        let signature = sign(key, &digest);
        Self { cover, content, digest, signature, entry }
    }
}

impl StoreError {
    /// Whether what was to be kept is there already.
    pub(crate) fn is_taken(&self) -> bool {
        let taken = rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE;
        matches!(self, Self::Database(error)
            if error.sqlite_error().is_some_and(|error| error.extended_code == taken))
    }
}

impl Operation for KeepSnapshot {
    type Outcome = Entry;

    fn apply(self, database: &Connection) -> Result<Entry, StoreError> {
        let Self { cover, content, digest, signature, entry } = self;
        database
            .prepare_cached(
                "INSERT INTO snapshots (at, made_at, actor, cut_off, policies, version, judge,
                    outcomes, inputs, outcomes_digest, inputs_digest, head, digest, signature)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(rusqlite::params![
                cover.at.0,
                cover.made_at.0,
                cover.actor,
                cover.cut_off,
                cover.policies,
                cover.version,
                cover.judge,
                content.outcomes,
                content.inputs,
                cover.outcomes_digest,
                cover.inputs_digest,
                cover.head,
                digest,
                signature,
            ])?;
        let id = database.last_insert_rowid();
        audit(database, &entry)?;
        Ok(Entry { id, cover, digest, signature })
    }
}

/// The columns of an [`Entry`], in the order in which it is read.
const ENTRY: &str = "id, at, made_at, actor, cut_off, policies, version, judge, head,
    outcomes_digest, inputs_digest, digest, signature";

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let cover = Cover {
        at: Timestamp(row.get(1)?),
        made_at: Timestamp(row.get(2)?),
        actor: row.get(3)?,
        cut_off: row.get(4)?,
        policies: row.get(5)?,
        version: row.get(6)?,
        judge: row.get(7)?,
        head: row.get(8)?,
        outcomes_digest: row.get(9)?,
        inputs_digest: row.get(10)?,
    };
    Ok(Entry { id: row.get(0)?, cover, digest: row.get(11)?, signature: row.get(12)? })
}

impl Archive {
    /// Every snapshot, by the moment it is of.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn snapshots(&self) -> Result<Vec<Entry>, StoreError> {
        let database = self.open()?;
        let query = format!("SELECT {ENTRY} FROM snapshots ORDER BY at, id");
        let mut statement = database.prepare(&query)?;
        let entries = statement.query_map([], entry)?;
        Ok(entries.collect::<Result<_, _>>()?)
    }

    /// The snapshot of a number, whole.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn snapshot(&self, id: i64) -> Result<Option<Snapshot>, StoreError> {
        let query = format!("SELECT {ENTRY}, outcomes, inputs FROM snapshots WHERE id = ?");
        let snapshot = self.open()?.query_row(&query, [id], |row| {
            let content = Content { outcomes: row.get(13)?, inputs: row.get(14)? };
            Ok(Snapshot { entry: entry(row)?, content })
        });
        Ok(snapshot.optional()?)
    }

    /// The cut-offs that have their snapshot.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn cut_offs(&self) -> Result<Vec<String>, StoreError> {
        let database = self.open()?;
        let query = "SELECT cut_off FROM snapshots WHERE cut_off IS NOT NULL";
        let mut statement = database.prepare(query)?;
        let dates = statement.query_map([], |row| row.get(0))?;
        Ok(dates.collect::<Result<_, _>>()?)
    }

    /// The entries of the audit log that tell of the making of a snapshot that is not there, or no
    /// longer has the digest it was made with.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn lost_snapshots(&self) -> Result<Vec<LoggedEntry>, StoreError> {
        let database = self.open()?;
        let mut statement = database.prepare(
            "SELECT number, at, actor, action, subject, detail FROM audit
             WHERE action = ? AND substr(detail, -64) NOT IN (SELECT digest FROM snapshots)
             ORDER BY number",
        )?;
        let lost = statement.query_map([Action::SnapshotMade.name()], LoggedEntry::read)?;
        Ok(lost.collect::<Result<_, _>>()?)
    }

    /// The policy set of a hash.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn policies_of(&self, hash: &str) -> Result<Option<KeptFolder>, StoreError> {
        policies::of(&self.open()?, hash)
    }
}
