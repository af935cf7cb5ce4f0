//! The machines as the store has them, kept in memory for the judge.

use std::collections::BTreeMap;

use report::{MachineId, Timestamp};

use crate::machine::{Contact, Machine, Standing};
use crate::store::Stored;

/// Every identity. What is in here is durable: the store's thread puts it in after the commit.
#[derive(Debug, Default)]
pub struct Fleet {
    machines: BTreeMap<MachineId, Machine>,
}

impl Fleet {
    /// From the store's content.
    #[must_use]
    pub fn new(machines: Vec<Machine>) -> Self {
        Self { machines: machines.into_iter().map(|machine| (machine.id, machine)).collect() }
    }

    /// Every machine, in the order of their ids.
    pub fn machines(&self) -> impl Iterator<Item = &Machine> {
        self.machines.values()
    }

    /// The machine of this id.
    #[must_use]
    pub fn get(&self, id: MachineId) -> Option<&Machine> {
        self.machines.get(&id)
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
        self.machines.insert(id, machine);
    }

    /// A report was kept.
    pub fn keep(&mut self, stored: &Stored) {
        if let Some(machine) = self.machines.get_mut(&stored.report.machine()) {
            machine.last_contact = stored.report.contact();
            machine.standing = stored.standing;
            machine.topics.extend(stored.report.kept());
        }
    }

    /// An identity was revoked.
    pub fn revoke(&mut self, id: MachineId) {
        if let Some(machine) = self.machines.get_mut(&id) {
            machine.standing = Standing::Revoked;
        }
    }
}
