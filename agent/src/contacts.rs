//! What became of the last contacts, for `status`.

mod shut_out;

use report::wire::ReportReply;
use report::{MachineId, Sequence, Timestamp};
use serde::{Deserialize, Serialize};

use crate::durable;
use crate::state::{StateDir, StateError, at};
use crate::uplink::Refusal;
pub use shut_out::ShutOut;

const FILE: &str = "contacts.json";
const MAX_BYTES: u64 = 256 * 1024;

/// The last contacts of one identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contacts {
    /// Whose they are: those of an identity that was given up say nothing.
    pub machine: MachineId,
    /// The last one, however it ended.
    pub attempt: Option<Attempt>,
    /// The last one that was accepted.
    pub accepted: Option<Accepted>,
    /// When the next one is due, by the machine's clock, if the service runs.
    pub next_at: Option<Timestamp>,
    /// That collectors refuse this identity, until one accepts it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shut_out: Option<ShutOut>,
}

/// What lies where contacts are kept.
#[derive(Debug)]
pub enum Found {
    /// There never was one.
    Nothing,
    /// Nothing that can be understood.
    Damaged,
    /// Contacts.
    Whole(Box<Contacts>),
}

/// A contact, however it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When, by the machine's clock.
    pub at: Timestamp,
    /// What went wrong, if anything.
    pub failure: Option<AttemptFailure>,
}

/// Why a contact came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptFailure {
    /// How far it came.
    pub trouble: Trouble,
    /// The cause, in the program's own words.
    pub cause: String,
}

/// How far a contact came that came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// Something on this machine stood in the way.
    NotSent,
    /// No collector took it.
    NotTaken,
    /// A collector refused it for good.
    Refused,
    /// A collector refused this machine's identity.
    ShutOut,
}

/// A contact that was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// When, by the machine's clock.
    pub at: Timestamp,
    /// By which collector.
    pub collector: String,
    /// Which contact it was.
    pub sequence: Sequence,
    /// What was sent.
    pub kind: ContactKind,
    /// The machine's clock minus the collector's, in seconds: at the middle of the exchange.
    pub skew: i64,
    /// What the collector said.
    pub reply: ReportReply,
}

/// What a contact brought the collector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactKind {
    /// Everything that was seen.
    Report,
    /// That nothing has changed.
    Heartbeat,
}

impl Contacts {
    /// No contact yet.
    #[must_use]
    pub fn none(machine: MachineId) -> Self {
        Self { machine, attempt: None, accepted: None, next_at: None, shut_out: None }
    }

    /// The contacts of `machine` kept in `state`; a damaged file counts as none.
    ///
    /// # Errors
    /// When the disk does not give them.
    pub fn load(state: &StateDir, machine: MachineId) -> Result<Self, StateError> {
        let kept = match Self::look(state)? {
            Found::Whole(contacts) => Some(*contacts),
            Found::Damaged => {
                tracing::warn!("{FILE} is damaged: it begins anew");
                None
            }
            Found::Nothing => None,
        };
        Ok(kept
            .filter(|contacts| contacts.machine == machine)
            .unwrap_or_else(|| Self::none(machine)))
    }

    /// The contacts kept in `state`, whoever's they are.
    ///
    /// # Errors
    /// When the disk does not give them.
    pub fn look(state: &StateDir) -> Result<Found, StateError> {
        let path = state.join(FILE);
        let Some(bytes) = durable::read(&path, MAX_BYTES).map_err(at(&path))? else {
            return Ok(Found::Nothing);
        };
        Ok(serde_json::from_slice(&bytes).map(Box::new).map_or(Found::Damaged, Found::Whole))
    }

    /// When a collector last took a report, by its own clock; long ago where none ever did.
    #[must_use]
    pub fn heard(&self) -> Timestamp {
        self.accepted.as_ref().map_or(Timestamp(0), |accepted| accepted.reply.received_at)
    }

    /// The number of the last contact that was accepted: whatever has it or a lower one has been
    /// told, or was let go of.
    #[must_use]
    pub fn told(&self) -> Sequence {
        self.accepted.as_ref().map(|accepted| accepted.sequence).unwrap_or_default()
    }

    /// Notes an accepted contact.
    pub fn accept(&mut self, accepted: Accepted) {
        self.attempt = Some(Attempt { at: accepted.at, failure: None });
        self.shut_out = None;
        self.accepted = Some(accepted);
    }

    /// Notes a contact that was not accepted.
    pub fn fail(&mut self, at: Timestamp, trouble: Trouble, cause: String) {
        self.attempt = Some(Attempt { at, failure: Some(AttemptFailure { trouble, cause }) });
    }

    /// Notes that the identity itself was refused.
    pub fn refuse(&mut self, at: Timestamp, refusal: &Refusal) {
        self.fail(at, Trouble::ShutOut, refusal.to_string());
        let since = self.shut_out.as_ref().map_or(at, |former| former.since);
        self.shut_out = Some(ShutOut { since, refusal: refusal.clone() });
    }

    /// Keeps them.
    ///
    /// # Errors
    /// When the disk does not take them.
    pub fn save(&self, state: &StateDir) -> Result<(), StateError> {
        let path = state.join(FILE);
        serde_json::to_vec(self)
            .map_err(std::io::Error::other)
            .and_then(|bytes| durable::replace(&path, &bytes))
            .map_err(at(&path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted() -> Accepted {
        Accepted {
            at: Timestamp(1),
            collector: "a:1".to_owned(),
            sequence: Sequence(1),
            kind: ContactKind::Heartbeat,
            skew: -3,
            reply: ReportReply {
                wire: 1,
                received_at: Timestamp(2),
                next_contact_seconds: 900,
                verdict: report::Verdict { state: report::State::Protected, rules: Vec::new() },
                unjudged: Vec::new(),
                digest: None,
                renew: false,
            },
        }
    }

    #[test]
    fn a_failed_contact_does_not_hide_the_last_accepted_one() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::new(folder.path().to_owned());
        let machine = MachineId::from_bytes([1; 16]);
        let accepted = accepted();
        let mut contacts = Contacts::none(machine);
        contacts.accept(accepted.clone());
        contacts.fail(Timestamp(3), Trouble::NotTaken, "down".to_owned());
        contacts.save(&state).unwrap();
        let kept = Contacts::load(&state, machine).unwrap();
        assert_eq!(kept.heard(), Timestamp(2), "by the collector's clock");
        assert_eq!(kept.accepted, Some(accepted));
        assert_eq!(kept.told(), Sequence(1));
        assert_eq!(kept.attempt.unwrap().failure.unwrap().cause, "down");
    }

    #[test]
    fn that_an_identity_is_refused_is_known_until_it_is_accepted_whatever_comes_between() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::new(folder.path().to_owned());
        let machine = MachineId::from_bytes([1; 16]);
        let mut contacts = Contacts::none(machine);
        let problem = |message: &str| report::wire::Problem {
            reason: "revoked".to_owned(),
            message: message.to_owned(),
            wire: 1,
        };
        let refusal = |message| Refusal { status: 403, problem: problem(message) };
        contacts.refuse(Timestamp(3), &refusal("first"));
        contacts.refuse(Timestamp(7), &refusal("second"));
        contacts.fail(Timestamp(9), Trouble::NotTaken, "down".to_owned());
        contacts.save(&state).unwrap();
        let kept = Contacts::load(&state, machine).unwrap().shut_out.unwrap();
        assert_eq!((kept.since, kept.refusal), (Timestamp(3), refusal("second")));
        contacts.accept(accepted());
        assert_eq!(contacts.shut_out, None);
    }

    #[test]
    fn the_contacts_of_a_former_identity_say_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::new(folder.path().to_owned());
        let (former, present) = (MachineId::from_bytes([1; 16]), MachineId::from_bytes([2; 16]));
        let mut contacts = Contacts::none(former);
        contacts.fail(Timestamp(3), Trouble::NotTaken, "down".to_owned());
        contacts.save(&state).unwrap();
        assert_eq!(Contacts::load(&state, present).unwrap(), Contacts::none(present));
    }
}
