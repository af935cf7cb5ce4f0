//! Updates of systems whose lists do not say which of them are for security: Alpine's and Arch's.
//!
//! Where nothing waits, nothing waits for security either. Where something does, nobody knows.

use report::fact::Ignorance;
use report::moment::DAY;
use report::{Fact, Moment, Reason, Timestamp};

use super::dpkg::how_many;
use crate::probes::findings::{Findings, count, moment, unknown};

/// What the facts are that follow from lists.
const LIST_FACTS: [&str; 5] = [
    "patches.pending",
    "patches.security_pending",
    "patches.security_sources",
    "patches.sources_behind",
    "patches.lists_at",
];

/// The lists of a release that is looked after are made anew within it.
const STANDS_STILL: i64 = 7 * DAY;

/// What is known of installed packages and of lists.
#[derive(Debug, Default)]
pub(super) struct Unlabelled {
    /// Of each package that has something newer on offer, whether it is kept as it is.
    pub(super) waiting: Vec<bool>,
    /// How many lists are those of the release itself.
    pub(super) of_release: u64,
    /// When each list was made.
    pub(super) made: Vec<Timestamp>,
}

/// Notes what was found, or why nothing was.
pub(super) fn note(found: Result<Unlabelled, Ignorance>, source: &str, findings: &mut Findings) {
    let found = match found {
        Ok(found) => found,
        Err(why) => {
            for name in LIST_FACTS {
                findings.add(name, Fact::Unknown(why.clone()), source);
            }
            return;
        }
    };
    let updates = how_many(found.waiting.iter().filter(|is_kept| !**is_kept));
    findings.add("patches.pending", count(updates), source);
    findings.add("patches.security_pending", found.security(), source);
    findings.add("patches.security_sources", count(found.of_release), source);
    findings.add("patches.sources_behind", found.behind(), source);
    let made = found.made.iter().min().map(|at| moment(Moment::source(*at)));
    findings.add("patches.lists_at", made.unwrap_or(Fact::Absent), source);
}

impl Unlabelled {
    fn security(&self) -> Fact {
        match self.waiting.len() {
            0 => count(0),
            waiting => {
                let why =
                    format!("{waiting} wait, and no list says which of them are for security");
                unknown(Reason::NotSupported, &why)
            }
        }
    }

    /// A list that is much older than the others may stand still, or no longer be fetched.
    fn behind(&self) -> Fact {
        let newest = self.made.iter().max();
        let is_old =
            |at: &&Timestamp| newest.is_some_and(|newest| newest.since(**at) > STANDS_STILL);
        match self.made.iter().find(is_old) {
            None => count(0),
            Some(_) => {
                let why =
                    "a list is much older than the others: whether it is still fetched is not told";
                unknown(Reason::NotSupported, why)
            }
        }
    }
}
