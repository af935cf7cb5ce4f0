//! Admission: the only way from a connection to the store.

use report::machine::FactsDigest;
use report::wire::ReceivedReport;
use report::{Fingerprint, MachineId, Topic};
use sha2::{Digest as _, Sha256};

use super::continuity::Mark;
use crate::identities::AuthenticatedMachine;
use crate::machine::{Contact, Kept};

/// A report whose sender is who it says, by a certificate in force at this very request. Only
/// [`admit`] makes one, and the store takes nothing else.
#[derive(Debug)]
pub struct AdmittedReport {
    machine: MachineId,
    received: ReceivedReport,
    contact: Contact,
}

/// The report names another machine than the certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the report names another machine than the certificate")]
pub struct ForeignReport;

/// Admits a report of an authenticated machine.
///
/// # Errors
/// When it names another machine.
pub fn admit(
    sender: &AuthenticatedMachine,
    received: ReceivedReport,
) -> Result<AdmittedReport, ForeignReport> {
    if received.report.machine != sender.machine() {
        return Err(ForeignReport);
    }
    let skew = received.report.sent_at.since(sender.at());
    let contact = Contact { at: sender.at(), skew };
    Ok(AdmittedReport { machine: sender.machine(), received, contact })
}

impl AdmittedReport {
    /// Whose report it is.
    #[must_use]
    pub fn machine(&self) -> MachineId {
        self.machine
    }

    /// When it came and how far the sender's clock was off.
    #[must_use]
    pub fn contact(&self) -> Contact {
        self.contact
    }

    /// The hardware it came from.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.received.report.fingerprint
    }

    /// Which contact it is.
    #[must_use]
    pub fn mark(&self) -> Mark {
        let report = &self.received.report;
        Mark { incarnation: report.incarnation, sequence: report.sequence, digest: report.digest() }
    }

    /// Every topic by name, as it stood in the body.
    pub fn bodies(&self) -> impl Iterator<Item = (&str, &str)> {
        self.received.bodies.iter().map(|(name, body)| (name.as_str(), body.get()))
    }

    /// Topics and keys this version keeps and does not judge: the first of them.
    #[must_use]
    pub fn unjudged(&self) -> &[String] {
        &self.received.unjudged
    }

    /// How many topics and keys that is in all.
    #[must_use]
    pub fn unjudged_count(&self) -> u64 {
        u64::try_from(self.received.unjudged_count).unwrap_or(u64::MAX)
    }

    /// The observations as the fleet keeps them.
    pub fn kept(&self) -> impl Iterator<Item = (Topic, Kept)> {
        let Contact { at, skew } = self.contact;
        self.received.report.observations.iter().map(move |observation| {
            let kept = Kept { observation: observation.clone(), received_at: at, skew };
            (observation.topic, kept)
        })
    }

    /// A digest over what one topic says, without when it was looked at.
    #[must_use]
    pub fn topic_digest(&self, name: &str, body: &str) -> String {
        let known = Topic::from_name(name).and_then(|topic| {
            self.received.report.observations.iter().find(|seen| seen.topic == topic)
        });
        match known {
            Some(observation) => report::report::digest(std::slice::from_ref(observation)),
            None => FactsDigest::from_bytes(Sha256::digest(body).into()),
        }
        .to_string()
    }
}
