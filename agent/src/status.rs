//! How this machine stands, read from the state folder alone, also while the agent runs.

use report::wire::Problem;
use report::{MachineId, Sequence, State, Timestamp, Verdict};
use serde::Serialize;

use crate::address::Address;
use crate::contacts::{Attempt, ContactKind, Contacts};
use crate::identity::{Identity, IdentityError};
use crate::spool::{Draft, Spool};
use crate::state::{StateDir, StateError};

/// How this machine stands; also what `status --json` shows.
#[derive(Debug, Default, Serialize)]
pub struct Status {
    /// Its name; none: it is not enrolled.
    pub machine: Option<MachineId>,
    /// Why there is no identity to use.
    pub identity_error: Option<String>,
    /// Where it reports.
    pub collectors: Vec<String>,
    /// When its certificate ends.
    pub certificate_until: Option<Timestamp>,
    /// The last contact, however it ended.
    pub last_attempt: Option<Attempt>,
    /// The last contact that was accepted.
    pub last_accepted: Option<AcceptedAt>,
    /// The reports that wait to be sent.
    pub spooled: Option<Spooled>,
    /// How many reports were let go of unsent since this machine enrolled.
    pub dropped: u64,
    /// The last report that was refused.
    pub refused: Option<RefusedReport>,
    /// What the collector makes of this machine.
    pub verdict: Option<Verdict>,
    /// What the collector kept without judging it.
    pub unjudged: Vec<String>,
}

/// A contact that was accepted.
#[derive(Debug, Serialize)]
pub struct AcceptedAt {
    /// When, by the machine's clock.
    pub at: Timestamp,
    /// When, by the collector's clock.
    pub received_at: Timestamp,
    /// By which collector.
    pub collector: String,
    /// Which contact it was.
    pub sequence: Sequence,
    /// What was sent.
    pub kind: ContactKind,
    /// The machine's clock minus the collector's, in seconds.
    pub skew: i64,
}

/// The reports that wait.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Spooled {
    /// How many.
    pub count: usize,
    /// When the survey of the oldest finished.
    pub oldest_at: Option<Timestamp>,
    /// When the survey of the newest finished.
    pub newest_at: Option<Timestamp>,
}

/// A report that was refused.
#[derive(Debug, Serialize)]
pub struct RefusedReport {
    /// When, by the machine's clock.
    pub at: Timestamp,
    /// Which contact it was.
    pub sequence: Sequence,
    /// The HTTP status.
    pub status: u16,
    /// The collector's explanation.
    pub problem: Problem,
}

impl Status {
    /// Reads it.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn read(state: &StateDir, configured: &[Address]) -> Result<Self, StateError> {
        let spool = Spool::look(state)?;
        let mut status = Self {
            spooled: spooled(spool.waiting()),
            dropped: spool.dropped(),
            refused: spool.refused()?.map(|refused| RefusedReport {
                at: refused.at,
                sequence: refused.sequence,
                status: refused.refusal.status,
                problem: refused.refusal.problem,
            }),
            ..Self::default()
        };
        match Identity::load(state) {
            Ok(identity) => {
                status.add_identity(&identity, configured);
                status.add_contacts(Contacts::load(state, identity.machine)?);
            }
            Err(IdentityError::NotEnrolled(_)) => {}
            Err(error) => status.identity_error = Some(error.to_string()),
        }
        Ok(status)
    }

    fn add_identity(&mut self, identity: &Identity, configured: &[Address]) {
        let collectors = match configured {
            [] => &identity.addresses,
            configured => configured,
        };
        self.machine = Some(identity.machine);
        self.collectors = collectors.iter().map(Address::to_string).collect();
        self.certificate_until = Some(identity.validity.not_after);
    }

    fn add_contacts(&mut self, contacts: Contacts) {
        self.last_attempt = contacts.attempt;
        if let Some(accepted) = contacts.accepted {
            self.last_accepted = Some(AcceptedAt {
                at: accepted.at,
                received_at: accepted.reply.received_at,
                collector: accepted.collector,
                sequence: accepted.sequence,
                kind: accepted.kind,
                skew: accepted.skew,
            });
            self.verdict = Some(accepted.reply.verdict);
            self.unjudged = accepted.reply.unjudged;
        }
    }

    /// Whether the collector has judged this machine and does not count it as protected.
    #[must_use]
    pub fn is_a_finding(&self) -> bool {
        self.verdict.as_ref().is_some_and(|verdict| verdict.state != State::Protected)
    }
}

fn spooled(waiting: &[Draft]) -> Option<Spooled> {
    let (oldest, newest) = (waiting.first()?, waiting.last()?);
    Some(Spooled {
        count: waiting.len(),
        oldest_at: oldest.surveyed_at(),
        newest_at: newest.surveyed_at(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(state: State) -> Status {
        let rules = Vec::new();
        Status { verdict: Some(Verdict { state, rules }), ..Status::default() }
    }

    #[test]
    fn only_protected_is_no_finding() {
        for state in State::ALL {
            assert_eq!(judged(*state).is_a_finding(), *state != State::Protected, "{state:?}");
        }
        assert!(!Status::default().is_a_finding(), "not judged yet");
    }

    #[test]
    fn a_machine_that_never_enrolled_has_a_status() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::new(folder.path().join("never"));
        let status = Status::read(&state, &[]).unwrap();
        assert!(status.machine.is_none() && status.identity_error.is_none());
        assert!(!state.path().exists(), "reading writes nothing");
    }
}
