//! The machines as the store has them, kept in memory for the judge.

use std::collections::BTreeMap;
use std::sync::Arc;

use report::{MachineId, Timestamp};

use crate::ingest::admission::Introduction;
use crate::ingest::heartbeat::Pulse;
use crate::machine::{Contact, Machine, Standing};
use crate::store::{Heard, Stored};

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
            security_pending_since: None,
        };
        self.machines.insert(id, Arc::new(machine));
    }

    /// A report was kept.
    pub fn keep(&mut self, stored: &Stored) {
        let introduction = stored.report.introduction();
        if let Some(machine) = self.machines.get_mut(&introduction.machine) {
            let machine = Arc::make_mut(machine);
            machine.last_contact = introduction.contact;
            machine.standing = stored.standing;
            for kept in machine.topics.values_mut() {
                kept.in_last_report = false;
            }
            for (topic, kept) in stored.report.kept() {
                machine.keep(topic, kept);
            }
        }
    }

    /// A heartbeat came.
    pub fn hear(&mut self, heard: &Heard) {
        let Introduction { machine, contact, .. } = *heard.heartbeat.introduction();
        let Some(machine) = self.machines.get_mut(&machine) else {
            return;
        };
        match heard.pulse {
            Pulse::Confirmed(seen_at) => {
                let machine = Arc::make_mut(machine);
                machine.last_contact = contact;
                for kept in machine.topics.values_mut().filter(|kept| kept.in_last_report) {
                    kept.confirm(seen_at);
                }
            }
            Pulse::Clone => Arc::make_mut(machine).standing = heard.standing,
            Pulse::Repeat | Pulse::ReportWanted | Pulse::SequenceConflict | Pulse::OldSequence => {}
        }
    }

    /// An identity was revoked.
    pub fn revoke(&mut self, id: MachineId) {
        if let Some(machine) = self.machines.get_mut(&id) {
            Arc::make_mut(machine).standing = Standing::Revoked;
        }
    }
}
