//! What somebody has done to the logs, as far as their chains and heads kept elsewhere tell.

use serde::{Deserialize, Serialize};

use super::head::Head;
use crate::store::{Log, LoggedEntry};

/// Everything that was looked at, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// Both logs, walked from their first row to their last.
    pub logs: Vec<LogCheck>,
    /// The heads, in the order in which they were given.
    pub heads: Vec<HeadCheck>,
    /// The entries that tell of the making of a snapshot that is gone or was changed.
    pub lost_snapshots: Vec<LoggedEntry>,
}

/// One log by its own chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogCheck {
    /// Which.
    pub log: Log,
    /// How many rows it has.
    pub rows: u64,
    /// What is wrong, by rows; at most so many as anybody reads.
    pub findings: Vec<Finding>,
    /// How many more there are.
    pub more: u64,
}

/// What is wrong within a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// These rows, or the hashes they follow on, are not what was written.
    Changed {
        /// The first.
        from: i64,
        /// The last.
        to: i64,
    },
    /// These rows are not there.
    Missing {
        /// The first.
        from: i64,
        /// The last.
        to: i64,
    },
    /// A row holds what was written as another one.
    Moved {
        /// The row.
        number: i64,
        /// The one it was written as.
        was: i64,
    },
    /// A row stands before the first one.
    Stray {
        /// The row.
        number: i64,
    },
    /// The table that says which row about each member is the newest does not fit the log.
    Newest,
}

/// The logs against one head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadCheck {
    /// The head.
    pub head: Head,
    /// Whether it lies beside the store, or somebody brought it.
    pub kept: bool,
    /// What is wrong; empty: all that was logged before it stands as it was.
    pub findings: Vec<HeadFinding>,
}

/// What is wrong between a head and the logs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeadFinding {
    /// Its signature is not that of the key it names: it proves nothing.
    Unsigned,
    /// It was signed with another key than this collector's, of this fingerprint.
    AnotherKey(String),
    /// The audit log begins otherwise: it was begun anew, or it is that of another store.
    BegunAnew,
    /// A log ends before the row that the head names.
    Truncated {
        /// Which.
        log: Log,
        /// The row it ends with; 0: it is empty.
        last: i64,
        /// The row it ended with.
        was: i64,
    },
    /// The row that the head names is missing.
    Missing {
        /// In which log.
        log: Log,
        /// Its number.
        number: i64,
    },
    /// The row that the head names is younger than the head: the log was cut off before it, and
    /// written on.
    WrittenOver {
        /// Which.
        log: Log,
        /// The row.
        number: i64,
    },
    /// The row that the head names has another hash: it, or one before it, was changed, taken out or
    /// put in, and the hashes after that were made anew.
    Rewritten {
        /// Which.
        log: Log,
        /// The row.
        number: i64,
    },
}

impl HeadFinding {
    /// Whether it speaks against the logs or the heads, and not only of who has signed: that the key
    /// was made anew is an entry of its own, and what an older one signed still has to be there.
    #[must_use]
    pub fn is_a_contradiction(&self) -> bool {
        match self {
            Self::AnotherKey(_) => false,
            Self::Unsigned
            | Self::BegunAnew
            | Self::Truncated { .. }
            | Self::Missing { .. }
            | Self::WrittenOver { .. }
            | Self::Rewritten { .. } => true,
        }
    }
}

impl Verification {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.nothing_is_gone() && self.heads.iter().all(|head| head.findings.is_empty())
    }

    /// Whether all that speaks against it is heads that say nothing: their own signature is wrong,
    /// as after a slip of the pen.
    #[must_use]
    pub fn proves_nothing(&self) -> bool {
        let is_void = |finding: &HeadFinding| matches!(finding, HeadFinding::Unsigned);
        let mut findings = self.heads.iter().flat_map(|head| &head.findings);
        !self.is_good() && self.nothing_is_gone() && findings.all(is_void)
    }

    fn nothing_is_gone(&self) -> bool {
        let is_whole = |log: &LogCheck| log.findings.is_empty();
        self.logs.iter().all(is_whole) && self.lost_snapshots.is_empty()
    }
}
