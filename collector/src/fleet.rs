//! The machines as the store has them, kept in memory for the judge.

use std::collections::BTreeMap;
use std::sync::Arc;

use report::{MachineId, Timestamp};

use crate::machine::{Contact, Machine, Standing};
use crate::store::Stored;

/// Every identity. What is in here is durable: the store's thread puts it in after the commit.
#[derive(Debug, Default)]
pub struct Fleet {
    machines: BTreeMap<MachineId, Arc<Machine>>,
}

impl Fleet {
    /// From the store's content.
    #[must_use]
    pub fn new(machines: Vec<Machine>) -> Self {
        let machines =
            machines.into_iter().map(|machine| (machine.id, Arc::new(machine))).collect();
        Self { machines }
    }

    /// Every machine as it is now, in the order of their ids: to be judged without holding anyone
    /// up.
    #[must_use]
    pub fn machines(&self) -> Vec<Arc<Machine>> {
        self.machines.values().cloned().collect()
    }

    /// The machine of this id.
    #[must_use]
    pub fn get(&self, id: MachineId) -> Option<Arc<Machine>> {
        self.machines.get(&id).cloned()
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
        self.machines.insert(id, Arc::new(machine));
    }

    /// A report was kept.
    pub fn keep(&mut self, stored: &Stored) {
        if let Some(machine) = self.machines.get_mut(&stored.report.machine()) {
            let machine = Arc::make_mut(machine);
            machine.last_contact = stored.report.contact();
            machine.standing = stored.standing;
            machine.topics.extend(stored.report.kept());
        }
    }

    /// An identity was revoked.
    pub fn revoke(&mut self, id: MachineId) {
        if let Some(machine) = self.machines.get_mut(&id) {
            Arc::make_mut(machine).standing = Standing::Revoked;
        }
    }
}
