//! The past, judged: everyone as of a moment that is over.

use std::sync::Arc;

use report::Timestamp;

use crate::live::Live;
use crate::policy::{Folder, PolicySet};
use crate::reload::{FolderError, Source};
use crate::store::{Archive, StoreError};
use crate::when::AsKnown;

/// Why a moment cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum PastError {
    /// It is not over yet.
    #[error(
        "{at} is not over yet: leave --at out for the present, and ask `forecast` for what is to \
         come"
    )]
    Future {
        /// The moment that was asked about.
        at: Timestamp,
    },
    /// Nobody was judged then.
    #[error("nothing is known of {at}: the store goes back to {since}")]
    Before {
        /// The moment that was asked about.
        at: Timestamp,
        /// When the first policy set took effect.
        since: Timestamp,
    },
    /// Nobody was ever judged.
    #[error("nothing is known of the past: no policy set was ever in force here")]
    Never,
    /// The set of that time is refused by this version.
    #[error("the policy set that was in force at {at} no longer loads:\n{fault}")]
    Policies {
        /// The moment that was asked about.
        at: Timestamp,
        /// What is wrong with it.
        fault: FolderError,
    },
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Judging ended badly: a fault of this program.
    #[error("judging the past ended badly: {0}")]
    Ended(String),
}

/// Where the past is read from.
#[derive(Clone, Debug)]
pub struct Past {
    /// What was kept.
    pub archive: Archive,
    /// What makes policy sets of kept folders.
    pub source: Source,
}

impl Past {
    /// Judges everyone as of a moment: as known then, by the machines and the set of that moment;
    /// as known now, where the set that is in force `now` is given, by that set and by all that has
    /// been told of the moment since. See [`Archive::fleet_at`].
    ///
    /// # Errors
    /// When the moment is not over, lies before all that is known, or cannot be judged any more.
    pub fn judged(
        &self,
        at: Timestamp,
        now: Timestamp,
        set: Option<Arc<PolicySet>>,
    ) -> Result<Live, PastError> {
        if at > now {
            return Err(PastError::Future { at });
        }
        let known = if set.is_some() { AsKnown::Now } else { AsKnown::Then };
        let then = self.set_at(at)?;
        let fleet = self.archive.fleet_at(at, known)?;
        let set = match set {
            Some(set) => set,
            None => self.load(&then, at)?,
        };
        Ok(Live::of_past(set, fleet, at, known))
    }

    fn set_at(&self, at: Timestamp) -> Result<Folder, PastError> {
        match self.archive.policies_at(at)? {
            Some(files) => Ok(Folder::from_files(files)),
            None => {
                let since = self.archive.begins()?.ok_or(PastError::Never)?;
                Err(PastError::Before { at, since })
            }
        }
    }

    fn load(&self, folder: &Folder, at: Timestamp) -> Result<Arc<PolicySet>, PastError> {
        let loaded = self.source.load(folder);
        loaded.map(Arc::new).map_err(|fault| PastError::Policies { at, fault })
    }
}
