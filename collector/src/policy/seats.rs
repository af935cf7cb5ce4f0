//! Who takes which contract's seats: the machine that enrolled first chooses first.
//!
//! A contract entitles as many machines as it has seats. A machine uses a seat of the first
//! contract that has one left, among those for a product it carries and for its unit, whether or
//! not the product itself can tell that it is licensed.

use report::FactKey;

use super::PolicySet;
use super::day::Day;
use crate::fleet::{Fleet, Slot};
use crate::machine::view::{Datum, RecordView, Seen};
use crate::machine::{MachineView, Standing};
use crate::register::units::UnitIndex;

const PRODUCTS: FactKey = FactKey::of("antivirus.products");

/// Which list of contracts a machine chooses from; most machines share one.
type Choice = u16;
/// The choice of those who have none.
const NO_CHOICE: Choice = 0;
const NO_SEAT: u16 = u16::MAX;

/// Which machine has which seat.
#[derive(Debug)]
pub(super) struct Seats {
    /// Every list of contracts from which some machine chooses, by their numbers.
    choices: Vec<Vec<u16>>,
    /// By machine.
    choice_of: Vec<Choice>,
    /// By machine: the contract.
    seat_of: Vec<u16>,
    /// By contract.
    used: Vec<u32>,
    /// How many machines did not get their first choice.
    waiting: u32,
    /// Whether somebody's change may have changed what others get.
    unsettled: bool,
}

impl Seats {
    /// Lets every machine choose.
    pub(super) fn allot(
        set: &PolicySet,
        day: &Day,
        fleet: &Fleet,
        unit: impl Fn(Slot) -> Option<UnitIndex>,
    ) -> Self {
        let contracts = set.register.licences.len();
        let mut seats = Self {
            choices: vec![Vec::new()],
            choice_of: Vec::new(),
            seat_of: Vec::new(),
            used: vec![0; contracts],
            waiting: 0,
            unsettled: false,
        };
        for machine in fleet.slots() {
            let choice = seats.choice(set, day, fleet.at(machine), unit(machine));
            seats.choice_of.push(choice);
        }
        seats.seat_of = vec![NO_SEAT; seats.choice_of.len()];
        seats.settle(set);
        seats
    }

    /// The contract a machine has a seat of.
    pub(super) fn of(&self, machine: Slot) -> Option<usize> {
        let seat = self.seat_of.get(machine.place()).copied().filter(|seat| *seat != NO_SEAT);
        seat.map(usize::from)
    }

    /// The first choice of a machine that found no seat left.
    pub(super) fn missed(&self, machine: Slot) -> Option<usize> {
        let choice = *self.choice_of.get(machine.place())?;
        let first = self.choices.get(usize::from(choice))?.first()?;
        self.of(machine).is_none().then_some(usize::from(*first))
    }

    /// How many machines use a seat of a contract.
    pub(super) fn used(&self, contract: usize) -> u32 {
        self.used.get(contract).copied().unwrap_or_default()
    }

    /// A machine has changed. Where everybody has the first choice and this one's has a seat left,
    /// nobody else is touched by it; else the others choose anew when they are
    /// [settled](Self::settle).
    pub(super) fn touch(
        &mut self,
        set: &PolicySet,
        day: &Day,
        fleet: &Fleet,
        machine: Slot,
        unit: Option<UnitIndex>,
    ) {
        let place = machine.place();
        if place >= self.choice_of.len() {
            self.choice_of.resize(place + 1, NO_CHOICE);
            self.seat_of.resize(place + 1, NO_SEAT);
        }
        let choice = self.choice(set, day, fleet.at(machine), unit);
        if choice == self.choice_of[place] {
            return;
        }
        self.leave(place);
        self.choice_of[place] = choice;
        self.take(set, place);
        self.unsettled |= self.waiting > 0;
    }

    /// Whether [settling](Self::settle) may change anything.
    pub(super) fn is_unsettled(&self) -> bool {
        self.unsettled
    }

    /// Lets everybody choose anew, in the order of enrolment; returns who has another seat now.
    pub(super) fn settle(&mut self, set: &PolicySet) -> Vec<Slot> {
        let before = self.seat_of.clone();
        self.seat_of.fill(NO_SEAT);
        self.used.fill(0);
        (self.waiting, self.unsettled) = (0, false);
        for place in 0..self.choice_of.len() {
            self.take(set, place);
        }
        let changed = before.iter().zip(&self.seat_of).enumerate();
        let changed = changed.filter(|(_, (before, now))| before != now);
        changed.map(|(place, _)| Slot::new(place)).collect()
    }

    fn leave(&mut self, place: usize) {
        let first = self.choices[usize::from(self.choice_of[place])].first().copied();
        if first.is_some_and(|first| self.seat_of[place] != first) {
            self.waiting -= 1;
        }
        if let Some(used) = self.used.get_mut(usize::from(self.seat_of[place])) {
            *used -= 1;
        }
        self.seat_of[place] = NO_SEAT;
    }

    fn take(&mut self, set: &PolicySet, place: usize) {
        let choice = &self.choices[usize::from(self.choice_of[place])];
        let Some(first) = choice.first() else {
            return;
        };
        let has_seat = |contract: &&u16| {
            let contract = usize::from(**contract);
            set.register.licences.at(contract).is_some_and(|one| self.used[contract] < one.seats)
        };
        let seat = choice.iter().find(has_seat).copied();
        self.waiting += u32::from(seat != Some(*first));
        if let Some(seat) = seat {
            self.seat_of[place] = seat;
            self.used[usize::from(seat)] += 1;
        }
    }

    fn choice(
        &mut self,
        set: &PolicySet,
        day: &Day,
        machine: MachineView<'_>,
        unit: Option<UnitIndex>,
    ) -> Choice {
        let licences = &set.register.licences;
        if licences.is_empty() || machine.standing != Standing::Current {
            return NO_CHOICE;
        }
        let mut contracts: Vec<u16> = Vec::new();
        for product in products(machine) {
            for contract in day.contracts(licences, product, unit) {
                if !contracts.contains(&contract) {
                    contracts.push(contract);
                }
            }
        }
        let known = self.choices.iter().position(|choice| *choice == contracts);
        let number = known.unwrap_or_else(|| {
            self.choices.push(contracts);
            self.choices.len() - 1
        });
        // There are fewer lists than units times products.
        Choice::try_from(number).unwrap_or(NO_CHOICE)
    }
}

/// The products a machine carries, as it last told, without those whose program is gone.
fn products(machine: MachineView<'_>) -> impl Iterator<Item = &str> {
    let records = match machine.fact(PRODUCTS) {
        Some(Seen::Known(Datum::Records(records))) => Some(records),
        Some(Seen::Known(_) | Seen::Absent | Seen::Unknown(_)) | None => None,
    };
    let records = records.into_iter().flat_map(|records| records.iter());
    let is_gone = |record: &RecordView<'_>| match record.field("present") {
        Seen::Known(Datum::Bool(present)) => !present,
        Seen::Known(_) | Seen::Absent | Seen::Unknown(_) => false,
    };
    records.filter(move |record| !is_gone(record)).filter_map(|record| {
        match record.field("product") {
            Seen::Known(Datum::Text(product)) => Some(product),
            Seen::Known(_) | Seen::Absent | Seen::Unknown(_) => None,
        }
    })
}
