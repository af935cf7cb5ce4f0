//! What the collector knows of one machine: plain data, kept by the store, held packed in memory,
//! read by the judge.

use std::collections::BTreeMap;

use report::{MachineId, Observation, Timestamp, Topic};

pub use held::Held;
pub use lexicon::Lexicon;
pub use packed::Packed;
pub use pending::Pending;
pub use view::MachineView;

mod held;
pub mod lexicon;
pub mod packed;
mod pending;
pub mod view;
#[cfg(test)]
pub(crate) mod worlds;

/// A machine that has an identity.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Its name since it enrolled.
    pub id: MachineId,
    /// The register row it is bound to; `None`: it is not in the register.
    pub row: Option<String>,
    /// The unit its join token was made for; counts only while it has no row.
    pub token_unit: Option<String>,
    /// Whose identity it uses from other hardware; `None`: its own.
    pub clone_of: Option<MachineId>,
    /// What became of its identity.
    pub standing: Standing,
    /// When it enrolled, by the collector's clock.
    pub enrolled_at: Timestamp,
    /// The last contact that was accepted; enrolment is the first.
    pub last_contact: Contact,
    /// The newest observation of each topic.
    pub topics: BTreeMap<Topic, Kept>,
    /// Since when security updates wait without a break, as far as reports told, by the
    /// collector's clock; `None`: none are known to.
    pub security_pending_since: Option<Timestamp>,
}

impl Machine {
    /// Takes in one topic of a report.
    pub fn keep(&mut self, topic: Topic, kept: Kept) {
        if topic == Topic::Patches {
            self.security_pending_since = self.pending().after(&kept);
        }
        self.topics.insert(topic, kept);
    }

    /// What is known of security updates that wait.
    #[must_use]
    pub fn pending(&self) -> Pending<'_> {
        Pending {
            enrolled_at: self.enrolled_at,
            noted: self.security_pending_since,
            topic: self.topics.get(&Topic::Patches),
        }
    }
}

/// What became of an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// In force.
    Current,
    /// It claims a register row that another identity holds, and nobody has decided yet.
    Pending,
    /// Two machines speak with it.
    Clone,
    /// It was revoked.
    Revoked,
}

impl Standing {
    /// Every standing.
    pub const ALL: [Self; 4] = [Self::Current, Self::Pending, Self::Clone, Self::Revoked];

    /// The name in the store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Pending => "pending",
            Self::Clone => "clone",
            Self::Revoked => "revoked",
        }
    }

    /// The standing of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|standing| standing.name() == name)
    }
}

/// Two contacts further apart than this belong to two spans of contact, in seconds: twice the
/// longest time an agent lets itself be told to wait. Of the past it is not known when within a span
/// a machine spoke, so nothing may be judged silent sooner.
pub const SPAN_GAP: i64 = 12 * 3600;

/// One accepted contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contact {
    /// When, by the collector's clock.
    pub at: Timestamp,
    /// The machine's clock minus the collector's at that contact, in seconds.
    pub skew: i64,
}

/// An observation as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What was seen.
    pub observation: Observation,
    /// When it arrived, by the collector's clock.
    pub received_at: Timestamp,
    /// The machine's clock minus the collector's when it arrived, in seconds.
    pub skew: i64,
    /// Whether the machine's last report carried it.
    pub in_last_report: bool,
    /// When a heartbeat last confirmed it, by the collector's clock.
    pub confirmed_at: Option<Timestamp>,
}

impl Kept {
    /// An observation of a report that came with this contact.
    #[must_use]
    pub fn new(observation: Observation, contact: Contact) -> Self {
        Self {
            observation,
            received_at: contact.at,
            skew: contact.skew,
            in_last_report: true,
            confirmed_at: None,
        }
    }

    /// When the report's survey saw it, by the collector's clock. Nothing was seen after it
    /// arrived.
    #[must_use]
    pub fn seen_at(&self) -> Timestamp {
        (self.observation.observed_at - self.skew).min(self.received_at)
    }

    /// When it was last seen to be so, by a report or a heartbeat.
    #[must_use]
    pub fn last_seen_at(&self) -> Timestamp {
        self.confirmed_at.map_or(self.seen_at(), |at| at.max(self.seen_at()))
    }

    /// A heartbeat says that it was still so at this moment of the collector's clock.
    pub fn confirm(&mut self, at: Timestamp) {
        self.confirmed_at = self.confirmed_at.max(Some(at));
    }
}
