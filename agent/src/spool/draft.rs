//! A report that lacks only what the sending process fills in.

use report::machine::FactsDigest;
use report::report::digest;
use report::wire::{decode_report, encode_report};
use report::{Fingerprint, Incarnation, MachineId, Observation, Report, Sequence, Text, Timestamp};

/// What lies on disk is a draft: the incarnation of the process and the moment of sending are
/// filled in when it is sent. The first must never be on disk, or a copied disk would carry it;
/// the second measures the clocks against each other, and an old one would make facts look newer
/// than they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Whose report it is.
    pub machine: MachineId,
    /// The version of the agent that looked.
    pub agent: Text,
    /// The hardware it looked at.
    pub fingerprint: Fingerprint,
    /// Which contact it is; stays the same however often it is sent.
    pub sequence: Sequence,
    /// What was seen.
    pub observations: Vec<Observation>,
}

impl Draft {
    /// The body to send.
    #[must_use]
    pub fn body(&self, incarnation: Incarnation, sent_at: Timestamp) -> String {
        encode_report(&Report {
            machine: self.machine,
            agent: self.agent.clone(),
            fingerprint: self.fingerprint,
            incarnation,
            sequence: self.sequence,
            sent_at,
            observations: self.observations.clone(),
        })
    }

    /// What it says, without when.
    #[must_use]
    pub fn says(&self) -> FactsDigest {
        digest(&self.observations)
    }

    /// When the survey began, by the machine's clock.
    #[must_use]
    pub fn surveyed_at(&self) -> Option<Timestamp> {
        surveyed_at(&self.observations)
    }

    /// Whether it still speaks for the present at `now`: a survey that is as old as the interval
    /// is made anew, and so is one from the future.
    #[must_use]
    pub fn is_younger_than(&self, seconds: i64, now: Timestamp) -> bool {
        self.surveyed_at().is_some_and(|surveyed_at| (0..seconds).contains(&now.since(surveyed_at)))
    }

    pub(super) fn kept(&self) -> String {
        self.body(Incarnation::from_bytes([0; 16]), Timestamp(0))
    }

    pub(super) fn read(kept: &[u8]) -> Option<Self> {
        let report = decode_report(kept).ok()?.report;
        Some(Self {
            machine: report.machine,
            agent: report.agent,
            fingerprint: report.fingerprint,
            sequence: report.sequence,
            observations: report.observations,
        })
    }
}

/// When a survey began, by the machine's clock; none, if it saw nothing.
#[must_use]
pub fn surveyed_at(observations: &[Observation]) -> Option<Timestamp> {
    observations.iter().map(|observation| observation.observed_at).max()
}
