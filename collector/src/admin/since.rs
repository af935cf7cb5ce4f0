//! Since when it has been so: what is shown of the present, with what the log of verdicts tells.

use super::views::{MachineDetail, MachineExplanation};
use crate::store::{Archive, StoreError};

impl MachineDetail {
    /// The same with since when it has been so.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn dated(self, archive: &Archive) -> Result<Self, StoreError> {
        let rules = self.verdict.rules.iter().map(|rule| (rule.rule.as_str(), rule.outcome));
        let since = archive.since(&self.machine.name(), self.machine.state, rules)?;
        Ok(Self { since: Some(since), ..self })
    }
}

impl MachineExplanation {
    /// The same with since when it has been so.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn dated(self, archive: &Archive) -> Result<Self, StoreError> {
        let rules = self.explanation.rules.iter().map(|rule| (rule.rule.as_str(), rule.outcome));
        let since = archive.since(&self.machine.name(), self.machine.state, rules)?;
        Ok(Self { since: Some(since), ..self })
    }
}
