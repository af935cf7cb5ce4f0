//! How this machine stands, read from the state folder alone, also while the agent runs.

use report::catalogue::DEFAULT_STALE_AFTER;
use report::wire::Problem;
use report::{MachineId, Sequence, State, Timestamp, Verdict};
use serde::Serialize;

use crate::address::Address;
use crate::contacts::{Attempt, ContactKind, Contacts, Found, ShutOut};
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
    /// Nothing is known of former contacts: what was noted is damaged.
    pub contacts_damaged: bool,
    /// Where it reports.
    pub collectors: Vec<String>,
    /// When its certificate ends.
    pub certificate_until: Option<Timestamp>,
    /// The last contact, however it ended.
    pub last_attempt: Option<Attempt>,
    /// The last contact that was accepted.
    pub last_accepted: Option<AcceptedAt>,
    /// When the next contact is due, by the machine's clock, if the service runs.
    pub next_contact: Option<Timestamp>,
    /// The reports that wait to be sent.
    pub spooled: Option<Spooled>,
    /// That collectors refuse this machine's identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shut_out: Option<ShutOut>,
    /// How many reports were lost unsent since the state folder was made.
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
    /// When the survey of the oldest began.
    pub oldest_at: Option<Timestamp>,
    /// When the survey of the newest began.
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
        let mut status =
            Self { spooled: spooled(spool.waiting()), dropped: spool.dropped(), ..Self::default() };
        match Identity::load(state) {
            Ok(identity) => status.add_identity(&identity, configured),
            Err(IdentityError::NotEnrolled(_)) => {}
            Err(error) => status.identity_error = Some(error.to_string()),
        }
        match Contacts::look(state)? {
            Found::Whole(contacts) if status.is_of(contacts.machine) => {
                status.add_contacts(*contacts);
            }
            Found::Damaged => status.contacts_damaged = true,
            Found::Whole(_) | Found::Nothing => {}
        }
        let refused = spool
            .refused()?
            .filter(|refused| refused.machine().is_some_and(|machine| status.is_of(machine)));
        status.refused = refused.map(|refused| RefusedReport {
            at: refused.at,
            sequence: refused.sequence,
            status: refused.refusal.status,
            problem: refused.refusal.problem,
        });
        Ok(status)
    }

    /// What was noted of a machine is this one's, or may be: its identity cannot be read.
    fn is_of(&self, machine: MachineId) -> bool {
        self.machine == Some(machine) || self.identity_error.is_some()
    }

    fn add_identity(&mut self, identity: &Identity, configured: &[Address]) {
        let collectors = identity.collectors(configured);
        self.machine = Some(identity.machine);
        self.collectors = collectors.iter().map(Address::to_string).collect();
        self.certificate_until = Some(identity.validity.not_after);
    }

    fn add_contacts(&mut self, contacts: Contacts) {
        self.last_attempt = contacts.attempt;
        self.next_contact = contacts.next_at;
        self.shut_out = contacts.shut_out;
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

    /// Whether somebody should look: all is well only where the collector counts this machine as
    /// protected and has heard from it lately.
    #[must_use]
    pub fn is_a_finding(&self, now: Timestamp) -> bool {
        let heard = self.last_accepted.as_ref().map(|accepted| now.since(accepted.at));
        let is_fresh = heard.is_some_and(|age| age <= DEFAULT_STALE_AFTER);
        let state = self.verdict.as_ref().map(|verdict| verdict.state);
        let is_let_in = self.identity_error.is_none() && self.shut_out.is_none();
        !(is_let_in && state == Some(State::Protected) && is_fresh)
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
    use crate::durable;
    use crate::uplink::Refusal;

    const NOW: Timestamp = Timestamp(1_795_300_000);

    fn judged(state: State) -> Status {
        let rules = Vec::new();
        Status {
            verdict: Some(Verdict { state, rules }),
            last_accepted: Some(AcceptedAt {
                at: NOW - DEFAULT_STALE_AFTER,
                received_at: NOW,
                collector: String::new(),
                sequence: Sequence(1),
                kind: ContactKind::Heartbeat,
                skew: 0,
            }),
            ..Status::default()
        }
    }

    #[test]
    fn only_protected_and_heard_of_lately_is_no_finding() {
        for state in State::ALL {
            assert_eq!(judged(*state).is_a_finding(NOW), *state != State::Protected, "{state:?}");
        }
        assert!(judged(State::Protected).is_a_finding(NOW + 1), "heard of too long ago");
        assert!(Status::default().is_a_finding(NOW), "never judged");
        let unusable = Some("others may read the key".to_owned());
        let exposed = Status { identity_error: unusable, ..judged(State::Protected) };
        assert!(exposed.is_a_finding(NOW));
        let problem = Problem { reason: "revoked".to_owned(), message: String::new(), wire: 1 };
        let shut_out = ShutOut { since: NOW, refusal: Refusal { status: 403, problem } };
        let shut_out = Status { shut_out: Some(shut_out), ..judged(State::Protected) };
        assert!(shut_out.is_a_finding(NOW), "what was said last does not count any more");
    }

    #[test]
    fn contacts_that_cannot_be_understood_are_not_taken_for_none() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::new(folder.path().to_owned());
        durable::replace(&state.join("contacts.json"), b"{\"machine\"").unwrap();
        assert!(Status::read(&state, &[]).unwrap().contacts_damaged);
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
