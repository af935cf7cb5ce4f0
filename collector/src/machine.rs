//! What the collector knows of one machine: plain data, kept by the store, read by the judge.

use std::collections::BTreeMap;

use report::{MachineId, Observation, Timestamp, Topic};

/// A machine that has an identity.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Its name since it enrolled.
    pub id: MachineId,
    /// The register row it is bound to; `None`: it is not in the register.
    pub row: Option<String>,
    /// The unit its join token was made for; counts only while it has no row.
    pub token_unit: Option<String>,
    /// What became of its identity.
    pub standing: Standing,
    /// When it enrolled, by the collector's clock.
    pub enrolled_at: Timestamp,
    /// The last contact that was accepted; enrolment is the first.
    pub last_contact: Contact,
    /// The newest observation of each topic.
    pub topics: BTreeMap<Topic, Kept>,
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
}
