//! `units.toml`: the tree of units, which may be placed elsewhere over time.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use report::Bilingual;

use super::{Term, sample_mark};
use crate::policy::document::{Document, Item, Section};
use crate::policy::problem::{Page, did_you_mean};

/// The file.
pub const FILE: &str = "register/units.toml";

/// One unit.
#[derive(Clone, Debug)]
pub struct Unit {
    /// Its id, which never changes or returns.
    pub id: String,
    /// Its name.
    pub name: Bilingual,
    /// Under which unit, and when.
    pub placed: Vec<Placement>,
    /// When it exists.
    pub term: Term,
}

/// Where a unit stands for a time.
#[derive(Clone, Debug)]
pub struct Placement {
    /// The unit above.
    pub under: String,
    /// When.
    pub term: Term,
}

/// Every unit by id.
#[derive(Clone, Debug, Default)]
pub struct Units {
    units: BTreeMap<String, Unit>,
    /// False when the file has mistakes: references are then not held against it.
    whole: bool,
}

impl Units {
    /// The unit of this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Unit> {
        self.units.get(id)
    }

    /// Every unit, ordered by id.
    pub fn iter(&self) -> impl Iterator<Item = &Unit> {
        self.units.values()
    }

    /// The unit directly above on a day; `None` at the top.
    #[must_use]
    pub fn parent(&self, id: &str, on: Date) -> Option<&str> {
        let unit = self.units.get(id)?;
        let placement = unit.placed.iter().find(|place| place.term.holds(on))?;
        Some(&placement.under)
    }

    /// The unit itself and every unit above it on a day, nearest first.
    #[must_use]
    pub fn line<'u>(&'u self, id: &'u str, on: Date) -> Vec<&'u str> {
        let mut line = vec![id];
        let mut at = id;
        // Loading refuses circles; the bound keeps a faulty tree from turning for ever.
        while let Some(parent) = self.parent(at, on).filter(|_| line.len() <= self.units.len()) {
            line.push(parent);
            at = parent;
        }
        line
    }

    /// Notes a reference to a unit that does not exist.
    pub(crate) fn check(&self, id: &str, wrong: impl FnOnce(String, Option<String>)) {
        if self.whole && !self.units.contains_key(id) {
            let help = did_you_mean(id, self.units.keys().map(String::as_str))
                .or_else(|| Some(format!("units are listed in {FILE}")));
            wrong(format!("unknown unit `{id}`"), help);
        }
    }
}

pub(super) fn read(page: Page<'_>, sample: &mut bool) -> Units {
    let before = page.ledger.count();
    let mut units = Units::default();
    let Some(document) = Document::parse(page) else {
        return units;
    };
    let section = document.section();
    *sample |= sample_mark(&section);
    let items = section.get("unit").and_then(|item| item.list()).unwrap_or_default();
    for item in &items {
        read_unit(item, &mut units);
    }
    section.finish();
    units.whole = page.ledger.count() == before;
    for item in &items {
        check_placements(item, &units);
    }
    units
}

fn read_unit(item: &Item<'_>, units: &mut Units) -> Option<()> {
    let section = item.section()?;
    let id_item = section.need("id");
    let id = id_item.as_ref().and_then(Item::id);
    let name = section.need("name").and_then(|item| item.bilingual());
    let placed = section.get("placed").map(|item| item.each(read_placement)).unwrap_or_default();
    let term = Term::read(&section);
    section.finish();
    let id = id?;
    if units.units.contains_key(&id) {
        id_item?.wrong(format!("the unit `{id}` stands here twice"));
        return None;
    }
    let unit = Unit { id: id.clone(), name: name.unwrap_or_default(), placed, term };
    units.units.insert(id, unit);
    Some(())
}

fn read_placement(item: &Item<'_>) -> Option<Placement> {
    let section = item.section()?;
    let under = section.need("under").and_then(|item| item.id());
    let term = Term::read(&section);
    section.finish();
    Some(Placement { under: under?, term })
}

fn check_placements(item: &Item<'_>, units: &Units) -> Option<()> {
    if !units.whole {
        return None;
    }
    let section = item.section()?;
    let id = section.get("id").and_then(|item| item.string())?;
    let unit = units.get(&id)?;
    check_parents(&section, units);
    let placed = &unit.placed;
    let overlap = placed
        .iter()
        .enumerate()
        .any(|(index, one)| placed[index + 1..].iter().any(|other| one.term.overlaps(other.term)));
    if overlap {
        section.get("placed")?.wrong("two placements hold on one day");
    }
    let days: BTreeSet<_> = units
        .iter()
        .flat_map(|unit| &unit.placed)
        .map(|place| place.term.from.unwrap_or(Date::MIN))
        .collect();
    if days.into_iter().any(|day| is_its_own_ancestor(units, &id, day)) {
        section.get("placed")?.wrong(format!("`{id}` would stand under itself"));
    }
    Some(())
}

fn check_parents(section: &Section<'_>, units: &Units) {
    let placed = section.get("placed").and_then(|item| item.list()).unwrap_or_default();
    for under in placed.iter().filter_map(|item| item.section()?.get("under")) {
        if let Some(parent) = under.text() {
            units.check(parent, |message, help| under.wrong_with_help(message, help));
        }
    }
}

fn is_its_own_ancestor(units: &Units, id: &str, on: Date) -> bool {
    units.line(id, on).iter().skip(1).any(|above| *above == id)
}
