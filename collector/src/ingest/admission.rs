//! Admission: the only way from a connection to the store.

use report::machine::FactsDigest;
use report::wire::{Heartbeat, ReceivedReport};
use report::{Fingerprint, MachineId, Observation, Timestamp, Topic};
use sha2::{Digest as _, Sha256};

use super::continuity::{Continuity, Kind, Mark, Past, continuity, of_file};
use crate::identities::AuthenticatedMachine;
use crate::machine::{Contact, Kept};
use crate::register::ReportsBy;

/// Who speaks, when, and which contact it is: what a report and a heartbeat have in common.
#[derive(Clone, Copy, Debug)]
pub struct Introduction {
    /// Whose contact it is.
    pub machine: MachineId,
    /// When it came and how far the sender's clock was off.
    pub contact: Contact,
    /// The hardware it came from.
    pub fingerprint: Fingerprint,
    /// Which contact it is.
    pub mark: Mark,
}

/// A report whose sender is who it says, by a certificate in force at this very request. Only
/// [`admit`] and [`admit_file`] make one, and the store takes nothing else.
#[derive(Debug)]
pub struct AdmittedReport {
    introduction: Introduction,
    received: ReceivedReport,
    by: ReportsBy,
}

/// A heartbeat whose sender is who it says, by a certificate in force at this very request. Only
/// [`admit_heartbeat`] makes one, and the store takes nothing else.
#[derive(Debug)]
pub struct AdmittedHeartbeat {
    introduction: Introduction,
    observed_at: Timestamp,
}

/// A report or a heartbeat names another machine than the certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body names another machine than the certificate")]
pub struct ForeignReport;

/// Admits a report of an authenticated machine.
///
/// # Errors
/// When it names another machine.
pub fn admit(
    sender: &AuthenticatedMachine,
    received: ReceivedReport,
) -> Result<AdmittedReport, ForeignReport> {
    let contact = contact(sender, received.report.machine, received.report.sent_at)?;
    Ok(admitted(sender, contact, received, ReportsBy::Network))
}

/// Admits a report that came in a file an authenticated machine has signed. How far the machine's
/// clock is off, no file tells.
///
/// # Errors
/// When it names another machine.
pub fn admit_file(
    sender: &AuthenticatedMachine,
    received: ReceivedReport,
) -> Result<AdmittedReport, ForeignReport> {
    let contact = contact(sender, received.report.machine, sender.at())?;
    Ok(admitted(sender, contact, received, ReportsBy::File))
}

fn admitted(
    sender: &AuthenticatedMachine,
    contact: Contact,
    received: ReceivedReport,
    by: ReportsBy,
) -> AdmittedReport {
    let report = &received.report;
    let mark = Mark {
        incarnation: report.incarnation,
        sequence: report.sequence,
        kind: Kind::Report,
        digest: report.digest(),
    };
    let introduction =
        Introduction { machine: sender.machine(), contact, fingerprint: report.fingerprint, mark };
    AdmittedReport { introduction, received, by }
}

/// Admits a heartbeat of an authenticated machine.
///
/// # Errors
/// When it names another machine.
pub fn admit_heartbeat(
    sender: &AuthenticatedMachine,
    heartbeat: Heartbeat,
) -> Result<AdmittedHeartbeat, ForeignReport> {
    let Heartbeat { machine, fingerprint, incarnation, sequence, sent_at, observed_at, digest } =
        heartbeat;
    let contact = contact(sender, machine, sent_at)?;
    let mark = Mark { incarnation, sequence, kind: Kind::Heartbeat, digest };
    let introduction = Introduction { machine: sender.machine(), contact, fingerprint, mark };
    Ok(AdmittedHeartbeat { introduction, observed_at })
}

fn contact(
    sender: &AuthenticatedMachine,
    named: MachineId,
    sent_at: Timestamp,
) -> Result<Contact, ForeignReport> {
    let is_its_own = named == sender.machine();
    let contact = Contact { at: sender.at(), skew: sent_at.since(sender.at()) };
    is_its_own.then_some(contact).ok_or(ForeignReport)
}

impl Introduction {
    /// The name under which it is kept what this hardware says with the identity of another: always
    /// the same one, and nobody's else.
    #[must_use]
    pub fn shadow(&self) -> MachineId {
        let digest = Sha256::new()
            .chain_update(b"lachan shadow 1\n")
            .chain_update(self.machine.as_bytes())
            .chain_update(self.fingerprint.as_bytes())
            .finalize();
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        MachineId::from_bytes(id)
    }
}

impl AdmittedHeartbeat {
    /// The same as that of the [shadow](Introduction::shadow) it comes from.
    #[must_use]
    pub fn of_shadow(mut self) -> Self {
        self.introduction.machine = self.introduction.shadow();
        self
    }

    /// Who speaks, when, and which contact it is.
    #[must_use]
    pub fn introduction(&self) -> &Introduction {
        &self.introduction
    }

    /// When its survey ended, by the collector's clock; as it says, be it in the future.
    #[must_use]
    pub fn seen_at(&self) -> Timestamp {
        self.observed_at - self.introduction.contact.skew
    }
}

impl AdmittedReport {
    /// The same as that of the [shadow](Introduction::shadow) it comes from.
    #[must_use]
    pub fn of_shadow(mut self) -> Self {
        self.introduction.machine = self.introduction.shadow();
        self
    }

    /// Who speaks, when, and which contact it is.
    #[must_use]
    pub fn introduction(&self) -> &Introduction {
        &self.introduction
    }

    /// How it follows on what its machine said before.
    #[must_use]
    pub fn follows_on(&self, past: &Past) -> Continuity {
        let Introduction { fingerprint, mark, .. } = self.introduction;
        match self.by {
            ReportsBy::Network => continuity(past, fingerprint, mark),
            ReportsBy::File => of_file(past, fingerprint, mark),
        }
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
        let contact = self.introduction.contact;
        self.received
            .report
            .observations
            .iter()
            .map(move |observation| (observation.topic, Kept::new(observation.clone(), contact)))
    }

    /// A digest over what one topic says, without when it was looked at.
    #[must_use]
    pub fn topic_digest(&self, name: &str, body: &str) -> String {
        topic_digest(&self.received.report.observations, name, body)
    }
}

/// A digest over what one topic of a report says, without when it was looked at.
#[must_use]
pub fn topic_digest(observations: &[Observation], name: &str, body: &str) -> String {
    let known = Topic::from_name(name)
        .and_then(|topic| observations.iter().find(|observation| observation.topic == topic));
    match known {
        Some(observation) => report::report::digest(std::slice::from_ref(observation)),
        None => FactsDigest::from_bytes(Sha256::digest(body).into()),
    }
    .to_string()
}
