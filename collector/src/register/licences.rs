//! `licences.toml`: the contracts that entitle machines to their antivirus.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use jiff::civil::Date;

use super::entry::{at_least_one, bounded_term, own_id, read_list, unit};
use super::units::{UnitIndex, Units};
use super::{Ahead, Term};
use crate::policy::document::{Item, Section};
use crate::policy::problem::{Page, did_you_mean};

/// The file.
pub const FILE: &str = "register/licences.toml";

/// A contract for seats of antivirus products.
#[derive(Clone, Debug)]
pub struct Licence {
    /// Its id.
    pub id: String,
    /// The contract.
    pub contract: Contract,
    /// Who supplies it.
    pub supplier: String,
    /// The products it is for, by the ids of the catalogue.
    pub products: Vec<String>,
    /// How many machines it covers.
    pub seats: u32,
    /// The units it is for, each with every unit below it; empty: all.
    pub units: Vec<UnitIndex>,
    /// Its first day.
    pub from: Date,
    /// Its last day.
    pub until: Date,
}

/// The paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contract {
    /// Its number, as in `05/2026/HĐ`.
    pub number: String,
    /// Its date.
    pub date: Date,
}

impl Licence {
    /// Whether it is in force on a day.
    #[must_use]
    pub fn holds(&self, on: Date) -> bool {
        self.term().holds(on)
    }

    fn term(&self) -> Term {
        Term { from: Some(self.from), until: Some(self.until) }
    }

    /// How far above a unit the unit stands that it is for, by the line of the unit; `None`: it is
    /// for others. What is for all stands above every unit.
    fn distance(&self, line: &[UnitIndex]) -> Option<usize> {
        if self.units.is_empty() {
            return Some(line.len());
        }
        line.iter().position(|unit| self.units.contains(unit))
    }
}

/// Every contract, in the order of the file.
#[derive(Clone, Debug, Default)]
pub struct Licences {
    list: Vec<Licence>,
}

impl Licences {
    /// Every contract, in force or not.
    pub fn iter(&self) -> impl Iterator<Item = &Licence> {
        self.list.iter()
    }

    /// How many there are, in force or not.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The contract of a number, in the order of the file.
    #[must_use]
    pub fn at(&self, number: usize) -> Option<&Licence> {
        self.list.get(number)
    }

    /// The number of a contract.
    #[must_use]
    pub fn number(&self, licence: &Licence) -> Option<u16> {
        let number = self.list.iter().position(|one| one.id == licence.id)?;
        u16::try_from(number).ok()
    }

    /// The contracts in force on a day.
    pub fn in_force(&self, on: Date) -> impl Iterator<Item = &Licence> {
        self.iter().filter(move |licence| licence.holds(on))
    }

    /// The contracts in force on a day that a machine with this product may take its seat from,
    /// in the order in which they are asked: what is for its own unit before what is for a unit
    /// above, then what lasts longest, then by id. The line is that of the machine's unit, nearest
    /// first; a machine without a unit has none, and only what is for all is for it.
    #[must_use]
    pub fn candidates(
        &self,
        product: &str,
        line: &[UnitIndex],
        on: impl Into<Ahead>,
    ) -> Vec<&Licence> {
        let on = on.into();
        let fits = |licence: &&Licence| licence.products.iter().any(|one| one == product);
        let mut candidates: Vec<_> = self
            .iter()
            .filter(|licence| licence.term().lasts(on))
            .filter(fits)
            .filter_map(|licence| Some((licence.distance(line)?, licence)))
            .collect();
        candidates.sort_by_key(|(distance, licence)| {
            (*distance, Reverse(licence.until), licence.id.as_str())
        });
        candidates.into_iter().map(|(_, licence)| licence).collect()
    }

    pub(super) fn turns(&self, turns: &mut BTreeSet<Date>) {
        self.list.iter().for_each(|licence| licence.term().turns(turns));
    }
}

/// Reads the contracts. `products` are the ids of the catalogue; `None`: there are mistakes in it,
/// and references are not held against it.
pub(super) fn read(
    page: Page<'_>,
    units: &Units,
    products: Option<&BTreeSet<&str>>,
    sample: &mut bool,
) -> Licences {
    let mut taken = BTreeSet::new();
    let list =
        read_list(page, "licence", sample, |section| licence(section, units, products, &mut taken));
    Licences { list }
}

/// Reads every key before it gives up on any, so that all mistakes are found at once.
fn licence(
    section: &Section<'_>,
    units: &Units,
    known: Option<&BTreeSet<&str>>,
    taken: &mut BTreeSet<String>,
) -> Option<Licence> {
    let id = own_id(section, taken, "contract");
    let contract = section.need("contract").and_then(|item| read_contract(&item));
    let supplier = section.need("supplier").and_then(|item| item.string());
    let products =
        section.need("products").map(|item| distinct(&item, |one| read_product(one, known)));
    let seats = section.need("seats").and_then(|item| at_least_one(&item));
    let in_units = section.get("units").map(|item| distinct(&item, |one| unit(one, units)));
    let term = bounded_term(section);
    let (from, until) = term?;
    Some(Licence {
        id: id?,
        contract: contract?,
        supplier: supplier?,
        products: products?,
        seats: seats?,
        units: in_units.unwrap_or_default(),
        from,
        until,
    })
}

fn read_contract(item: &Item<'_>) -> Option<Contract> {
    let section = item.section()?;
    let number = section.need("number").and_then(|item| item.string());
    let date = section.need("date").and_then(|item| item.date());
    section.finish();
    Some(Contract { number: number?, date: date? })
}

fn read_product(item: &Item<'_>, known: Option<&BTreeSet<&str>>) -> Option<String> {
    let id = item.id()?;
    if let Some(known) = known
        && !known.contains(id.as_str())
    {
        let help = did_you_mean(&id, known.iter().copied())
            .or_else(|| Some("products are listed in catalogue/antivirus.toml".to_owned()));
        item.wrong_with_help(format!("unknown product `{id}`"), help);
    }
    Some(id)
}

/// The elements of a list that names at least one and none twice.
fn distinct<T: PartialEq>(item: &Item<'_>, mut read: impl FnMut(&Item<'_>) -> Option<T>) -> Vec<T> {
    let mut list = Vec::new();
    let elements = item.list();
    if elements.as_ref().is_some_and(Vec::is_empty) {
        item.wrong("an empty list stands for nothing");
    }
    for element in elements.unwrap_or_default() {
        match read(&element) {
            Some(one) if list.contains(&one) => element.wrong("this stands here twice"),
            Some(one) => list.push(one),
            None => {}
        }
    }
    list
}

#[cfg(test)]
mod tests;
