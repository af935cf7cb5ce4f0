//! Reports that came as files.

use rusqlite::Connection;

use super::audit::audit;
use super::{Operation, StoreError, StoreReport};
use crate::audit::Entry;
use crate::ingest::admission::AdmittedReport;

/// Keeps a report that came as a file, and beside it who brought it.
#[derive(Debug)]
pub struct StoreFile {
    /// The report.
    pub report: AdmittedReport,
    /// Who brought it, when.
    pub entry: Entry,
}

impl Operation for StoreFile {
    type Outcome = <StoreReport as Operation>::Outcome;

    fn apply(self, database: &Connection) -> Result<Self::Outcome, StoreError> {
        let outcome = StoreReport(self.report).apply(database)?;
        if outcome.as_ref().is_ok_and(super::Stored::was_kept) {
            audit(database, &self.entry)?;
        }
        Ok(outcome)
    }
}
