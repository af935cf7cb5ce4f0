//! Who takes which contract's seats: the machine that enrolled first chooses first.
//!
//! A contract entitles as many machines as it has seats. A member's machine uses a seat of the
//! first contract that has one left, among those for a product it carries and for its unit,
//! whether or not the product itself can tell that it is licensed. A machine that nobody answers
//! for any longer leaves its seat to the others.

use std::collections::BTreeMap;
use std::sync::Arc;

use report::FactKey;

use super::PolicySet;
use super::day::Day;
use crate::fleet::{Fleet, Slot};
use crate::machine::view::{Datum, RecordView, Seen};
use crate::machine::{MachineView, Standing};
use crate::register::Licences;
use crate::register::units::UnitIndex;

const PRODUCTS: FactKey = FactKey::of("antivirus.products");

/// Which list of contracts a machine chooses from; most machines share one.
type Choice = u16;
/// The choice of those who have none, and of those whose list is one more than can be numbered:
/// what their products say of themselves is all that is known of their licences.
const NO_CHOICE: Choice = 0;
const NO_SEAT: u16 = u16::MAX;

/// A member that may take a seat.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asker {
    /// The unit it is in; `None`: none is known.
    pub(super) unit: Option<UnitIndex>,
}

/// What the contracts offer on one day, found once for each product and unit: to go through every
/// contract for each of a million machines takes longer than to judge them.
#[derive(Debug)]
struct Offers(BTreeMap<String, BTreeMap<Option<UnitIndex>, Vec<u16>>>);

impl Offers {
    /// Of every product that a contract is for, before anybody asked.
    fn new(licences: &Licences) -> Self {
        let products = licences.iter().flat_map(|licence| &licence.products);
        Self(products.map(|product| (product.clone(), BTreeMap::new())).collect())
    }

    /// The contracts for a product in a unit, by their numbers and as they are asked.
    fn of(
        &mut self,
        licences: &Licences,
        day: &Day,
        product: &str,
        unit: Option<UnitIndex>,
    ) -> &[u16] {
        match self.0.get_mut(product) {
            Some(by_unit) => {
                by_unit.entry(unit).or_insert_with(|| day.contracts(licences, product, unit))
            }
            None => &[],
        }
    }
}

/// Which machine has which seat.
#[derive(Debug)]
pub(super) struct Seats {
    offers: Offers,
    /// Every list of contracts from which some machine chooses, by their numbers.
    choices: Vec<Arc<[u16]>>,
    /// The place of each list among them.
    numbers: BTreeMap<Arc<[u16]>, Choice>,
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
    /// Lets every machine choose that asks. `asker`: `None` for one that is no member.
    pub(super) fn allot(
        set: &PolicySet,
        day: &Day,
        fleet: &Fleet,
        asker: impl Fn(Slot) -> Option<Asker>,
    ) -> Self {
        let licences = &set.register.licences;
        let none: Arc<[u16]> = Arc::default();
        let mut seats = Self {
            offers: Offers::new(licences),
            choices: vec![Arc::clone(&none)],
            numbers: BTreeMap::from([(none, NO_CHOICE)]),
            choice_of: Vec::new(),
            seat_of: Vec::new(),
            used: vec![0; licences.len()],
            waiting: 0,
            unsettled: false,
        };
        for machine in fleet.slots() {
            let choice = seats.choice(set, day, fleet.at(machine), asker(machine));
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

    /// A machine has changed, or it is a member no longer: then nobody asks. Where everybody has the first choice and this one's has a seat left,
    /// nobody else is touched by it; else the others choose anew when they are
    /// [settled](Self::settle).
    pub(super) fn touch(
        &mut self,
        set: &PolicySet,
        day: &Day,
        fleet: &Fleet,
        machine: Slot,
        asker: Option<Asker>,
    ) {
        let place = machine.place();
        if place >= self.choice_of.len() {
            self.choice_of.resize(place + 1, NO_CHOICE);
            self.seat_of.resize(place + 1, NO_SEAT);
        }
        let choice = self.choice(set, day, fleet.at(machine), asker);
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
        asker: Option<Asker>,
    ) -> Choice {
        let licences = &set.register.licences;
        let Some(Asker { unit }) = asker.filter(|_| machine.standing == Standing::Current) else {
            return NO_CHOICE;
        };
        if licences.is_empty() {
            return NO_CHOICE;
        }
        let mut contracts: Vec<u16> = Vec::new();
        for product in products(machine) {
            for contract in self.offers.of(licences, day, product, unit) {
                if !contracts.contains(contract) {
                    contracts.push(*contract);
                }
            }
        }
        self.number(&contracts)
    }

    fn number(&mut self, contracts: &[u16]) -> Choice {
        if let Some(known) = self.numbers.get(contracts) {
            return *known;
        }
        let Ok(number) = Choice::try_from(self.choices.len()) else {
            return NO_CHOICE;
        };
        let list: Arc<[u16]> = contracts.into();
        self.choices.push(Arc::clone(&list));
        self.numbers.insert(list, number);
        number
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

#[cfg(test)]
mod tests;
