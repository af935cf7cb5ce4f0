//! One report: who speaks, which contact this is, and what was observed.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::machine::{FactsDigest, Fingerprint, Incarnation, MachineId, Sequence};
use crate::moment::Timestamp;
use crate::observation::{Observation, Outcome};
use crate::text::Text;
use crate::wire;

/// What an agent sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Whose report it claims to be; the certificate decides.
    pub machine: MachineId,
    /// The agent's version.
    pub agent: Text,
    /// The hardware the agent runs on.
    pub fingerprint: Fingerprint,
    /// The agent process that speaks.
    pub incarnation: Incarnation,
    /// Which contact of this identity it is.
    pub sequence: Sequence,
    /// The machine's clock when it was sent.
    pub sent_at: Timestamp,
    /// One observation for each topic at most.
    pub observations: Vec<Observation>,
}

impl Report {
    /// A digest over what the report says of the machine: topics, outcomes and non-volatile facts,
    /// without the moments at which they were looked at. Two reports with one digest say the same.
    #[must_use]
    pub fn digest(&self) -> FactsDigest {
        digest(&self.observations)
    }
}

/// See [`Report::digest`].
#[must_use]
pub fn digest(observations: &[Observation]) -> FactsDigest {
    let mut ordered: Vec<_> = observations.iter().collect();
    ordered.sort_by_key(|observation| observation.topic);
    let mut canonical = String::new();
    for observation in ordered {
        let stable = Observation { outcome: stable(&observation.outcome), ..observation.clone() };
        let body = wire::topic_json(&Observation { observed_at: Timestamp(0), ..stable });
        // Writing to a string cannot fail.
        let _ = writeln!(canonical, "{} {body}", observation.topic.name());
    }
    FactsDigest::from_bytes(Sha256::digest(canonical).into())
}

fn stable(outcome: &Outcome) -> Outcome {
    match outcome {
        Outcome::Observed(facts) => Outcome::Observed(
            facts
                .iter()
                .filter(|(key, _)| !key.spec().volatile)
                .map(|(key, reading)| (*key, reading.clone()))
                .collect(),
        ),
        Outcome::NotApplicable(why) => Outcome::NotApplicable(why.clone()),
        Outcome::Failed(why) => Outcome::Failed(why.clone()),
    }
}
