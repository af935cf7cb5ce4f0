//! The machines and what the judge says of them, always together.

use std::sync::Arc;

use report::{MachineId, Timestamp};

use crate::fleet::{Fleet, Slot};
use crate::machine::Standing;
use crate::policy::roll::Change;
use crate::policy::{FolderHash, JudgeClock, PolicySet, Roll};
use crate::store::{Consequence, Heard, Stored};
use crate::when::AsKnown;

/// The fleet with its roll. Whatever changes a machine is judged at once.
#[derive(Debug)]
pub struct Live {
    fleet: Fleet,
    roll: Roll,
    known: Option<AsKnown>,
    foreseen: Option<Foreseen>,
}

/// For how many members the targets hold later, where nothing happens but time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreseen {
    /// The set that everyone was judged by.
    pub policies: FolderHash,
    /// By days ahead, and in the order of the set's targets.
    pub met: Vec<(u32, Vec<u64>)>,
}

impl Live {
    /// Judges everyone.
    #[must_use]
    pub fn new(set: Arc<PolicySet>, fleet: Fleet, now: Timestamp) -> Self {
        let roll = Roll::call(set, &fleet, JudgeClock::at(now));
        Self { fleet, roll, known: None, foreseen: None }
    }

    /// Judges everyone as of a past moment, by the machines and the set of that reading of it.
    #[must_use]
    pub fn of_past(set: Arc<PolicySet>, fleet: Fleet, at: Timestamp, known: AsKnown) -> Self {
        Self { known: Some(known), ..Self::new(set, fleet, at) }
    }

    /// How the past it is of is told; `None`: it is the present.
    #[must_use]
    pub fn known(&self) -> Option<AsKnown> {
        self.known
    }

    /// The machines.
    #[must_use]
    pub fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// What the judge says of everyone.
    #[must_use]
    pub fn roll(&self) -> &Roll {
        &self.roll
    }

    /// What was last foreseen under the set in force; `None`: nothing is known yet.
    #[must_use]
    pub fn foreseen(&self) -> Option<&Foreseen> {
        self.foreseen.as_ref().filter(|seen| seen.policies == self.roll.set().hash)
    }

    /// Everyone was looked at ahead of time.
    pub fn note(&mut self, foreseen: Foreseen) {
        self.foreseen = Some(foreseen);
    }

    /// Lets time pass until a moment, under the set in force then.
    pub fn advance(&mut self, set: &Arc<PolicySet>, now: Timestamp) {
        self.roll.advance(set, &self.fleet, now);
    }

    /// Takes so many [changes](Roll::take_changes) at most of what is said.
    pub fn take_changes(&mut self, most: usize) -> Vec<Change> {
        self.roll.take_changes(&self.fleet, most)
    }

    /// What was taken got lost.
    pub fn mark_everyone(&mut self) {
        self.roll.mark_everyone();
    }

    /// Whether there is a [member](Roll::has_member) of this name.
    #[must_use]
    pub fn has_member(&self, name: &str) -> bool {
        self.roll.has_member(&self.fleet, name)
    }

    /// A machine joined.
    pub fn joined(
        &mut self,
        id: MachineId,
        row: Option<String>,
        token_unit: Option<String>,
        standing: Standing,
        at: Timestamp,
    ) {
        let slot = self.fleet.joined(id, row, token_unit, standing, at);
        self.roll.touch(&self.fleet, slot, at);
    }

    /// A report came. It is taken in where it was kept.
    pub fn keep(&mut self, stored: &Stored) {
        let introduction = stored.report.introduction();
        let (machine, at) = (introduction.machine, introduction.contact.at);
        if let Some(foreign) = &stored.foreign {
            let original = self.fleet.cloned(machine, foreign, at);
            self.touch(original, at);
        }
        if stored.was_kept() {
            let slot = self.fleet.keep(stored);
            self.touch(slot, at);
        }
    }

    /// A heartbeat came.
    pub fn hear(&mut self, heard: &Heard) {
        let slot = self.fleet.hear(heard);
        self.touch(slot, heard.heartbeat.introduction().contact.at);
    }

    /// An officer has decided about identities.
    pub fn changed(&mut self, change: &Consequence, at: Timestamp) {
        for (id, standing) in &change.standings {
            let slot = self.fleet.stand(*id, *standing);
            self.touch(slot, at);
        }
    }

    fn touch(&mut self, slot: Option<Slot>, at: Timestamp) {
        if let Some(slot) = slot {
            self.roll.touch(&self.fleet, slot, at);
        }
    }
}
