//! A machine as the fleet holds a million of them.

use std::collections::BTreeMap;

use report::{MachineId, Timestamp, Topic};

use super::lexicon::Lexicon;
use super::packed::Packed;
use super::{Contact, Kept, Machine, Standing};

/// A [`Machine`] whose topics are packed. Its texts are words of the lexicon it was packed with.
#[derive(Debug)]
pub struct Held {
    /// See [`Machine::id`].
    pub id: MachineId,
    /// See [`Machine::standing`].
    pub standing: Standing,
    /// See [`Machine::enrolled_at`].
    pub enrolled_at: Timestamp,
    /// See [`Machine::last_contact`].
    pub last_contact: Contact,
    /// See [`Machine::security_pending_since`]; always noted.
    pub security_pending_since: Option<Timestamp>,
    pub(super) row: Option<Box<str>>,
    pub(super) token_unit: Option<Box<str>>,
    /// Nearly nobody has it, and a million pay for its place.
    pub(super) clone_of: Option<Box<MachineId>>,
    /// When a heartbeat last confirmed the topics of the last report.
    pub(super) confirmed_at: Option<Timestamp>,
    pub(super) topics: Packed,
}

impl Held {
    /// Packs a machine.
    #[must_use]
    pub fn pack(machine: Machine, lexicon: &mut Lexicon) -> Self {
        Self {
            id: machine.id,
            standing: machine.standing,
            enrolled_at: machine.enrolled_at,
            last_contact: machine.last_contact,
            security_pending_since: machine.pending().since(),
            row: machine.row.map(String::into_boxed_str),
            token_unit: machine.token_unit.map(String::into_boxed_str),
            clone_of: machine.clone_of.map(Box::new),
            confirmed_at: None,
            topics: Packed::pack(&machine.topics, lexicon),
        }
    }

    /// The machine as it was packed, with everything that has come since.
    #[must_use]
    pub fn unpack(&self, lexicon: &Lexicon) -> Machine {
        Machine {
            id: self.id,
            row: self.row.as_deref().map(str::to_owned),
            token_unit: self.token_unit.as_deref().map(str::to_owned),
            clone_of: self.clone_of.as_deref().copied(),
            standing: self.standing,
            enrolled_at: self.enrolled_at,
            last_contact: self.last_contact,
            topics: self.topics.unpack(self.confirmed_at, lexicon),
            security_pending_since: self.security_pending_since,
        }
    }

    /// Takes in the topics of a report.
    pub fn keep(&mut self, report: impl Iterator<Item = (Topic, Kept)>, lexicon: &mut Lexicon) {
        let report: BTreeMap<_, _> = report.collect();
        if let Some(patches) = report.get(&Topic::Patches) {
            self.security_pending_since = self.unpack(lexicon).pending().after(patches);
        }
        let former = std::mem::take(&mut self.topics);
        self.topics = former.keep(&report, self.confirmed_at.take(), lexicon);
    }

    /// A heartbeat says that what the last report said was still so at this moment.
    pub fn confirm(&mut self, at: Timestamp) {
        self.confirmed_at = self.confirmed_at.max(Some(at));
    }
}
