//! The store as a reader sees it, beside the thread that writes.

use std::path::PathBuf;

use rusqlite::Connection;

use super::{Holdings, LogEnds, StoreError, chain, sqlite};

/// Where the store lies, for whoever asks what was. Each question opens the file for itself and
/// sees one moment of it, however long it reads; the writing thread waits for none.
#[derive(Clone, Debug)]
pub struct Archive {
    file: PathBuf,
}

impl Archive {
    /// The store in this file; it is opened with the first question.
    #[must_use]
    pub fn new(file: PathBuf) -> Self {
        Self { file }
    }

    /// All that a collector begins with.
    ///
    /// # Errors
    /// When there is no store or it is not of this version.
    pub fn now(&self) -> Result<Holdings, StoreError> {
        Holdings::load(&self.open()?)
    }

    /// How both logs end.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn log_ends(&self) -> Result<LogEnds, StoreError> {
        chain::ends(&self.open()?)
    }

    /// Opens it for one question.
    pub(super) fn open(&self) -> Result<Connection, StoreError> {
        let database = sqlite::open_read_only(&self.file)?;
        // One transaction is one moment.
        database.execute_batch("BEGIN")?;
        Ok(database)
    }
}
