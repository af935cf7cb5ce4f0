//! Which machine speaks for which row of the register.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::fleet::{Fleet, Slot};
use crate::machine::Standing;
use crate::policy::{Day, PolicySet};
use crate::register::RowIndex;

/// The machines and the rows they are bound to, on one day. Rows have the first places, in their
/// order, and machines those after them, in the order in which they enrolled.
#[derive(Debug)]
pub(super) struct Speakers {
    /// By row; `None`: no machine ever enrolled for it.
    speakers: Vec<Option<Slot>>,
    /// By machine: the row in force that it is bound to, or that took the place of that one.
    rows: Vec<Option<RowIndex>>,
    /// By machine: the row it is bound to, in force or not.
    bound: Vec<Option<RowIndex>>,
    /// The machines of each row that more than one is bound to.
    rivals: BTreeMap<RowIndex, Vec<Slot>>,
}

impl Speakers {
    /// Chooses who speaks for each row.
    pub(super) fn appoint(set: &PolicySet, fleet: &Fleet, day: &Day) -> Self {
        let bound = fleet.slots().map(|machine| row_of(set, fleet, machine)).collect();
        Self::choose(set, fleet, day, bound)
    }

    /// Chooses anew over the same register of machines: to find a million rows by their ids takes
    /// as long as to judge them.
    pub(super) fn appoint_again(&self, set: &PolicySet, fleet: &Fleet, day: &Day) -> Self {
        Self::choose(set, fleet, day, self.bound.clone())
    }

    fn choose(set: &PolicySet, fleet: &Fleet, day: &Day, bound: Vec<Option<RowIndex>>) -> Self {
        let rows = set.register.machines.len();
        let mut speakers = Self {
            speakers: vec![None; rows],
            rows: Vec::with_capacity(bound.len()),
            bound: Vec::new(),
            rivals: BTreeMap::new(),
        };
        for (machine, row) in fleet.slots().zip(&bound) {
            speakers.bind(set, day, fleet, machine, *row);
        }
        Self { bound, ..speakers }
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> usize {
        self.speakers.len()
    }

    /// The row at a place; `None`: it is a machine's place.
    pub(super) fn row_at(&self, place: usize) -> Option<RowIndex> {
        (place < self.rows()).then(|| RowIndex::new(place))
    }

    /// The machine that is judged at a place.
    pub(super) fn machine_at(&self, place: usize) -> Option<Slot> {
        match self.row_at(place) {
            Some(row) => self.speakers[row.number()],
            None => {
                let machine = self.own_machine(place);
                (self.place_of(machine) == place).then_some(machine)
            }
        }
    }

    /// Whether a machine stands behind another one of its row and was revoked: then it is history.
    /// Any other that does not speak for its row is a machine of its own, outside the register
    /// until somebody decides.
    pub(super) fn is_history(&self, fleet: &Fleet, machine: Slot) -> bool {
        self.row_of(machine).is_some() && fleet.at(machine).standing == Standing::Revoked
    }

    /// Where a machine is judged: at the row it speaks for, else at its own place.
    pub(super) fn place_of(&self, machine: Slot) -> usize {
        match self.row_of(machine) {
            Some(row) if self.speakers[row.number()] == Some(machine) => row.number(),
            Some(_) | None => self.own_place(machine),
        }
    }

    /// A machine has changed: the places that are to be judged again.
    pub(super) fn reappoint(
        &mut self,
        set: &PolicySet,
        day: &Day,
        fleet: &Fleet,
        machine: Slot,
    ) -> Vec<usize> {
        if machine.place() >= self.rows.len() {
            let row = row_of(set, fleet, machine);
            self.bound.push(row);
            self.bind(set, day, fleet, machine, row);
        }
        let Some(row) = self.row_of(machine) else {
            return vec![self.own_place(machine)];
        };
        let Some(rivals) = self.rivals.get(&row).cloned() else {
            return vec![row.number()];
        };
        self.speakers[row.number()] =
            rivals.iter().copied().min_by_key(|one| precedence(fleet, *one));
        let own = rivals.into_iter().map(|rival| self.own_place(rival));
        own.chain([row.number()]).collect()
    }

    fn row_of(&self, machine: Slot) -> Option<RowIndex> {
        self.rows.get(machine.place()).copied().flatten()
    }

    /// The place of a machine for itself, outside the register.
    pub(super) fn own_place(&self, machine: Slot) -> usize {
        self.rows() + machine.place()
    }

    /// The machine whose [own place](Self::own_place) it is.
    pub(super) fn own_machine(&self, place: usize) -> Slot {
        Slot::new(place - self.rows())
    }

    /// Binds the next machine to its row, if that is in force, or to the one that took its place.
    fn bind(
        &mut self,
        set: &PolicySet,
        day: &Day,
        fleet: &Fleet,
        machine: Slot,
        row: Option<RowIndex>,
    ) {
        let machines = &set.register.machines;
        let row = row.and_then(|row| machines.followed(machines.at(row), day.date()));
        let row = row.map(|row| row.index);
        self.rows.push(row);
        let Some(row) = row else {
            return;
        };
        match self.speakers[row.number()] {
            None => self.speakers[row.number()] = Some(machine),
            Some(other) => {
                let rivals = self.rivals.entry(row).or_insert_with(|| vec![other]);
                rivals.push(machine);
                let first = rivals.iter().copied().min_by_key(|one| precedence(fleet, *one));
                self.speakers[row.number()] = first;
            }
        }
    }
}

/// The row a machine is bound to, in force or not.
fn row_of(set: &PolicySet, fleet: &Fleet, machine: Slot) -> Option<RowIndex> {
    set.register.machines.index(fleet.at(machine).row()?)
}

/// Who speaks for a row before whom.
fn precedence(fleet: &Fleet, machine: Slot) -> impl Ord + use<> {
    let machine = fleet.at(machine);
    let standing = match machine.standing {
        Standing::Clone => 0,
        Standing::Current => 1,
        Standing::Pending => 2,
        Standing::Revoked => 3,
    };
    (standing, Reverse(machine.enrolled_at), machine.id)
}
