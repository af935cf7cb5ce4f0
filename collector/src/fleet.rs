//! The machines as the store has them, kept in memory for the judge.

use std::collections::BTreeMap;

use report::{MachineId, Timestamp};

use crate::ingest::admission::Introduction;
use crate::ingest::heartbeat::Pulse;
use crate::machine::lexicon::Lexicon;
use crate::machine::{Contact, Held, Machine, MachineView, Standing};
use crate::store::{Foreign, Heard, Stored};

/// Where a machine stands in the fleet, for as long as the collector runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot(u32);

impl Slot {
    /// The machine at a place.
    #[must_use]
    pub fn new(place: usize) -> Self {
        Self(u32::try_from(place).unwrap_or(u32::MAX))
    }

    /// Its place, in the order in which machines enrolled.
    #[must_use]
    pub fn place(self) -> usize {
        self.0 as usize
    }
}

/// Every identity, in the order of enrolment. What is in here is durable: the store's thread puts
/// it in after the commit.
#[derive(Debug, Default)]
pub struct Fleet {
    machines: Vec<Held>,
    lexicon: Lexicon,
    slots: BTreeMap<MachineId, Slot>,
}

impl Fleet {
    /// From the store's content, in any order.
    #[must_use]
    pub fn new(mut machines: Vec<Machine>) -> Self {
        machines.sort_by_key(|machine| (machine.enrolled_at, machine.id));
        let mut fleet = Self::default();
        for machine in machines {
            fleet.push(machine);
        }
        fleet
    }

    /// Takes in the machine that enrolled after all others.
    pub fn push(&mut self, machine: Machine) -> Slot {
        let slot = Slot::new(self.machines.len());
        self.slots.insert(machine.id, slot);
        self.machines.push(Held::pack(machine, &mut self.lexicon));
        slot
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.machines.len()
    }

    /// Whether nobody ever enrolled.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.machines.is_empty()
    }

    /// Every machine in the order of enrolment.
    pub fn slots(&self) -> impl Iterator<Item = Slot> + use<> {
        (0..self.machines.len()).map(Slot::new)
    }

    /// The machine of this identity.
    #[must_use]
    pub fn find(&self, id: MachineId) -> Option<Slot> {
        self.slots.get(&id).copied()
    }

    /// A machine, to be read.
    #[must_use]
    pub fn at(&self, slot: Slot) -> MachineView<'_> {
        MachineView::new(&self.machines[slot.place()], &self.lexicon)
    }

    /// A machine joined.
    pub fn joined(
        &mut self,
        id: MachineId,
        row: Option<String>,
        token_unit: Option<String>,
        standing: Standing,
        at: Timestamp,
    ) -> Slot {
        self.push(Machine {
            id,
            row,
            token_unit,
            clone_of: None,
            standing,
            enrolled_at: at,
            last_contact: Contact { at, skew: 0 },
            topics: BTreeMap::new(),
            security_pending_since: None,
        })
    }

    /// Other hardware speaks with a machine's identity: there is a shadow for it from now on. The
    /// machine it is a shadow of.
    pub fn cloned(&mut self, shadow: MachineId, foreign: &Foreign, at: Timestamp) -> Option<Slot> {
        if self.find(shadow).is_none() {
            self.push(Machine {
                id: shadow,
                row: None,
                token_unit: foreign.token_unit.clone(),
                clone_of: Some(foreign.original),
                standing: Standing::Clone,
                enrolled_at: at,
                last_contact: Contact { at, skew: 0 },
                topics: BTreeMap::new(),
                security_pending_since: None,
            });
        }
        let (slot, machine) = self.machine_mut(foreign.original)?;
        machine.standing = foreign.standing;
        Some(slot)
    }

    /// A report was kept.
    pub fn keep(&mut self, stored: &Stored) -> Option<Slot> {
        let introduction = stored.report.introduction();
        let slot = self.find(introduction.machine)?;
        let machine = self.machines.get_mut(slot.place())?;
        machine.last_contact = introduction.contact;
        machine.standing = stored.standing;
        machine.keep(stored.report.kept(), &mut self.lexicon);
        Some(slot)
    }

    /// A heartbeat came.
    pub fn hear(&mut self, heard: &Heard) -> Option<Slot> {
        let Introduction { machine, contact, .. } = *heard.heartbeat.introduction();
        let (slot, machine) = self.machine_mut(machine)?;
        match heard.pulse {
            Pulse::Confirmed(seen_at) => {
                machine.last_contact = contact;
                machine.confirm(seen_at);
            }
            Pulse::Clone => machine.standing = heard.standing,
            Pulse::Repeat | Pulse::ReportWanted | Pulse::SequenceConflict | Pulse::OldSequence => {
                return None;
            }
        }
        Some(slot)
    }

    /// Something became of an identity.
    pub fn stand(&mut self, id: MachineId, standing: Standing) -> Option<Slot> {
        let (slot, machine) = self.machine_mut(id)?;
        machine.standing = standing;
        Some(slot)
    }

    #[cfg(test)]
    pub(crate) fn change(&mut self, slot: Slot, change: impl FnOnce(&mut Machine)) {
        let held = &mut self.machines[slot.place()];
        let mut machine = held.unpack(&self.lexicon);
        change(&mut machine);
        *held = Held::pack(machine, &mut self.lexicon);
    }

    fn machine_mut(&mut self, id: MachineId) -> Option<(Slot, &mut Held)> {
        let slot = self.find(id)?;
        Some((slot, self.machines.get_mut(slot.place())?))
    }
}
