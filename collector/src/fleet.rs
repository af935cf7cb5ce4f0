//! The machines as the store has them, kept in memory for the judge.

use std::collections::BTreeMap;

use report::{MachineId, Timestamp};

use crate::ingest::continuity::Continuity;
use crate::machine::{Contact, Machine, Standing};
use crate::store::Stored;

/// Every identity. What is in here is durable: the store acknowledged it first.
#[derive(Debug, Default)]
pub struct Fleet {
    machines: BTreeMap<MachineId, Tracked>,
}

#[derive(Debug)]
struct Tracked {
    machine: Machine,
    /// The number of the last report that is in `machine`.
    number: u64,
}

impl Fleet {
    /// From the store's content.
    #[must_use]
    pub fn new(machines: Vec<(Machine, u64)>) -> Self {
        let machines = machines
            .into_iter()
            .map(|(machine, number)| (machine.id, Tracked { machine, number }))
            .collect();
        Self { machines }
    }

    /// Every machine, in the order of their ids.
    pub fn machines(&self) -> impl Iterator<Item = &Machine> {
        self.machines.values().map(|tracked| &tracked.machine)
    }

    /// The machine of this id.
    #[must_use]
    pub fn get(&self, id: MachineId) -> Option<&Machine> {
        self.machines.get(&id).map(|tracked| &tracked.machine)
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
        let machine = Machine {
            id,
            row,
            token_unit,
            standing,
            enrolled_at: at,
            last_contact: Contact { at, skew: 0 },
            topics: BTreeMap::new(),
        };
        self.machines.insert(id, Tracked { machine, number: 0 });
    }

    /// A report was kept. Two reports of one machine may be answered in another order than they
    /// were committed in: the later commit stands.
    pub fn keep(&mut self, stored: &Stored) {
        match stored.continuity {
            Continuity::Next | Continuity::Restore | Continuity::Clone => {}
            Continuity::Repeat | Continuity::SequenceConflict | Continuity::OldSequence => return,
        }
        let Some(tracked) = self.machines.get_mut(&stored.report.machine()) else {
            return;
        };
        if stored.number <= tracked.number {
            return;
        }
        tracked.number = stored.number;
        tracked.machine.last_contact = stored.report.contact();
        // A revocation that came in between is final.
        if tracked.machine.standing != Standing::Revoked {
            tracked.machine.standing = stored.standing;
        }
        tracked.machine.topics.extend(stored.report.kept());
    }

    /// An identity was revoked.
    pub fn revoke(&mut self, id: MachineId) {
        if let Some(tracked) = self.machines.get_mut(&id) {
            tracked.machine.standing = Standing::Revoked;
        }
    }
}
